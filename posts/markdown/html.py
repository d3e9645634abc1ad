"""Raw HTML inside Markdown: which tags exist, how a tag is read, what is kept of it.

A document may hold any characters after a ``<``. What CommonMark calls a tag and HTML knows by name
is a tag; everything else is text. Of the tags only the allowed ones are written out again, rebuilt
from their parts, so that no byte of raw HTML reaches the page as it was written.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Final, NamedTuple

from posts.markdown.embeds import EMBEDS

ALLOWED_TAGS: Final = frozenset(
    "a abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em"
    " figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p picture pre q rp rt ruby s"
    " samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr"
    " tt u ul var wbr".split()
)
FORMATTING_TAGS: Final = frozenset(
    "a abbr b cite code del dfn em i ins kbd mark q s samp small span strike strong sub sup time tt"
    " u var".split()
)
PHRASING_TAGS: Final = FORMATTING_TAGS | {"br", "wbr", "q", "ruby", "rb", "rt", "rp"}
"""Tags that may stand inside a link without ending a paragraph around it."""

VOID_TAGS: Final = frozenset("br hr img wbr col".split())
"""Tags without content and without an end tag (HTML Living Standard, 13.1.2)."""

SELF_CLOSING_TAGS: Final = frozenset("p li dt dd tr td th thead tbody tfoot caption rt rp".split())
"""Tags that the next of their kind closes: left open, they do not nest."""

BOUND_TAGS: Final = frozenset(
    "caption col colgroup dd dt figcaption li rp rt summary tbody td tfoot th thead tr".split()
)
"""Tags before which nothing else may stand in what they are a part of."""

HIDDEN_TAGS: Final = frozenset("script style svg template".split())
"""Tags whose content is no text for a reader."""

# https://html.spec.whatwg.org/multipage/indices.html#elements-3 and the obsolete ones of 16.2.
_KNOWN_TAGS: Final = (
    ALLOWED_TAGS
    | HIDDEN_TAGS
    | frozenset(
        "acronym address applet area article aside audio base basefont bdi bdo bgsound big blink"
        " body button canvas command content data datalist dialog dir embed fieldset font footer"
        " form frame frameset head header hgroup html iframe image input isindex keygen label"
        " legend link listing main map marquee math menu menuitem meta meter multicol nav nextid"
        " nobr noembed noframes noscript object optgroup option output param plaintext portal"
        " progress rb rtc search select shadow slot source spacer summary textarea title track"
        " video xmp".split()
    )
)
# Components of MDX with the names of elements that no page shows.
COMPONENTS: Final = frozenset("Button Embed Image Link".split())

_ATTRIBUTE: Final = r"\s+[A-Za-z_:][A-Za-z0-9_.:-]*(?:\s*=\s*(?:[^\s\"'=<>`]+|'[^']*'|\"[^\"]*\"))?"
OPEN_TAG: Final = re.compile(rf"<([A-Za-z][A-Za-z0-9-]*+)((?:{_ATTRIBUTE})*+)\s*+/?>")
CLOSE_TAG: Final = re.compile(r"</([A-Za-z][A-Za-z0-9-]*)\s*>")
_ATTRIBUTE_PARTS: Final = re.compile(
    r"([A-Za-z_:][A-Za-z0-9_.:-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|(\S+)))?"
)
_PLACE: Final = re.compile(
    r"\s(id|name)\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s\"'=<>`]+))", re.IGNORECASE
)
_LOOSE_TAG: Final = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9-]*+)((?=[\s/>])(?:[^<>\"']++|\"[^\"<>]*+\"|'[^'<>]*+'|[\"'])*+)>"
)

_KEPT_ATTRIBUTES: Final = {
    "a": ("href", "title"),
    "img": ("src", "alt", "title", "width", "height"),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan"),
    "ol": ("start", "reversed"),
    "details": ("open",),
    "time": ("datetime",),
    "abbr": ("title",),
    "script": ("src",),
    **{name: (address, f"data-{address}") for name, address in EMBEDS.items()},
}


class Tag(NamedTuple):
    """One tag as found in the text."""

    name: str
    closing: bool
    attributes: dict[str, str]
    end: int
    place: str = ""
    """The id of what it opens, or the name of an ``<a>``."""


def is_known_tag(name: str) -> bool:
    """Whether HTML has, or ever had, an element of this name, and a component is not meant."""
    return name.lower() in _KNOWN_TAGS and name not in COMPONENTS


def read_tag(text: str, start: int) -> Tag | None:
    """The tag at ``start``, or ``None`` if what stands there is text."""
    match = OPEN_TAG.match(text, start)
    if match is not None:
        if not is_known_tag(match[1]):
            return None
        return _start_tag(match[1].lower(), match[2], match.end())
    match = CLOSE_TAG.match(text, start)
    if match is not None and is_known_tag(match[1]):
        return Tag(match[1].lower(), True, {}, match.end())
    return None


def read_loose_tag(text: str, start: int) -> Tag | None:
    """As ``read_tag``, but as forgiving as a browser with what stands between name and ``>``.

    Raw HTML blocks are not Markdown, and people paste what browsers accept. Only a missing quote
    is mended otherwise than a browser would, which lets it swallow what follows.
    """
    tag = read_tag(text, start)
    if tag is not None:
        return tag
    match = _LOOSE_TAG.match(text, start)
    if match is None or not is_known_tag(match[2]):
        return None
    name = match[2].lower()
    if match[1]:
        return Tag(name, True, {}, match.end())
    return _start_tag(name, match[3], match.end())


def _start_tag(name: str, source: str, end: int) -> Tag:
    found = _PLACE.search(source) if "=" in source else None
    place = ""
    if found and (name == "a" or found[1].lower() == "id"):
        place = unescape_value(found[2] or found[3] or found[4] or "")
    return Tag(name, False, read_attributes(name, source), end, place)


def read_attributes(name: str, source: str) -> dict[str, str]:
    """The attributes of a tag that may be kept, entities decoded, the first of equal names."""
    kept = _KEPT_ATTRIBUTES.get(name)
    if not kept or not source:
        return {}
    found: dict[str, str] = {}
    for key, double, single, bare in _ATTRIBUTE_PARTS.findall(source):
        lowered = key.lower()
        if lowered in kept:
            found.setdefault(lowered, unescape_value(double or single or bare.strip("\"'")))
    return found


def unescape_value(value: str) -> str:
    """The value of an attribute with its entities decoded, as browsers do it.

    In ``?id=1&noteId=2`` there is none: what lacks its semicolon and goes on with a letter, a digit
    or ``=`` is no entity (HTML Living Standard, 13.2.5.73).
    """
    return _ENTITY_IN_VALUE.sub(_decode_entity, value) if "&" in value else value


def _decode_entity(found: re.Match[str]) -> str:
    name = found[1]
    ends = name.startswith("#") or name in html5
    return html.unescape(found[0]) if ends else found[0]


_ENTITY_IN_VALUE: Final = re.compile(
    r"&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*(?:;|(?![A-Za-z0-9=])))"
)


def skip_markup(text: str, start: int, unclosed: set[str]) -> int:
    """The end of the comment or of HTML's own declaration at ``start``.

    Returns ``start`` if there is none: instructions, CDATA parts and declarations that HTML does
    not know are text, since nobody would see them. ``unclosed`` remembers which kinds of markup
    have no end in the rest of this text, so that it is searched once.
    https://spec.commonmark.org/0.31.2/#html-comment
    """
    match = _MARKUP_OPENING.match(text, start)
    if match is None:
        return start
    opening = match[1] or "<!"
    if opening == "<!--" and text.startswith((">", "->"), start + 4):
        return text.index(">", start) + 1
    if opening in unclosed:
        return start
    closing = _MARKUP_CLOSINGS[opening]
    end = text.find(closing, match.end())
    if end < 0:
        unclosed.add(opening)
        return start
    return end + len(closing)


_COMMENT: Final = re.compile("<!--.*?-->", re.DOTALL)


def without_comments(text: str) -> str:
    """A text without what stands between ``<!--`` and ``-->``; one that stays open is text."""
    # Behind the last end none is looked for: each beginning there would be followed to the end.
    before, end, behind = text.rpartition("-->")
    return _COMMENT.sub("", before + end) + behind


def mask_comments(text: str, sign: str) -> str:
    """A text with a sign for each of a comment: as long, with the same lines."""
    before, end, behind = text.rpartition("-->")
    return _COMMENT.sub(lambda found: mask(found[0], sign), before + end) + behind


def mask(text: str, sign: str) -> str:
    """A text as long, with the same lines, whose characters are all the same."""
    return _NO_LINE_END.sub(sign, text)


_NO_LINE_END: Final = re.compile(r"[^\n]")
_MARKUP_OPENING: Final = re.compile(r"(<!--)|<!doctype\b|<\?xml\b", re.IGNORECASE)
_MARKUP_CLOSINGS: Final = {"<!--": "-->", "<!": ">"}


def skip_hidden(text: str, name: str, start: int) -> int:
    """The end of an element whose content is not shown; ``start`` if it stays open."""
    match = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(text, start)
    return start if match is None else match.end()


_WITH_WORDS: Final = re.compile(r"<(svg|template)\b[^<>]*>", re.IGNORECASE)
_WITH_CODE: Final = re.compile(r"<(style|script)\b[^<>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")


def hidden_words(text: str) -> Iterator[tuple[str, int]]:
    """The tags in a text whose content is not shown though it has words, and where they stand."""
    for name, start, end in _hidden(_WITH_WORDS, text):
        content, shown, at = without_comments(text[start:end]), [], 0
        for _code, until, behind in _hidden(_WITH_CODE, content):
            shown.append(content[at:until])
            at = behind
        words = _TAG.sub(" ", "".join((*shown, content[at:])))
        if any(map(str.isalnum, html.unescape(words))):
            yield name, start


def _hidden(tags: re.Pattern[str], text: str) -> Iterator[tuple[str, int, int]]:
    """Elements that one of some tags opens: the tag, where they begin, and where they end."""
    at, unclosed = 0, set[str]()
    while opening := tags.search(text, at):
        name, at = opening[1].lower(), opening.end()
        end = at if name in unclosed else skip_hidden(text, name, at)
        if end == at:
            # Behind the last end none is looked for: each beginning would be followed to the end.
            unclosed.add(name)
        else:
            yield name, opening.start(), end
            at = end


def write_open_tag(tag: Tag) -> str:
    """An allowed start tag, written anew from its parts."""
    attributes = "".join(f' {key}="{html.escape(value)}"' for key, value in tag.attributes.items())
    return f"<{tag.name}{attributes}>"
