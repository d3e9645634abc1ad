"""What editors do with mailings: plan, stop, pause, go on, cancel. Each is one transaction.

    planned ─► held ─► being sent ◄─► paused
       └────────┴──► cancelled ◄──┴─────┘

A mailing is held for some minutes before anything leaves, so that it can be stopped: from the
moment at which its issue is public, or since it was planned, whichever is later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeAlias

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from mailing import access
from mailing.access import Actor
from mailing.models import Delivery, Mailing, MailSettings, Subscriber
from mailing.sending import ledger
from mailing.sending.filling import fill, within
from mailing.sending.refusals import (
    HadByAll,
    HasProblem,
    MailIsOff,
    NoReaders,
    NotPublic,
    NotThere,
    TooEarly,
    TooFar,
    UnderWay,
)
from mailing.sending.slices import wake
from posts.models import Post

Status = Mailing.Status
Log: TypeAlias = Callable[[Post], object]
"""Writes down what was done with a mailing of an issue, in the transaction of it."""

BEFORE: Final = (Status.PLANNED, Status.HELD)
LIVE: Final = (*BEFORE, Status.SENDING, Status.PAUSED)
FARTHEST: Final = timedelta(days=3653)
"""So far ahead a mailing is planned at most."""


def plan(
    post: Post,
    *,
    by: Actor,
    when: datetime | None,
    audience: Mapping[str, Any] | None = None,
    is_advertising: bool = False,
    again: bool = False,
    log: Log | None = None,
) -> Mailing:
    """Plan to send an issue: at a moment (at once if that is now), or once it is public (None).

    ``audience`` narrows whom it is for (``Mailing.audience``). Whoever has got it by an earlier
    mailing does not get it, unless ``again`` says so; whom that was refused for does. Raises
    PermissionDenied and CannotSend.
    """
    access.check(by, access.SEND)
    with transaction.atomic():
        post = Post.objects.select_for_update().get(pk=post.pk)
        _check(post, when, dict(audience or {}), again=again)
        mailing = Mailing(
            post=post,
            title=post.title,
            starts_at=when,
            audience=dict(audience or {}),
            is_advertising=is_advertising,
            is_repeated=again,
            created_by=by if isinstance(by, User) else None,
        )
        mailing.save()
        _write_down(log, post)
        hold(mailing)
    return mailing


def _check(post: Post, when: datetime | None, audience: dict[str, Any], *, again: bool) -> None:
    """Raise what speaks against a mailing. The row of the post is locked: of two who plan one
    mailing, the second sees the first's."""
    now = timezone.now()
    if not MailSettings.current().is_open:
        raise MailIsOff
    if post.problem:
        raise HasProblem
    if when is not None and when < now - timedelta(minutes=1):
        raise TooEarly
    if when is not None and when > now + FARTHEST:
        raise TooFar
    if when is not None and when <= now and not post.is_public():
        raise NotPublic
    if Mailing.objects.filter(post=post, status__in=LIVE).exists():
        raise UnderWay
    readers = within(Subscriber.objects.receiving(), audience)
    if not readers.exists():
        raise NoReaders
    had = ledger.had(post)
    has_had = Exists(had.filter(subscriber=OuterRef("pk")))
    if not again and had.exists() and not readers.filter(~has_had).exists():
        raise HadByAll


def hold(mailing: Mailing) -> None:
    """Hold a planned mailing whose time has come, so that it can still be stopped."""
    now = timezone.now()
    post = mailing.post
    if post is None or not post.is_public(now) or post.published_at is None:
        return
    if mailing.starts_at is not None and mailing.starts_at > now:
        return
    # Planned for a moment long ago, it keeps that moment; with publishing, that is the beginning.
    since = mailing.created_at
    if mailing.starts_at is None:
        since = max(since, post.published_at)
    until = since + timedelta(minutes=MailSettings.current().hold_minutes)
    rows = Mailing.objects.filter(pk=mailing.pk, status=Status.PLANNED)
    if rows.update(status=Status.HELD, held_until=until):
        mailing.status, mailing.held_until = Status.HELD, until


