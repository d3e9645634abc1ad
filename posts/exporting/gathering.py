"""Gather for the side file of an export what issues, tags and sections are besides their text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from links.models import Decision, Effect, Source
from posts import sidefile
from posts.documents import DocumentError
from posts.models import Image, LinkedItem, Post, PostQuerySet, RecurringSection, Tag
from posts.paths import digest_in, safe_name
from posts.sidefile import Entry, SideFile, sign_picture


def side_file(posts: PostQuerySet, issues: Mapping[str, Entry]) -> SideFile:
    """Return the side file of some posts, whose entries are there.

    Tags and sections are those of the posts; with all of them, all that the site knows.
    """
    if posts.count() == Post.objects.count():
        sources = Source.objects.order_by("pk").values_list("name", flat=True)
        tags, sections = Tag.objects.all(), RecurringSection.objects.all()
        return SideFile(issues, _tags(tags), _sections(sections), tuple(sources))
    some = posts.order_by().values("pk")
    tags = Tag.objects.filter(taggings__content_object__in=some).distinct()
    used = RecurringSection.objects.filter(sections__post__in=some).values("pk")
    sections = RecurringSection.objects.filter(Q(pk__in=used) | Q(merged_into__in=used))
    return SideFile(issues, _tags(tags), _sections(sections))


def entry_of(post: Post, name: str, pictures: Iterable[tuple[str, Image]]) -> Entry:
    """Return what a post is besides its text, which is written to the file of a name.

    ``pictures`` come with it, each with the path of its file as the text would write it.
    """
    return Entry(
        digest=hashlib.sha256(post.document.encode()).hexdigest(),
        uid=post.uid,
        slug=post.slug,
        status=post.status,
        modified=post.modified_at,
        published=post.published_at,
        name=None if post.source_name == name else _safe(post.source_name),
        addresses=tuple(post.old_slugs.order_by("pk").values_list("slug", flat=True)),
        pictures={image.path: _picture(file, image) for file, image in pictures} or None,
        items=_items(post),
    )


def _safe(name: str) -> str | None:
    try:
        return name and safe_name(name)
    except DocumentError:
        return None


def _picture(file: str, image: Image) -> sidefile.Picture:
    signature = sign_picture(digest_in(str(image.file)), image.digest)
    return sidefile.Picture(image.digest, signature, "" if file == image.path else file)


def _items(post: Post) -> tuple[sidefile.Item, ...]:
    rows = list(post.items.select_related("section").order_by("pk"))
    living = [row for row in rows if row.section is not None]
    living.sort(key=lambda row: (row.section and row.section.position, row.position))
    places = {row.pk: place for place, row in enumerate(living)}
    reasons = _reasons([row.pk for row in rows if row.hidden])
    return tuple(
        sidefile.Item(
            uid=row.uid,
            digest=row.digest,
            url=row.url,
            place=places.get(row.pk),
            hidden=reasons.get(row.pk, "") if row.hidden else None,
            news=row.is_news,
            removed=row.removed_at,
        )
        for row in rows
    )


def _reasons(items: list[int]) -> dict[int, str]:
    """Return why items were hidden, by key."""
    if not items:
        return {}
    kind = ContentType.objects.get_for_model(LinkedItem)
    effects = Effect.objects.filter(
        content_type=kind, object_id__in=items, decision__action=Decision.Action.HIDE
    )
    return dict(effects.order_by("pk").values_list("object_id", "decision__reason"))


def _tags(tags: QuerySet[Tag]) -> tuple[sidefile.Tag, ...]:
    return tuple(
        sidefile.Tag(
            name=tag.name,
            slug=tag.slug,
            description=tag.description,
            aliases=tuple(
                sidefile.Alias(alias.key, alias.name, alias.slug)
                for alias in sorted(tag.aliases.all(), key=lambda alias: alias.pk)
            ),
        )
        for tag in tags.order_by("pk").prefetch_related("aliases")
    )


def _sections(sections: QuerySet[RecurringSection]) -> tuple[sidefile.Section, ...]:
    return tuple(
        sidefile.Section(
            key=section.key,
            slug=section.slug,
            title=section.title,
            hidden=section.hidden,
            into=section.merged_into.key if section.merged_into else None,
        )
        for section in sections.order_by("pk").select_related("merged_into")
    )
