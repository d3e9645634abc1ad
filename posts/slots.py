"""What posts offer to other apps: on the page on which an issue is written, parts beside the text,
forms in which it is previewed, checks before it is published, and what else follows from that;
piles on the first page of staff; and parts of public pages.

An app above this one, and the rooms of this one, add theirs once, when they are loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeVar

from django.http import HttpRequest

from posts.models import Post

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part beside the text of an issue: a tab where there are scripts, else a part of the page.

    ``context`` returns what its template shows, or None where whoever asks has no use for it; the
    post is None while an issue is new. ``scripts`` and ``styles`` are names of static files, which
    the page loads after its own. Panels stand in the order of ``place``.
    """

    name: str
    title: Any
    template: str
    context: Callable[[HttpRequest, Post | None], Context | None]
    place: int = 50
    scripts: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """An issue as it stands in the form: a post that is not saved, with its title, description,
    language and time, and the HTML of its sections as readers would get it.

    ``parsed`` (`rendering.ParsedIssue`), ``decided`` (`rendering.Decisions`) and ``images`` are
    what that is made of, for forms that are written otherwise.
    """

    post: Post
    html: str
    parsed: Any = None
    decided: Any = None
    images: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreviewForm:
    """A form in which an issue can be seen while it is written, beside its page on the site.

    ``page`` returns a whole HTML page of a draft. It is shown in a frame without scripts, under
    the policy of the site: styles come from its own files.
    """

    name: str
    title: Any
    page: Callable[[Draft], str]
    place: int = 50


class Level(StrEnum):
    """What a finding of a check does: nothing, a remark, or it holds what is to be published."""

    OFF = "off"
    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Check:
    """A check of an issue before readers see it.

    ``find`` yields what it finds (`preflight.Finding`) in an issue as it is written
    (`preflight.Written`), given what the database knows of it (`preflight.Facts`). ``title`` names
    the check in the settings of the site, where owners choose another ``level`` than this one.
    Checks stand in the order of ``place``.
    """

    name: str
    title: Any
    find: Callable[[Any, Any], Iterable[Any]]
    level: Level = Level.WARN
    place: int = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """What an app adds to public pages: a template for some of their parts.

    Parts are ``home``, ``follow``, ``issue`` (below an issue) and ``list`` (at the end of what one
    can follow). Templates get ``part``, ``site_name``, and ``followed``: kind and value of what a
    list is about (tag, section, source, author, search).

    Pages are kept, so what they show must follow from the version of the site alone: ``is_on`` is
    asked when the settings of the site are composed (``posts.settling.offers_changed`` has that
    done), ``is_able`` on each page, without asking the database.
    """

    name: str
    is_on: Callable[[], bool]
    is_able: Callable[[], bool]
    parts: Mapping[str, str]
    private: tuple[str, ...] = ()
    """Paths that crawlers are asked to leave alone."""
    place: int = 50


@dataclass(frozen=True, slots=True)
class Effect:
    """What else follows when an issue is published or taken back, in words for who does that.

    ``before`` is asked for a stored issue that is not public yet, ``after`` once it has become so;
    each returns a sentence (text, or HTML that is safe), or "" where nothing follows. So does
    ``several``, of issues that are published together, before and after it, and ``ending``, of
    issues that are to be withdrawn or deleted.
    """

    name: str
    before: Callable[[Post], str]
    after: Callable[[Post], str]
    several: Callable[[Sequence[Post]], str]
    ending: Callable[[Sequence[Post]], str]
    place: int = 50


class Row(NamedTuple):
    """One thing on the desk: its name, its page, and words beside it."""

    name: object
    url: str
    aside: object


class Pile(NamedTuple):
    """Things of one kind on the desk: their list, the first of them, and how many there are.

    Where there is none, ``nothing`` says so, and ``step`` (words, address) what to do next.
    """

    key: str
    name: str
    url: str
    number: object
    rows: list[Row]
    nothing: str
    step: tuple[str, str]


@dataclass(frozen=True, slots=True)
class OnDesk:
    """A pile on the first page of staff, beside what is scheduled.

    ``pile`` is asked once for each look at the page; None where whoever looks has no use for it.
    """

    name: str
    pile: Callable[[HttpRequest], Pile | None]
    place: int = 50


class Placed(Protocol):
    """What can be added to a slot."""

    @property
    def name(self) -> str: ...

    @property
    def place(self) -> int: ...


Entry = TypeVar("Entry", bound=Placed)


class Slot(Generic[Entry]):
    """What was added, by name, in the order of places."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def add(self, entry: Entry) -> None:
        """Add an entry; one of the same name takes the place of the earlier one."""
        self._entries[entry.name] = entry

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self._entries.values(), key=lambda entry: (entry.place, entry.name)))


PANELS: Final[Slot[Panel]] = Slot()
PREVIEWS: Final[Slot[PreviewForm]] = Slot()
CHECKS: Final[Slot[Check]] = Slot()
OFFERS: Final[Slot[Offer]] = Slot()
EFFECTS: Final[Slot[Effect]] = Slot()
DESK: Final[Slot[OnDesk]] = Slot()
