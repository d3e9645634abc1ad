"""The site's shell around the parts of a page: rendered once with marks, cut at them, and joined.

A page's template renders its own parts alone (``posts/parts.html``: head, style sheets and feeds,
content), and the shell is the same for all of them. An issue's parts are stored as bytes, since a
large part sent through a template as text costs sixty times as much (460 KB took 6 ms, not 0.1).
"""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language, get_language_info, gettext

from posts import identity
from posts.cards import digest_of
from posts.publishing.composing import site
from posts.publishing.describing import absolute, in_script
from posts.publishing.marks import (
    CUT,
    FORMS,
    GAP,
    LONG_DATE,
    PART,
    SHORT_DATE,
    SITE_CARD,
    SITE_NAME,
    SITE_NAME_JSON,
    SITE_URL,
    STORED,
)
from posts.templatetags.newsletter import long_date, offered, short_date

_NOTHING = SafeString("")
_PARTS = {"mark": SafeString(PART)}
# Above which the bar of a preview stands, and below the link that skips to the text.
MASTHEAD = b'<header class="masthead"'
Shell = tuple[str, ...]
"""What stands before a page's head, its style sheets and feeds, its content, and after that."""
Text = TypeVar("Text", str, bytes)
Pieces = tuple[tuple[Text, ...], Callable[[tuple[Text, ...]], tuple[Text, ...]]]
"""What stands around the values of a row, and a function that returns, of values and these, all in
its order."""


def page(
    name: str, context: dict[str, Any], *, nav: str = "", path: str = "", status: int = 200
) -> HttpResponse:
    """Return a page made from ``templates/posts/<name>.html``.

    ``nav`` names the entry of the navigation the page belongs to, ``path`` its canonical path.
    """
    return page_from(f"posts/{name}.html", context, nav=nav, path=path, status=status)


def page_from(
    template: str, context: dict[str, Any], *, nav: str = "", path: str = "", status: int = 200
) -> HttpResponse:
    """Return a page made from a template of any app, which extends ``posts/parts.html``."""
    parts = _rendered(template, _PARTS | {"canonical": _canonical(path)} | context)
    return _in_shell(parts, nav, status)


def filled_page(
    name: str, texts: dict[str, str], *, nav: str = "", path: str = "", status: int = 200
) -> HttpResponse:
    """Return a page made from ``templates/posts/<name>.html`` as rows are made (``filled``).

    Its context is texts alone, so that what a list has around its rows is rendered once.
    """
    given = texts | {"canonical": _canonical(path)}
    return _in_shell(filled(name, tuple(given), [tuple(given.values())]), nav, status)


def _canonical(path: str) -> str:
    return absolute(path) if path else ""


def _in_shell(parts: str, nav: str, status: int) -> HttpResponse:
    """Return the parts of a page as an answer, with the shell around them."""
    shell = kept(_shell, nav)
    head, links, content = parts.split(PART)
    whole = "".join((shell[0], head, shell[1], links, shell[2], content, shell[3]))
    return HttpResponse(whole, status=status)


def article_page(
    parts: Sequence[bytes],
    published_at: datetime | None,
    neighbours: Iterable[bytes | None] = (),
    preview: dict[str, Any] | None = None,
    ending: bytes = b"",
    languages: tuple[bytes, bytes] = (b"", b""),
) -> HttpResponse:
    """Return the page of one issue from its stored head, intro, body and outro, as one body.

    ``ending`` stands below it; ``preview`` is what the bar of a preview says, see its template;
    ``languages`` is what ``translated`` returns.
    """
    stored_head, stored_intro, body, stored_outro = parts
    head = with_site(stored_head).replace(STORED[SITE_CARD], site_digest().encode())
    intro = with_dates(stored_intro, published_at)
    shell = kept(_article_shell)
    masthead = shell.masthead
    if preview is not None:
        head = _render("preview_head", preview).encode() + head
        bar = _render("preview_bar", preview).encode()
        masthead = masthead.replace(MASTHEAD, bar + MASTHEAD, 1)
    beside = b"".join(link for link in neighbours if link)
    pager = (shell.before_links, beside, shell.after_links) if beside else ()
    above = (shell.start, head, languages[0], masthead, languages[1], intro)
    below = (_with_forms(stored_outro), shell.below, ending, *pager, shell.end)
    return HttpResponse(b"".join((*above, body, *below)))


def translated(slug: str, language: str, others: Sequence[dict[str, str]]) -> tuple[bytes, bytes]:
    """Return what an issue says of the same in other languages: in its head, and above it."""
    rows = [(one["language"], address_of("post", one["slug"]), one["title"]) for one in others]
    links = format_html_join(
        "",
        '<link rel="alternate" hreflang="{}" href="{}">\n',
        [(code, absolute(path)) for code, path, _title in rows]
        + [(language, absolute(address_of("post", slug)))],
    )
    named = [(code, _own_name(code), path, title) for code, path, title in rows]
    return links.encode(), _render("translations", {"translations": named}).encode()


