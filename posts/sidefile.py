"""The side file of an export: what issues are besides their text, as JSON.

Which issue is public, since when and under which addresses; which item is which; how tags and
sections are called. It is read strictly, for it may come from anybody: what is not as it should be
is refused with its place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from django.core.signing import BadSignature, Signer

from posts.documents import DocumentError
from posts.messages import Message
from posts.messages import Message as _
from posts.paths import safe_name

NAME: Final = "newsletter-export.json"
VERSION: Final = 1
MAX_BYTES: Final = 256 * 1000 * 1000
LONG: Final = 1_000_000
STATES: Final = ("draft", "published")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ANY = re.compile(r".+", re.DOTALL)
# NUL, and halves of characters, which no database takes.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
# A part of an address: slugs are Unicode, and older ones may hold other signs than ours.
_SLUG = re.compile(r"(?=.*\w)[^\s/?#\\]+")
SALT = "posts.sidefile.picture"
_Row = TypeVar("_Row")
Reader: TypeAlias = Callable[[Any, str], Any]


@dataclass(frozen=True, slots=True)
class Item:
    """An item, or one that was there: its identity, the digest of what it says, its main address.

    ``place`` is its number in the text. ``hidden`` is why it is hidden, if it is; ``news`` whether
    it is marked as such; ``removed`` when its text went.
    """

    uid: UUID
    digest: str
    url: str = ""
    place: int | None = None
    hidden: str | None = None
    news: bool = False
    removed: datetime | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: the digest of what somebody once sent, and the site's signature of both that and
    the picture it made of it; ``file`` if it is called otherwise than the text says."""

    digest: str
    signature: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an issue is besides its text; ``digest`` is that of its file.

    ``name`` is that of the file which it came from, if it was another. ``items`` are in the order
    in which the site got to know them.
    """

    digest: str
    uid: UUID
    slug: str
    status: str
    modified: datetime
    published: datetime | None = None
    name: str | None = None
    addresses: Sequence[str] = ()
    pictures: Mapping[str, Picture] | None = None
    items: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name and address of a tag."""

    key: str
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A subject, and what it was called before."""

    name: str
    slug: str
    description: str = ""
    aliases: Sequence[Alias] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A recurring section; ``into`` is the key of the one that it leads to."""

    key: str
    slug: str
    title: str
    hidden: bool = False
    into: str | None = None


@dataclass(frozen=True, slots=True)
class SideFile:
    """Issues by the names of their files; all in the order in which the site got to know them."""

    issues: Mapping[str, Entry]
    tags: Sequence[Tag] = ()
    sections: Sequence[Section] = ()
    sources: Sequence[str] = ()


def written(side: SideFile) -> bytes:
    """Return a side file as JSON."""
    found = {"newsletter": VERSION, **_plain(side)}
    return json.dumps(found, ensure_ascii=False, indent=1).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "__dataclass_fields__"):
        parts = ((field, getattr(value, field.name)) for field in fields(value))
        return {field.name: _plain(part) for field, part in parts if part != field.default}
    return value


def read(data: bytes) -> SideFile:
    """Read a side file. Raises DocumentError, which names the place."""
    found = _mapping(_json(data), "")
    version = found.pop("newsletter", None)
    if version is None:
        raise DocumentError(_("is no side file of an export: “newsletter” is missing"))
    if version != VERSION:
        problem = _(
            "was written by another release (version %(found)s): this one reads version %(ours)d",
            found=str(version)[:20],
            ours=VERSION,
        )
        raise DocumentError(problem)
    side: SideFile = _SIDE_FILE(found, "")
    _check_leads(side.sections)
    return side


def _json(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), object_pairs_hook=_unique)
    except DocumentError:
        raise
    except json.JSONDecodeError as error:
        line, column = error.lineno, error.colno
        problem = _("line %(line)d, column %(column)d: no JSON", line=line, column=column)
        raise DocumentError(problem) from error
    except (ValueError, RecursionError) as error:  # no UTF-8, a number without end, brackets
        raise DocumentError(_("is no JSON that can be read")) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _value in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _at(twice, _("stands there twice"))
    return found


def _check_leads(sections: Sequence[Section]) -> None:
    leading = {section.key: section.into for section in sections}
    for place, section in enumerate(sections):
        if section.into is not None and leading.get(section.into, "") is not None:
            raise _at(f"sections › {place} › into", _("must be the key of a section that leads"))


# Readers of values; each is told the place of its value


