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
from functools import partial

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from posts import drafting, publishing
from posts.access import Actor
from posts.documents import DAY_OF_NAME, DocumentError, Issue, parse_issue
from posts.documents.holding import Hold
from posts.exporting import post_of_export
from posts.importing.comparing import Difference, differences
from posts.importing.losses import find_losses
from posts.importing.pictures import (
    Pictures,
    broken_pictures,
    find_pictures,
    has_new_pictures,
    missing_in,
    store_pictures,
)
from posts.importing.restoring import Told, restore_site, told_of
from posts.importing.sources import SourceFile
from posts.importing.vetting import find_conflict, find_hold, is_no_issue, remarks_on
from posts.messages import Message as _
from posts.models import Post, Revision
from posts.optimizing import analyze
from posts.revising import Cause
from posts.sidefile import SideFile
from posts.translating import translated

logger = logging.getLogger(__name__)


MANY = 20  # files after which the database looks at its tables anew


class Kind(StrEnum):
    """What happened to a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    REFUSED = "refused"
    SKIPPED = "skipped"
    READ = "read"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import: `update` lets a file replace a stored post, `status` wins over the header.

    But no status publishes what is private or not public yet, only drafts. `by` is who imports.
    """

    dry_run: bool = False
    status: str | None = None
    update: bool = False
    by: Actor = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one file, or would happen in a dry run.

    `reason` says why it was refused, skipped or is in conflict, `problem` why its post is kept a
    draft, `warnings` what else went wrong, `notices` what was decided where the file says nothing.
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
        went_wrong = self.reason and self.kind is not Kind.SKIPPED
        return bool(went_wrong or self.problem or self.warnings)

    def __str__(self) -> str:
        notes = [self.reason, *self.warnings, *self.notices]
        if self.problem:
            notes.insert(0, translated(_("kept as a draft: %(problem)s", problem=self.problem)))
        text = "; ".join(note for note in notes if note)
        return f"{self.kind} {self.name}" + (f": {text}" if text else "")


def import_sources(
    sources: Iterable[SourceFile], options: ImportOptions | None = None
) -> Iterator[Outcome]:
    """Import each file by itself and yield what happened; one that fails stops no other."""
    stored = 0
    for source in sources:
        outcome = import_source(source, options or ImportOptions())
        stored += outcome.kind in {Kind.CREATED, Kind.UPDATED}
        yield outcome
    if stored > MANY:
        analyze()


def import_source(source: SourceFile, options: ImportOptions) -> Outcome:
    """Import one file in one transaction. Raises nothing: what goes wrong is in the outcome."""
    try:
        return _import(source, options)
    except DocumentError as error:
        return Outcome(source.where, Kind.REFUSED, translated(error.message))
    except DatabaseError as error:  # such as another import that stored it at this moment
        reason = translated(_("the database refused it: %(error)s", error=str(error)))
        return Outcome(source.where, Kind.REFUSED, reason)
    except OSError as error:  # such as a full disk
        why = error.strerror or str(error)
        reason = translated(_("nothing was imported, for a file failed: %(why)s", why=why))
        return Outcome(source.where, Kind.REFUSED, reason)
    except Exception as error:  # one file must not stop the others
        logger.exception("%s could not be imported", source.where)
        return Outcome(source.where, Kind.REFUSED, f"{type(error).__name__}: {error}")


@dataclass(frozen=True, slots=True)
class _File:
    """A file as it was read: its issue, the pictures beside it, why it is held back, and what an
    export tells of it."""

    source: SourceFile
    issue: Issue
    pictures: Pictures
    hold: Hold | None
    told: Told | None


