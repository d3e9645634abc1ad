"""Composing what pages need of the settings, in the transaction of whatever changes it."""

from __future__ import annotations

from operator import itemgetter
from secrets import token_hex
from typing import Any

from posts.identity.colours import DARK, nearest
from posts.models.identity import THE_ROW, MenuLink, SiteSettings
from posts.models.pages import OldPageSlug, Page
from posts.prose import prose
from posts.slots import OFFERS


def compose() -> SiteSettings:
    """Compose what pages need of the settings and links, under a new revision; return the row."""
    row, _made = SiteSettings.objects.select_for_update().get_or_create(pk=THE_ROW)
    row.shown = {name: value for name, value in _shown(row).items() if value}
    row.revision = token_hex(16)
    row.save(update_fields=["shown", "revision"])
    return row


def _shown(row: SiteSettings) -> dict[str, Any]:
    return {
        "name": row.name,
        "description": row.description,
        "language": row.language,
        "time_zone": row.time_zone,
        **{place: _menu(row, place) for place in MenuLink.Place.values},
        "crawlers": row.crawlers,
        "profiles": row.profiles.split(),
        "logo": row.logo,
        "icons": row.icons,
        "ending": prose(row.ending),
        "offers": [offer.name for offer in OFFERS if offer.is_on()],
        "style": style(row.accent, row.accent_dark),
        **_pages(),
    }


def _menu(row: SiteSettings, place: str) -> list[tuple[str, str]]:
    """Return the links of a place, its pages among them, as (words, address) in their order."""
    links = [(link.position, link.label, link.address) for link in row.links.filter(place=place)]
    pages = Page.objects.filter(status=Page.Status.PUBLISHED, menu=place)
    links += [(page.position, page.label or page.title, f"/{page.slug}/") for page in pages]
    return [(label, address) for _position, label, address in sorted(links, key=itemgetter(0))]


def _pages() -> dict[str, Any]:
    pages = Page.objects.filter(status=Page.Status.PUBLISHED).order_by("position", "pk")
    rows = list(pages.values_list("slug", "pk"))
    old = OldPageSlug.objects.filter(page__status=Page.Status.PUBLISHED).values_list("slug", "page")
    return {"pages": {**dict(old), **dict(rows)}, "page_paths": [f"/{slug}/" for slug, _pk in rows]}


def style(accent: str, accent_dark: str = "") -> str:
    """Return the style sheet of an accent, "" without one.

    The one for dark pages follows from that for light ones unless it is given. Paper stays black.
    """
    if not accent:
        return ""
    dark = accent_dark or nearest(accent, DARK)
    return f"@media screen {{ html:root {{ --accent: light-dark({accent}, {dark}); }} }}\n"
