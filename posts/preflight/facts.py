"""What the database knows of what is written: as many queries whatever the length of the text."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from links.models import Link
from links.standing import active_rules, settle
from posts import pictures
from posts.dead_ends import is_of_this_site, missing_pages
from posts.models import LinkedItem, Picture, Post, Tag, TagAlias
from posts.naming import fold
from posts.places import Place, latest_before
from posts.preflight.written import Written

MOST_TAGS = 2_000
"""So many tags, the most used ones, are compared with one that is new."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known: links by canonical address, of main links the latest issue that had them, the
    paths of the pictures that are there and of those that are ornaments, the addresses at which
    this site has no page, the tags that no issue has yet and the names of others, title and
    language of the issues with the same translation key."""

    now: datetime
    language: str = ""
    links: Mapping[str, Link] = field(default_factory=dict)
    covered: Mapping[str, Place] = field(default_factory=dict)
    pictures: Collection[str] = ()
    ornaments: Collection[str] = ()
    mirrors: bool = False
    missing_pages: Collection[str] = ()
    new_tags: Collection[str] = ()
    tags: Collection[str] = ()
    translations: Collection[tuple[str, str]] = ()


def gather(written: Written, post: Post | None, language: str) -> Facts:
    """Return what is known of an issue, which is ``post`` unless it is new."""
    stored = post if post is not None and post.pk else None
    links = _links(link.canonical for link in written.links)
    main = {link.canonical for link in written.links if link.is_main and link.canonical}
    new = _new_tags(written.details.tags)
    return Facts(
        now=timezone.now(),
        language=language,
        links=links,
        covered=_covered(main, links, stored, written.details.at),
        pictures=_pictures(written, stored),
        ornaments=_ornaments(written),
        mirrors=settings.MIRROR_IMAGES,
        missing_pages=missing_pages(_of_this_site(written)),
        new_tags=new,
        tags=_names() if new else (),
        translations=_translations(written.details.translationkey, stored),
    )


def _links(addresses: Iterable[str]) -> dict[str, Link]:
    """Return the links of addresses; those not seen before as the rules about sources see them."""
    keys = {address: Link.key_for(address) for address in addresses if address}
    known = Link.objects.in_bulk(keys.values(), field_name="key")
    links = {address: known[key] for address, key in keys.items() if key in known}
    if missing := keys.keys() - links.keys():
        rules = active_rules()
        for address in missing:
            links[address] = Link(url=address)
            settle(links[address], rules)
    return links


def _covered(
    main: Collection[str], links: Mapping[str, Link], post: Post | None, at: datetime | None
) -> dict[str, Place]:
    """Return of addresses of items the latest issue that had them; items that are news have none,
    and neither has what many issues have: the address of the newsletter itself."""
    keys = {link.pk: address for address in main if (link := links[address]).pk}
    news = LinkedItem.objects.filter(post=post, is_news=True).values_list("link", flat=True)
    places = latest_before(keys.keys() - set(news), at or timezone.now(), post)
    return {keys[pk]: place for pk, place in places.items()}


def _of_this_site(written: Written) -> Iterator[str]:
    """Yield the addresses that may be of this site: of links, and of pictures from its root."""
    named = (written.details.cover, *(picture.address for picture in written.pictures))
    yield from filter(is_of_this_site, (link.url for link in written.links))
    yield from (name for name in named if name.startswith("/") and is_of_this_site(name))


def _pictures(written: Written, post: Post | None) -> set[str]:
    """Return the paths of pictures that are there, of those that are named."""
    named = {written.details.cover, *(picture.address for picture in written.pictures)}
    return set(pictures.known(post, named))


def _ornaments(written: Written) -> set[str]:
    """Return the paths of pictures of the library that somebody called ornaments."""
    names = {picture.address.rpartition("/")[2] for picture in written.pictures if not picture.alt}
    rows = Picture.objects.filter(name__in=names, is_decorative=True) if names else ()
    return {picture.path for picture in rows}


def _new_tags(names: Iterable[str]) -> list[str]:
    """Return the names that no tag has, as written."""
    keys = {fold(name): name for name in names}
    known = set(
        Tag.objects.filter(key__in=keys, taggings__isnull=False).values_list("key", flat=True)
    )
    known |= set(TagAlias.objects.filter(key__in=keys).values_list("key", flat=True))
    return [name for key, name in keys.items() if key not in known]


def _translations(key: str, post: Post | None) -> list[tuple[str, str]]:
    """Return title and language of the other issues that have a translation key."""
    if not key:
        return []
    others = Post.objects.filter(translation_key=key, trashed_at=None)
    others = others.exclude(pk=post.pk) if post else others
    return list(others.values_list("title", "language"))


def _names() -> list[str]:
    rows = Tag.objects.filter(post_count__gt=0).order_by("-post_count", "id")
    return list(rows.values_list("name", flat=True)[:MOST_TAGS])