def _own_name(code: str) -> str:
    """Return what a language calls itself."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


def with_bar(response: HttpResponse, bar: dict[str, Any]) -> HttpResponse:
    """Return a page with the bar of a preview above it; ``bar`` is what its template says."""
    head = _render("preview_head", {}).encode() + b"</head>"
    above = _render("preview_bar", bar).encode() + MASTHEAD
    content = response.content.replace(b"</head>", head, 1).replace(MASTHEAD, above, 1)
    response.content = content
    return response


def joined(rows: Iterable[Sequence[Any]]) -> SafeString:
    """Return stored parts as template text, from rows of a part and its publish time."""
    zone = get_language() or "", get_current_timezone_name()
    dated = (_with_dates(bytes(part or b""), time, *zone) for part, time, *_key in rows)
    return SafeString(b"".join(dated).decode())


def filled(
    name: str, fields: Sequence[str], rows: Iterable[Sequence[str]], extension: str = "html"
) -> SafeString:
    """Return rows, each as ``templates/posts/<name>.<extension>`` makes it of its fields.

    What is safe of one row must be safe of all. The template is rendered once for each set of
    fields that have a value, and kept in pieces, between which they go: to render it for every row
    would take ten times as long as all else of a list.
    """
    return SafeString("".join(chain.from_iterable(_filled(name, fields, rows, extension))))


def each_filled(
    name: str, fields: Sequence[str], rows: Iterable[Sequence[str]], extension: str = "html"
) -> Iterator[str]:
    """Yield what ``filled`` joins."""
    return map("".join, _filled(name, fields, rows, extension))


def _filled(
    name: str, fields: Sequence[str], rows: Iterable[Sequence[str]], extension: str
) -> Iterator[tuple[str, ...]]:
    columns = _escaped(list(zip(*rows, strict=True)))
    return in_pieces(_row, columns, name, extension, tuple(fields))


def _escaped(columns: list[Sequence[str]]) -> list[Sequence[str]]:
    """Return columns as they may stand in a page; what is not safe is escaped at one go."""
    unsafe = [
        place
        for place, column in enumerate(columns)
        if not all(isinstance(value, SafeString) for value in column if value)
    ]
    if unsafe:
        # Not by Django's function, which asks of each argument whether it is lazy.
        text = html.escape(together([columns[place] for place in unsafe]))
        for place, column in zip(unsafe, apart(text, CUT, len(unsafe)), strict=True):
            columns[place] = column
    return columns


def _row(
    given: tuple[bool, ...], name: str, extension: str, fields: tuple[str, ...]
) -> Pieces[str]:
    """Return a row in pieces, of a template that is told the fields that have a value."""
    gaps = zip(fields, map(SafeString, marks(given)), strict=True)
    return cut(_render(name, _PARTS | dict(compress(gaps, given)), extension), GAP, len(given))


def in_pieces(
    make: Callable[..., Pieces[Text]], columns: Sequence[Sequence[Text]], *of: Hashable
) -> Iterator[tuple[Text, ...]]:
    """Yield rows in pieces; ``make`` is told which of its values a row has, and ``of``."""
    known: dict[tuple[bool, ...], Pieces[Text]] = {}
    for row in zip(*columns, strict=True):
        given = tuple(map(bool, row))
        if given not in known:
            known[given] = kept(make, given, *of)
        pieces, ordered = known[given]
        yield ordered(row + pieces)


def marks(given: Sequence[bool]) -> list[str]:
    """Return what stands for values until they are filled in; nothing for those that are empty."""
    return [f"{GAP}{at}{GAP}" if is_there else "" for at, is_there in enumerate(given)]


def cut(text: Text, mark: Text, width: int) -> Pieces[Text]:
    """Return a row that was filled with marks, cut at them; rows have so many values."""
    pieces: list[Any] = text.split(mark)
    # Nothing at their end, since of one place alone `itemgetter` makes no tuple.
    constants = (*pieces[::2], text[:0])
    order = [int(piece) if at % 2 else width + at // 2 for at, piece in enumerate(pieces)]
    return constants, itemgetter(*order, width + len(constants) - 1)


def together(columns: Iterable[Sequence[str]]) -> str:
    """Return columns of texts as one text, one column after the other; see ``apart``."""
    return CUT.join(map(CUT.join, columns))


def apart(text: Text, mark: Text, count: int) -> list[list[Text]]:
    """Return columns that were joined, so many, apart again."""
    texts = text.split(mark)
    size = len(texts) // count
    return [texts[at : at + size] for at in range(0, len(texts), size)]


def facts_in_words(facts: Sequence[str]) -> dict[str, str]:
    """Return what is said of a list's rows in its header, as HTML and as plain text."""
    shown, told = _facts_in_words(*facts)
    return {"facts": shown, "told": told}


