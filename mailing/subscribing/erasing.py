"""What is kept of a reader: all of it as JSON, and forgetting it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from mailing import access
from mailing.access import Actor
from mailing.models import Consent, Subscriber, Suppression
from mailing.subscribing.consents import note
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
    note(row, Consent.Kind.ERASED, form, by=by)
    suppress(row.digest, Suppression.Reason.ERASED)
    row.delete()


def data_of(subscriber: Subscriber) -> dict[str, Any]:
    """Return all that is kept of a subscriber, as JSON can say it (GDPR, article 20)."""
    names = (
        "address", "name", "status", "language", "rhythm", "zone", "hour", "source", "created_at",
        "confirmed_at", "consented_at", "paused_until", "left_at", "moving_to", "soft_bounces",
    )  # fmt: skip
    consents = subscriber.consents.select_related("wording").order_by("pk")
    deliveries = subscriber.deliveries.order_by("pk")
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
        "mails": list(
            deliveries.values("mailing__title", "status", "handed_at", "settled_at", "code")
        ),
    }