def begin(mailing: Mailing) -> bool:
    """Let a mailing go out that was held long enough; tell whether it does."""
    now = timezone.now()
    with transaction.atomic():
        rows = Mailing.objects.filter(pk=mailing.pk, status=Status.HELD, held_until__lte=now)
        if not rows.update(status=Status.SENDING):
            return False
        transaction.on_commit(partial(fill.enqueue, mailing.pk))
    return True


# What can be pressed


def stop(mailing: Mailing, *, by: Actor, log: Log | None = None) -> bool:
    """Stop a mailing before anything of it leaves: True. If it began a moment ago, it is paused:
    False, and some mails are gone. Raises PermissionDenied and NotThere."""
    access.check(by, access.SEND)
    with transaction.atomic():
        if _move(mailing, BEFORE, Status.CANCELLED, log, finished_at=timezone.now()):
            return True
        if _move(mailing, (Status.SENDING,), Status.PAUSED, log, trouble=""):
            return False
    raise NotThere


def pause(mailing: Mailing, *, by: Actor, log: Log | None = None) -> None:
    """Send nothing more for now: what is at the server just now is the last. Raises
    PermissionDenied and NotThere."""
    access.check(by, access.SEND)
    with transaction.atomic():
        if not _move(mailing, (Status.SENDING,), Status.PAUSED, log, trouble=""):
            raise NotThere


def resume(mailing: Mailing, *, by: Actor, log: Log | None = None) -> None:
    """Go on with a paused mailing. Raises PermissionDenied, NotPublic and NotThere."""
    access.check(by, access.SEND)
    with transaction.atomic():
        if mailing.kind == Mailing.Kind.ISSUE and not (mailing.post and mailing.post.is_public()):
            raise NotPublic
        if not _move(mailing, (Status.PAUSED,), Status.SENDING, log, trouble=""):
            raise NotThere
        if not mailing.is_filled:
            transaction.on_commit(partial(fill.enqueue, mailing.pk))
    wake(mailing.pk)


def cancel(mailing: Mailing, *, by: Actor, log: Log | None = None) -> int:
    """End a mailing that is on its way; return how many readers do not get it now.

    What is being handed over just now still arrives. Raises PermissionDenied and NotThere.
    """
    access.check(by, access.SEND)
    with transaction.atomic():
        now = timezone.now()
        if not _move(mailing, LIVE, Status.CANCELLED, log, finished_at=now):
            raise NotThere
        return _drop_rest(mailing)


def repeat_unknown(mailing: Mailing, *, by: Actor, log: Log | None = None) -> int:
    """Hand over again, under the same Message-ID, what nobody knows of; return how many.

    Some of these readers may get it twice. Raises PermissionDenied and NotThere.
    """
    access.check(by, access.SEND)
    with transaction.atomic():
        count = ledger.repeat(Delivery.objects.filter(mailing=mailing))
        states = (Status.SENDING, Status.PAUSED, Status.DONE)
        if not count or not _move(
            mailing, states, Status.SENDING, log, finished_at=None, totals=None
        ):
            raise NotThere
    wake(mailing.pk)
    return count


# What happens by itself


def stop_with_issue(sender: type[Post], post: Post, **_signal: Any) -> None:
    """Stop what is planned of an issue that readers lose, or do not get after all; what is on its
    way is paused (receiver of ``issue_taken_back``)."""
    rows = Mailing.objects.filter(post=post)
    rows.filter(status__in=BEFORE).update(
        status=Status.CANCELLED, finished_at=timezone.now(), trouble="withdrawn"
    )
    rows.filter(status=Status.SENDING).update(status=Status.PAUSED, trouble="withdrawn")


# Steps


def _move(
    mailing: Mailing, states: tuple[str, ...], to: str, log: Log | None, **values: Any
) -> bool:
    rows = Mailing.objects.filter(pk=mailing.pk, status__in=states)
    if not rows.update(status=to, **values):
        return False
    if mailing.post is not None:
        _write_down(log, mailing.post)
    mailing.refresh_from_db()
    return True


def _drop_rest(mailing: Mailing) -> int:
    states = (*ledger.WAITING, Delivery.Status.CLAIMED)
    return Delivery.objects.filter(mailing=mailing, status__in=states).update(
        status=Delivery.Status.DROPPED,
        code=ledger.CANCELLED,
        reason="",
        claim=None,
        settled_at=timezone.now(),
    )


def _write_down(log: Log | None, post: Post) -> None:
    if log:
        log(post)
