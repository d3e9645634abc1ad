"""How mailings stand, and why mails did not arrive, in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from links.admin import moment_in_words
from mailing import sending
from mailing.models import Delivery, Mailing, MailSettings
from mailing.sending.slices import REFUSED
from posts.models import Post

Status = Mailing.Status

# The colours of states.
STATES: Final[dict[str, str]] = {
    Status.PLANNED: "scheduled",
    Status.HELD: "scheduled",
    Status.SENDING: "running",
    Status.PAUSED: "review",
    Status.CANCELLED: "withdrawn",
    Status.DONE: "published",
}
# By what the ledger says of rows that were dropped.
_DROPPED: Final[dict[str, Any]] = {
    "left": _("left, or paused, before it was their turn"),
    "suppressed": _("their address gets no mail any more"),
    "cancelled": _("the mailing was cancelled"),
    "empty": _("nothing of it was left for them"),
}
_UNKNOWN: Final[dict[str, Any]] = {
    "a worker ended": _("whoever handed it over was ended before the answer came"),
}
_TROUBLE: Final[dict[str, Any]] = {
    "withdrawn": _("the issue was withdrawn"),
    "sender": _("neither the mail settings nor EMAIL_FROM name an address that mails can be from"),
    "compose": _("the mail could not be made; the tasks that failed say why"),
}


def state_words(row: Mailing) -> str:
    """Return how a mailing stands, as a sentence."""
    if row.status == Status.PLANNED:
        if row.starts_at is None:
            return _with_publishing(row)
        return gettext("It leaves at %(moment)s.") % {"moment": moment_in_words(row.starts_at)}
    if row.status == Status.HELD:
        words = gettext("It leaves at %(moment)s, unless somebody stops it.")
        return words % {"moment": moment_in_words(row.held_until)}
    if row.status == Status.SENDING:
        return _on_its_way()
    if row.status == Status.DONE:
        return gettext("It is sent: %(moment)s.") % {"moment": moment_in_words(row.finished_at)}
    return _stopped(row)


def hold_minutes() -> int:
    """Return for how long a mailing can be stopped, as the settings are now."""
    return MailSettings.current().hold_minutes


def leaves_at(row: Mailing, hold: Callable[[], int] = hold_minutes) -> datetime | None:
    """Return when a mailing leaves, as far as that is known: of one with publishing, once its issue
    has a date to come. Lists hand over a ``hold`` that asks once for all of them."""
    if row.held_until or row.starts_at:
        return row.held_until or row.starts_at
    if row.post is None or row.post.status != Post.Status.PUBLISHED or not row.post.published_at:
        return None
    return row.post.published_at + timedelta(minutes=hold())


def _with_publishing(row: Mailing) -> str:
    if at := leaves_at(row):
        words = gettext("It leaves with its issue, at %(moment)s, unless somebody stops it.")
        return words % {"moment": moment_in_words(at)}
    minutes = hold_minutes()
    if not minutes:
        return gettext("It leaves as soon as the issue is public.")
    words = ngettext(
        "It leaves %(n)d minute after the issue is public, unless somebody stops it.",
        "It leaves %(n)d minutes after the issue is public, unless somebody stops it.",
        minutes,
    )
    return words % {"n": minutes}


def _on_its_way() -> str:
    """Return that mails leave, and how few at a time where that is why the others wait."""
    limit = sending.hourly_limit()
    if limit is None:
        return gettext("It is on its way.")
    words = ngettext(
        "It is on its way: %(n)d mail in an hour leaves at most.",
        "It is on its way: %(n)d mails in an hour leave at most.",
        limit,
    )
    return words % {"n": limit}


def trouble_words(trouble: str) -> str:
    """Return why a mailing paused by itself, in words or as the server said it."""
    if trouble.startswith(REFUSED):
        return gettext(
            "the server refuses every reader (%(said)s), so it is more likely about the server than"
            " about them. Mend that, then go on: they all wait. Whoever is refused once more then"
            " counts as refused"
        ) % {"said": trouble.removeprefix(REFUSED)}
    return str(_TROUBLE.get(trouble, trouble))


def _stopped(row: Mailing) -> str:
    why = trouble_words(row.trouble)
    if row.status == Status.PAUSED:
        if why:
            return gettext("It is paused: %(why)s.") % {"why": why}
        return gettext("It is paused: nothing leaves until somebody goes on.")
    if why:
        return gettext("It is cancelled: %(why)s. %(reached)s") % {
            "why": why, "reached": reached_words(row),
        }  # fmt: skip
    return reached_words(row)


def reached_words(row: Mailing) -> str:
    """Return how many got a mailing that ended early, and how many did not, as a sentence."""
    counts = sending.counts(row)
    got = counts[Delivery.Status.ACCEPTED]
    if not got:
        return gettext("Nobody got it.")
    missed = sum(counts.values()) - got
    return gettext("%(got)d got it, %(missed)d did not.") % {"got": got, "missed": missed}


def reason_words(status: str, code: str, reason: str) -> str:
    """Return why mails failed, wait or were dropped, in words or as the server said it."""
    label = str(Delivery.Status(status).label)
    if status == Delivery.Status.DROPPED:
        return f"{label.partition(':')[0]}: {_DROPPED.get(code, code)}"
    said = str(_UNKNOWN.get(reason, f"{code} {reason}".strip()))
    return f"{label}: {said}" if said else label
