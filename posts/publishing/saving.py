"""Save, publish, withdraw and rebuild posts: every verb is one transaction a post.

Texts are read before it, because that takes long and touches no row, and SQLite lets one write at
a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from posts import (
    access,
    crediting,
    identity,
    pictures,
    publication,
    revising,
    searching,
    tagging,
)
from posts.access import Actor
from posts.documents import DocumentError, Issue, parse_issue
from posts.languages import detect_language
from posts.models import (
    Author,
    Image,
    Post,
    PostPage,
    PostQuerySet,
    Revision,
    ShareAddress,
    Tag,
)
from posts.publishing import counting, translations
from posts.publishing.addressing import free_slug, keep_address, slug_taken
from posts.publishing.composing import compose, compose_frame
from posts.publishing.decisions import decisions_about
from posts.publishing.derived import NOTHING, stored_of
from posts.publishing.deriving import Rows, content_of, derive, stored_rows, unlist
from posts.publishing.recurring import covered_before
from posts.publishing.returning import mark_returns
from posts.publishing.texts import Reading, moment, read, stored_issue, with_metadata
from posts.rendering import ImageSize, ParsedIssue
from posts.revising import Cause
from posts.signals import images_missing, issue_taken_back, review_overtaken

FindProblem = Callable[[str, str], str]
"""Of a text and its HTML without decisions: why it must not be published; "" if it may."""
Restore = Callable[[Post], None]
"""Of a new post whose row is stored: stores what is known of its items and addresses."""
Log: TypeAlias = Callable[[Post], object]
"""Writes down what was done to a post, in the transaction of it; returns the row, if it may."""
SAVED = Cause()
# What is known of a post only when its rows are derived.
DERIVED = (
    "status", "problem", "preview_round", "review_since", "withdrawn_at", "item_count",
    "link_count", "reading_minutes",
)  # fmt: skip


class EditConflict(Exception):
    """Somebody saved the post after this editor opened it; ``current`` is the stored row."""

    def __init__(self, current: Post) -> None:
        super().__init__("The post was changed since you opened it.")
        self.current = current


@identity.speaking()
def save_document(
    post: Post,
    issue: Issue,
    *,
    status: str | None = None,
    published_at: datetime | None = None,
    slug: str = "",
    expected_version: int | None = None,
    images: Iterable[Image] = (),
    find_problem: FindProblem | None = None,
    restore: Restore | None = None,
    log: Log | None = None,
    cause: Cause = SAVED,
) -> Post:
    """Make an issue the text of a post (new or stored) and derive everything else from it.

    Metadata come from the issue's header. ``status``, ``published_at`` and ``slug`` win over it; a
    new post without either is published at its header's date, unless the header says draft or
    has no date, in which case it stays a draft. ``expected_version`` is the version the editor
    saw. ``images`` are new or changed pictures, whose files are stored. A text that the renderer
    refuses, or in whose HTML ``find_problem`` finds one, is stored all the same, as a draft whose
    ``problem`` says why. What it says from now on is kept as a revision, with its ``cause``.

    Raises EditConflict when the stored version is another, Post.DoesNotExist when somebody deleted
    the post, PermissionDenied for who may not write, or not what readers get or will get, and
    nothing is written.
    """
    reading = read(issue, in_file=find_problem is not None)
    with transaction.atomic():
        stored = _stored(post)
        if stored and expected_version not in (None, stored.version):
            raise EditConflict(stored)
        access.check(cause.by, access.CHANGE if stored else access.WRITE)
        last = revising.keep_before(stored) if stored else None
        _assign(post, issue, status, published_at, slug)
        if Post.Status.PUBLISHED in (post.status, stored and stored.status):
            access.check(cause.by, access.PUBLISH)
        _write(post, stored, issue, reading, images, find_problem, restore)
        parts = [(part.heading, part.source) for part in issue.sections]
        keep(post, cause, last, log, parts)
        publication.move([post, stored] if stored else [post])
    return post


def publish(
    posts: Iterable[Post],
    at: datetime | None = None,
    *,
    by: Actor = None,
    log: Log | None = None,
    version: int | None = None,
) -> list[Post]:
    """Publish posts at a moment (default: the time each has, else now); return those published.

    A post with a problem cannot be rendered and stays a draft, and so does one of another
    ``version`` than is said. Raises PermissionDenied.
    """
    access.check(by, access.PUBLISH)

    def act(post: Post, issue: Issue, reading: Reading) -> None:
        if not post.problem and version in (None, post.version):
            when = at or post.published_at or timezone.now()
            with kept(post, Cause(Revision.Kind.PUBLISHED, by), log):
                _set_status(post, issue, reading, Post.Status.PUBLISHED, when)

    there = [post for post in posts if change(post, act)]
    return [post for post in there if post.status == Post.Status.PUBLISHED]


def withdraw(posts: Iterable[Post], *, by: Actor = None, log: Log | None = None) -> list[Post]:
    """Turn posts into drafts: gone from every public page at once, their time kept.

    Returns those that are there. Raises PermissionDenied.
    """
    access.check(by, access.PUBLISH)

    def act(post: Post, issue: Issue, reading: Reading) -> None:
        with kept(post, Cause(Revision.Kind.WITHDRAWN, by), log):
            _set_status(post, issue, reading, Post.Status.DRAFT, post.published_at)

    return [post for post in posts if change(post, act)]


def end_previews(post: Post, *, by: Actor = None, log: Log | None = None) -> None:
    """End the preview addresses of a post that were given away, its share address with them.

    Raises PermissionDenied.
    """
    access.check(by, access.END_PREVIEWS)
    with transaction.atomic():
        if not lock(post):
            return
        access.check(by, access.of_issue(access.END_PREVIEWS, post.status))
        close_previews(post)
        post.save(update_fields=["preview_round"])
        if log:
            log(post)


def rebuild(post: Post) -> bool:
    """Derive and compose everything again from the stored text, metadata and decisions.

    Tells whether the post is there.
    """
    return change(post, rebuild_locked)


@identity.speaking()
def retag(post: Post) -> None:
    """Give a post the tags and authors its header names, which are called otherwise now.

    They stand around the body of its page, never in it, so that no Markdown is parsed: a large
    issue takes a few milliseconds instead of a second, and a tag may be on a thousand of them.
    """
    with transaction.atomic():
        if not lock(post):
            return
        before = counting.share_of(post)
        header = parse_issue(post.header.encode(), tag_keys=settings.NEWSLETTER_TAG_KEYS)
        authors = crediting.credit(post, header.metadata.authors)
        tags = tagging.set_tags(post, header.metadata.tags)
        compose_frame(post, tags, authors)
        counting.apply_change(before, counting.share_of(post))
        searching.retag(post, tags)
        publication.move([post])


@identity.speaking()
def reindex(post: Post) -> bool:
    """Put a post into the search index anew; tell whether it is there.

    Where its rows no longer are what is found in its text, all of them are derived again. The site
    moves with those alone: whoever builds an index moves it once for all posts.
    """

    def act(post: Post, issue: Issue, reading: Reading) -> None:
        rows, found = stored_rows(post), reading[0].sections if reading[0] else ()
        if [len(items) for items in rows.items] == [len(section.items) for section in found]:
            searching.index(post, tagging.tags_of(post), content_of(rows, found))
        else:
            rebuild_locked(post, issue, reading)
            publication.move([post])

    return change(post, act, moves=False)


# Steps


def _stored(post: Post) -> Post | None:
    """Lock the stored row of a post and return it; None for a new one. Raises Post.DoesNotExist."""
    return Post.objects.select_for_update().get(pk=post.pk) if post.pk else None


def keep(
    post: Post,
    cause: Cause,
    last: Revision | None,
    log: Log | None,
    sections: Iterable[tuple[str, str]] | None = None,
) -> None:
    """Keep what a post says now as a revision after the ``last``, and write down what was done."""
    revision = revising.keep(post, cause, last, sections)
    if log:
        revising.note_entry(revision, log(post))


@contextmanager
def kept(post: Post, cause: Cause, log: Log | None) -> Iterator[None]:
    """Keep what a locked post says before and after something that changes its version."""
    last = revising.keep_before(post)
    yield
    keep(post, cause, last, log)


def next_version(post: Post) -> dict[str, Any]:
    """Return the columns of a post's row that change with every change of it."""
    return {"version": post.version + 1, "modified_at": timezone.now()}


