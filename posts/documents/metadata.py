"""What the header of an issue says: title, dates, tags and the rest, read from its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Final, TypeAlias

from posts.naming import fold

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
Moment: TypeAlias = datetime | date

_TYPE_NAMES = {list: "a list", dict: "a mapping"}

# The spellings honoured for each piece of metadata, in order of preference.
SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "title": ("title",),
    "description": ("description", "summary", "subtitle"),
    "date": ("date",),
    "updated": ("updated", "update", "modified", "lastmod"),
    "tags": ("tags", "keywords"),
    "slug": ("slug",),
    "draft": ("draft", "status"),
    "language": ("language", "lang"),
    "cover": ("cover", "image", "cover_image"),
}

MAX_TAG: Final = 200

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_DRAFT_STATUS = {
    "draft": True,
    "hidden": True,
    "private": True,
    "published": False,
    "publish": False,
}

_DATE = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$")
_DATETIME = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})(?:[Tt]| +)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
    r"(?: *(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?$"
)
_NAME_DATE = re.compile(r"(?:(\d{4})([-_.]?)(\d{2})\2(\d{2})|(\d{2})-(\d{2})-(\d{2}))(?=\D|$)")
# The form of a language code (BCP 47), not whether there is such a language.
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


class DocumentError(ValueError):
    """A document that cannot be read; the message is one line for its author."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the header says. '' or None where it says nothing; dates naive or aware as written."""

    title: str = ""
    description: str = ""
    date: Moment | None = None
    updated: Moment | None = None
    tags: tuple[str, ...] = ()
    slug: str = ""
    draft: bool | None = None
    language: str = ""
    cover: str = ""


def read_metadata(
    values: Mapping[str, Value], tag_keys: Sequence[str] = ("tags",)
) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata in the values (keys in lower case) and what was passed over, in words.

    Raises DocumentError if a value has the wrong type or a date is none.
    """
    notices: list[str] = []
    metadata = Metadata(
        title=" ".join(_text(values, "title").split()),
        description=_text(values, "description"),
        date=_moment(values, "date"),
        updated=_moment(values, "updated"),
        tags=_all_tags(values, tag_keys),
        slug=_text(values, "slug"),
        draft=_draft(values, notices),
        language=_language(values, notices),
        cover=_cover(values),
    )
    return metadata, tuple(notices)


def parse_date(text: str, key: str = "date") -> Moment:
    """Read a date or date and time: ISO 8601, Pelican ("2014-11-17 12:30"), RFC 5322.

    A bare date stays a date; a time without zone stays naive.
    Raises DocumentError naming the value.
    """
    stripped = text.strip().strip("\"'").strip()
    try:
        moment = _iso(stripped) or parsedate_to_datetime(stripped)
    except (ValueError, TypeError, OverflowError):
        moment = None
    if moment is None:
        raise DocumentError(
            f"{key}: {_shown(text)} is not a date; write it as 2024-05-10 or 2024-05-10 12:30"
        )
    if not 1900 <= moment.year <= 2999:  # so that no time zone can push it off the calendar
        raise DocumentError(f"{key}: {_shown(text)} is not between the years 1900 and 2999")
    return moment


def date_in_name(name: str) -> date | None:
    """Return the date a file name starts with: 2024-05-10-…, 20240510-…, 24-05-10-…"""
    found = _NAME_DATE.match(base_name(name))
    if found is None:
        return None
    year, month, day = (found[1] or f"20{found[5]}"), (found[3] or found[6]), (found[4] or found[7])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def title_in_name(name: str) -> str:
    """Return a title made of a file name: without folder, date and extension."""
    stem = re.sub(r"\.(?:md|markdown)$", "", base_name(name), flags=re.IGNORECASE)
    found = _NAME_DATE.match(stem) if date_in_name(stem) else None
    rest = stem[found.end() :] if found else stem
    return " ".join(re.split(r"[\s_-]+", rest)).strip(" .") or stem


def base_name(name: str) -> str:
    """Return the last part of a path written with either kind of slash."""
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def distinct_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names without empty ones and repeats; two are the same if they fold alike."""
    seen: dict[str, str] = {}
    for name in names:
        shown = " ".join(name.split())
        if shown:
            seen.setdefault(fold(shown), shown)
    return tuple(seen.values())


