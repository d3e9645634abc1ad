"""Bring issues in from files: each is recognised, checked and stored in a transaction of its own.

A file is the same issue as before by its name relative to what was imported (`Post.source_name`).
What is stored already and differs is never replaced unless asked for.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.conf import settings
from django.db import IntegrityError

from posts import publishing
from posts.documents import DocumentError, Issue, parse_issue
from posts.exporting import post_of_export
from posts.importing.comparing import Difference, differences
from posts.importing.losses import find_losses
from posts.importing.pictures import Pictures, find_pictures, has_new_pictures, store_pictures
from posts.importing.sources import SourceFile
from posts.models import Post

logger = logging.getLogger(__name__)


class Kind(StrEnum):
    """What happened to a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import: `status` wins over the header, `update` lets a file replace a stored post."""

    dry_run: bool = False
    status: str | None = None
    update: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one file, or would happen in a dry run.

    `reason` says why it was refused or is in conflict, `problem` why its post is kept a draft,
    `warnings` what else went wrong, `notices` what was decided where the file says nothing.
    """

    name: str
    kind: Kind
    reason: str = ""
    problem: str = ""
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    post_id: int | None = None

    @property
    def failed(self) -> bool:
        """Whether somebody should look at it."""
        return bool(self.reason or self.problem or self.warnings)

    def __str__(self) -> str:
        notes = [self.reason, *self.warnings, *self.notices]
        if self.problem:
            notes.insert(0, f"kept as a draft: {self.problem}")
        text = "; ".join(note for note in notes if note)
        return f"{self.kind} {self.name}" + (f": {text}" if text else "")


def import_sources(
    sources: Iterable[SourceFile], options: ImportOptions | None = None
) -> Iterator[Outcome]:
    """Import each file by itself and yield what happened; one that fails stops no other."""
    for source in sources:
        yield import_source(source, options or ImportOptions())


def import_source(source: SourceFile, options: ImportOptions) -> Outcome:
    """Import one file in one transaction. Raises nothing: what goes wrong is in the outcome."""
    try:
        return _import(source, options)
    except DocumentError as error:
        return Outcome(source.where, Kind.REFUSED, str(error))
    except IntegrityError as error:  # such as another import that stored it at this moment
        return Outcome(source.where, Kind.REFUSED, f"the database refused it: {error}")
    except Exception as error:  # one file must not stop the others
        logger.exception("%s could not be imported", source.where)
        return Outcome(source.where, Kind.REFUSED, f"{type(error).__name__}: {error}")


def _import(source: SourceFile, options: ImportOptions) -> Outcome:
    data = source.read()
    issue = parse_issue(data, source.name, tag_keys=settings.NEWSLETTER_TAG_KEYS)
    post = _known_post(source.name)
    pictures = find_pictures(issue, source)
    if post is not None and _is_unchanged(post, issue, pictures, options):
        return Outcome(source.where, Kind.UNCHANGED, problem=post.problem, post_id=post.pk)
    if post is not None and not options.update:
        return _with_differences(_conflict(post, source, data), post, issue, options)
    if options.dry_run:
        return _rehearse(post, issue, source, options)
    post = post or Post(source_name=source.name)
    post.source_digest = hashlib.sha256(data).hexdigest()
    return _store(post, issue, pictures, source, options)


def _known_post(name: str) -> Post | None:
    return Post.objects.filter(source_name=name).order_by("pk").first() or post_of_export(name)


def _is_unchanged(post: Post, issue: Issue, pictures: Pictures, options: ImportOptions) -> bool:
    if post.document != issue.text or has_new_pictures(post, pictures):
        return False
    # A status asked for is a change only together with --update, else it would undo withdrawals.
    asked = options.status if options.update and not post.problem else None
    return asked is None or asked == post.status


def _conflict(post: Post, source: SourceFile, data: bytes) -> Outcome:
    if hashlib.sha256(data).hexdigest() == post.source_digest:
        reason = "its post was edited here since; --update puts the file's text back"
    else:
        reason = "differs from its post; --update replaces the post's text"
    return Outcome(source.where, Kind.CONFLICT, reason, post_id=post.pk)


# Storing


def _store(
    post: Post, issue: Issue, pictures: Pictures, source: SourceFile, options: ImportOptions
) -> Outcome:
    kind, status = (Kind.UPDATED if post.pk else Kind.CREATED), options.status
    if post.problem and status is None and issue.metadata.draft is None:
        status = Post.Status.PUBLISHED  # a draft only because of what was wrong with it
    images, warnings = store_pictures(post, pictures)
    publishing.save_document(
        post,
        issue,
        status=status,
        published_at=_fallback_time(post, issue, source),
        images=images,
        find_problem=find_losses,
    )
    return Outcome(
        source.where,
        kind,
        problem=post.problem,
        warnings=warnings,
        notices=_notices(issue, source),
        post_id=post.pk,
    )


def _fallback_time(post: Post, issue: Issue, source: SourceFile) -> datetime | None:
    """Return when a file without any date was last changed, for a post that has no time yet."""
    if issue.metadata.date is not None or post.published_at is not None:
        return None
    return source.modified


def _notices(issue: Issue, source: SourceFile) -> tuple[str, ...]:
    if issue.metadata.date is not None:
        return issue.notices
    if source.modified is None:
        return (*issue.notices, "no date in the header or file name: without a date it is a draft")
    day = f"{source.modified:%Y-%m-%d}"
    return (*issue.notices, f"no date in the header or file name: last changed on {day}")


# Dry runs


def _rehearse(
    post: Post | None, issue: Issue, source: SourceFile, options: ImportOptions
) -> Outcome:
    """Return what `_store` would do; reads only."""
    outcome = Outcome(
        source.where, Kind.UPDATED if post else Kind.CREATED, notices=_notices(issue, source)
    )
    return _with_differences(outcome, post, issue, options)


def _with_differences(
    outcome: Outcome, post: Post | None, issue: Issue, options: ImportOptions
) -> Outcome:
    if not options.dry_run:
        return outcome
    parsed, problem = publishing.read(issue)
    if parsed is not None:
        problem = find_losses(issue.body, "".join(parsed.to_html()))
    old = publishing.read(publishing.stored_issue(post))[0] if post else None
    found = differences(old.sections if old else (), parsed.sections if parsed else ())
    return replace(outcome, problem=problem, differences=found)