def lock(post: Post, among: PostQuerySet | None = None) -> bool:
    """Lock a stored post and bring the object up to date, since what it held may be old by now;
    tell whether it is there, ``among`` those that are not in the trash if nothing else is said."""
    posts = Post.objects.all() if among is None else among
    try:
        post.refresh_from_db(from_queryset=posts.select_for_update())
    except Post.DoesNotExist:
        return False
    return True


@identity.speaking()
def change(
    post: Post,
    act: Callable[[Post, Issue, Reading], None],
    *,
    among: PostQuerySet | None = None,
    moves: bool = True,
) -> bool:
    """Read what is stored of a post, then lock it and act on it; tell whether it is there.

    ``among`` is as in ``lock``. Where somebody saved in between, the text is read again.
    """
    posts = Post.objects.all() if among is None else among
    while seen := posts.filter(pk=post.pk).first():
        issue = stored_issue(seen)
        reading = read(issue, in_file=bool(seen.source_name))
        with transaction.atomic():
            if lock(post, posts) and post.version == seen.version:
                act(post, issue, reading)
                if moves:
                    publication.move([post])
                return True
    return False


def _write(
    post: Post,
    stored: Post | None,
    issue: Issue,
    reading: Reading,
    images: Iterable[Image] = (),
    find_problem: FindProblem | None = None,
    restore: Restore | None = None,
) -> None:
    """Write the text of a post, with what was assigned to it, in place of the ``stored`` one."""
    parsed, post.problem = reading
    post.version = stored.version + 1 if stored else 1
    # Somebody may have changed these since the object was read.
    post.preview_round = stored.preview_round if stored else 0
    post.review_since = stored.review_since if stored else None
    post.withdrawn_at = stored.withdrawn_at if stored else None
    post.modified_at = timezone.now()
    _derive_and_compose(post, issue, parsed, stored, images, find_problem, restore)
    if stored:
        keep_address(post, stored.slug)


