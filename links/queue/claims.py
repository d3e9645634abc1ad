"""Claims: which moderator is deciding about an entry, so that nobody else decides meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from links import access
from links.models import Decision, QueueEntry

# How long somebody may think about an entry before others may take it.
CLAIM = timedelta(minutes=5)


class Taken(ValueError):
    """Somebody else has claimed the entry, or has decided already; the message says who."""


def free_for(user: User, at: datetime | None = None) -> Q:
    """Return the condition that nobody else has claimed an entry.

    A claim for longer than any, of a clock that was ahead, is none.
    """
    now = at or timezone.now()
    ended = Q(claimed_until__lte=now) | Q(claimed_until__gt=now + 2 * CLAIM)
    return Q(claimed_by=None) | Q(claimed_by=user) | ended


def is_taken(entry: QueueEntry, user: User) -> bool:
    """Tell whether somebody else has claimed an entry: what ``free_for`` says of one row."""
    now, until = timezone.now(), entry.claimed_until
    is_claimed = until is not None and now < until <= now + 2 * CLAIM
    return is_claimed and entry.claimed_by_id not in {None, user.pk}


def claim(entry_pk: int, user: User, at: datetime | None = None) -> bool:
    """Claim an open entry for a moderator (a second time: for longer); return whether it worked.

    One conditional update, so of two who claim at once one gets it. What the moderator had claimed
    before is given back: nobody thinks about two entries at once. Raises PermissionDenied.
    """
    access.check(user, access.WORK_OFF_QUEUE)
    now = at or timezone.now()
    with transaction.atomic():
        rows = QueueEntry.objects.filter(free_for(user, now), pk=entry_pk, closed_at=None)
        claimed = bool(rows.update(claimed_by=user, claimed_until=now + CLAIM))
        if claimed:
            give_back(user, but=entry_pk)
    return claimed


def take(entry_pk: int, user: User) -> None:
    """Claim an entry; raise Taken, saying who has it or what was decided, if that fails."""
    if not claim(entry_pk, user):
        raise Taken(what_became_of(entry_pk))


def give_back(user: User, *, but: int = 0) -> None:
    """End the claims of a moderator."""
    claimed = QueueEntry.objects.filter(claimed_by=user, closed_at=None).exclude(pk=but)
    claimed.update(claimed_by=None, claimed_until=None)


def what_became_of(entry_pk: int) -> str:
    """Return in words why an entry cannot be claimed."""
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
