"""What the header of an issue says: title, dates, tags and the rest, read from its values."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from posts.documents.dates import Moment, as_moment, parse_date
from posts.documents.entries import Header, Value
from posts.documents.errors import DocumentError, at_line, shown
from posts.documents.holding import NO, YES, Hold, find_hold, is_opened
from posts.documents.keys import (
    CREATION,
    PUBLICATION,
    SPELLINGS,
    plain_key,
    resembling,
    unread_keys,
)
from posts.messages import Message
from posts.messages import Message as _
from posts.naming import fold

MAX_TAG: Final = 200
MAX_AUTHORS: Final = 50
# A text as WordPress exports it, with no sign that HTML would have spelt out. `&nbsp;` is a word.
_SPELT_OUT: Final = re.compile(
    r"(?:[^&<>]|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|hellip|[nm]dash|[lr][sd]quo);)*"
)
# What Eleventy reads as a date that the file itself says.
_ASKED_OF_FILES: Final = ("created", "last modified", "git created", "git last modified")

_TYPE_NAMES = {list: _("a list"), dict: _("a mapping")}
# The form of a language code (BCP 47), not whether there is such a language.
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class Byline:
    """An author whom a header names: the name, and a page of theirs, or ''."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the header says. '' or None where it says nothing; dates naive or aware as written.

    ``translationkey`` is what an issue shares with what says the same in other languages (Hugo).
    ``draft`` is True where the author holds the issue back in any way, and ``hold`` says why.
    """

    title: str = ""
    description: str = ""
    date: Moment | None = None
    updated: Moment | None = None
    tags: tuple[str, ...] = ()
    authors: tuple[Byline, ...] = ()
    translationkey: str = ""
    slug: str = ""
    draft: bool | None = None
    language: str = ""
    cover: str = ""
    expires: Moment | None = None
    hold: Hold | None = None


def read_metadata(
    header: Header, tag_keys: Sequence[str] = ("tags",)
) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata in a header and what was passed over, in words.

    Raises DocumentError, with the line, if a value has the wrong type or a date is none.
    """
    try:
        return _read(header, tag_keys)
    except DocumentError as error:
        line = header.line_of(plain_key(error.key))
        if not line or not isinstance(error.message, Message):
            raise
        raise DocumentError(at_line(line, error.message), error.key) from error


def _read(header: Header, tag_keys: Sequence[str]) -> tuple[Metadata, tuple[str, ...]]:
    notices: list[str] = []
    doubts: list[str] = []
    values = header.values
    date = _date(values, doubts, notices)
    hold = find_hold(header) or next((Hold(doubt) for doubt in doubts), None)
    metadata = Metadata(
        title=" ".join(without_references(_text(values, "title")).split()),
        description=without_references(_text(values, "description")),
        date=date,
        updated=_moment(values, "updated"),
        tags=_all_tags(values, tag_keys),
        authors=_authors(values),
        translationkey=_text(values, "translationkey"),
        slug=_text(values, "slug"),
        draft=True if hold else False if is_opened(values) else None,
        language=_language(values, notices),
        cover=_cover(values),
        expires=_moment(values, "expires", notices),
        hold=hold,
    )
    notices += _unread(header, metadata, {plain_key(key) for key in tag_keys})
    return metadata, tuple(notices)


def _unread(header: Header, metadata: Metadata, others: set[str]) -> Iterator[Message]:
    """Yield the keys that were meant for something the header says nowhere else."""
    for key in unread_keys(header.values):
        piece, _key = ("", "") if key in others else resembling(key)
        if not (piece or metadata.date) and _is_date(header.values[key]):
            piece = "date"
        if piece and piece != "draft" and not getattr(metadata, piece):
            spelled = header.spelled.get(key, key)
            yield _("“%(key)s” is not read; did you mean %(meant)s?", key=spelled, meant=piece)


def _is_date(value: Value) -> bool:
    with suppress(DocumentError):
        return isinstance(value, str) and parse_date(value) is not None
    return False


def _authors(values: Mapping[str, Value]) -> tuple[Byline, ...]:
    """Return the authors of a header: a text, a list of texts or mappings, or a mapping."""
    key, value = _find(values, "authors", (str, list, dict))
    found: dict[str, Byline] = {}
    for one in value if isinstance(value, list) else [value]:
        for byline in _bylines(one):
            found.setdefault(fold(byline.name), byline)
    if len(found) > MAX_AUTHORS:
        problem = _("%(key)s: at most %(count)d authors", key=key, count=MAX_AUTHORS)
        raise DocumentError(problem, key)
    return tuple(found.values())


def _bylines(value: Value) -> Iterator[Byline]:
    """Yield the authors of one value; a text may name several."""
    if isinstance(value, dict):
        named = {plain_key(key): said for key, said in value.items() if isinstance(said, str)}
        name, url = (
            next((named[key] for key in keys if named.get(key)), "")
            for keys in (("name", "title"), ("url", "link", "website", "homepage"))
        )
        yield from _byline(name, url)
    elif isinstance(value, str):
        for name in re.split(r";" if ";" in value else r",| and | & ", value):
            yield from _byline(name, "")


