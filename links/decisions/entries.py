"""Decide about entries of the queue: each by one moderator, who has claimed it or takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links import access
from links.decisions.links import BATCH, MOST, close, decide
from links.models import Decision, QueueEntry
from links.queue import Taken, free_for, take

# At most this many keys in one statement: engines limit its parameters.
CHUNK = 500
GONE = _("Nothing of what was selected waits any more.")


def decide_entry(entry: QueueEntry, action: str, *, by: User, **values: Any) -> Decision:
    """Decide about the link of an entry, and return the record; values as for ``decide``.

    Takes the entry if nobody else has it. Raises Taken, and what ``claim`` and ``decide`` raise:
    then the entry is claimed by who it was.
    """
    with transaction.atomic():
        take(entry.pk, by)
        return decide([entry.link_id], action, by=by, **values)


def decide_entries(
    entries: QuerySet[QueueEntry], action: str, *, by: User, **values: Any
) -> tuple[Decision, int]:
    """Decide about the links of many open entries at once.

    Returns the record and how many entries were left alone because somebody else has claimed them.
    The entries are closed when this returns, also where the worker still has to carry the decision
    out. Raises Taken if none is left, PermissionDenied, and what ``decide`` raises.
    """
    access.check(by, access.WORK_OFF_QUEUE)
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
        close(links[start : start + CHUNK], decision)