def _import(source: SourceFile, options: ImportOptions) -> Outcome:
    if source.side:
        return _read_side_file(source, source.side, options)
    data = source.read()
    issue = parse_issue(data, source.name, tag_keys=settings.NEWSLETTER_TAG_KEYS)
    if is_no_issue(issue):
        reason = translated(_("is about its folder, no issue; a date in its header makes it one"))
        return Outcome(source.where, Kind.SKIPPED, reason)
    post = _known_post(source)
    file = _read(source, issue, None if post else told_of(source.entry, issue, options.by))
    options = replace(options, status=_status(file, options))
    if post is not None and _is_unchanged(post, file, options):
        return _mended(post, file, options)
    if post is not None and not options.update:
        return _with_differences(_conflict(post, source, data), post, issue, options)
    if options.dry_run:
        return _rehearse(post, file, options)
    return _store(post or _new_post(file), file, options)


def _read(source: SourceFile, issue: Issue, told: Told | None) -> _File:
    hold = find_hold(issue, source, timezone.now())
    pictures = find_pictures(issue, source)
    return _File(source, issue, pictures, told.hold(hold) if told else hold, told)


def _read_side_file(source: SourceFile, side: SideFile, options: ImportOptions) -> Outcome:
    notices = () if options.dry_run else restore_site(side, options.by)
    said = translated(_("says what %(count)d issues are", count=len(side.issues)))
    return Outcome(source.where, Kind.READ, notices=(said, *notices))


def _known_post(source: SourceFile) -> Post | None:
    name, entry = source.name, source.entry
    if post := Post.objects.filter(source_name=name).order_by("pk").first():
        return post
    of_entry = entry and Post.objects.filter(uid=entry.uid).first()
    return of_entry or post_of_export(name)


def _new_post(file: _File) -> Post:
    post = Post(source_name=file.source.name)
    if file.told:
        file.told.identify(post)
    return post


def _is_unchanged(post: Post, file: _File, options: ImportOptions) -> bool:
    if post.document != file.issue.text or has_new_pictures(post, file.pictures):
        return False
    # A status asked for is a change only together with --update, else it would undo withdrawals.
    asked = options.status if options.update and not post.problem else None
    return asked is None or asked == post.status


def _conflict(post: Post, source: SourceFile, data: bytes) -> Outcome:
    if _digest(data) == post.source_digest:
        reason = _("its issue was edited here since; --update puts the file's text back")
    else:
        reason = _("differs from its issue; --update replaces the issue's text")
    return Outcome(source.where, Kind.CONFLICT, translated(reason), post_id=post.pk)


def _status(file: _File, options: ImportOptions) -> str | None:
    """Return the status that was asked for, unless an author holds more back than a draft."""
    if options.status == Post.Status.DRAFT:
        return options.status
    if file.hold is None:
        return options.status or (file.told.status if file.told else None)
    at = publishing.moment(file.issue.metadata.date)
    if file.hold.is_scheduled and at and at > timezone.now():
        return Post.Status.PUBLISHED
    return options.status if options.status and not file.hold.is_strict else Post.Status.DRAFT


# Storing


def _store(post: Post, file: _File, options: ImportOptions) -> Outcome:
    issue, told = file.issue, file.told
    kind, status = (Kind.UPDATED if post.pk else Kind.CREATED), options.status
    if status is None and issue.metadata.draft is None and (post.problem or _was_held(post)):
        status = Post.Status.PUBLISHED  # a draft only because of what is no longer so
    post.source_digest = _digest(issue.to_bytes())
    images, warnings = store_pictures(post, file.pictures, told.entry.pictures if told else None)
    publishing.save_document(
        post,
        issue,
        status=status,
        published_at=_time(post, file),
        slug=told.slug if told else "",
        images=images,
        # What readers have had already was looked at by somebody.
        find_problem=None if told and told.status else partial(_find_problem, issue),
        restore=told.restore if told else None,
        cause=Cause(Revision.Kind.IMPORTED, options.by),
    )
    return Outcome(
        file.source.where,
        kind,
        problem=post.problem,
        warnings=warnings,
        notices=(*_notices(file, post.status), *(_waiting(post) if kind == Kind.UPDATED else ())),
        post_id=post.pk,
    )


