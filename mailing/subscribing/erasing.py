"""What is kept of a reader: all of it as JSON, and forgetting it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from mailing import access
from mailing.access import Actor
from mailing.models import Consent, Event, Subscriber, Suppression
from mailing.subscribing.consents import write_down
from mailing.subscribing.suppressing import suppress
from mailing.subscribing.wishes import wishes_of


@transaction.atomic
def erase(subscriber: Subscriber, form: str = "", *, by: Actor = None) -> None:
    """Forget a subscriber but for what was agreed to, under the keyed digest of the address.

    The address is suppressed by that digest, so that nobody can subscribe it again. Raises
    PermissionDenied for staff without the right.
    """
    access.check(by, access.ERASE)
    row = Subscriber.objects.select_for_update().filter(pk=subscriber.pk).first()
    if row is None:
        return
    write_down(row, Consent.Kind.ERASED, form, by=by)
    suppress(row.digest, Suppression.Reason.ERASED)
    row.delete()


def data_of(subscriber: Subscriber) -> dict[str, Any]:
    """Return all that is kept of a subscriber, as JSON can say it (GDPR, article 20)."""
    names = (
        "address", "name", "status", "language", "rhythm", "zone", "hour", "source", "created_at",
        "confirmed_at", "consented_at", "asked_at", "paused_until", "left_at", "moving_to",
        "soft_bounces", "first_soft_at", "next_roll_at", "group",
    )  # fmt: skip
    consents = subscriber.consents.select_related("wording").order_by("pk")
    asked = ("created_at", "confirmed_at", "language", "rhythm", "choices", "form")
    sent = ("mailing__title", "status", "handed_at", "settled_at", "code", "reason")
    told = ("kind", "at", "code", "reason")
    events = Event.objects.filter(digest=subscriber.digest)
    suppressed = Suppression.objects.filter(digest=subscriber.digest)
    return {
        **{name: getattr(subscriber, name) for name in names},
        "choices": [{"kind": kind, "value": value} for kind, value in wishes_of(subscriber)],
        "consents": [
            {
                "what": row.kind,
                "at": row.at,
                "where": row.form,
                "words": row.wording.text if row.wording else "",
            }
            for row in consents
        ],
        "sign_ups": list(subscriber.sign_ups.order_by("pk").values(*asked)),
        "mails": list(subscriber.deliveries.order_by("pk").values(*sent)),
        "events": list(events.order_by("at", "pk").values(*told)),
        "suppressed": list(suppressed.values("reason", "note", "at")),
    }
