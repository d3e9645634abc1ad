"""Whether readers get all that an author wrote, and no more: every word, link and picture.

The renderer is not asked. Words and links are taken out of the Markdown and out of the HTML by
rules of their own, and the two piles are compared. Order does not count (footnotes move), numbers
do. What Markdown may consume, such as the number of a list item or the language of a fence, may be
in the HTML or not.
"""

from __future__ import annotations

import html as html_entities
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from posts.markdown.html import is_known_tag
from posts.markdown.references import encode_url, is_linkable, normalize_label, unescape

SHOWN: Final = 3
"""How many words or links a report names."""

LOOK_BACK: Final = 10_000
"""How far back a tag is looked for in a paragraph."""
MAX_ADDRESS: Final = 2_000
"""How much of a bare address is looked at for where it ends."""

_WORD = re.compile(r"[^\W_]+")
# Deleted on both sides: what stands inside words as markup (`**bold**text`) or as text (`a_b`).
_LINK_END: Final = "\ue0f2"
_BLOCK_TAG: Final = "\ue0f3"
_ANCHOR_TAG: Final = "\ue0f4"
_GLUE: Final = f"*_~`\\[]\u200b\ufeff{_LINK_END}{_BLOCK_TAG}{_ANCHOR_TAG}"
# What code is made of must not be read as markup.
_LITERAL = {**{ord(char): " " for char in "<>&!():/"}, **{ord(char): None for char in _GLUE}}

_INLINE = frozenset(
    "a abbr b cite del dfn em font i ins kbd mark q s samp small span strike strong sub sup"
    " time tt u var wbr".split()
)

# Markdown, in the order in which it is taken off. The leftmost of these decides what it is.
_VERBATIM = re.compile(
    r"""
    ^(?P<lead>[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*)
        (?P<fence>`{3,}(?=[^`\n]*$)|~{3,})(?P<info>[^\n]*)$\n?
        (?P<block>(?s:.*?))(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)
    |(?=[\\<`])(?:  # one look at most characters, not one for each of these
        (?P<escape>\\[!-/:-@\[-`{-~])
        |<!--(?P<comment>(?s:.*?))(?:-->|\Z)
        |(?<!`)(?P<ticks>`+)(?!`)(?P<code>
            (?:[^`\n]++|\n(?![ \t>]*(?:\n|[-+*][ \t]|\d{1,9}[.)][ \t]|\#{1,6}[ \t]|`{3}|~{3}))
            |(?!(?P=ticks)(?!`))`+)+?)
            (?P=ticks)(?!`)
        |(?P<hidden><(?P<hidden_name>script|style|svg|math|template|object)\b[^>]*>(?s:.*?)
            (?:</(?P=hidden_name)\s*>|\Z))
        |(?<!\]\()<(?P<autolink>(?:https?|mailto):[^\s<>]*)>
        |<(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9-]*)
            (?P<attributes>(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*)
            \s*/?>
        |</?(?P<loose>[A-Za-z][A-Za-z0-9-]*)(?=[\s/>])[^<>]*>
    )
    """,
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"\s(href|src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_NOTE = re.compile(
    r"^[ \t>]*\[\^([^\]\s]+)\]:"
    r"((?:.*)(?:\n(?![ \t]*\n|[ \t>]*\[\^).+)*(?:\n(?:[ \t]*\n)*(?: {4}|\t).*)*)",
    re.MULTILINE,
)
_NOTE_USE = re.compile(r"\[\^([^\]\s]+)\]")
_DEFINITION = re.compile(
    r"^ {0,3}(?:> ?)*\[((?:[^\[\]\\]|\\.)+)\]:[ \t]*\n?[ \t]*(<[^<>\n]*>|\S+)"
    r"((?:[ \t]+|[ \t]*\n[ \t]*)(?:\"[^\"]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*$",
    re.MULTILINE,
)
# Where a definition may follow: on a definition, a blank line, a heading or nothing.
_APART = re.compile(r"(?:\A|\n[ \t]*\n|(?:^|\n)#{1,6} [^\n]*\n)\s*\Z")
_TARGET = (
    r"\(\s*(?!\[)(<(?:[^<>\n\\]++|\\.)*>|"
    r"(?:[^\s()\\\x00-\x1f]++|\\.|\((?:[^\s()\\]++|\\.|\([^\s()]*\))*\))*)"
    r"(\s+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*\)"
)
_IMAGE = re.compile(rf"!\[((?:[^\[\]\\]|\\.|\[[^\[\]]*\])*)\]{_TARGET}")
_LINK = re.compile(rf"\]{_TARGET}")
_REFERENCE = re.compile(
    rf"(!?)\[((?:[^\[\]\\\n{_LINK_END}]++|\\.|\n(?![ \t]*\n)|\[[^\[\]\n]*\])+)\]"
    r"(?:\[((?:[^\[\]\\]|\\.)*)\])?"
)
_ANCHOR = re.compile(rf"\[([^\[\]{_LINK_END}]*){_LINK_END}")
_BARE = re.compile(r"(?<![A-Za-z0-9.+-])https?://[^\s<>]+", re.IGNORECASE)
_ITEM_NUMBER = re.compile(r"^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*?(\d{1,9})[.)](?=\s|$)", re.M)
_TASK = re.compile(r"^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)+\[([xX])\](?=\s)", re.MULTILINE)
_HTML_LINE = re.compile(rf"^[ \t>]*{_BLOCK_TAG}", re.MULTILINE)
# In raw HTML the semicolon may be missing.
_ENTITY = re.compile(r"&(#\d{1,7};?|#[xX][0-9a-fA-F]{0,6};?|[A-Za-z][A-Za-z0-9]{1,31};)")

