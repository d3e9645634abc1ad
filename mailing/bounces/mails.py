"""Mails to the address for bounces: what each is, of whom, and what follows from it.

Whose mail it was is said by words that only its reader got: so a forged report counts for nobody,
or for whoever forged it.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils import timezone

from mailing import subscribing
from mailing.bounces.events import Told, record
from mailing.bounces.reading import Mail, Sort, read
from mailing.models import Delivery, Subscriber


class Outcome(StrEnum):
    """What became of a mail."""

    COUNTED = "counted"
    KNOWN = "known already"
    LEFT = "left"
    AUTOMATIC = "an automatic answer"
    NOBODY = "about no mail of ours"
    STRANGE = "not understood"


# What a person had better look at.
UNCLEAR = frozenset({Outcome.NOBODY, Outcome.STRANGE})


def take(data: bytes) -> Outcome:
    """Read a mail and do what follows from it; the same mail once more changes nothing."""
    mail = read(data, timezone.now())
    match mail.sort:
        case Sort.AUTOMATIC:
            return Outcome.AUTOMATIC
        case Sort.LEAVE:
            return _leave(mail)
        case Sort.REPORT | Sort.COMPLAINT:
            return _record(mail)
    return Outcome.STRANGE


def _record(mail: Mail) -> Outcome:
    delivery = _delivery(mail)
    # Short mails, such as a welcome, have no row in a ledger; they name their reader.
    reader = None if delivery else _reader(mail)
    if (delivery is None and reader is None) or mail.kind is None:
        return Outcome.NOBODY
    is_new = record(
        Told(
            name=f"mail/{mail.name}",
            kind=mail.kind,
            at=mail.at,
            delivery=delivery,
            address=reader.address if reader else "",
            code=mail.code,
            reason=mail.reason,
        )
    )
    return Outcome.COUNTED if is_new else Outcome.KNOWN


def _delivery(mail: Mail) -> Delivery | None:
    """Return the delivery that a mail is about: the first of its tokens that is one of ours."""
    rows = Delivery.objects.select_related("subscriber", "mailing")
    found = {row.token: row for row in rows.filter(token__in=mail.tokens)}
    return next((found[token] for token in mail.tokens if token in found), None)


def _reader(mail: Mail) -> Subscriber | None:
    by_key = Subscriber.objects.filter(key__in=mail.keys).first() if mail.keys else None
    return by_key or subscribing.of_envelope(mail.tokens)


def _leave(mail: Mail) -> Outcome:
    delivery = _delivery(mail)
    reader = (delivery.subscriber if delivery else None) or _reader(mail)
    if reader is None:
        return Outcome.NOBODY
    return Outcome.LEFT if subscribing.leave(reader, "mailto") else Outcome.KNOWN
