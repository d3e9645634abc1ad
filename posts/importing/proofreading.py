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
from collections.abc import Iterable, Iterator
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

# Markdown, in the order in which it is taken off. The leftmost of these decides what it is, and
# the last group of each says what that was. Each starts with a character of its own, so that the
# places where none of them stands are passed over at once.
_MARKUP: Final = r"""
    \\(?P<escape>[!-/:-@\[-`{-~])
    |`(?<!``)(?P<more>`*)(?!`)(?P<code>
        (?:[^`\n]++|\n(?![ \t>]*(?:\n|[-+*][ \t]|\d{1,9}[.)][ \t]|\#{1,6}[ \t]|`{3}|~{3}))
        |(?!`(?P=more)(?!`))`+)+?)
        `(?P=more)(?!`)
    |<(?:!--(?P<comment>(?s:.*?))(?:-->|\Z)
        |(?P<hidden>(?P<hidden_name>script|style|svg|math|template|object)\b[^>]*>(?s:.*?)
            (?:</(?P=hidden_name)\s*>|\Z))
        |(?<!\]\(<)(?P<autolink>(?:https?|mailto):[^\s<>]*)>
        |(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9-]*)
            (?P<attributes>(?:\s+[A-Za-z_:][\w.:-]*(?:\s*=\s*(?:[^\s"'=<>`]+|'[^']*'|"[^"]*"))?)*)
            \s*/?>
        |/?(?P<loose>[A-Za-z][A-Za-z0-9-]*)(?=[\s/>])[^<>]*>
    )
"""
_FENCE: Final = r"""
    ^(?P<lead>[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*)
        (?P<fence>`{3,}(?=[^`\n]*$)|~{3,})(?P<info>[^\n]*)$\n?
        (?P<block>(?s:.*?))(?:^[ \t>]*(?P=fence)[`~]*[ \t]*$|\Z)
"""
_VERBATIM = re.compile(_MARKUP, re.VERBOSE | re.IGNORECASE)
_VERBATIM_OR_FENCE = re.compile(f"{_FENCE}|{_MARKUP}", re.VERBOSE | re.MULTILINE | re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"\s(href|src|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE
)
_NOTE = re.compile(
    r"^[ \t>]*\[\^([^\]\s]+)\]:"
    r"((?:.*)(?:\n(?![ \t]*\n|[ \t>]*\[\^).+)*(?:\n(?:[ \t]*\n)*(?: {4}|\t).*)*)",
    re.MULTILINE,
)
_NOTE_USE = re.compile(r"\[\^([^\]\s]+)\]")
# Patterns that start with a character, such as the line end before a line, are many times faster
# than those that look for a place.
_DEFINITION = re.compile(
    r"\n {0,3}(?:> ?)*\[((?:[^\[\]\\]|\\.)+)\]:[ \t]*\n?[ \t]*(<[^<>\n]*>|\S+)"
    r"((?:[ \t]+|[ \t]*\n[ \t]*)(?:\"[^\"]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?=\n|\Z)"
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
_BARE = re.compile(r"[hH](?<![A-Za-z0-9.+-].)[tT]{2}[pP][sSſ]?://[^\s<>]+")
_ITEM_NUMBER = re.compile(r"\n[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*?(\d{1,9})[.)](?=\s|\Z)")
_TASK = re.compile(r"\n[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)+\[([xX])\](?=\s)")
_HTML_LINE = re.compile(rf"^[ \t>]*{_BLOCK_TAG}", re.MULTILINE)
# In raw HTML the semicolon may be missing.
_ENTITY = re.compile(r"&(#\d{1,7};?|#[xX][0-9a-fA-F]{0,6};?|[A-Za-z][A-Za-z0-9]{1,31};)")

# HTML, as the sanitiser writes it: an attribute is in double quotes and holds no `<`.
_NOTE_NUMBER = re.compile(
    r"<sup[^>]* class=\"footnote\"[^>]*>.*?</sup>|<sup class=\"footnote\".*?</sup>"
)
_ATTRIBUTES: Final = r"[^<>\"]*+(?:\"[^\"]*\"[^<>\"]*+)*+"
_OWN: Final = r"class=\"(?:permalink|report-link|footnote-back)\""
_OWN_LINK = re.compile(_OWN)
_SHOWN_LINK = re.compile(rf"<a(?![a-z0-9]| {_OWN})({_ATTRIBUTES})>")
_SHOWN_PICTURE = re.compile(rf"<img(?![a-z0-9])({_ATTRIBUTES})>")
_SHOWN_INLINE = re.compile(rf"</?(?:{'|'.join(sorted(_INLINE))})(?![a-z0-9]){_ATTRIBUTES}>")
_SHOWN_TAG = re.compile(rf"</?[a-z]{_ATTRIBUTES}>")
_SHOWN_CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)

