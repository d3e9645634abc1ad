"""What was decided about the items and links of a post, as the renderer needs to know it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from links.models import Link
from posts import identity
from posts.places import Place
from posts.publishing.deriving import Rows
from posts.rendering import CoveredBefore, Decisions, LinkWords

_BLOCKED, _HELD = Link.Standing.BLOCKED, Link.Standing.HELD


def decisions_about(rows: Rows, language: str, again: Mapping[int, Place]) -> Decisions:
    """Return what was decided about the items and links of a post, in the renderer's terms.

    ``again`` are the places where links (by key) stood before.
    """
    links = rows.links.items()
    return Decisions(
        blocked=frozenset(url for url, link in links if link.standing == _BLOCKED),
        held=frozenset(url for url, link in links if link.standing == _HELD),
        replaced={url: link.replacement_url for url, link in links if link.replacement_url},
        broken=frozenset(url for url, link in links if link.is_marked_broken),
        copies={url: link.offered_copy for url, link in links if link.offered_copy},
        hidden=frozenset(
            (section, position)
            for section, items in enumerate(rows.items)
            for position, row in enumerate(items)
            if row.hidden
        ),
        again={
            (section, position): covered_before(again[row.link_id], language)
            for section, items in enumerate(rows.items)
            for position, row in enumerate(items)
            if row.link_id and row.link_id in again and not row.is_news
        },
        words=link_words(language),
    )


def link_words(language: str) -> LinkWords:
    """Return what readers are told about decided links, in a post's language if we speak it."""
    return _words_in(spoken(language))


def covered_before(place: Place, language: str) -> CoveredBefore:
    """Return what readers are told about a place where a link stood, in a post's language."""
    with translation.override(spoken(language)):
        shown = pgettext("short date, Django format", "j M Y")
        day = date_format(timezone.localtime(place.date), shown)
    return CoveredBefore(place.path, place.title, day)


def spoken(language: str) -> str:
    base = language.partition("-")[0].lower()
    spoken = {code for code, _name in settings.LANGUAGES}
    return base if base in spoken else identity.current().language


@cache
def _words_in(language: str) -> LinkWords:
    with translation.override(language):
        return LinkWords(
            blocked=gettext("link removed"),
            held=gettext("link not reviewed yet"),
            replaced=gettext("link replaced"),
            broken=gettext("link broken"),
            copy=gettext("archived copy"),
        )
