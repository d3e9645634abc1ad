"""Bring back what the side file of an export says: of issues that are new here, tags and sections.

What is stored here already stays as it is: a side file is of its day, and an issue that was
withdrawn since must not be published by it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from links.access import DECIDE
from links.decisions import Change, record_decision, record_effects
from links.models import Decision
from links.registering import know_sources
from links.rows import create
from posts import access, publication, sidefile
from posts.access import Actor
from posts.documents import Issue
from posts.documents.holding import Hold
from posts.messages import Message as _
from posts.models import LinkedItem, OldSlug, Post, RecurringSection, Tag, TagAlias
from posts.naming import fold, initial
from posts.publishing import slug_taken
from posts.sidefile import Entry, SideFile
from posts.translating import translated


@dataclass(frozen=True, slots=True)
class Told:
    """What a side file says of an issue that is new here; ``is_same`` if its file is as it was
    exported. Else what its header says of status, time and address wins."""

    entry: Entry
    issue: Issue
    is_same: bool
    by: Actor

    @property
    def published_at(self) -> datetime | None:
        """When it was published, unless its header says so."""
        of_header = not self.is_same and self.issue.metadata.date is not None
        return None if of_header else self.entry.published

    @property
    def tells_time(self) -> bool:
        """Whether it knows when it was published, or that it was not."""
        return self.is_same or self.published_at is not None

    @property
    def slug(self) -> str:
        """What its address ends with, unless its header says so."""
        of_header = not self.is_same and self.issue.metadata.slug
        return "" if of_header else self.entry.slug

    def hold(self, hold: Hold | None) -> Hold | None:
        """Return why it is not to be published; ``hold`` is why, as its file and header say."""
        if any(item.hidden is not None for item in self.entry.items) and not access.may(
            self.by, access.HIDE_ITEMS
        ):
            return Hold(_("items of it were hidden, which you may not do"), is_strict=True)
        if self.entry.status == Post.Status.DRAFT:
            if self.is_same or self.issue.metadata.draft is None:
                return Hold(_("it was not published where it was exported"), is_strict=True)
            return hold
        return None if self.is_same else hold

    @property
    def status(self) -> str | None:
        """The status it had, if its file is as it was and readers saw it; else others tell."""
        was_public = self.is_same and self.entry.status == Post.Status.PUBLISHED
        return Post.Status.PUBLISHED if was_public else None

    def identify(self, post: Post) -> None:
        """Let a new post be the one that was exported, unless that lies in the trash."""
        if not Post.everything.filter(uid=self.entry.uid).exists():
            post.uid = self.entry.uid
        name = self.entry.name
        if name is not None and not Post.objects.filter(source_name=name or "/").exists():
            post.source_name = name

    def restore(self, post: Post) -> None:
        """Store the items, addresses and time of change of a post whose row is stored."""
        entry = self.entry
        old = [OldSlug(slug=s, post=post) for s in entry.addresses if not slug_taken(post, s)]
        OldSlug.objects.bulk_create(
            {row.slug: row for row in old if row.slug != post.slug}.values()
        )
        if self.is_same:
            post.modified_at = entry.modified
            post.save(update_fields=["modified_at"])
        _restore_items(post, entry.items, self.by)


def told_of(entry: Entry | None, issue: Issue, by: Actor) -> Told | None:
    """Return what a side file says of a new issue, if it does."""
    if entry is None:
        return None
    digest = hashlib.sha256(issue.to_bytes()).hexdigest()
    return Told(entry, issue, digest == entry.digest, by)


# Items


def _restore_items(post: Post, items: Sequence[sidefile.Item], by: Actor) -> None:
    """Store items as ones whose text is gone: that of most is found again when it is derived.

    So they are matched as after any edit, and what was changed in the file since loses no other.
    """
    uids = [item.uid for item in items]
    taken = set(LinkedItem.objects.filter(uid__in=uids).values_list("uid", flat=True))
    now = timezone.now()
    rows = {
        item.uid: LinkedItem(
            post=post,
            uid=item.uid,
            position=len(items) if item.place is None else item.place,
            kind=LinkedItem.Kind.LIST,
            url=item.url,
            digest=item.digest,
            hidden=item.hidden is not None,
            is_news=item.news,
            removed_at=item.removed or now,
        )
        for item in items
        if item.uid not in taken
    }
    create(list(rows.values()), "uid")
    actor = by if access.may(by, access.HIDE_ITEMS) else None
    for item in items:
        if item.hidden is not None and item.uid in rows:
            _record_hiding(rows[item.uid], item.hidden, actor)


def _record_hiding(row: LinkedItem, reason: str, by: Actor) -> None:
    """Write down that an item is hidden, so that it can be undone like any decision."""
    reason = reason or translated(_("It was hidden where it was exported."))
    hide = Decision.Action.HIDE
    decision = record_decision(hide, by=by, subject=str(row), reason=reason[:500])
    record_effects(decision, [Change(row, {"hidden": False}, {"hidden": True})])


# Tags, sections and sources


def restore_site(side: SideFile, by: Actor) -> tuple[str, ...]:
    """Make tags and sections what they were, and return what is left out since ``by`` may not.

    Names, addresses and headings that something here has already stay with that.
    """
    parts = (
        (access.RENAME_TAGS, bool(side.tags), partial(_restore_tags, side.tags), _("tags")),
        (
            access.CURATE_SECTIONS,
            bool(side.sections),
            partial(_restore_sections, side.sections),
            _("recurring sections"),
        ),
        (DECIDE, bool(side.sources), partial(know_sources, side.sources), _("sources")),
    )
    left_out = []
    with transaction.atomic():
        for right, is_said, restore, name in parts:
            if is_said and access.may(by, right):
                restore()
            elif is_said:
                left_out.append(_("%(name)s stay as they are: you may not change them", name=name))
        publication.move()
    return tuple(map(translated, left_out))


def _restore_tags(rows: Sequence[sidefile.Tag]) -> None:
    keys = _values(Tag, "key") | _values(TagAlias, "key")
    slugs = _values(Tag, "slug") | _values(TagAlias, "slug")
    new, aliases = [], []
    for row in rows:
        key = fold(row.name)
        if key and key not in keys and row.slug not in slugs:
            keys.add(key)
            slugs.add(row.slug)
            of = {"name": row.name, "slug": row.slug, "description": row.description}
            new.append(Tag(key=key, initial=initial(row.name), **of))
    Tag.objects.bulk_create(new)
    tags = Tag.objects.in_bulk((fold(row.name) for row in rows), field_name="key")
    for row in rows:
        for alias in row.aliases:
            if alias.key not in keys and alias.slug not in slugs and fold(row.name) in tags:
                keys.add(alias.key)
                slugs.add(alias.slug)
                of = {"key": alias.key, "name": alias.name, "slug": alias.slug}
                aliases.append(TagAlias(tag=tags[fold(row.name)], **of))
    TagAlias.objects.bulk_create(aliases)


def _restore_sections(rows: Sequence[sidefile.Section]) -> None:
    keys, slugs = _values(RecurringSection, "key"), _values(RecurringSection, "slug")
    new = []
    for row in rows:
        if row.key not in keys and row.slug not in slugs:
            keys.add(row.key)
            slugs.add(row.slug)
            of = {"key": row.key, "slug": row.slug, "title": row.title, "hidden": row.hidden}
            new.append((RecurringSection(**of), row.into))
    RecurringSection.objects.bulk_create(section for section, _into in new)
    wanted = {into for _section, into in new if into}
    leading = RecurringSection.objects.in_bulk(wanted, field_name="key")
    for section, into in new:
        if into in leading:
            section.merged_into_id = leading[into].merged_into_id or leading[into].pk
    RecurringSection.objects.bulk_update(
        [section for section, into in new if into in leading], ["merged_into"]
    )


def _values(model: type[Tag] | type[TagAlias] | type[RecurringSection], name: str) -> set[str]:
    return set(model._default_manager.values_list(name, flat=True))