def _at(place: str, what: Message) -> DocumentError:
    return DocumentError(_("%(place)s: %(what)s", place=place, what=what))


def _inside(place: str, key: object) -> str:
    return f"{place} › {key}" if place else str(key)


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _at(place or NAME, _("must be an object"))
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or len(value) > LONG or _NO_TEXT.search(value):
        raise _at(place, _("must be a text"))
    return value


def _matching(pattern: re.Pattern[str], limit: int, what: Message) -> Reader:
    def read(value: Any, place: str) -> str:
        if len(text := _text(value, place)) > limit or not pattern.fullmatch(text):
            raise _at(place, what)
        return text

    return read


def _state(value: Any, place: str) -> str:
    if value not in STATES:
        raise _at(place, _("must be “draft” or “published”"))
    return str(value)


def _number(value: Any, place: str) -> int:
    if type(value) is not int or not 0 <= value < 10**6:
        raise _at(place, _("must be a number"))
    return value


def _flag(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise _at(place, _("must be true or false"))
    return value


def _uid(value: Any, place: str) -> UUID:
    try:
        return UUID(hex=_text(value, place))
    except ValueError as error:
        raise _at(place, _("must be a UUID")) from error


def _moment(value: Any, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(value, place))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _at(place, _("must be a moment such as 2024-05-10T09:00:00+00:00"))
    return moment


def _path(value: Any, place: str) -> str:
    text = _text(value, place)
    try:
        return safe_name(text) if text else text
    except DocumentError as error:
        raise _at(place, Message(error.message)) from error


def _each(read_one: Reader) -> Reader:
    def read(value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise _at(place, _("must be a list"))
        return tuple(read_one(one, _inside(place, at)) for at, one in enumerate(value))

    return read


def _by_name(read_one: Reader) -> Reader:
    def read(value: Any, place: str) -> dict[str, Any]:
        found = _mapping(value, place).items()
        return {key: read_one(one, _inside(place, key[:80])) for key, one in found}

    return read


def _row(kind: type[_Row], **readers: Reader) -> Callable[[Any, str], _Row]:
    needed = {field.name for field in fields(kind) if field.default is MISSING}  # type: ignore[arg-type]

    def read(value: Any, place: str) -> _Row:
        found = _mapping(value, place)
        for key in sorted(needed - found.keys()):
            raise _at(_inside(place, key), _("is missing"))
        for key in found.keys() - readers.keys():
            raise _at(_inside(place, key[:80]), _("is not known"))
        return kind(**{key: readers[key](one, _inside(place, key)) for key, one in found.items()})

    return read


_slug = _matching(_SLUG, 200, _("must be a part of an address"))
_digest = _matching(_DIGEST, 64, _("must be a SHA-256 digest"))
_key = _matching(_ANY, 400, _("must be a text of 1 to 400 characters"))
_name = _matching(_ANY, 200, _("must be a text of 1 to 200 characters"))

_ITEM = _row(
    Item,
    uid=_uid,
    digest=_digest,
    url=_text,
    place=_number,
    hidden=_text,
    news=_flag,
    removed=_moment,
)
_PICTURE = _row(Picture, digest=_digest, signature=_text, file=_text)
_ENTRY = _row(
    Entry,
    digest=_digest,
    uid=_uid,
    slug=_slug,
    status=_state,
    modified=_moment,
    published=_moment,
    name=_path,
    addresses=_each(_slug),
    pictures=_by_name(_PICTURE),
    items=_each(_ITEM),
)
_ALIAS = _row(Alias, key=_key, name=_name, slug=_slug)
_TAG = _row(Tag, name=_name, slug=_slug, description=_text, aliases=_each(_ALIAS))
_SECTION = _row(Section, key=_key, slug=_slug, title=_text, hidden=_flag, into=_key)
_SIDE_FILE = _row(
    SideFile,
    issues=_by_name(_ENTRY),
    tags=_each(_TAG),
    sections=_each(_SECTION),
    sources=_each(_text),
)


# Pictures


def sign_picture(content: str, digest: str) -> str:
    """Return this site's word that it made a picture (the digits of its digest) of another."""
    return Signer(salt=SALT).signature(f"{content}:{digest}")


def is_signed(content: str, picture: Picture) -> bool:
    """Tell whether it is this site that made a picture, so that it may be taken as it is.

    Anybody else's is decoded and made anew, and has another address then.
    """
    try:
        Signer(salt=SALT).unsign(f"{content}:{picture.digest}:{picture.signature}")
    except BadSignature:
        return False
    return True