def tags_in(value: Value, key: str = "tags") -> list[str]:
    """Return the tags of one key: a list, or text separated by commas (or semicolons, if any)."""
    if isinstance(value, dict):
        raise DocumentError(f"{key}: must be a list of words, not a mapping")
    if isinstance(value, list):
        return [_tag(item, key) for item in value]
    text = value or ""
    return text.split(";" if ";" in text else ",")


def _tag(item: Value, key: str) -> str:
    if isinstance(item, list | dict):
        raise DocumentError(f"{key}: must be a list of words, but holds {_TYPE_NAMES[type(item)]}")
    return item or ""


def _all_tags(values: Mapping[str, Value], tag_keys: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    for wanted in tag_keys:
        key, value = _find(values, wanted.lower())
        names += tags_in(value, key)
    tags = distinct_tags(names)
    if too_long := next((tag for tag in tags if len(tag) > MAX_TAG), ""):
        raise DocumentError(f"tags: {_shown(too_long)} is longer than {MAX_TAG} characters")
    return tags


def _find(values: Mapping[str, Value], name: str) -> tuple[str, Value]:
    """Return the first spelling of a key that has a value, and the value."""
    for key in SPELLINGS.get(name, (name,)):
        if values.get(key) is not None:
            return key, values[key]
    return name, None


def _text(values: Mapping[str, Value], name: str) -> str:
    key, value = _find(values, name)
    if isinstance(value, list | dict):
        raise DocumentError(f"{key}: must be text, not {_TYPE_NAMES[type(value)]}")
    return (value or "").strip()


def _moment(values: Mapping[str, Value], name: str) -> Moment | None:
    key, _ = _find(values, name)
    text = _text(values, name)
    return parse_date(text, key) if text else None


def _draft(values: Mapping[str, Value], notices: list[str]) -> bool | None:
    word = _text({"draft": values.get("draft")}, "draft").lower()
    if word:
        if word not in _YES | _NO:
            raise DocumentError(f"draft: {_shown(word)} is neither true nor false")
        return word in _YES
    status = _text({"draft": values.get("status")}, "draft").lower()
    if status and status not in _DRAFT_STATUS:
        notices.append(f"status: {_shown(status)} is neither draft nor published; ignored")
    return _DRAFT_STATUS.get(status)


def _language(values: Mapping[str, Value], notices: list[str]) -> str:
    language = _text(values, "language").replace("_", "-")
    if language and (len(language) > 16 or not LANGUAGE.fullmatch(language)):
        notices.append(
            f"language: {_shown(language)} is no language code such as en or pt-BR; ignored"
        )
        return ""
    return language


def _cover(values: Mapping[str, Value]) -> str:
    key, value = _find(values, "cover")
    if isinstance(value, dict):  # Hugo themes nest the address: `cover: {image: …, alt: …}`
        return _text({"cover": value.get("image")}, "cover")
    return _text({"cover": value}, "cover") if key == "cover" else _text({key: value}, "cover")


def _iso(text: str) -> Moment | None:
    bare = _DATE.match(text)
    if bare is not None:
        return date(int(bare[1]), int(bare[3]), int(bare[4]))
    timed = _DATETIME.match(text)
    if timed is None:
        return None
    day = _iso(timed[1])
    if day is None:
        return None
    micro = int((timed[5] or "0")[:6].ljust(6, "0"))
    zone = _zone(timed[6])
    hour, minute, second = int(timed[2]), int(timed[3]), int(timed[4] or 0)
    return datetime(day.year, day.month, day.day, hour, minute, second, micro, tzinfo=zone)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return timezone.utc  # noqa: UP017
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _shown(text: str) -> str:
    short = text if len(text) <= 40 else text[:39] + "…"
    return f"“{' '.join(short.split())}”"