# HTML, as the sanitiser writes it.
_NOTE_NUMBER = re.compile(
    r"<sup[^>]* class=\"footnote\"[^>]*>.*?</sup>|<sup class=\"footnote\".*?</sup>"
)
_SHOWN_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)((?:[^<>\"]++|\"[^\"]*\")*)>")
_OWN_LINK = re.compile(r"class=\"(?:permalink|report-link|footnote-back)\"")
_SHOWN_CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)


@dataclass(slots=True)
class _Pile:
    """What was found: words and addresses that count, and those that may be there or not."""

    words: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    bare: list[tuple[str, bool]] = field(default_factory=list)
    may: list[str] = field(default_factory=list)
    may_link: Counter[str] = field(default_factory=Counter)

    def add_link(self, written: str) -> None:
        url = unescape(written)
        if url.strip() and is_linkable(url):
            self.links[_canonical(url)] += 1


def find_losses(source: str, html: str) -> str:
    """Return '' if the HTML says what the Markdown says, else one line: what differs, and where.

    `source` is the body of an issue, `html` its rendering without any decision of a moderator.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    shown = _read_html(html)
    report = _compare(_read_markdown(text), shown, text, html)
    if report and not _compare(_read_markdown(text, strict=True), shown, text, html):
        return ""
    return report


def _compare(wanted: _Pile, shown: _Pile, text: str, html: str) -> str:
    _expect_bare(wanted, shown)
    parts = [
        _words_report("missing", wanted.words - shown.words, text),
        _words_report("too many", _surplus(wanted, shown), text),
        _links_report("missing", _lost_links(wanted, shown, html), text),
        _links_report("too many", shown.links - wanted.links - wanted.may_link, text),
    ]
    if wanted.pictures > shown.pictures:
        parts.append(f"pictures are missing: {wanted.pictures - shown.pictures}")
    return "; ".join(part for part in parts if part)


# Markdown


def _read_markdown(text: str, *, strict: bool = False) -> _Pile:
    """Take the text apart; `strict`: no definition inside a paragraph (CommonMark 4.7)."""
    pile = _Pile()
    text = _VERBATIM.sub(lambda found: _take_verbatim(found, pile), text)
    text = _take_notes(text, pile)
    text, definitions = _take_definitions(text, pile, strict=strict)
    text = _IMAGE.sub(lambda found: _take_image(found, pile), text)
    text = _LINK.sub(lambda found: _take_link(found, pile), text)
    text = _REFERENCE.sub(lambda found: _take_reference(found, pile, definitions), text)
    text = _ANCHOR.sub(lambda found: found[1].replace("://", " "), text)
    pile.bare = [(found[0], _is_in_html(text, found.start())) for found in _BARE.finditer(text)]
    for pattern in (_ITEM_NUMBER, _TASK):
        text = pattern.sub(lambda found: _take_optional(found, pile), text)
    text = _ENTITY.sub(lambda found: _take_entity(found, pile), text)
    pile.words.update(_WORD.findall(_unglued(text)))
    return pile


def _take_verbatim(found: re.Match[str], pile: _Pile) -> str:
    """Take off what is no Markdown: code, comments, raw HTML; return what readers see of it."""
    if found["fence"]:
        return _take_fence(found, pile)
    if found["escape"]:
        return "" if found["escape"][1] in _GLUE else " "
    if found["code"] is not None:
        return f" {found['code'].translate(_LITERAL)} "
    if found["comment"] is not None or found["hidden"] or found["loose"]:
        return _take_hidden(found, pile)
    if found["autolink"]:
        pile.add_link(found["autolink"])
        return found["autolink"].translate(_LITERAL)
    return _take_tag(found, pile)


def _take_hidden(found: re.Match[str], pile: _Pile) -> str:
    """Take off a comment, a script, or a tag with a quote missing: shown or not, both are right."""
    if found["loose"] and not is_known_tag(found["loose"]):
        return found[0].translate(_LITERAL)
    pile.may.append(found[0])
    for _, double, single, plain in _ATTRIBUTE.findall(found[0]):
        pile.may_link[_canonical(unescape(double or single or plain))] += 1
    return "" if found["comment"] is not None else f"{_BLOCK_TAG} "


def _take_fence(found: re.Match[str], pile: _Pile) -> str:
    pile.may.append(found["info"])
    pile.may += re.findall(r"\d+", found["lead"])
    pile.words.update(_WORD.findall(found["block"].translate(_LITERAL)))
    return "\n\n"


def _take_tag(found: re.Match[str], pile: _Pile) -> str:
    name = found["tag"].lower()
    if not is_known_tag(name):
        return found[0].translate(_LITERAL)
    pile.may.append(found[0])
    attributes = {
        key.lower(): double or single or plain
        for key, double, single, plain in _ATTRIBUTE.findall(found["attributes"])
    }
    if name == "a" and not found["close"]:
        pile.add_link(attributes.get("href", ""))
    if name == "img":
        pile.pictures += is_linkable(attributes.get("src", "data:"))
        return f" {attributes.get('alt', '').translate(_LITERAL)} "
    if name in _INLINE:
        return _ANCHOR_TAG if name == "a" else ""
    return " " if name == "code" else f"{_BLOCK_TAG} "


def _take_notes(text: str, pile: _Pile) -> str:
    """Take off footnote labels; a footnote nobody refers to may be shown or not."""
    if "[^" not in text:
        return text
    used = set(_NOTE_USE.findall(_NOTE.sub(lambda found: found[2], text)))

    def take(found: re.Match[str]) -> str:
        pile.may.append(found[1])
        if found[1] in used:
            return found[2]
        pile.may.append(found[2])
        return ""

    def take_use(found: re.Match[str]) -> str:
        pile.may.append(found[1])
        return ""

    return _NOTE_USE.sub(take_use, _NOTE.sub(take, text))


def _take_definitions(text: str, pile: _Pile, *, strict: bool) -> tuple[str, dict[str, str]]:
    """Take off reference definitions; of two with the same label the first counts."""
    definitions: dict[str, str] = {}
    end = 0

    def take(found: re.Match[str]) -> str:
        nonlocal end
        if strict and not _APART.search(text[end : found.start()]):
            return found[0]
        end = found.end()
        url = found[2].strip("<>")
        definitions.setdefault(normalize_label(found[1]), url)
        pile.may.append(found[0])
        pile.may_link[_canonical(unescape(url))] += 1
        return ""

    return _DEFINITION.sub(take, text), definitions


def _take_image(found: re.Match[str], pile: _Pile) -> str:
    pile.pictures += is_linkable(unescape(found[2].strip("<>")))
    pile.may += [found[2], found[3] or ""]
    return f" {found[1].replace('://', ' ')} "


def _take_link(found: re.Match[str], pile: _Pile) -> str:
    url = found[1][1:-1] if found[1].startswith("<") else found[1]
    if _is_in_html(found.string, found.start()):
        pile.may_link[_canonical(unescape(url))] += 1
    else:
        pile.add_link(url)
    pile.may += [found[1], found[2] or ""]
    return _LINK_END


def _take_reference(found: re.Match[str], pile: _Pile, definitions: dict[str, str]) -> str:
    label = normalize_label(found[3] or found[2])
    if label not in definitions:
        return found[0]
    pile.may.append(found[3] or "")
    if found[1]:
        pile.pictures += is_linkable(unescape(definitions[label]))
        return f" {found[2]} "
    pile.add_link(definitions[label])
    return f"[{found[2]}{_LINK_END}"


def _is_in_html(text: str, at: int) -> bool:
    """Tell whether a place is in a block of raw HTML, where Markdown is text, or in an <a>."""
    nearest = max(0, at - LOOK_BACK)
    if text.find(_ANCHOR_TAG, nearest, at) < 0 and text.find(_BLOCK_TAG, nearest, at) < 0:
        return False
    before = text[max(text.rfind("\n\n", nearest, at) + 1, nearest) : at]
    return _ANCHOR_TAG in before or (_BLOCK_TAG in before and _HTML_LINE.search(before) is not None)


def _take_optional(found: re.Match[str], pile: _Pile) -> str:
    pile.may.append(found[1])
    return found[0][: found.start(1) - found.start()] + found[0][found.end(1) - found.start() :]


def _take_entity(found: re.Match[str], pile: _Pile) -> str:
    pile.may.append(found[1])
    return html_entities.unescape(found[0])


# HTML


def _read_html(html: str) -> _Pile:
    pile = _Pile()
    text = _SHOWN_TAG.sub(lambda found: _take_shown(found, pile), _NOTE_NUMBER.sub("", html))
    text = _ENTITY.sub(lambda found: html_entities.unescape(found[0]), text)
    pile.words.update(_WORD.findall(_unglued(text)))
    return pile


def _take_shown(found: re.Match[str], pile: _Pile) -> str:
    name = found[2]
    if name == "a" and not found[1]:
        href = _ATTRIBUTE.search(found[3])
        if href and href[2] and not _OWN_LINK.search(found[3]):
            pile.links[_canonical(html_entities.unescape(href[2]))] += 1
    if name == "img":
        pile.pictures += 1
        alt = next((a[1] for a in _ATTRIBUTE.findall(found[3]) if a[0] == "alt"), "")
        return f" {alt} "
    return "" if name in _INLINE else " "


def _unglued(text: str) -> str:
    # Many times faster than `str.translate`, which asks for each character of the text.
    for char in _GLUE:
        text = text.replace(char, "")
    return text


@lru_cache(maxsize=4096)
def _canonical(url: str) -> str:
    return encode_url(url.strip())


# Comparing


def _surplus(wanted: _Pile, shown: _Pile) -> Counter[str]:
    """Return the words that are too many; what Markdown may consume is looked at only now."""
    surplus = shown.words - wanted.words
    if surplus:
        for text in wanted.may:
            surplus.subtract(_WORD.findall(_unglued(unescape(text))))
            surplus.subtract(_WORD.findall(text.translate(_LITERAL)))
    return +surplus


def _expect_bare(wanted: _Pile, shown: _Pile) -> None:
    """Add the bare addresses: as much of each as was made a link, or all of it if nothing was.

    In raw HTML, or in the text of a link, an address may be text.
    """
    for text, is_in_html in wanted.bare:
        address = unescape(text)
        shown_as = max(_longest_shown(address, shown), _longest_shown(text, shown), key=len)
        if is_in_html:
            wanted.may_link[shown_as] += 1
        elif shown_as or is_linkable(address):
            wanted.links[shown_as or _canonical(address)] += 1


def _longest_shown(address: str, shown: _Pile) -> str:
    """Return the longest start of an address that is a link; its end may belong to the sentence."""
    longest = min(len(address), MAX_ADDRESS)
    starts = (address[:end] for end in range(longest, len("https://"), -1))
    return next((url for url in map(_canonical, starts) if url in shown.links), "")


def _lost_links(wanted: _Pile, shown: _Pile, html: str) -> Counter[str]:
    lost = wanted.links - shown.links
    if lost:
        code = html_entities.unescape(" ".join(_SHOWN_CODE.findall(html)))
        lost = Counter({url: n for url, n in lost.items() if url not in code})
    return lost


def _words_report(what: str, words: Counter[str], text: str) -> str:
    if not words:
        return ""
    names = ", ".join(f"“{word}”" for word in list(words)[:SHOWN])
    more = f" and {words.total() - SHOWN} more" if words.total() > SHOWN else ""
    rarest = min(words, key=lambda word: text.count(word) or len(text))
    return f"words are {what}: {names}{more}{_place(rarest, text)}"


def _links_report(what: str, links: Counter[str], text: str) -> str:
    if not links:
        return ""
    names = ", ".join(list(links)[:SHOWN])
    more = f" and {links.total() - SHOWN} more" if links.total() > SHOWN else ""
    return f"links are {what}: {names}{more}{_place(next(iter(links)), text)}"


def _place(needle: str, text: str) -> str:
    at = text.find(needle)
    return f" (line {text.count(chr(10), 0, at) + 1})" if at >= 0 else ""