# With their types: what is safe may be equal to what is not.
@lru_cache(maxsize=1024, typed=True)
def _facts_in_words(*facts: str) -> tuple[SafeString, str]:
    shown = format_html_join("", "<span>{}</span> ", ((fact,) for fact in facts))
    return shown, strip_tags(", ".join(facts))


@lru_cache(maxsize=2048)
def address_of(kind: str, *names: object) -> str:
    """Return the address of a page by the name of its pattern; `reverse` takes as long as a row."""
    return reverse(f"posts:{kind}", args=names)


def short_days() -> Callable[[datetime | None], SafeString]:
    """Return a function that says a day as rows do; it holds for one page."""
    language, zone = get_language() or "", get_current_timezone_name()

    def say(moment: datetime | None) -> SafeString:
        return _dates(moment, language, zone)[0] if moment else _NOTHING

    return say


def seen_words(first: datetime | None, last: datetime | None) -> list[SafeString]:
    """Return the words that say when something was seen first and last."""
    say = short_days()
    return [
        format_html(text, say(moment))
        for text, moment in ((gettext("first seen {}"), first), (gettext("last seen {}"), last))
        if moment
    ]


def with_site(part: bytes) -> bytes:
    """Return a stored part with the site's address and name where it left them open."""
    part = bytes(part).replace(STORED[SITE_URL], settings.SITE_URL.encode())
    # Most parts hold no name, and to look for one costs less than to write it.
    if STORED[SITE_NAME] in part:
        part = part.replace(STORED[SITE_NAME], escape(identity.current().name).encode())
    if STORED[SITE_NAME_JSON] in part:
        part = part.replace(STORED[SITE_NAME_JSON], _in_script(identity.current().name))
    return part


@lru_cache(maxsize=16)
def _in_script(name: str) -> bytes:
    """Return a name as it stands within a string of JSON."""
    return in_script(name)[1:-1].encode()


def site_digest() -> str:
    """Return a digest of what social cards say of the site."""
    now = identity.current()
    return digest_of(now.name, now.language, now.time_zone)[:8]


def _with_forms(part: bytes) -> bytes:
    """Return a stored part with what leads to the readers' forms, if the site has them."""
    pieces = bytes(part).split(STORED[FORMS])
    return b"".join(pieces if settings.READERS_FORMS else pieces[::2])


def with_dates(part: bytes | None, published_at: datetime | None) -> bytes:
    """Return a stored part with the publish time where it left it open, in the site's zone."""
    zone = get_language() or "", get_current_timezone_name()
    return _with_dates(bytes(part or b""), published_at, *zone)


def _with_dates(stored: bytes, moment: datetime | None, language: str, zone: str) -> bytes:
    if moment is None:
        return stored
    _day, short, long = _dates(moment, language, zone)
    return stored.replace(STORED[SHORT_DATE], short).replace(STORED[LONG_DATE], long)


@lru_cache(maxsize=2048)
def _dates(moment: datetime, _language: str, _zone: str) -> tuple[SafeString, bytes, bytes]:
    """Return a moment as rows (also as bytes) and as issues show it; saying one anew costs more
    than its row."""
    short = SafeString(short_date(moment))
    return short, short.encode(), long_date(moment).encode()


def _shell(nav: str) -> Shell:
    """Return the shell of the pages below an entry of the navigation ("" for the others)."""
    return tuple(_render("frame", {"nav": nav, "mark": SafeString(CUT)}).split(CUT))


class ArticleShell(NamedTuple):
    """What stands around the parts of an issue."""

    start: bytes
    masthead: bytes
    below: bytes
    """What the owner and other apps let stand below every issue."""
    before_links: bytes
    """Of the pager."""
    after_links: bytes
    end: bytes


def _article_shell() -> ArticleShell:
    start, before_links, before_content, end = _shell("")
    _head, links, _content = _render("post", _PARTS).split(PART)
    pager = _render("pager", {"neighbours": SafeString(CUT)}).split(CUT)
    own = SafeString(identity.current().ending)
    below = (_render("own_ending", {"html": own}) if own else "") + offered("issue")
    pieces = (start, before_links + links + before_content, below, *pager, end)
    return ArticleShell(*(piece.encode() for piece in pieces))


def kept(make: Callable[..., Any], *of: Hashable) -> Any:
    """Return what is made of templates and settings alone, from the time before where it can be."""
    if settings.DEBUG:
        return make(*of)
    depends_on = get_language(), identity.current(), settings.SITE_URL, settings.READERS_FORMS
    return _made(make, of, *depends_on)


@lru_cache(maxsize=256)
def _made(make: Callable[..., Any], of: tuple[Hashable, ...], *_depends_on: object) -> Any:
    return make(*of)


def _render(name: str, context: dict[str, Any], extension: str = "html") -> str:
    return _rendered(f"posts/{name}.{extension}", context)


def _rendered(template: str, context: dict[str, Any]) -> str:
    return get_template(template).render({"site": site()} | context)
