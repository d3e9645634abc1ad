"""Which recurring headings are sections of the site: hidden, renamed and merged by staff.

A heading that was merged keeps its row, which leads to the other's: its address redirects, and
issues that are still written with it stand in the other section. A section that was renamed has
such rows for its old address, and for headings that are written as it is called now.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from links.rows import rewrite
from posts import access, publication, searching
from posts.access import Actor
from posts.models import SLUG_LENGTH, RecurringSection, Section, SectionEntry
from posts.models.names import NameTaken
from posts.naming import heading_key, unicode_slug, with_suffix
from posts.publishing import counting
from posts.publishing.deriving import KEY_LENGTH


@transaction.atomic
def set_hidden(
    sections: Iterable[RecurringSection], hidden: bool, *, by: Actor = None
) -> list[RecurringSection]:
    """Keep sections from the public site, or show them again; return those that changed.

    Issues keep their headings. Raises PermissionDenied.
    """
    access.check(by, access.CURATE_SECTIONS)
    changed = [row for row in _locked(sections) if row.hidden != hidden]
    for row in changed:
        counting.unlist(row)
        row.hidden = hidden
        row.save(update_fields=["hidden"])
        counting.enlist(row)
    if changed:
        publication.move()
    return changed


@transaction.atomic
def merge(sections: Iterable[RecurringSection], into: RecurringSection, *, by: Actor = None) -> int:
    """Make one section of several; return how many issues have it.

    Their addresses lead to ``into``. Raises PermissionDenied, and RecurringSection.DoesNotExist
    when somebody merged ``into`` away meanwhile.
    """
    access.check(by, access.CURATE_SECTIONS)
    rows = _locked([*sections, into])
    if into not in rows:
        raise RecurringSection.DoesNotExist(into.pk)
    merged = [row.pk for row in rows if row.pk != into.pk]
    for row in rows:
        counting.unlist(row)
    leading = RecurringSection.objects.filter(Q(pk__in=merged) | Q(merged_into__in=merged))
    leading.update(merged_into=into, post_count=0, first_seen=None, last_seen=None)
    searching.move_section(merged, into.pk)
    Section.objects.filter(recurring__in=merged).update(recurring=into)
    _move_entries(merged, into)
    _number_repeats(into)
    publication.move()
    return counting.recount_section(into)


def _move_entries(merged: Iterable[int], into: RecurringSection) -> None:
    """List the items of sections in another one, once where they stand below both headings."""
    for pk in merged:
        rows, there = SectionEntry.objects.filter(recurring=pk), into.entries.values("item")
        rows.filter(item__in=there).delete()
        rows.update(recurring=into)


def issues_touched(sections: Iterable[RecurringSection]) -> int:
    """Return how many issues, drafts too, have one of the sections."""
    rows = Section.objects.filter(recurring__in=list(sections)).order_by()
    return rows.values("post").distinct().count()


def _number_repeats(section: RecurringSection) -> None:
    """Say anew which of several sections of an issue is the first with this heading."""
    rows = Section.objects.filter(recurring=section).order_by()
    several = rows.values("post").annotate(n=Count("pk")).filter(n__gt=1).values("post")
    seen: dict[int, int] = {}
    changes = []
    for row in rows.filter(post__in=several).order_by("post", "position"):
        seen[row.post_id] = place = seen.get(row.post_id, -1) + 1
        changes.append((row, {"repeat": place}))
    rewrite(changes)


def _locked(sections: Iterable[RecurringSection]) -> list[RecurringSection]:
    pks = {section.pk for section in sections}
    rows = RecurringSection.objects.select_for_update().filter(pk__in=pks, merged_into=None)
    return list(rows.order_by("pk"))


# Renaming


@transaction.atomic
def rename(section: RecurringSection, title: str, slug: str = "", *, by: Actor = None) -> bool:
    """Give a section another title, and another address; tell whether that changed something.

    ``slug`` '' makes the address from the title. The old address redirects, and headings written
    as the title is now stand in this section. Raises NameTaken and PermissionDenied.
    """
    access.check(by, access.CURATE_SECTIONS)
    title, key = " ".join(title.split()), heading_key(title)[:KEY_LENGTH]
    slug = slug or unicode_slug(key)[:SLUG_LENGTH] or section.slug
    stored = next(iter(_locked([section])), None)
    if stored is None:
        raise RecurringSection.DoesNotExist(section.pk)
    if (stored.title, stored.slug) == (title, slug):
        return False
    check_free(stored, title, slug)
    old, stored.title, stored.slug = stored.slug, title, slug
    _lead_here(stored, key, old)
    stored.save(update_fields=["title", "slug"])
    section.title, section.slug = title, slug
    publication.move()
    return True


def check_free(section: RecurringSection, title: str, slug: str) -> None:
    """Raise NameTaken when another section has this title or address."""
    ours = Q(pk=section.pk) | Q(merged_into=section)
    others = RecurringSection.objects.exclude(ours)
    if others.filter(key=heading_key(title)[:KEY_LENGTH]).exists():
        raise NameTaken("title", _("Another section is called so. Merge the two instead."))
    if others.filter(slug=slug).exists():
        raise NameTaken("slug", _("Another section has this address."))


def _lead_here(section: RecurringSection, key: str, old: str) -> None:
    """Let a key and the old address of a section, which has another by now, lead to it."""
    ours = RecurringSection.objects.filter(merged_into=section)
    is_known = not key or section.key == key or ours.filter(key=key).exists()
    if taken := ours.filter(slug=section.slug).first():
        # Its address becomes the section's own; the old one stands in its place.
        taken.slug = with_suffix(old, f"was-{taken.pk}", SLUG_LENGTH)
        taken.save(update_fields=["slug"])
    if old != section.slug:
        RecurringSection.objects.filter(pk=section.pk).update(slug=section.slug)
        _leading(section, f"/{old}/" if is_known else key, old)
    elif not is_known:
        _leading(section, key, with_suffix(old, f"also-{ours.count() + 1}", SLUG_LENGTH))


def _leading(section: RecurringSection, key: str, slug: str) -> None:
    row = {"title": section.title, "slug": slug, "merged_into": section}
    RecurringSection.objects.update_or_create(key=key, defaults=row)
