"""Checking an issue before readers see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from posts import identity
from posts.documents import Issue
from posts.documents.editing import plain
from posts.languages import detect_language
from posts.markdown.limits import MarkdownLimitError
from posts.messages import Message as _
from posts.models import Post
from posts.preflight.facts import gather
from posts.preflight.findings import Finding
from posts.preflight.levels import levels
from posts.preflight.written import Details, Written
from posts.publishing import stored_issue
from posts.slots import CHECKS, Level

UNREADABLE = "unreadable"
"""The kind of the one finding about a text that cannot be shown: it is never published."""


class Remark(NamedTuple):
    """A finding, and what it does."""

    finding: Finding
    level: Level


def check(written: Written, post: Post | None, chosen: Mapping[str, Level]) -> list[Remark]:
    """Return what the checks find in an issue, which is ``post`` unless it is new: what is wrong
    with it as a whole, then line by line. ``chosen`` are the levels of checks."""
    try:
        found = list(_findings(written, post, chosen))
    except MarkdownLimitError as error:
        words = _("The text cannot be shown: %(reason)s", reason=error.reason)
        return [Remark(Finding(UNREADABLE, words, error.line), Level.STOP)]
    found.sort(key=lambda finding: (finding.line, finding.span or (0, 0)))
    return [Remark(finding, chosen.get(finding.kind, Level.WARN)) for finding in found]


def _findings(
    written: Written, post: Post | None, chosen: Mapping[str, Level]
) -> Iterable[Finding]:
    default = identity.current().language
    language = written.details.language or detect_language(written.text, default)
    facts = gather(written, post, language)
    for one in CHECKS:
        if chosen.get(one.name, one.level) != Level.OFF:
            yield from one.find(written, facts)


def check_post(post: Post, chosen: Mapping[str, Level] | None = None) -> list[Remark]:
    """Return what the checks find in a post as it is stored."""
    return check(written_of(post), post, levels() if chosen is None else chosen)


def written_of(post: Post, issue: Issue | None = None) -> Written:
    """Return an issue as it is stored, or what another text would make of it."""
    issue = issue or stored_issue(post)
    details = Details(
        title=issue.metadata.title,
        description=issue.metadata.description,
        tags=issue.metadata.tags,
        cover=issue.metadata.cover,
        language=issue.metadata.language,
        translationkey=issue.metadata.translationkey,
        at=post.published_at,
        is_out=post.is_public(),
    )
    return Written(plain(issue.body), details)


def held_by(remarks: Iterable[Remark]) -> list[Finding]:
    """Return what holds an issue back; one that cannot be shown is never published anyway."""
    stops = (remark.finding for remark in remarks if remark.level == Level.STOP)
    return [finding for finding in stops if finding.kind != UNREADABLE]
