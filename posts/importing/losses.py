"""Whether readers get all that an author wrote, and no more: every word, link and picture.

Nothing of the parser is used, so that none of its mistakes can hide here, and the Markdown is not
parsed a second time. Every word of the source counts, in addresses too, and so does every word of
the page: in its text, ``href``, ``src`` and ``alt``. Both sides are compared by how often each word
occurs; order does not matter, and markup only separates words. Words that either side may do
without are *doubtful* and never missing: tags and comments, labels, numbers of list items, the
``href`` of a link that shows its own address.

Whole addresses are compared as well, since a link that is left as text loses no word. For this the
source is searched for code, raw HTML and definitions, where Markdown makes no links. An address is
doubtful where it depends on fine points of Markdown whether it is one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial, reduce
from html import unescape
from itertools import chain, islice
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from posts.markdown.embeds import EMBEDS, page_of, page_of_script  # lists, no logic
from posts.markdown.html import ALLOWED_TAGS, is_known_tag
from posts.messages import Message
from posts.messages import Message as _

SHOWN: Final = 3
"""How many words or links a report names."""
LOOKED_FOR: Final = 100
"""How many texts are looked for to say where something is lost."""
LOOK_BACK: Final = 1_000
"""How far back in its line a link is looked for that an address may be in."""
DECODINGS: Final = 3
"""How often an entity may be encoded again."""

# Latin letters and others make separate words: an address may end before a `는`, or not.
_WORD: Final = re.compile(r"[A-Za-z0-9]+|[^\W_A-Za-z0-9]+")
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_PUNYCODE: Final = re.compile(r"xn--([A-Za-z0-9-]+)", re.IGNORECASE)
# What the page leaves out between two letters, which makes one word of two.
_JOINING: Final = re.compile(
    r"<(?<=[^\W_]<)(?:!--[^<>]*--|/?(?:acronym|bdi|bdo|big|blink|font|nobr)\b[^<>]*)>(?=[^\W_])",
    re.IGNORECASE,
)

# What is no prose. The leftmost of these decides; the last group that matched says what it is.
# Each starts with a character of its own, so that all other places are passed over at once.
_MARKUP: Final = re.compile(
    r"""
    \\(?P<escaped>[!-/:-@\[-`{-~])
    |\n(?P<lead>[ \t>*+\d.)-]*)(?P<fence>`{3,}(?=[^`\n]*\n)|~{3,})(?P<info>[^\n]*)
        (?P<block>.*?)(?:\n[ \t>]*(?P=fence)[`~]*[ \t]*(?=\n|\Z)|\Z)
    |`(?<!``)(?P<more>`*)(?!`)(?P<code>
        (?:[^`\n]++|\n(?![ \t>]*(?:\n|[-+*][ \t]|\d+[.)][ \t]|\#))|(?!`(?P=more)(?!`))`+)+?)
        `(?P=more)(?!`)
    |<(?:!(?:--.*?-->|doctype\b[^<>]*>)|\?xml\b[^<>]*>
        |(?P<hidden>script|style|svg|template)\b.*?</(?P=hidden)\s*>
        |(?<=\]\(<)(?P<angled>[^<>\n]*)>
        |/?(?P<tag>[A-Za-z][A-Za-z0-9-]*)(?=[\s/>])(?:
            (?:\s+[^\s"'/<=>]+(?:\s*=\s*(?:[^\s"'<=>`]+|'[^']*'|"[^"]*"))?)*\s*/?>|[^<>]*>))
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_HIDING: Final = re.compile(r"<(?:!--|(?:script|style|svg|template)\b)", re.IGNORECASE)
_TAG: Final = "<>"
"""What is left of raw HTML in prose."""

_SHOWN_TAGS: Final = ", ".join(
    ("a[href]", "img", "script[src]", *(f"{name}[{place}]" for name, place in EMBEDS.items()))
)

_NOTE_LABEL: Final = re.compile(r"\[\^([^\]\s]+)\]")
_LINE_MARKS: Final = re.compile(r"\n((?:[ \t>*+-]*(?:\d{1,9}[.)]|\[[xX]\])(?=\s))+)")
# What generators read beside Markdown, and no reader does.
_ATTRIBUTES: Final = re.compile(
    r"\{/\*[ \t]*#[\w-]+[ \t]*\*/\}|\{:?[ \t]*(?:[#.]\w|[\w-]+=)[^{}\n]{0,300}\}"
    r"|\{:[\w \t-]{1,40}\}"
)
_CONTENTS: Final = re.compile(
    r"\n(?:[ \t>]*(?:\[\[?_?|@\[|\$\{)toc_?[\])}]|[^\n]{0,60}(?=\n[ \t>]*\{:[ \t]*toc))",
    re.IGNORECASE,
)
_TITLE: Final = r"(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?"
_DEFINITION: Final = re.compile(
    r"\n(?P<apart>[ \t>]*\n)?[ \t>]*(?:[-*+][ \t]+)?\[(?!\^)(?P<label>[^\[\]]+)\]:[ \t]*\n?[ \t]*"
    rf"(?:<(?P<angled>[^<>\n]*)>|(?P<url>\S+)){_TITLE}[ \t]*(?=\n|\Z)"
)
_REFERENCE: Final = re.compile(r"\[([^\[\]]+)\](?:\[([^\[\]]*)\])?(?!\()")
_TARGET: Final = rf"\(\s*([^\s()]*+(?:\((?:[^\s()]++|\([^\s()]*\))*\)[^\s()]*+)*)(?={_TITLE}\s*\))"
_WEB_ADDRESS: Final = r"[tT]{2}[pP][sS]?://[^\s<>\"]{0,2000}"
_BARE: Final = re.compile(rf"[hH]{_WEB_ADDRESS}")
# A picture, a link and a bare address, which may hold another.
_ADDRESS: Final = re.compile(
    rf"!\[((?:[^\[\]]|\[[^\[\]]*\])*)\]{_TARGET}|\]{_TARGET}"
    rf"|h(?=({_WEB_ADDRESS}))|H(?=({_WEB_ADDRESS}))"
)
_KINDS: Final = ("", "", "picture", "link", "bare", "bare")
"""What an address is, by the last group that matched."""
_LINK_IN_WORDS: Final = re.compile(r"\]\(([^()\s]*)")
_WEB: Final = ("http://", "https://")
_LINKED: Final = frozenset(("", "http", "https", "mailto"))

_OWN_LINKS: Final = ("#item-", "#fnref-")
"""How addresses of empty links begin that the page adds."""

# Where both sides are cut into pieces, most of which are equal, and what surrounds a piece.
_CUTS: Final = bytes(10 if byte in b"()*<>[]`" else byte for byte in range(256))
_AROUND: Final = b" #+,-.:"

T = TypeVar("T", str, bytes)


@dataclass(slots=True)
class _Side:
    """What the source or the page says."""

    texts: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    certain: list[str] = field(default_factory=list)
    """What is not doubtful, though it is a part of something that is."""
    links: Counter[str] = field(default_factory=Counter)
    doubtful_links: Counter[str] = field(default_factory=Counter)
    pictures: list[str] = field(default_factory=list)
    """The alternative text of each."""


def find_losses(source: str, html: str) -> str:
    """Return '' if the HTML says what the Markdown says, else one line: what differs, and where.

    ``source`` is the body of an issue, ``html`` its rendering without a moderator's decisions.
    """
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    shown = _read_html(html)
    said = _SourceReader(source, shown).read()
    lost = _excess(said.links, shown.links) - shown.doubtful_links
    added = _excess(shown.links, said.links) - said.doubtful_links
    parts = [
        *_compare_words(said, shown, source),
        _report(_("links are missing"), _not_in_code(lost, html), source),
        _report(_("links are too many"), added, source),
    ]
    if len(said.pictures) > len(shown.pictures):
        pictures = _not_in_code(Counter(said.pictures) - Counter(shown.pictures), html)
        parts.append(_report(_("pictures are missing"), pictures, source, quotes="“”"))
    found = [part for part in parts if part]
    return reduce(lambda one, other: Message("%(a)s; %(b)s", a=one, b=other), found or [""])


def _compare_words(said: _Side, shown: _Side, source: str) -> list[str]:
    """Cancel the pieces that both sides have, and count the words of the others."""
    said_pieces, shown_pieces = _pieces(said.texts), _pieces(shown.texts)
    lost = [piece.decode() for piece in _excess(said_pieces, shown_pieces).elements()]
    added = [piece.decode() for piece in _excess(shown_pieces, said_pieces).elements()]
    lost_words, added_words = _words(lost), _words(added)
    missing, surplus = lost_words - added_words, added_words - lost_words
    if missing:
        missing -= _words(said.doubtful) - _words(said.certain)
        missing -= _words(shown.doubtful)
    return [
        _report(_("words are missing"), missing, source, lost, quotes="“”"),
        _report(_("words are too many"), surplus, source, added, quotes="“”"),
    ]


def _pieces(texts: Iterable[str]) -> Counter[bytes]:
    text = _readable("\n".join(texts)).encode("utf-8", "replace")
    return Counter([piece.strip(_AROUND) for piece in text.translate(_CUTS).split(b"\n")])


def _excess(these: Counter[T], those: Counter[T]) -> Counter[T]:
    """Return ``these - those``, which takes several times longer if they are nearly equal."""
    return Counter({k: n - m for k, n in these.items() if n > (m := those.get(k, 0))})


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(_WORD.findall(_readable("\n".join(texts))))


# Text and addresses, read alike on both sides


def _readable(text: str) -> str:
    """Return a text without entities, percent-encoding and Punycode, however often encoded.

    Then it does not matter where an entity is one: without semicolon, in code, in raw HTML.
    """
    for _time in range(DECODINGS):
        encoded, text = text, unescape(text)
        if encoded == text:
            break
    return _decoded(text)


def _decoded(text: str) -> str:
    if "%" in text:
        text = unquote(text)
    if "xn--" in text:
        text = _PUNYCODE.sub(_decode_label, text)
    return text


def _decode_label(found: re.Match[str]) -> str:
    try:
        return found[1].encode().decode("punycode")
    except UnicodeError:
        return found[0]


def _plain(url: str) -> str:
    """Return an address as it is compared: decoded, without backslashes that escape or do not."""
    return _decoded(url).replace("\\", "")


def _plain_markdown(url: str) -> str:
    """Return the plain form of an address in Markdown, where entities end with a semicolon."""
    return _plain(_ENTITY.sub(lambda found: unescape(found[0]), url) if "&" in url else url)


def _is_web(url: str) -> bool:
    return url.startswith(_WEB) or url[:8].lower().startswith(_WEB)


def _has_other_scheme(url: str) -> bool:
    """Tell whether an address becomes no link because of its scheme, such as ``irc:``."""
    scheme, colon, _ = url.partition(":")
    return bool(colon) and scheme.isalnum() and scheme.lower() not in _LINKED


def _can_be_opened(url: str) -> bool:
    """Tell whether a web address has a host of letters and digits, and a port only of digits."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return False
    return any(map(str.isalnum, host)) and all(char.isalnum() or char in "-.:_" for char in host)


# The source


class _SourceReader:
    """Reads Markdown as far as its addresses need it."""

    def __init__(self, source: str, shown: _Side) -> None:
        self._source = source
        self._shown_links = shown.links
        self._shown_text = shown.texts[0] if shown.texts else ""
        self._sorted_links = sorted(shown.links)
        self._side = _Side(texts=[_JOINING.sub("", source) if "<" in source else source])
        self._tags: list[str] = []
        self._definitions: dict[str, str] = {}
        self._glued: dict[str, str] = {}
        self._defined_to = 0

    def read(self) -> _Side:
        prose = _MARKUP.sub(self._take_markup, f"\n{_without_unclosed(self._source)}")
        if self._tags:
            self._take_attributes()
        self._side.doubtful += _NOTE_LABEL.findall(prose)
        self._side.doubtful += _LINE_MARKS.findall(prose)
        if "{" in prose:
            self._side.doubtful += _ATTRIBUTES.findall(prose)
        if "toc" in self._lowered:
            self._side.doubtful += _CONTENTS.findall(prose)
        if "]:" in prose:
            prose = _DEFINITION.sub(self._take_definition, prose)
        prose, in_html = _part_html(prose)
        self._take_addresses(prose, doubtful=False)
        self._take_addresses(in_html, doubtful=True)
        for paragraph in in_html.split("\n\n"):  # no code there, so its tags are tags
            self._side.doubtful += paragraph.split("`")[1:-1:2]
        return self._side

    def _doubt(self, text: str) -> None:
        self._side.doubtful.append(text)
        self._doubt_links(text)

    def _doubt_links(self, text: str) -> None:
        if "://" in text:
            for address in _BARE.findall(text):
                self._side.doubtful_links[self._as_shown(address)] += 1

    def _expect(self, url: str, count: int = 1, *, doubtful: bool) -> None:
        links = self._side.doubtful_links if doubtful else self._side.links
        links[url] += count

    def _can_be_link(self, url: str) -> bool:
        return url in self._shown_links or _can_be_opened(url)

    # Code and raw HTML

    def _take_markup(self, found: re.Match[str]) -> str:
        kind = found.lastgroup
        if kind == "escaped":
            return f"&#{ord(found['escaped'])};"
        if kind == "block":
            self._side.doubtful += found.group("lead", "info")
            self._doubt_links(found["block"])
            return "\n\n"
        if kind == "code":
            self._doubt_links(found["code"])
            return _without_marks(found["code"])
        if kind == "angled":
            return found["angled"].replace(" ", "%20")
        if kind == "tag":
            return self._take_tag(found)
        self._doubt(found[0])  # a comment, a declaration, or an element that is not shown
        if (found["hidden"] or "").lower() == "script":
            self._tags.append(found[0])
        return _TAG

    def _take_tag(self, found: re.Match[str]) -> str:
        name = found["tag"].lower()
        if not is_known_tag(name):
            return found[0]
        if not self._is_named(name, found):
            self._doubt(found[0])
        if name in {"a", "img", *EMBEDS}:
            self._tags.append(f"{found[0]}</{name}>")
        return _TAG

    def _is_named(self, name: str, found: re.Match[str]) -> bool:
        """Tell whether a tag that no page shows is only named in a sentence, and so is text."""
        if name in ALLOWED_TAGS or found[0].lower() != f"<{name}>":
            return False
        around = found.string[found.start() - 2 : found.start()], found.string[found.end()]
        is_word = around[0][:1].isalpha() and around[0][1:] == " " == around[1]
        return is_word and f"</{name}" not in self._lowered

    @cached_property
    def _lowered(self) -> str:
        return self._source.lower()

    def _take_attributes(self) -> None:
        """Take what readers get of the tags: links that can be opened, and pictures."""
        for node in LexborHTMLParser("".join(self._tags)).css(_SHOWN_TAGS):
            attributes = node.attributes
            if node.tag == "script" or node.tag in EMBEDS:
                self._take_embed(node.tag, attributes)
                continue
            is_picture = node.tag == "img"
            url = attributes.get("src" if is_picture else "href") or ""
            if is_picture:
                self._side.pictures.append(attributes.get("alt") or "")
                self._side.certain.append(self._side.pictures[-1])
            if _is_web(url) and _can_be_opened(url):
                self._side.links[_plain(url)] += 1
                self._side.certain.append(url)
            elif url.startswith("#") and not is_picture:
                self._side.links["#"] += 1
            elif not is_picture and not _is_web(url) and not _has_other_scheme(url):
                self._side.certain.append(url)

    def _take_embed(self, tag: str, attributes: dict[str, str | None]) -> None:
        """Take the link that stands for what is embedded, or for its page."""
        url = attributes.get(EMBEDS.get(tag, "src")) or ""
        page = page_of_script(url) if tag == "script" else page_of(url)
        if is_web := _is_web(page) and _can_be_opened(page):
            self._side.doubtful_links[_plain(page)] += 1
        if is_web or not (_is_web(page) or _has_other_scheme(page)):
            self._side.certain.append(page)
        if page != url and page in self._shown_text:
            self._side.texts.append(page)

    # References

    def _take_definition(self, found: re.Match[str]) -> str:
        """Note what a label stands for. A definition below a line of text may be text as well."""
        is_apart = found["apart"] is not None or found.start() == self._defined_to
        self._defined_to = found.end()
        self._doubt(found[0])
        definitions = self._definitions if is_apart else self._glued
        url = (found["angled"] or found["url"] or "").replace(" ", "%20")
        definitions.setdefault(_label(found["label"]), url)
        return "\n\n"

    def _take_reference(self, found: re.Match[str], *, doubtful: bool) -> str:
        """Put the address in place of its label."""
        label = _label(found[2] or found[1])
        url = self._definitions.get(label) or self._glued.get(label)
        if url is None:
            return found[0]
        self._side.texts.append(url)
        self._side.doubtful.append(found[2] or "")
        if found.string[found.start() - 1] == "]":
            self._side.doubtful.append(found[1])
        if doubtful or label not in self._definitions:
            self._doubt(url)
            return found[0]
        return f"[{found[1]}]({url})"

    # Addresses

    def _take_addresses(self, text: str, *, doubtful: bool) -> None:
        if self._definitions or self._glued:
            text = _REFERENCE.sub(partial(self._take_reference, doubtful=doubtful), text)
        targets: list[str] = []
        end = 0
        for found in _ADDRESS.finditer(text):
            kind = _KINDS[found.lastindex or 0]
            is_open = text.find("[", end, found.start()) >= 0
            if kind == "bare":
                self._take_bare(found, doubtful=doubtful)
            elif kind == "picture":
                self._take_picture(found[1], found[2], doubtful=doubtful)
            elif is_open:
                targets.append(found[3])
            else:  # a link around a link is none
                self._take_target(found[3], 1, doubtful=True)
            if kind == "link" or (kind == "picture" and not is_open):
                end = found.end()
        for target, count in Counter(targets).items():
            self._take_target(target, count, doubtful=doubtful)

    def _take_target(self, target: str, count: int, *, doubtful: bool) -> None:
        url = _plain_markdown(target)
        if url.startswith("#"):
            self._expect("#", count, doubtful=doubtful)
            self._side.doubtful += [target] * count
        elif _has_other_scheme(url) or (_is_web(url) and not self._can_be_link(url)):
            self._side.doubtful += [url] * count
        elif _is_web(url) and (url in self._shown_links or not doubtful):
            self._expect(url, count, doubtful=doubtful)
        else:
            self._doubt_links("\n".join([target] * count))

    def _take_picture(self, alt: str, target: str, *, doubtful: bool) -> None:
        url = _plain_markdown(target)
        if not doubtful:
            self._side.pictures.append(alt)
        if "](" in alt:  # of a link in the words for a picture only its text is left
            self._side.doubtful += _LINK_IN_WORDS.findall(alt)
        if _is_web(url) and self._can_be_link(url):
            self._expect(url, doubtful=doubtful)
        else:
            self._side.doubtful.append(url)

    def _take_bare(self, found: re.Match[str], *, doubtful: bool) -> None:
        url = self._as_shown(found[0] + found[found.lastindex or 0])
        if self._can_be_link(url):
            self._expect(url, doubtful=doubtful or _may_be_text(found.string, found.start()))

    def _as_shown(self, address: str) -> str:
        """Return the longest start that is a link; the end may belong to the sentence."""
        url = _plain_markdown(address)
        return max(self._longest(url), self._longest(_plain(address)), key=len) or url

    def _longest(self, url: str) -> str:
        """Return the longest link that an address starts with; ends with the first that could."""
        while at := bisect_right(self._sorted_links, url):
            link = self._sorted_links[at - 1]
            if url.startswith(link):
                return link
            url = url[: next(i for i, char in enumerate(link) if url[i] != char)]
        return ""


def _without_unclosed(source: str) -> str:
    """Return Markdown in which nothing starts to hide what follows that never ends: it is text."""
    found = {match[0].lower() for match in _HIDING.finditer(source)}
    for start in found:
        place = source.lower().rfind("-->" if start == "<!--" else f"</{start[1:]}")
        head, tail = source[: place + 1], source[place + 1 :]
        source = head + re.sub(re.escape(start), r"<\\\g<0>", tail, flags=re.IGNORECASE)
    return source


def _without_marks(code: str) -> str:
    """Return code in which nothing looks like a link or a tag."""
    for mark in ("<", "[", "]", "://"):
        code = code.replace(mark, " ")
    return f"`{code}`"


def _label(text: str) -> str:
    return " ".join(text.split()).casefold()


def _part_html(text: str) -> tuple[str, str]:
    """Part a text from what follows raw HTML in a paragraph, where Markdown may be text."""
    if _TAG not in text:
        return text, ""
    parts = [paragraph.partition(_TAG) for paragraph in text.split("\n\n")]
    return "\n\n".join([part[0] for part in parts]), "\n\n".join([part[2] for part in parts])


def _may_be_text(text: str, at: int) -> bool:
    """Tell whether an address stands in a word, another address or the text of a link."""
    before = text[max(0, at - LOOK_BACK) : at].rpartition("\n")[2]
    if before.count("[") > before.count("]"):
        return True
    return bool(before) and before[-1].isascii() and before[-1] not in " \t(*<_`~"


# The page


def _read_html(html: str) -> _Side:
    side = _Side()
    tree = LexborHTMLParser(html)
    for node in tree.css('sup.footnote, a[href^="#fn-"]'):
        node.decompose()
    if tree.body is not None:
        side.texts.append(tree.body.text(separator="\n"))
    for node in tree.css("a[href]"):
        attributes = node.attributes
        text = node.text()
        if text or not (attributes["href"] or "").startswith(_OWN_LINKS):
            _read_link(side, attributes, text)
    for node in tree.css("img"):
        _read_picture(side, node.attributes)
    return side


def _read_link(side: _Side, attributes: dict[str, str | None], text: str) -> None:
    url = attributes["href"] or ""
    if "title" in attributes:
        side.doubtful.append(attributes["title"] or "")
    if url.startswith("#"):  # where it leads on the page is not what its author wrote
        side.links["#"] += 1
        return
    plain = _plain(url)
    if _is_web(url):
        side.links[plain] += 1
    shows_itself = _plain(text) in (plain, plain.removeprefix("mailto:"))
    (side.doubtful if shows_itself else side.texts).append(url)


def _read_picture(side: _Side, attributes: dict[str, str | None]) -> None:
    """Read a picture; the address of one that came with the issue is not that of the source."""
    url, alt = attributes.get("src") or "", attributes.get("alt") or ""
    side.pictures.append(alt)
    side.texts.append(alt)
    side.doubtful += (url, attributes.get("title") or "")
    side.doubtful_links[_plain(url)] += 1


def _not_in_code(links: Counter[str], html: str) -> Counter[str]:
    if not links:
        return links
    nodes = LexborHTMLParser(html).css("code, pre")
    code = _plain_markdown(" ".join(node.text() for node in nodes))
    return Counter({url: count for url, count in links.items() if url not in code})


# Reports


def _report(
    what: str, found: Counter[str], source: str, texts: Iterable[str] = (), quotes: str = ""
) -> str:
    """Return what was found and where; ``texts`` are what it stands in, in their order."""
    if not found:
        return ""
    names = ", ".join(f"{quotes[:1]}{name}{quotes[1:]}" for name in list(found)[:SHOWN])
    said = Message("%(what)s: %(names)s", what=what, names=names)
    if found.total() > SHOWN:
        said = _("%(said)s and %(count)d more", said=said, count=found.total() - SHOWN)
    line = _line(found, source, texts)
    return _("%(said)s (line %(line)d)", said=said, line=line) if line else said


def _line(found: Counter[str], source: str, texts: Iterable[str]) -> int:
    """Return the line of the first text that stands in one place only, or else of the first."""
    source = _plain_markdown(source)
    holding = (text for text in texts if not found.keys().isdisjoint(_WORD.findall(text)))
    place = -1
    for text in islice(dict.fromkeys(chain(holding, found)), LOOKED_FOR):
        at = source.find(text.replace("\\", "")) if text else -1
        place = at if place < 0 else place
        if at >= 0 and source.find(text, at + 1) < 0:
            place = at
            break
    return source.count("\n", 0, place) + 1 if place >= 0 else 0