# What may stand around a line in Markdown or HTML and is no word.
_AROUND_LINE: Final = " \t>#-+*.|"


@dataclass(slots=True)
class _Pile:
    """What was found: text and addresses that count, and those that may be there or not."""

    text: str = ""
    fenced: list[str] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    links: Counter[str] = field(default_factory=Counter)
    pictures: int = 0
    bare: list[tuple[str, bool]] = field(default_factory=list)
    may: list[str] = field(default_factory=list)
    may_link: Counter[str] = field(default_factory=Counter)

    def add_written(self) -> None:
        """Count the addresses that were written, as far as they can be links."""
        for written, count in Counter(self.written).items():
            url = unescape(written)
            if url.strip() and is_linkable(url):
                self.links[_canonical(url)] += count


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
    missing, surplus = _differing_words(wanted, shown)
    parts = [
        _words_report("missing", missing, text),
        _words_report("too many", surplus, text),
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
    # With a line end before the first line, too, for the patterns that start with one.
    text = _take_verbatim(f"\n{text}", pile)
    text = _take_notes(text, pile)
    text, definitions = _take_definitions(text, pile, strict=strict)
    text = _IMAGE.sub(lambda found: _take_image(found, pile), text)
    text = _take_links(text, pile)
    if definitions:
        text = _REFERENCE.sub(lambda found: _take_reference(found, pile, definitions), text)
    pile.add_written()
    text = _ANCHOR.sub(lambda found: found[1].replace("://", " "), text)
    if "://" in text:
        pile.bare = [(found[0], _is_in_html(text, found.start())) for found in _BARE.finditer(text)]
    for pattern in (_ITEM_NUMBER, _TASK):
        text = pattern.sub(lambda found: _take_optional(found, pile), text)
    text = _ENTITY.sub(lambda found: _take_entity(found, pile), text)
    pile.text = "\n".join([*pile.fenced, _unglued(text)])
    return pile


def _take_verbatim(text: str, pile: _Pile) -> str:
    """Take off what is no Markdown: code, comments, raw HTML; leave what readers see of it."""
    has_fence = "```" in text or "~~~" in text
    pattern = _VERBATIM_OR_FENCE if has_fence else _VERBATIM
    return pattern.sub(lambda found: _TAKERS[found.lastgroup or ""](found, pile), text)


def _take_escape(found: re.Match[str], pile: _Pile) -> str:
    return "" if found["escape"] in _GLUE else " "


def _take_code(found: re.Match[str], pile: _Pile) -> str:
    return f" {found['code'].translate(_LITERAL)} "


def _take_comment(found: re.Match[str], pile: _Pile) -> str:
    _allow_hidden(found[0], pile)
    return ""


def _take_hidden(found: re.Match[str], pile: _Pile) -> str:
    _allow_hidden(found[0], pile)
    return f"{_BLOCK_TAG} "


def _take_loose(found: re.Match[str], pile: _Pile) -> str:
    if not is_known_tag(found["loose"]):
        return found[0].translate(_LITERAL)
    return _take_hidden(found, pile)


def _allow_hidden(text: str, pile: _Pile) -> None:
    """A comment, a script, or a tag with a quote missing: shown or not, both are right."""
    pile.may.append(text)
    for _, double, single, plain in _ATTRIBUTE.findall(text):
        pile.may_link[_canonical(unescape(double or single or plain))] += 1


def _take_autolink(found: re.Match[str], pile: _Pile) -> str:
    pile.written.append(found["autolink"])
    return found["autolink"].translate(_LITERAL)


def _take_fence(found: re.Match[str], pile: _Pile) -> str:
    pile.may.append(found["info"])
    pile.may += re.findall(r"\d+", found["lead"])
    pile.fenced.append(found["block"].translate(_LITERAL))
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
        pile.written.append(attributes.get("href", ""))
    if name == "img":
        pile.pictures += is_linkable(attributes.get("src", "data:"))
        return f" {attributes.get('alt', '').translate(_LITERAL)} "
    if name in _INLINE:
        return _ANCHOR_TAG if name == "a" else ""
    return " " if name == "code" else f"{_BLOCK_TAG} "


# By the last group that matched.
_TAKERS: Final = {
    "block": _take_fence,
    "escape": _take_escape,
    "code": _take_code,
    "comment": _take_comment,
    "hidden": _take_hidden,
    "autolink": _take_autolink,
    "attributes": _take_tag,
    "loose": _take_loose,
}


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
    if "]:" not in text:
        return text, definitions
    end = 0

    def take(found: re.Match[str]) -> str:
        nonlocal end
        if strict and not _APART.search(text[end : found.start() + 1]):
            return found[0]
        end = found.end()
        url = found[2].strip("<>")
        definitions.setdefault(normalize_label(found[1]), url)
        pile.may.append(found[0])
        pile.may_link[_canonical(unescape(url))] += 1
        return "\n"

    return _DEFINITION.sub(take, text), definitions


def _take_image(found: re.Match[str], pile: _Pile) -> str:
    pile.pictures += is_linkable(unescape(found[2].strip("<>")))
    pile.may += [found[2], found[3] or ""]
    return f" {found[1].replace('://', ' ')} "


def _take_links(text: str, pile: _Pile) -> str:
    """Take off the addresses of links, which do not count where Markdown is text."""
    has_html = _ANCHOR_TAG in text or _BLOCK_TAG in text

    def take(found: re.Match[str]) -> str:
        target, title = found.groups("")
        url = target[1:-1] if target.startswith("<") else target
        if has_html and _is_in_html(text, found.start()):
            pile.may_link[_canonical(unescape(url))] += 1
        else:
            pile.written.append(url)
        pile.may += (target, title)
        return _LINK_END

    return _LINK.sub(take, text)


def _take_reference(found: re.Match[str], pile: _Pile, definitions: dict[str, str]) -> str:
    label = normalize_label(found[3] or found[2])
    if label not in definitions:
        return found[0]
    pile.may.append(found[3] or "")
    if found[1]:
        pile.pictures += is_linkable(unescape(definitions[label]))
        return f" {found[2]} "
    pile.written.append(definitions[label])
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
    if 'class="footnote"' in html:
        html = _NOTE_NUMBER.sub("", html)
    pile.links.update(_shown_links(html))
    if "<img" in html:
        html = _SHOWN_PICTURE.sub(lambda found: _take_picture(found, pile), html)
    text = _SHOWN_TAG.sub(" ", _SHOWN_INLINE.sub("", html))
    text = _ENTITY.sub(lambda found: html_entities.unescape(found[0]), text)
    pile.text = _unglued(text)
    return pile


def _shown_links(html: str) -> Iterator[str]:
    for attributes in _SHOWN_LINK.findall(html):
        href = _ATTRIBUTE.search(attributes)
        if href and href[2] and not _OWN_LINK.search(attributes):
            yield _canonical(html_entities.unescape(href[2]))


def _take_picture(found: re.Match[str], pile: _Pile) -> str:
    pile.pictures += 1
    alt = next((a[1] for a in _ATTRIBUTE.findall(found[1]) if a[0] == "alt"), "")
    return f" {alt} "


def _unglued(text: str) -> str:
    # Many times faster than `str.translate`, which asks for each character of the text.
    for char in _GLUE:
        text = text.replace(char, "")
    return text


@lru_cache(maxsize=4096)
def _canonical(url: str) -> str:
    return encode_url(url.strip())


# Comparing


def _differing_words(wanted: _Pile, shown: _Pile) -> tuple[Counter[str], Counter[str]]:
    """Return the words that are missing and those that are too many, in the order of the text.

    Most lines are the same on both sides; only the words of the others are counted.
    """
    wanted_lines, shown_lines = _lines(wanted.text), _lines(shown.text)
    wanted_words = _words((wanted_lines - shown_lines).elements())
    shown_words = _words((shown_lines - wanted_lines).elements())
    missing, surplus = wanted_words - shown_words, shown_words - wanted_words
    # What Markdown may consume is looked at only now.
    if surplus:
        surplus -= _words(_unglued(unescape(text)) for text in wanted.may)
    if surplus:
        surplus -= _words(text.translate(_LITERAL) for text in wanted.may)
    return _in_order(missing, wanted.text), _in_order(surplus, shown.text)


def _lines(text: str) -> Counter[str]:
    return Counter([line.strip(_AROUND_LINE) for line in text.split("\n")])


def _words(texts: Iterable[str]) -> Counter[str]:
    return Counter(_WORD.findall("\n".join(texts)))


def _in_order(words: Counter[str], text: str) -> Counter[str]:
    """Return the same words, those that come first in a text first."""
    if not words:
        return words
    order = dict.fromkeys(_WORD.findall(text))
    return Counter({word: words[word] for word in order if word in words})


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
