"""What is said about an issue before it is printed: by staff, and by whoever has its address."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from posts.models import QUOTE, Post, ReviewComment
from posts.reviewing import telling
from posts.reviewing.finding import Text
from posts.reviewing.sharing import check_asking, open_share

MOST = 500  # of an issue


class TooMany(ValueError):
    """So much was said about an issue that no more is taken."""


def comment(
    post: Post,
    text: str,
    *,
    name: str,
    quote: str = "",
    near: int | None = None,
    verdict: str = "",
    by: User | None = None,
) -> ReviewComment:
    """Say something about an issue, or about the place where quoted words stand.

    ``name`` is what strangers read, too: never one that somebody signs in with, and "" for editors
    who gave no other. ``by`` is None for who has no account: whoever holds the share address may
    while it is open, and has no other right. A ``verdict`` is an opinion: it ends no review.

    Raises PermissionDenied and TooMany.
    """
    quote = " ".join(quote.split())[:QUOTE]
    line = Text(post.body).line_of(quote, near) if quote else None
    with transaction.atomic():
        check_asking(post.pk, by)
        if by is None and open_share(post) is None:
            raise PermissionDenied("The share address has ended.")
        if ReviewComment.objects.filter(post=post).count() >= MOST:
            raise TooMany
        row = ReviewComment.objects.create(
            post=post, text=text, name=name, quote=quote, line=line, verdict=verdict, user=by
        )
        if verdict:
            telling.judged(row)
    return row


def reply(to: ReviewComment, text: str, *, by: User) -> ReviewComment:
    """Answer what somebody said. Raises PermissionDenied."""
    with transaction.atomic():
        check_asking(to.post_id, by)
        return ReviewComment.objects.create(
            post_id=to.post_id, parent=to, text=text, name=by.get_full_name()[:100], user=by
        )


def resolve(row: ReviewComment, *, by: User, done: bool = True) -> None:
    """Say that what somebody asked for is done, or is not. Raises PermissionDenied."""
    row.resolved_at = timezone.now() if done else None
    row.resolved_by = by if done else None
    with transaction.atomic():
        check_asking(row.post_id, by)
        row.save(update_fields=["resolved_at", "resolved_by"])


def comments_on(post: Post, text: str | None = None) -> list[ReviewComment]:
    """Return what was said about an issue, with replies in ``answers``, in the order of lines.

    With its ``text``, ``line`` is where the quoted words stand now; None where they are gone.
    """
    rows = list(ReviewComment.objects.filter(post=post).select_related("resolved_by", "user"))
    threads = _threads(rows)
    if text is not None:
        body = Text(text)
        for row in threads:
            row.line = body.line_of(row.quote, row.line) if row.quote else None
    return sorted(threads, key=lambda row: (row.line is None, row.line or 0, row.made_at))


def _threads(rows: Iterable[ReviewComment]) -> list[ReviewComment]:
    first = {row.pk: row for row in rows if row.parent_id is None}
    for row in first.values():
        row.answers = []  # type: ignore[attr-defined]
    for row in rows:
        if row.parent_id in first:
            first[row.parent_id].answers.append(row)  # type: ignore[attr-defined]
    return list(first.values())
