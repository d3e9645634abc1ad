"""Builders of mail: subscribers, what they chose, mailings and rows of their ledger."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from mailing.addresses import group_of
from mailing.choosing import whole_set
from mailing.models import Choice, Chosen, Delivery, Lane, Mailing, Subscriber
from posts.models import Post
from tests.builders import make_post

_numbers = count(1)
EVERYTHING = (Choice.Kind.EVERYTHING, "")


def make_choice(kind: str = Choice.Kind.EVERYTHING, value: str = "") -> Choice:
    """Return the row of a choice, which is made when it is new."""
    return Choice.objects.get_or_create(kind=kind, value=value)[0]


def make_subscriber(
    address: str = "",
    *,
    status: str = Subscriber.Status.ACTIVE,
    choices: Iterable[tuple[str, str]] = (EVERYTHING,),
    **values: Any,
) -> Subscriber:
    """Return a stored subscriber, who gets everything unless told otherwise.

    ``choices`` are pairs of kind and value. Moments that belong to the state are filled in.
    """
    now = timezone.now()
    moments: dict[str, Any] = {}
    if status != Subscriber.Status.WAITING:
        moments = {"confirmed_at": now, "consented_at": now}
    if status == Subscriber.Status.LEFT:
        moments["left_at"] = now
    values = {"language": "en", **moments, **values}
    address = address or f"reader{next(_numbers)}@example.org"
    created_at = values.pop("created_at", None)
    subscriber = Subscriber(address=address, status=status, **values)
    subscriber.save()
    if created_at:  # Django fills it in when a row is added
        Subscriber.objects.filter(pk=subscriber.pk).update(created_at=created_at)
        subscriber.created_at = created_at
    Chosen.objects.bulk_create(
        Chosen(subscriber=subscriber, choice=make_choice(*choice)) for choice in choices
    )
    return subscriber


def make_subscribers(number: int, **values: Any) -> list[Subscriber]:
    """Return so many subscribers."""
    return [make_subscriber(**values) for _number in range(number)]


def make_mailing(post: Post | None = None, **values: Any) -> Mailing:
    """Return a mailing of an issue, which is made unless one is given, as it is being sent."""
    post = post or make_post()
    defaults = {"status": Mailing.Status.SENDING, "starts_at": timezone.now() - timedelta(hours=1)}
    return Mailing.objects.create(post=post, title=post.title, **{**defaults, **values})


def make_delivery(
    mailing: Mailing | None = None, subscriber: Subscriber | None = None, **values: Any
) -> Delivery:
    """Return a row of a mailing's ledger, accepted unless told otherwise."""
    subscriber = subscriber or make_subscriber()
    defaults = {"status": Delivery.Status.ACCEPTED, "group": group_of(subscriber.address)}
    return Delivery.objects.create(
        mailing=mailing or make_mailing(), subscriber=subscriber, **{**defaults, **values}
    )


def note_had(deliveries: list[Delivery]) -> None:
    """Note in deliveries of one whole issue what they bring, as handing over does; their rows are
    not saved here."""
    posts = {row.mailing.post for row in deliveries if row.is_whole and row.mailing.post}
    sets = {post.pk: whole_set(post) for post in posts}
    for row in deliveries:
        if row.is_whole and row.mailing.post_id:
            row.items = sets[row.mailing.post_id]


def make_lane(mailing: Mailing, mark: str = "0" * 32) -> str:
    """Return the mark of a new lane of a mailing."""
    Lane.objects.create(mailing=mailing, mark=mark, at=timezone.now())
    return mark
