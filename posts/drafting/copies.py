"""Working copies: what stands in an opened form is kept every few seconds, and comes back.

Nothing of it is public, none of it is a revision, and only who typed it reads it. Each write is
one row and one conditional update: two tabs never overwrite each other. One that finds that
another form wrote a copy since is given a copy of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task

from posts import access
from posts.documents import MAX_BYTES
from posts.models import Post, WorkingCopy
from posts.models.drafting import WorkingCopyQuerySet

KEPT: Final = timedelta(days=90)
MOST: Final = 50
"""So many copies of one editor are kept, those that were typed in last."""
MOST_CLOSED: Final = 500
"""So many of those that were saved or discarded: they are empty, and refuse writes on their way."""
# Beside the text: all other fields together.
MAX_FIELDS: Final = 100_000


Account: TypeAlias = User | AnonymousUser


class TooLarge(Exception):
    """More than an issue may be."""


class State(StrEnum):
    """What became of a write: kept; older than what is kept; the copy belongs to another form by
    now; its issue was saved."""

    KEPT = "kept"
    OLDER = "older"
    FORKED = "forked"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Handle:
    """Which copy an opened form writes, and as which page; pages carry it as a text.

    ``took`` is the last write (page, number) of a copy that the page goes on with.
    """

    key: uuid.UUID
    page: uuid.UUID
    took: tuple[uuid.UUID, int] | None = None

    def __str__(self) -> str:
        return ".".join(map(str, (self.key, self.page, *(self.took or ()))))

    @classmethod
    def read(cls, text: str) -> Handle:
        """Return what a page sent. Raises ValueError for what is none."""
        key, page, *took = text.split(".")
        if len(took) not in (0, 2):
            raise ValueError("a handle has two parts or four")
        seen = (uuid.UUID(took[0]), int(took[1])) if took else None
        return cls(uuid.UUID(key), uuid.UUID(page), seen)

    @property
    def is_last(self) -> Q:
        """The condition that no other form has written the copy since this one had it."""
        mine = Q(page=self.page)
        return mine | Q(page=self.took[0], number=self.took[1]) if self.took else mine


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a write, when, and under which handle the next ones are taken."""

    state: State
    handle: Handle
    number: int
    at: datetime


def new_handle() -> Handle:
    """Return the handle of a form that is opened: nobody can guess its key."""
    return Handle(uuid.uuid4(), uuid.uuid4())


def standing(copy: WorkingCopy) -> Handle:
    """Return the handle of a form that is opened to go on with a copy."""
    return Handle(copy.key, uuid.uuid4(), (copy.page, copy.number))


def unsaved(by: Account, post: Post | None) -> WorkingCopyQuerySet:
    """Return what somebody typed for an issue (None: for new and deleted ones) and nobody saved."""
    of_none = Q(post=None) | Q(post__trashed_at__isnull=False)
    rows = WorkingCopy.objects.unsaved().filter(editor=by.pk).select_related("post")
    return rows.filter(post=post) if post else rows.filter(of_none)


def mine(key: str, *, by: Account) -> WorkingCopy | None:
    """Return what somebody typed and did not save, by its key; None where that is not theirs."""
    try:
        rows = WorkingCopy.objects.unsaved().filter(key=uuid.UUID(key), editor=by.pk)
    except ValueError:
        return None
    return rows.select_related("post").first()


def keep(
    handle: Handle, number: int, post: Post | None, fields: Mapping[str, str], *, by: Account
) -> Answer:
    """Keep what stands in a form, its text among the fields, as the latest of its copy.

    ``number`` grows with each write of a page. Raises PermissionDenied and TooLarge.
    """
    access.check(by, access.CHANGE if post else access.WRITE)
    values = {
        "editor_id": by.pk,
        "page": handle.page,
        "number": number,
        "post": post,
        **_columns(fields),
    }
    rows = WorkingCopy.objects.filter(key=handle.key, editor=by.pk)
    state, at = State.KEPT, values["kept_at"]
    if (
        not rows.filter(handle.is_last, done_at=None)
        .exclude(page=handle.page, number__gte=number)
        .update(**values)
    ):
        state, number = _create(handle, number, values, by)
    lost = state in (State.FORKED, State.DONE)
    return Answer(state, new_handle() if lost else handle, number, at)


def _columns(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of what was typed; no database takes a NUL in all places."""
    typed = {name: value.replace("\0", "") for name, value in fields.items()}
    text = typed.pop("text", "")
    if len(text.encode()) > MAX_BYTES or sum(map(len, typed.values())) > MAX_FIELDS:
        raise TooLarge
    title = typed.get("title", "")[:500]
    return {"title": title, "text": text, "fields": typed, "kept_at": timezone.now()}


def _create(
    handle: Handle, number: int, values: Mapping[str, Any], by: Account
) -> tuple[State, int]:
    """Store the first write of a copy; where it is there, say why it was not to be written."""
    try:
        with transaction.atomic():
            WorkingCopy.objects.create(key=handle.key, **values)
        _make_room(by)
        return State.KEPT, number
    except IntegrityError:
        found = WorkingCopy.objects.filter(key=handle.key, editor=by.pk).only(
            "page", "number", "done_at"
        ).first()  # fmt: skip
    if found and found.done_at:
        return State.DONE, number
    if found and found.page == handle.page:
        return State.OLDER, found.number
    return State.FORKED, number


def _make_room(by: Account) -> None:
    """Forget what an editor has not touched for longest, so that the rows of each stay few."""
    rows = WorkingCopy.objects.filter(editor=by.pk).order_by("-kept_at", "-pk")
    for is_open, most in ((True, MOST), (False, MOST_CLOSED)):
        of_kind = rows.filter(done_at__isnull=is_open)
        if beyond := list(of_kind.values_list("pk", flat=True)[most:]):
            WorkingCopy.objects.filter(pk__in=beyond).delete()


def finish(handle: Handle, *, by: Account) -> None:
    """Empty the copy of a form whose issue was saved; a write on its way finds it closed.

    What another form wrote into it since stays.
    """
    now = timezone.now()
    closed = _closed(now)
    row = {"key": handle.key, "editor_id": by.pk, "page": handle.page, "kept_at": now, "number": 0}
    WorkingCopy.objects.bulk_create([WorkingCopy(**row, **closed)], ignore_conflicts=True)
    WorkingCopy.objects.filter(handle.is_last, key=handle.key, editor=by.pk).update(**closed)


def discard(copy: WorkingCopy, *, by: Account) -> None:
    """Throw away what somebody typed."""
    WorkingCopy.objects.filter(key=copy.key, editor=by.pk).update(**_closed(timezone.now()))


def _closed(at: datetime) -> dict[str, Any]:
    return {"title": "", "text": "", "fields": {}, "done_at": at}


@task()
def prune_working_copies() -> int:
    """Forget what nobody typed in for long; return how many."""
    return WorkingCopy.objects.filter(kept_at__lt=timezone.now() - KEPT).delete()[0]
