"""Decide about entries of the queue: each by one moderator, who has claimed it or takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links import queueing
from links.models import Decision, QueueEntry
from links.moderating import BATCH, MOST, DecisionError, decide
from links.waiting import free_for

# As many keys at most in one statement: engines limit its parameters.
CHUNK = 500
GONE = _("Nothing of what was selected waits any more.")


class Taken(DecisionError):
    """Somebody else has claimed the entry, or has decided already."""


def decide_entry(entry: QueueEntry, action: str, *, by: User, **values: Any) -> Decision:
    """Decide about the link of an entry, and return the record; values as for ``decide``.

    Takes the entry if nobody else has it. Raises Taken, and what ``decide`` raises: then the entry
    is claimed by who it was.
    """
    with transaction.atomic():
        take(entry, by)
        return decide([entry.link_id], action, by=by, **values)


def take(entry: QueueEntry, user: User) -> None:
    """Claim an entry and give back what the moderator had claimed before.

    Raises Taken, saying who has it or what was decided, if it is not to be had.
    """
    if not queueing.claim(entry.pk, user):
        raise Taken(what_became_of(entry.pk))
    give_back(user, but=entry.pk)


def give_back(user: User, *, but: int = 0) -> None:
    """End the claims of a moderator: nobody thinks about two entries at once."""
    claimed = QueueEntry.objects.filter(claimed_by=user, closed_at=None).exclude(pk=but)
    claimed.update(claimed_by=None, claimed_until=None)


def decide_entries(
    entries: QuerySet[QueueEntry], action: str, *, by: User, **values: Any
) -> tuple[Decision, int]:
    """Decide about the links of many open entries at once.

    Returns the record and how many entries were left alone because somebody else has claimed them.
    The entries are closed when this returns, also where the worker still has to carry the decision
    out. Raises DecisionError for none or too many, and what ``decide`` raises.
    """
    with transaction.atomic():
        free = entries.filter(free_for(by)).order_by("pk").select_for_update(of=("self",))
        links = list(free.values_list("link", flat=True)[: MOST + 1])
        taken = 0 if len(links) > MOST else entries.exclude(free_for(by)).count()
        if not links:
            words = gettext("Somebody else is deciding about these.") if taken else GONE
            raise Taken(str(words))
        decision = decide(links, action, by=by, **values)
        if len(links) > BATCH:
            _close_now(links, decision)
    return decision, taken


def _close_now(links: Sequence[int], decision: Decision) -> None:
    """Close entries before the worker comes to them: nobody is to decide about them meanwhile."""
    for start in range(0, len(links), CHUNK):
        queueing.close(links[start : start + CHUNK], decision)


def what_became_of(entry_pk: int) -> str:
    """Return in words why an entry is not to be had."""
    now = QueueEntry.objects.select_related("closed_by", "claimed_by").filter(pk=entry_pk).first()
    if now is None or now.closed_at is not None:
        return _who_decided(now.closed_by if now else None)
    name = now.claimed_by.get_username() if now.claimed_by else ""
    return gettext("%(name)s is deciding about this one.") % {"name": name}


def _who_decided(decision: Decision | None) -> str:
    if decision is None:
        return gettext("This one does not wait any more.")
    words = gettext("%(name)s has decided about this one already: %(decision)s.")
    return words % {"name": decision.by_name, "decision": decision.get_action_display()}
