"""Telling readers of an issue what was wrong in it, and taking that back."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from posts import access
from posts.access import Actor
from posts.documents import Issue
from posts.models import Correction, Post, Revision
from posts.prose import prose
from posts.publishing.saving import Log, change, kept, next_version, rebuild_locked
from posts.publishing.texts import Reading
from posts.revising import Cause


def correct(
    post: Post, text: str, day: date, *, by: Actor = None, log: Log | None = None
) -> Correction:
    """Tell readers of a post what was wrong in it. Raises PermissionDenied, Post.DoesNotExist and
    MarkdownLimitError."""
    access.check(by, access.CORRECT)
    row = Correction(post=post, day=day, text=text, html=prose(text))
    _correct(row, by, log)
    return row


def take_back(correction: Correction, *, by: Actor = None, log: Log | None = None) -> None:
    """Show a correction no more; its row is kept. Raises PermissionDenied and Post.DoesNotExist."""
    access.check(by, access.CORRECT)
    correction.taken_back_at = timezone.now()
    _correct(correction, by, log)


def _correct(row: Correction, by: Actor, log: Log | None) -> None:
    def act(post: Post, issue: Issue, reading: Reading) -> None:
        row.save()
        with kept(post, Cause(Revision.Kind.CORRECTED, by, row.text), log):
            rebuild_locked(post, issue, reading, **next_version(post))

    if not change(row.post, act):
        raise Post.DoesNotExist(row.post_id)
