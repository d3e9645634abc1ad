"""What is known of the links, items and pictures of an issue as it is being written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime, now

from links.models import Link
from links.registering import canonical_or_none
from posts import pictures
from posts.models import Post
from posts.naming import heading_key
from posts.places import Place, latest_before
from posts.publishing.decisions import covered_before, link_words
from posts.publishing.itemizing import digest_of
from posts.publishing.matching import Trait, match_items, trait_of
from posts.publishing.recurring import covered_among
from posts.rendering import CoveredBefore, Decisions, ImageSize, ParsedIssue

MOST: Final = 2000
"""So many addresses are looked at: the longest issues have half of them."""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What was decided, as the browser was told and tells again: links by address as written,
    pictures by path, and the items that are hidden, with those that could be taken for one of
    them: their traits in the order of the text, and whether they are hidden."""

    links: Mapping[str, Row] = field(default_factory=dict)
    images: Mapping[str, ImageSize] = field(default_factory=dict)
    items: tuple[tuple[Trait, bool], ...] = ()

    def decisions(self, parsed: ParsedIssue, language: str) -> Decisions:
        """Return what was decided, in the renderer's terms."""
        rows = self.links.items()
        return Decisions(
            blocked=frozenset(url for url, row in rows if row.get("standing") == "blocked"),
            held=frozenset(url for url, row in rows if row.get("standing") == "held"),
            replaced={url: row["replaced"] for url, row in rows if row.get("replaced")},
            broken=frozenset(url for url, row in rows if row.get("marked")),
            copies={url: row["copy"] for url, row in rows if row.get("copy")},
            hidden=self._hidden(parsed),
            again=self._again(parsed),
            words=link_words(language),
        )

    def _again(self, parsed: ParsedIssue) -> dict[tuple[int, int], CoveredBefore]:
        before = {url: found for url, row in self.links.items() if (found := _before(row))}
        if not before:
            return {}
        return {
            (place, number): before[item.links[item.main].url]
            for place, section in enumerate(parsed.sections)
            for number, item in enumerate(section.items)
            if item.main is not None and item.links[item.main].url in before
        }

    def _hidden(self, parsed: ParsedIssue) -> frozenset[tuple[int, int]]:
        """Return the items that are known to be hidden, as far as their traits tell."""
        if not self.items:
            return frozenset()
        places = [
            ((place, number), trait_of(section, item, digest_of(item)))
            for place, section in enumerate(parsed.sections)
            for number, item in enumerate(section.items)
        ]
        known = [trait for trait, _is_hidden in self.items]
        found = match_items(known, (), [trait for _place, trait in places])
        return frozenset(
            place
            for (place, _trait), match in zip(places, found, strict=True)
            if match is not None and self.items[match][1]
        )


def known_of(post: Post, urls: Iterable[str], paths: Iterable[str]) -> dict[str, Any]:
    """Return what is known of addresses and of paths of pictures, as written, and of a post, which
    may be new, as JSON says it; addresses of which nothing is known have no row."""
    written = list(dict.fromkeys(urls))[:MOST]
    canonical = {url: address for url in written if (address := canonical_or_none(url))}
    keys = {url: Link.key_for(address) for url, address in canonical.items()}
    links = Link.objects.in_bulk(set(keys.values()), field_name="key")
    pks = {link.pk for link in links.values()}
    latest = latest_before(pks, now(), post if post.pk else None)
    found = covered_among(pks, post)
    again = {pk: covered_before(place, post.language) for pk, place in found.items()}
    rows = {
        url: _row(link, latest.get(link.pk), again.get(link.pk))
        for url, key in keys.items()
        if (link := links.get(key))
    }
    return {
        "links": {url: row for url, row in rows.items() if row},
        "images": pictures.known(post, list(dict.fromkeys(paths))[:MOST]),
        "items": _items(post) if post.pk else [],
    }


def _before(row: Row) -> CoveredBefore | None:
    said = row.get("again")
    if not isinstance(said, list) or len(said) != len(CoveredBefore._fields):
        return None
    return CoveredBefore(*map(str, said))


def _items(post: Post) -> list[list[Any]]:
    """Return the traits of items that are hidden, and of those that share something with one."""
    names = ("url", "title", "anchor_text")
    hidden = list(post.items.filter(hidden=True).values(*names))
    alike = Q(hidden=True)
    for name in names:
        alike |= Q(**{f"{name}__in": {row[name] for row in hidden} - {""}})
    rows = post.items.filter(alike).select_related("section").defer("section__source")
    return [
        [
            heading_key(item.section.heading) if item.section else "",
            item.digest,
            item.url,
            item.title,
            item.anchor_text,
            item.hidden,
        ]
        for item in rows.order_by(F("section__position").asc(nulls_last=True), "position", "pk")
    ]


def _row(link: Link, latest: Place | None, again: CoveredBefore | None) -> Row:
    row = {
        "standing": link.standing if link.standing != Link.Standing.SHOWN else "",
        "pending": link.status == Link.Status.PENDING,
        "broken": link.is_rotten,
        "marked": link.is_marked_broken,
        "replaced": link.replacement_url,
        "copy": link.offered_copy,
        "again": list(again) if again else [],
        "covered": latest and {"title": latest.title, "path": latest.path, "date": _day(latest)},
    }
    return {name: value for name, value in row.items() if value}


def _day(place: Place) -> str:
    return date_format(localtime(place.date), "DATE_FORMAT")