def _was_held(post: Post) -> bool:
    """Tell whether a post is a draft because its file said so, and nobody here changed it since."""
    if not post.pk or post.status != Post.Status.DRAFT:
        return False
    is_of_file = _digest(post.document.encode()) == post.source_digest
    return is_of_file and bool(publishing.stored_issue(post).metadata.draft)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _waiting(post: Post) -> list[str]:
    """Return the remark that what editors saved for later of an issue stays beside its new text."""
    is_there = drafting.pending_of(post) is not None
    return [translated(_("what was saved for later of it stays, and is not public"))] * is_there


def _mended(post: Post, file: _File, options: ImportOptions) -> Outcome:
    """Return what became of an issue that is unchanged; the files of its pictures may be broken.

    Those are written again, also where nothing may be replaced: the issue stays what it was.
    """
    broken = broken_pictures(post, file.pictures)
    outcome = Outcome(file.source.where, Kind.UNCHANGED, problem=post.problem, post_id=post.pk)
    if not broken:
        return outcome
    if not options.dry_run:
        images, _warnings = store_pictures(post, broken)
        with transaction.atomic():
            for image in images:
                image.save()
            publishing.rebuild(post)
    names = ", ".join(broken)
    told = translated(_("stored again, as their files were broken: %(names)s", names=names))
    return replace(outcome, kind=Kind.UPDATED, notices=(told,))


def _find_problem(issue: Issue, _body: str, html: str) -> str:
    """Return what must be mended before an issue is published, with lines of its file."""
    in_place = "\n" * (issue.first_line - 1) + issue.body
    return translated(find_conflict(issue) or find_losses(in_place, html))


def _time(post: Post, file: _File) -> datetime | None:
    """Return when an export says that an issue was published; or when a file without any date was
    last changed, for a post that has no time yet."""
    if file.told and file.told.tells_time:
        return file.told.published_at
    if file.issue.metadata.date is not None or post.published_at is not None:
        return None
    return file.source.modified


def _notices(file: _File, status: str | None) -> tuple[str, ...]:
    now, issue = timezone.now(), file.issue
    at = (file.told and file.told.published_at) or publishing.moment(issue.metadata.date)
    notices: list[str] = [*issue.notices, *remarks_on(issue, now), *_doubts_about_time(file, at)]
    if file.told and file.told.tells_time:
        notices = [notice for notice in notices if notice != DAY_OF_NAME]
    if file.hold and status != Post.Status.PUBLISHED:
        notices.insert(0, _("stays a draft: %(reason)s", reason=file.hold.reason))
    elif at and at > now and status != Post.Status.DRAFT:
        notices.insert(0, _("scheduled for %(day)s", day=f"{timezone.localtime(at):%Y-%m-%d}"))
    return tuple(map(translated, notices))


def _doubts_about_time(file: _File, at: datetime | None) -> Iterator[str]:
    """Yield what is said of an issue whose time nothing tells."""
    if at is not None or (file.told and file.told.tells_time):
        return
    if (modified := file.source.modified) is None:
        yield _("no date in the header or file name: without a date it is a draft")
    else:
        day = f"{modified:%Y-%m-%d}"
        yield _("no date in the header or file name: last changed on %(day)s", day=day)


# Dry runs


def _rehearse(post: Post | None, file: _File, options: ImportOptions) -> Outcome:
    """Return what `_store` would do; reads only."""
    kind = Kind.UPDATED if post else Kind.CREATED
    notices = _notices(file, options.status)
    warnings = missing_in(file.pictures)
    outcome = Outcome(file.source.where, kind, warnings=warnings, notices=notices)
    return _with_differences(outcome, post, file.issue, options)


def _with_differences(
    outcome: Outcome, post: Post | None, issue: Issue, options: ImportOptions
) -> Outcome:
    if not options.dry_run:
        return outcome
    parsed, problem = publishing.read(issue, in_file=True)
    if parsed is not None:
        problem = _find_problem(issue, issue.body, "".join(parsed.to_html()))
    old = publishing.read(publishing.stored_issue(post))[0] if post else None
    found = differences(old.sections if old else (), parsed.sections if parsed else ())
    return replace(outcome, problem=problem, differences=found)
