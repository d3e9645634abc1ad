"""What is known of readers and no longer needed: how long each thing is kept, and its task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from mailing.models import (
    Choice,
    Event,
    FeedCount,
    Mailing,
    MailSettings,
    SignUp,
    Subscriber,
    Transfer,
)
from mailing.subscribing import LIFETIME

BATCH: Final = 500
# Days. A mail that asks may take long to leave, and its link is good for as long as any.
UNCONFIRMED = 2 * LIFETIME.days
LEDGER, EVENTS, TRANSFERS, FEEDS = 90, 90, 90, 800
Status = Subscriber.Status
GONE: Final = (Status.LEFT, Status.BOUNCED, Status.COMPLAINED)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept, for how many days (None: for ever), and why or what stays of it."""

    what: Any
    days: int | None
    stays: Any


def periods() -> list[Kept]:
    """Return how long everything about readers is kept, as the settings are now."""
    return [
        Kept(_("Addresses of those who get mail"), None, _("Until they leave or are erased.")),
        Kept(
            _("Addresses, names and choices of those who left, bounced or complained"),
            MailSettings.current().keep_days,
            _(
                "All of it is deleted. What was agreed to stays under a value that does not tell"
                " the address."
            ),
        ),
        Kept(_("Addresses of those who never confirmed"), UNCONFIRMED, _("All of it is deleted.")),
        Kept(
            _("Which mails a reader got"),
            None,
            _("As long as they are subscribers, so that no link comes to them twice."),
        ),
        Kept(
            _("What servers and providers said of each mail"), LEDGER, _("Whether it was accepted.")
        ),
        Kept(_("What servers said of mails that came back"), EVENTS, _("All of it is deleted.")),
        Kept(_("Records of imports"), TRANSFERS, _("Uploaded files are deleted after an hour.")),
        Kept(_("Requests for feeds, by program and day"), FEEDS, _("No address is stored.")),
        Kept(
            _("What readers agreed to and took back"),
            None,
            _("Under a value that does not tell the address."),
        ),
        Kept(
            _("Addresses that must get no mail"),
            None,
            _("As a value: only who knows the address can tell that it is there."),
        ),
    ]


@task()
def forget() -> dict[str, int]:
    """Delete what is no longer needed; return how many rows that were, by what they are."""
    now = timezone.now()
    return {
        "left": _in_batches(_left(now), _delete),
        "sign-ups": _in_batches(_before(SignUp, "created_at", now, UNCONFIRMED), _delete),
        "unconfirmed": _in_batches(_unconfirmed(now), _delete),
        "ledger": sum(map(_silence, _loud(now))),
        "events": _in_batches(_events(now), _delete),
        "imports": _in_batches(_before(Transfer, "created_at", now, TRANSFERS), _delete),
        "choices": _in_batches(_unchosen(), _delete_unchosen),
        "feeds": _in_batches(_before(FeedCount, "day", now, FEEDS), _delete),
    }


# What is old


def _left(now: datetime) -> QuerySet[Any]:
    """Return who gets no mail any more; those without a moment of it came with an old import."""
    old = now - timedelta(days=MailSettings.current().keep_days)
    gone = Subscriber.objects.filter(status__in=GONE)
    return gone.filter(left_at__lt=old) | gone.filter(left_at=None, created_at__lt=old)


def _unconfirmed(now: datetime) -> QuerySet[Any]:
    return _before(Subscriber, "created_at", now, UNCONFIRMED).filter(
        status=Status.WAITING, sign_ups=None
    )


def _loud(now: datetime) -> QuerySet[Any]:
    """Return mailings of long ago whose rows may still hold what servers said."""
    return _before(Mailing, "created_at", now, LEDGER).filter(is_silenced=False)


def _events(now: datetime) -> QuerySet[Any]:
    return _before(Event, "at", now, EVENTS)


def _unchosen() -> QuerySet[Any]:
    return Choice.objects.filter(chosen=None)


def _before(model: type[Model], column: str, now: datetime, days: int) -> QuerySet[Any]:
    return model._default_manager.filter(**{f"{column}__lt": now - timedelta(days=days)})


# Forgetting it


def _in_batches(rows: QuerySet[Any], act: Callable[[QuerySet[Any]], object]) -> int:
    """Act on all rows, some at a time, each part in a transaction; return how many they were."""
    count = 0
    for keys in _keys(rows):
        with transaction.atomic():
            act(rows.model._default_manager.filter(pk__in=keys))
        count += len(keys)
    return count


def _keys(rows: QuerySet[Any]) -> Iterator[list[int]]:
    """Yield keys of rows until there are none: whoever gets them lets them be none."""
    last = 0
    while keys := list(
        rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        yield keys
        last = keys[-1]


def _delete(rows: QuerySet[Any]) -> None:
    rows.delete()


def _delete_unchosen(rows: QuerySet[Any]) -> None:
    """Delete choices that nobody has, and that nobody is about to (``subscribing.keys_of``)."""
    free = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    rows.filter(pk__in=free, chosen=None).delete()


def _silence(mailing: Mailing) -> int:
    """Forget what servers said of the mails of a mailing; return of how many they said anything.

    Whose they are must stay: by that is known which links a reader had (``mailing.choosing``).
    """
    said = mailing.deliveries.exclude(code="", reason="", provider_id="")
    count = _in_batches(said, lambda rows: rows.update(code="", reason="", provider_id=""))
    Mailing.objects.filter(pk=mailing.pk).update(is_silenced=True)
    return count