def _byline(name: str, url: str) -> Iterator[Byline]:
    # Some write the address beside the name: `Ann Lee <ann@example.org>`.
    shown = " ".join(re.sub(r"<[^<>]*>", " ", _storable(name)).split())[:MAX_TAG].strip()
    if shown:
        address = _storable(url).strip()
        yield Byline(shown, address if re.match(r"https?://\S+\Z", address) else "")


def distinct_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names without empty ones and repeats; two are the same if they fold alike."""
    seen: dict[str, str] = {}
    for name in names:
        shown = " ".join(name.split())
        if shown:
            seen.setdefault(fold(shown), shown)
    return tuple(seen.values())


def tags_in(value: Value, key: str = "tags") -> list[str]:
    """Return the tags of one key: a list, or text separated by commas (or semicolons, if any), of
    which East Asia has its own."""
    if isinstance(value, dict):
        raise DocumentError(_("%(key)s: must be a list of words, not a mapping", key=key), key)
    if isinstance(value, list):
        return list(_listed(value, key))
    text = _storable(value or "")
    return re.split("[;；]" if ";" in text or "；" in text else "[,，、]", text)


def _listed(items: Iterable[Value], key: str) -> Iterator[str]:
    """Yield the tags of a list; of one in it, too (Hexo), and of mappings that name one."""
    for item in items:
        if isinstance(item, list):
            yield from _listed(item, key)
        elif isinstance(item, dict):
            named = {plain_key(name): said for name, said in item.items() if isinstance(said, str)}
            tag = next((named[name] for name in ("label", "name", "title") if name in named), None)
            if tag is None:
                what = _TYPE_NAMES[dict]
                problem = _(
                    "%(key)s: must be a list of words, but holds %(what)s", key=key, what=what
                )
                raise DocumentError(problem, key)
            yield _storable(tag)
        else:
            yield _storable(item or "")


def _storable(text: str) -> str:
    """Return a text without what no database takes: NUL, and halves of characters.

    JSON writes a character such as an emoji as two of them, and its escapes stand in YAML, too.
    """
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")


def _all_tags(values: Mapping[str, Value], tag_keys: Sequence[str]) -> tuple[str, ...]:
    names: list[str] = []
    for wanted in tag_keys:
        key, value = _find(values, plain_key(wanted), (str, list))
        names += tags_in(value, key)
    tags = distinct_tags(names)
    if too_long := next((tag for tag in tags if len(tag) > MAX_TAG), ""):
        raise DocumentError(
            _(
                "tags: “%(text)s” is longer than %(count)d characters",
                text=shown(too_long),
                count=MAX_TAG,
            ),
            "tags",
        )
    return tags


def _find(
    values: Mapping[str, Value], name: str, types: tuple[type, ...] = (str,)
) -> tuple[str, Value]:
    """Return the first spelling of a key that has a value, and the value.

    Another spelling than the key's own may stand for something else: then its type is wrong.
    """
    for key in SPELLINGS.get(name, (name,)) if name != "date" else (name,):
        value = values.get(key)
        if value is not None and (key == name or isinstance(value, types)):
            return key, value
    return name, None


def _text(values: Mapping[str, Value], name: str) -> str:
    key, value = _find(values, name)
    if isinstance(value, list | dict):
        what = _TYPE_NAMES[type(value)]
        raise DocumentError(_("%(key)s: must be text, not %(what)s", key=key, what=what), key)
    return _storable(value or "").strip()


def without_references(text: str) -> str:
    """Return a text with the signs that HTML spells out: exports of WordPress write titles so."""
    return html.unescape(text) if "&" in text and _SPELT_OUT.fullmatch(text) else text


def _moment(
    values: Mapping[str, Value], name: str, doubts: list[str] | None = None
) -> Moment | None:
    """Return the date of a key; one that is none is an error, or goes to the doubts."""
    key, text = _find(values, name)[0], _text(values, name)
    if text.lower() in (_ASKED_OF_FILES if name == "date" else YES | NO) or not text:
        return None
    try:
        return parse_date(text, key)
    except DocumentError as error:
        if doubts is None:
            raise
        doubts.append(error.message)
        return None


def _date(values: Mapping[str, Value], doubts: list[str], notices: list[str]) -> Moment | None:
    """Return the day of an issue: never before the one from which it is public."""
    texts = {key: value for key, value in values.items() if key == "date" or isinstance(value, str)}
    day = _moment({"date": texts.get("date")}, "date")
    public = [_moment(texts, key, doubts) for key in PUBLICATION if key in texts]
    found = [moment for moment in (day, *public) if moment is not None]
    if found:
        return max(found, key=as_moment)
    created = (_moment(texts, key, notices) for key in CREATION if key in texts)
    return next(filter(None, created), None)


def _language(values: Mapping[str, Value], notices: list[str]) -> str:
    language = _text(values, "language").replace("_", "-")
    if language and (len(language) > 16 or not LANGUAGE.fullmatch(language)):
        problem = _(
            "language: “%(text)s” is no language code such as en or pt-BR; ignored",
            text=shown(language),
        )
        notices.append(problem)
        return ""
    return language


def _cover(values: Mapping[str, Value]) -> str:
    _key, value = _find(values, "cover", (str, dict))
    if isinstance(value, dict):  # themes nest the address: `cover: {image: …, alt: …}`
        nested = next((value[key] for key in ("image", "url", "src", "path") if value.get(key)), "")
        return nested.strip() if isinstance(nested, str) else ""
    return _text({"cover": value}, "cover")
