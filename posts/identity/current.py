"""What the site is called and how it looks, speaks and counts days, as it is set just now.

The settings are one row, kept in the memory of each process under their revision, so that all
processes follow a change at once. What is empty there is as the environment says.
"""

from __future__ import annotations

import hashlib
import re
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import formataddr, parseaddr
from functools import cache
from typing import Any, Final

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.utils import timezone, translation

from posts.models.identity import THE_ROW, SiteSettings

Row = tuple[dict[str, Any], str]
MenuEntries = tuple[tuple[str, str], ...]
REMEMBERED: Final = "remembered"
NOTHING: Final[Row] = ({}, "")
MOST_KEPT: Final = 16
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")  # as colours.normal writes them
COLUMNS: Final = ("shown", "revision")


@dataclass(frozen=True)
class Identity:
    """What is set now. Two are equal if they are of the same revision and environment."""

    key: tuple[str, ...]
    name: str = field(compare=False)
    description: str = field(compare=False)
    language: str = field(compare=False)
    time_zone: str = field(compare=False)
    masthead: MenuEntries = field(default=(), compare=False)
    footer: MenuEntries = field(default=(), compare=False)
    profiles: tuple[str, ...] = field(default=(), compare=False)
    logo: tuple[str, int, int] | None = field(default=None, compare=False)
    icons: Mapping[str, str] = field(default_factory=dict, compare=False)
    ending: str = field(default="", compare=False)
    style: str = field(default="", compare=False)
    crawlers: str = field(default="", compare=False)
    pages: Mapping[str, int] = field(default_factory=dict, compare=False)
    """The keys of the pages that readers see, by each slug that leads there."""
    page_paths: tuple[str, ...] = field(default=(), compare=False)
    offers: tuple[str, ...] = field(default=(), compare=False)
    """What other apps add to public pages (``posts.slots.Offer``), by name."""

    @property
    def revision(self) -> str:
        """Which state of the settings it is; "" if nothing was ever set."""
        return self.key[0]

    @property
    def sender(self) -> str:
        """Whom mail comes from: EMAIL_FROM, under the name of the site where that has none."""
        name, address = parseaddr(settings.EMAIL_FROM)
        return formataddr((name or " ".join(self.name.split()), address))

    @property
    def accents(self) -> tuple[str, ...]:
        """The accent on light pages and on dark ones; nothing while the owner chose none."""
        return tuple(_COLOUR.findall(self.style))

    @property
    def style_digest(self) -> str:
        """The digest of the style sheet, which its address holds; "" while it says nothing."""
        return digest_of(self.style) if self.style else ""


_here: ContextVar[Identity | None] = ContextVar("identity", default=None)
# By key; and the row that the database said last.
_kept: dict[tuple[str, ...], Identity] = {}
_last: dict[str, Row] = {}


def current() -> Identity:
    """Return what is set now: within ``speaking`` as when that began, else as it is stored."""
    return _here.get() or stored()


@contextmanager
def speaking(revision: str | None = None, *, anew: bool = False) -> Iterator[Identity]:
    """Speak the language of the site and count days in its zone until the end of the block.

    Nothing is looked up if the ``revision`` is known, nor within another block, unless it is asked
    to look ``anew``. A revision that is REMEMBERED is that of the last look.
    """
    known = None if anew else _here.get()
    if known is not None:
        yield known
        return
    identity = stored() if revision is None else _of(revision)
    token = _here.set(identity)
    try:
        with translation.override(identity.language), timezone.override(identity.time_zone):
            yield identity
    finally:
        _here.reset(token)


def stored() -> Identity:
    """Return what is stored now; while the database does not answer, what it said last."""
    try:
        rows = SiteSettings.objects.filter(pk=THE_ROW).values_list(*COLUMNS)
        _last["row"] = row = rows.first() or NOTHING
    except DatabaseError:
        row = _last.get("row", NOTHING)
    return _identity(row, _environment())


def _of(revision: str) -> Identity:
    """Return what a revision says, from memory where it was looked up before."""
    if revision == REMEMBERED:
        return _identity(_last.get("row", NOTHING), _environment())
    return _kept.get((revision, *_environment())) or stored()


def _environment() -> tuple[str, ...]:
    return (
        settings.SITE_NAME,
        settings.SITE_DESCRIPTION,
        settings.LANGUAGE_CODE,
        settings.TIME_ZONE,
    )


def _identity(row: Row, environment: tuple[str, ...]) -> Identity:
    key = (row[-1], *environment)
    if (known := _kept.get(key)) is not None:
        return known
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key] = made = _made(row[0], key)
    return made


def _made(shown: dict[str, Any], key: tuple[str, ...]) -> Identity:
    _revision, default_name, default_description, default_language, default_zone = key
    language = shown.get("language") or default_language
    description = shown.get("description")
    if not description and default_description in settings.DESCRIPTIONS.values():
        description = settings.DESCRIPTIONS.get(language, default_description)
    logo = shown.get("logo")
    return Identity(
        key,
        shown.get("name") or default_name,
        description or default_description,
        language,
        shown.get("time_zone") or default_zone,
        masthead=_entries(shown, "masthead"),
        footer=_entries(shown, "footer"),
        profiles=tuple(shown.get("profiles", ())),
        logo=(default_storage.url(logo["file"]), logo["width"], logo["height"]) if logo else None,
        icons={side: default_storage.url(file) for side, file in shown.get("icons", {}).items()},
        ending=shown.get("ending", ""),
        style=shown.get("style", ""),
        crawlers=shown.get("crawlers", ""),
        pages=shown.get("pages", {}),
        page_paths=tuple(shown.get("page_paths", ())),
        offers=tuple(shown.get("offers", ())),
    )


def _entries(shown: dict[str, Any], place: str) -> MenuEntries:
    return tuple((label, address) for label, address in shown.get(place, ()))


def digest_of(style: str) -> str:
    """Return the digest of a style sheet that stands in its address."""
    return hashlib.sha256(style.encode()).hexdigest()[:16]


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names of all time zones, in order: finding them reads some hundred files."""
    return tuple(sorted(zoneinfo.available_timezones()))