def _derive_and_compose(
    post: Post,
    issue: Issue,
    parsed: ParsedIssue | None,
    stored: Post | None,
    images: Iterable[Image] = (),
    find_problem: FindProblem | None = None,
    restore: Restore | None = None,
) -> None:
    """Save the row of a post, derive the others, compose its page and move the counters.

    ``parsed`` is None when the text cannot be rendered: then readers get no page. ``stored`` is the
    row as it was.
    """
    post.stale_since = None
    if not post.translation_key:
        post.translations = []  # it shares nothing, or no more
    if post.problem:
        post.status = Post.Status.DRAFT
    _save_row(post, stored, issue.metadata.slug or issue.metadata.title)
    if restore:
        restore(post)
    known = stored_of(post) if stored or restore else NOTHING
    before = counting.share_of(stored, known) if stored else counting.Share()
    sizes = pictures.bind(post, {post.cover: "", **parsed.pictures} if parsed else None, images)
    tags = tagging.set_tags(post, issue.metadata.tags)
    authors = crediting.credit(post, issue.metadata.authors)
    rows = derive(post, issue.sections, parsed.sections if parsed else (), known)
    mark_returns(place.link_id for place in (*known.places, *rows.places))
    if parsed:
        _compose_page(post, issue, parsed, tags, authors, rows, sizes, find_problem)
    else:
        PostPage.objects.filter(post=post).delete()
    if post.problem and post.listed_at:
        post.status = Post.Status.DRAFT
        unlist(post)
    _take_step(post, before.date)
    post.save(update_fields=DERIVED)
    translations.link({stored.translation_key if stored else "", post.translation_key})
    counting.apply_change(before, counting.share_of(post, rows, (tag.pk for tag in tags)))
    searching.index(post, tags, content_of(rows, parsed.sections if parsed else ()))


def _take_step(post: Post, before: datetime | None) -> None:
    """Keep what a step towards readers or away from them ends; ``before`` it was listed then."""
    if post.listed_at:
        if post.review_since:
            review_overtaken.send(sender=Post, post=post)
        post.review_since = post.withdrawn_at = None
    elif before:
        close_previews(post)
        post.withdrawn_at = timezone.now() if before <= timezone.now() else None
        issue_taken_back.send(sender=Post, post=post)


