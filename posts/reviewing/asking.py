"""Asking for a review, and how it ends. Each step is one transaction, with its row on the record.

An open review is a row without an end, and ``Post.review_since`` with it, for lists.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from posts import access
from posts.access import Actor, Right
from posts.models import Post, Review, Revision
from posts.publishing import Log
from posts.reviewing import telling
from posts.reviewing.sharing import open_share, share
from posts.revising import issue_of

Outcome = Review.Outcome


class AlreadyInReview(ValueError):
    """Somebody asked for a review that has not ended, or readers have the issue."""


class NoReview(ValueError):
    """No review is open: somebody ended it, or published the issue."""


def ask(post: Post, *, by: User, whom: str = "", words: str = "", log: Log | None = None) -> Review:
    """Ask for a draft to be looked at, at its share address, which it gets where it has none.

    Raises PermissionDenied, AlreadyInReview and Post.DoesNotExist, and then nothing is shared.
    ``whom`` is the name of somebody of the staff, an address of mail or any name; who is known by
    an address is told by mail.
    """
    access.check(by, access.ASK_REVIEW)
    with transaction.atomic():
        locked = Post.objects.select_for_update().get(pk=post.pk)
        if locked.review_since or locked.status != Post.Status.DRAFT:
            raise AlreadyInReview
        if not open_share(locked):
            share(locked, by=by)
        review = Review.objects.create(post=locked, asked_by=by, whom=whom, words=words)
        _mark(post, locked, review)
        _write_down(log, post)
        telling.asked(review)
    return review


def approve(post: Post, *, by: User, words: str = "", log: Log | None = None) -> Review:
    """Say that an issue may be printed. Raises PermissionDenied and NoReview."""
    return _close(post, by, access.CLOSE_REVIEW, Outcome.APPROVED, words, log)


def send_back(post: Post, *, by: User, words: str, log: Log | None = None) -> Review:
    """Say what has to change before an issue may be printed. Raises PermissionDenied, NoReview."""
    return _close(post, by, access.CLOSE_REVIEW, Outcome.CHANGES, words, log)


def take_back(post: Post, *, by: User, log: Log | None = None) -> Review:
    """Ask for no review any more. Raises PermissionDenied and NoReview."""
    return _close(post, by, access.ASK_REVIEW, Outcome.TAKEN_BACK, "", log)


def end_overtaken(sender: type[Post], post: Post, **_signal: Any) -> None:
    """End the review of an issue that is published, scheduled or deleted (``review_overtaken``)."""
    outcome = Outcome.TAKEN_BACK if post.trashed_at else Outcome.PUBLISHED
    for review in Review.objects.filter(post=post, closed_at=None):
        _end(review, post, outcome)


def open_review(post: Post) -> Review | None:
    """Return the review of an issue that has not ended."""
    return Review.objects.filter(post=post, closed_at=None).select_related("asked_by").first()


def is_overtaken(review: Review, post: Post) -> bool:
    """Tell whether an issue says something else than what was read when a review ended.

    When it appears is nothing that was read: whoever schedules it changes no word.
    """
    if review.version == post.version:
        return False
    kept = Revision.objects.filter(post=post).order_by("-number")
    then, now = kept.filter(number__lte=review.version).first(), kept.first()
    return then is None or now is None or _said(then) != _said(now)


def _said(revision: Revision) -> tuple[str, Any]:
    issue = issue_of(revision)
    return issue.body, replace(issue.metadata, date=None, draft=None, hold=None)


def _close(post: Post, by: User, right: Right, outcome: str, words: str, log: Log | None) -> Review:
    access.check(by, right)
    with transaction.atomic():
        locked = Post.objects.select_for_update().get(pk=post.pk)
        access.check(by, access.of_issue(right, locked.status))
        review = open_review(locked)
        if review is None:
            raise NoReview
        _end(review, locked, outcome, by, words)
        _mark(post, locked, None)
        _write_down(log, post)
    return review


def _end(review: Review, post: Post, outcome: str, by: Actor = None, words: str = "") -> None:
    review.outcome, review.answer, review.version = outcome, words, post.version
    review.closed_at = timezone.now()
    review.closed_by = by if isinstance(by, User) else None
    review.save()
    telling.ended(review)


def _mark(post: Post, locked: Post, review: Review | None) -> None:
    post.review_since = locked.review_since = review.asked_at if review else None
    locked.save(update_fields=["review_since"])


def _write_down(log: Log | None, post: Post) -> None:
    if log:
        log(post)
