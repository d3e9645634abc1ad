"""The text of a post as an issue: read again from what is stored, or with other metadata."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TypeAlias

from django.conf import settings
from django.utils import timezone

from posts.documents import Issue, join_issue, parse_issue, rewrite_header
from posts.documents.editing import dominant_newline
from posts.messages import Message as _
from posts.models import Post
from posts.rendering import MarkdownLimitError, ParsedIssue, read_issue
from posts.translating import translated

Reading: TypeAlias = tuple[ParsedIssue | None, str]
"""An issue as the renderer reads it, or None and why it cannot."""


def read(issue: Issue, *, in_file: bool = False) -> Reading:
    """Return an issue as the renderer reads it, or None and why, with the line.

    Lines are those of the file for its author, else those of the text below the header, which is
    what editors see in the form.
    """
    try:
        return read_issue(issue.markdown, issue.metadata.title), ""
    except MarkdownLimitError as error:
        line = error.line + (issue.first_line - 1 if in_file else 0)
        return None, translated(_("line %(line)d: %(reason)s", line=line, reason=error.reason))


def stored_issue(post: Post) -> Issue:
    """Return the issue a post holds, parsed again from its stored text."""
    return parse_issue(
        post.document.encode(), post.source_name, tag_keys=settings.NEWSLETTER_TAG_KEYS
    )


def with_metadata(post: Post, body: str, changes: dict[str, object]) -> Issue:
    """Return the issue that results from a body and changed header keys; other keys stay.

    Raises DocumentError when the result cannot be read.
    """
    keys = settings.NEWSLETTER_TAG_KEYS
    newline = dominant_newline(post.header + body)
    header = rewrite_header(post.header, changes, tag_keys=keys, newline=newline)
    return parse_issue(join_issue(header, [body]).encode(), post.source_name, tag_keys=keys)


def moment(value: date | datetime | None) -> datetime | None:
    """Return a header's date as a moment: a bare date is midnight in the site's time zone."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return timezone.make_aware(value) if timezone.is_naive(value) else value