def close_previews(post: Post) -> None:
    """End the preview addresses and the share address of a locked post, whose row is saved next."""
    post.preview_round += 1
    ShareAddress.objects.filter(post=post, ended_at=None).update(ended_at=timezone.now())


def _compose_page(
    post: Post,
    issue: Issue,
    parsed: ParsedIssue,
    tags: Sequence[Tag],
    authors: Sequence[Author],
    rows: Rows,
    sizes: Mapping[str, ImageSize],
    find_problem: FindProblem | None,
) -> None:
    """Have a post's page written with what was decided, and compose it; note a problem found."""
    again = covered_before(post, rows.items)
    decided = decisions_about(rows, post.language, again)
    mirrors = settings.MIRROR_IMAGES
    if mirrors and (missing := [url for url in parsed.foreign_images if url not in sizes]):
        images_missing.send(sender=Post, post=post, addresses=missing)
    html = parsed.to_html(rows.anchors, decided, sizes, foreign=not mirrors)
    if find_problem:
        plain = parsed.to_html() if decided.change_what_it_says or mirrors else html
        post.problem = find_problem(issue.body, "".join(plain))
    markdown = parsed.to_markdown(decided, sizes)
    compose(post, tags, authors, rows.sections, rows.visible_items, html, markdown)


def _save_row(post: Post, stored: Post | None, wish: str) -> None:
    """Save the row of a post; if somebody else takes its slug just now, with the next free one."""
    if stored and stored.slug == post.slug:
        post.save()
        return
    while True:
        try:
            with transaction.atomic():
                post.save()
            return
        except IntegrityError:
            if not slug_taken(post, post.slug):
                raise
            post.slug = ""
            post.slug = free_slug(post, wish)


def rebuild_locked(post: Post, issue: Issue, reading: Reading, **changes: Any) -> None:
    """Rebuild a locked post, with changes to its own row."""
    stored = copy(post)
    for name, value in changes.items():
        setattr(post, name, value)
    parsed, problem = reading
    # What the import found wrong with a text that renders stays: the text is the same.
    if problem or not PostPage.objects.filter(post=post).exists():
        post.problem = problem
    _assign_metadata(post, issue)
    _derive_and_compose(post, issue, parsed, stored)


def _set_status(
    post: Post, issue: Issue, reading: Reading, status: str, at: datetime | None
) -> None:
    """Change the status of a locked post, and rebuild it: pages show the time.

    A header that says whether it is a draft follows, so that a copy of the file says the same.
    """
    is_draft = status == Post.Status.DRAFT
    if issue.metadata.draft is (not is_draft):
        with suppress(DocumentError):
            said = with_metadata(post, issue.body, {"draft": is_draft})
            issue = replace(issue, header=said.header, metadata=said.metadata)
            stored = copy(post)
            _assign(post, issue, status, at, slug="")
            _write(post, stored, issue, reading)
            return
    changes = {"status": status, "published_at": at, **next_version(post)}
    rebuild_locked(post, issue, reading, **changes)


def _assign(
    post: Post, issue: Issue, status: str | None, published_at: datetime | None, slug: str
) -> None:
    metadata = issue.metadata
    _assign_metadata(post, issue)
    post.published_at = published_at or moment(metadata.date) or post.published_at
    if status is not None:
        post.status = status
    elif metadata.draft is not None:
        post.status = Post.Status.DRAFT if metadata.draft else Post.Status.PUBLISHED
    elif post.pk is None and post.published_at:
        post.status = Post.Status.PUBLISHED
    if post.status == Post.Status.PUBLISHED and post.published_at is None:
        post.published_at = timezone.now()
    if slug and not slug_taken(post, slug):
        post.slug = slug
    elif slug or metadata.slug or not post.slug:
        post.slug = free_slug(post, slug or metadata.slug or metadata.title)


def _assign_metadata(post: Post, issue: Issue) -> None:
    metadata = issue.metadata
    post.header = issue.header
    post.title = metadata.title[:500]
    post.description = metadata.description
    post.revised_at = moment(metadata.updated)
    post.cover = metadata.cover[:1000]
    post.translation_key = metadata.translationkey[:200]
    post.language = metadata.language[:16] or detect_language(
        issue.body, identity.current().language
    )
