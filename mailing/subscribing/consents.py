"""What was said about getting mail, written down as it is said."""

from __future__ import annotations

from django.contrib.auth.models import User

from mailing.access import Actor
from mailing.models import Consent, Subscriber, Wording


def write_down(
    subscriber: Subscriber,
    kind: str,
    form: str,
    *,
    wording: Wording | None = None,
    by: Actor = None,
) -> Consent:
    """Write down what a subscriber said (a ``Consent.Kind``), and where."""
    return Consent.objects.create(
        subscriber=subscriber,
        digest=subscriber.digest,
        kind=kind,
        form=form[:200],
        wording=wording,
        by=by if isinstance(by, User) else None,
    )
