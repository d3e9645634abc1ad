"""What a source says: its words, links and pictures, read from Markdown as far as they need it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import cached_property, partial
from typing import Final
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from posts.importing.losses.page import Side, is_web, plain, plain_markdown
from posts.markdown.embeds import (  # lists, no logic
    EMBEDS,
    address_in,
    is_no_picture,
    page_of,
    page_of_script,
)
from posts.markdown.html import ALLOWED_TAGS, is_known_tag

LOOK_BACK: Final = 1_000
"""How far back in its paragraph a link is looked for that an address may be in."""

# What is no prose. The leftmost of these decides; the last group that matched says what it is.
# Each starts with a character of its own, so that all other places are passed over at once.
_MARKUP: Final = re.compile(
    r"""
    \\(?P<escaped>[!-/:-@\[-`{-~])
    |\n(?P<lead>[ ]{0,3}(?P<inner>(?:[ \t>]|(?:[-*+]|\d{1,9}[.)])[ \t])++)?)
        (?P<fence>`{3,}(?=[^`\n]*\n)|~{3,})(?P<info>[^\n]*)(?P<block>.*?)
        (?:\n[ \t>]*(?P=fence)[`~]*[ \t]*(?=\n|\Z)|(?(inner)(?=\n[^ \t>\n])|(?!))|\Z)
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
_TAG_IN_CODE: Final = "\x1a"
"""What is left of ``<`` in code, which raw HTML does not know: there a tag is one."""

_SHOWN_TAGS: Final = ", ".join(("a[href]", "img", "script[src]", *EMBEDS))

_NOTE_LABEL: Final = re.compile(r"\[\^([^\]\s]+)\]")
_LEAD: Final = r"\n(?:\[\^[^\]\s]+\]:)?"
_INDENTED: Final = re.compile(r"\n(?: {4}|\t)[ \t]*([^\n]+)")
_LINE_MARKS: Final = re.compile(
    rf"{_LEAD}((?:(?:[ \t>]|[*+-](?=\s))*(?:\d{{1,9}}[.)]|\[[xX]\])(?=\s))+)"
)
# What generators read beside Markdown, and no reader does.
_ATTRIBUTES: Final = re.compile(
    r"\{/\*[ \t]*#[\w-]+[ \t]*\*/\}|\{:?[ \t]*(?:[#.]\w|[\w-]+=)[^{}\n]{0,300}\}"
    r"|\{:[\w \t-]{1,40}\}"
)
_CONTENTS: Final = re.compile(
    rf"{_LEAD}(?:[ \t>*+-]*(?:\[\[?_?|@\[|\$\{{)toc_?[\])}}]"
    r"|[^\n]{0,60}(?=\n[ \t>]*\{:[ \t]*toc))",
    re.IGNORECASE,
)
_TITLE: Final = r"(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?"
_DEFINITION: Final = re.compile(
    r"\n(?P<apart>[ \t>]*\n)?[ \t>]*(?:[-*+][ \t]+)?\[(?!\^)(?P<label>[^\[\]]+)\]:[ \t]*\n?[ \t]*"
    rf"(?:<(?P<angled>[^<>\n]*)>|(?P<url>\S+)){_TITLE}[ \t]*(?=\n|\Z)"
)
_REFERENCE: Final = re.compile(r"\[([^\[\]]+)\](?:\[([^\[\]]*)\])?(?!\(|\[(?!\^))")
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
_LINKED: Final = frozenset(("", "http", "https", "mailto"))


class SourceReader:
    """Reads Markdown as far as its addresses need it."""

    def __init__(self, source: str, shown: Side) -> None:
        self._source = source
        self._shown_links = shown.links
        self._shown_text = shown.texts[0] if shown.texts else ""
        self._sorted_links = sorted(shown.links)
        self._shown_code = shown.code
        self._side = Side(texts=[source])
        self._tags: list[str] = []
        self._definitions: dict[str, str] = {}
        self._glued: dict[str, str] = {}
        self._defined_to = 0
        self._is_apart = True

    def read(self) -> Side:
        prose = f"\n{_without_unclosed(self._source)}"
        if self._shown_code:
            prose = _INDENTED.sub(self._take_indented, prose)
        prose = _MARKUP.sub(self._take_markup, prose)
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
        for paragraph in in_html.split("\n\n") if _TAG_IN_CODE in in_html else ():
            self._side.doubtful += [c for c in paragraph.split("`")[1:-1:2] if _TAG_IN_CODE in c]
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

    @cached_property
    def _code_lines(self) -> frozenset[str]:
        return frozenset(line.strip() for code in self._shown_code for line in code.split("\n"))

    def _take_indented(self, found: re.Match[str]) -> str:
        """Leave out a line that the page has as code; deep in a list it may be text."""
        if found[1].strip() not in self._code_lines:
            return found[0]
        self._doubt_links(found[1])
        return "\n"

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
        if not is_known_tag(found["tag"]):
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
            if is_picture and is_no_picture(url):
                self._take_no_picture(attributes.get("alt") or "", url, doubtful=True)
                continue
            if is_picture:
                self._side.pictures.append(attributes.get("alt") or "")
                self._side.certain.append(self._side.pictures[-1])
            if is_web(url) and _can_be_opened(url):
                self._side.links[plain(url)] += 1
                self._side.certain.append(url)
            elif url.startswith("#") and not is_picture:
                self._side.links["#"] += 1
            elif not is_picture and not is_web(url) and not _has_other_scheme(url):
                self._side.certain.append(url)

    def _take_embed(self, tag: str, attributes: dict[str, str | None]) -> None:
        """Take the link that stands for what is embedded, or for its page."""
        is_script = tag == "script"
        url = (attributes.get("src") or "") if is_script else address_in(tag, attributes)
        page = page_of_script(url) if is_script else page_of(url)
        can_be_opened = is_web(page) and _can_be_opened(page)
        if can_be_opened:
            self._side.doubtful_links[plain(page)] += 1
        if can_be_opened or not (is_web(page) or _has_other_scheme(page)):
            self._side.certain.append(page)
        if page != url and page in self._shown_text:
            self._side.texts.append(page)

    # References

    def _take_definition(self, found: re.Match[str]) -> str:
        """Note what a label stands for. A definition below a line of text may be text as well."""
        is_next = found.start() == self._defined_to
        self._is_apart = found["apart"] is not None or (is_next and self._is_apart)
        self._defined_to = found.end()
        self._doubt(found[0])
        definitions = self._definitions if self._is_apart else self._glued
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
            self._take_target(url, 1, doubtful=True)
            self._side.doubtful.append(url)
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
                self._take_picture(found[1], found[2], doubtful=doubtful, is_open=is_open)
            elif is_open:
                targets.append(found[3])
            else:  # a link around a link is none
                self._take_target(found[3], 1, doubtful=True)
            if kind == "link" or (kind == "picture" and not is_open):
                end = found.end()
        for target, count in Counter(targets).items():
            self._take_target(target, count, doubtful=doubtful)

    def _take_target(self, target: str, count: int, *, doubtful: bool) -> None:
        url = plain_markdown(target)
        if url.startswith("#"):
            self._expect("#", count, doubtful=doubtful)
            self._side.doubtful += [target] * count
        elif _has_other_scheme(url) or (is_web(url) and not self._can_be_link(url)):
            self._side.doubtful += [url] * count
        elif is_web(url) and (url in self._shown_links or not doubtful):
            self._expect(url, count, doubtful=doubtful)
        else:
            self._doubt_links("\n".join([target] * count))

    def _take_picture(self, alt: str, target: str, *, doubtful: bool, is_open: bool) -> None:
        url = plain_markdown(target)
        if is_no_picture(url):
            self._take_no_picture(alt, url, doubtful=doubtful or is_open)
            return
        if not doubtful:
            self._side.pictures.append(alt)
        if "](" in alt:  # of a link in the words for a picture only its text is left
            self._side.doubtful += _LINK_IN_WORDS.findall(alt)
        if is_web(url) and self._can_be_link(url):
            self._expect(url, doubtful=doubtful)
        else:
            self._side.doubtful.append(target)

    def _take_no_picture(self, alt: str, url: str, *, doubtful: bool) -> None:
        """Take the link that stands for what is no picture; in the words of another it is text."""
        page = page_of(url)
        if doubtful or page != url:
            self._side.doubtful.append(url)
        if page != url:
            self._side.texts.append(page)
        if is_web(page) and self._can_be_link(page):
            self._expect(page, doubtful=doubtful)
        self._side.bare[page] += not doubtful and not alt.strip()

    def _take_bare(self, found: re.Match[str], *, doubtful: bool) -> None:
        url = self._as_shown(found[0] + found[found.lastindex or 0])
        if url in self._shown_links or (_can_be_opened(url) and _can_be_bare(url)):
            doubtful = doubtful or _may_be_text(found.string, found.start())
            self._expect(url, doubtful=doubtful)
            self._side.bare[url] += not doubtful

    def _as_shown(self, address: str) -> str:
        """Return the longest start that is a link; the end may belong to the sentence."""
        url = plain_markdown(address)
        return max(self._longest(url), self._longest(plain(address)), key=len) or url

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
    code = code.replace("<", _TAG_IN_CODE)
    for mark in ("[", "]", "://"):
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
    before = text[max(0, at - LOOK_BACK) : at].rpartition("\n\n")[2]
    if before.count("[") > before.count("]"):
        return True
    return bool(before) and before[-1].isascii() and before[-1] not in " \t\n(*<_`~"


def _has_other_scheme(url: str) -> bool:
    """Tell whether an address becomes no link because of its scheme, such as ``irc:``."""
    scheme, colon, _ = url.partition(":")
    return bool(colon) and scheme.isalnum() and scheme.lower() not in _LINKED


def _can_be_bare(url: str) -> bool:
    """Tell whether the last two parts of a host have no underscore, which would make it text."""
    return "_" not in "".join((urlsplit(url).hostname or "").split(".")[-2:])


def _can_be_opened(url: str) -> bool:
    """Tell whether a web address has a host that starts with a letter or digit, and a good port."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "") if parts.port != 0 else ""
    except ValueError:
        return False
    starts = host[:1].isalnum() or host.startswith(":")
    return starts and all(char.isalnum() or char in "-.:_" for char in host)
