"""The inline half of writing Markdown from the tree: words, emphasis, code, links and pictures."""

from __future__ import annotations

import re
import xml.etree.ElementTree as etree
from collections.abc import Callable
from html import escape
from typing import Final

from posts.markdown.marks import Marks
from posts.markdown.references import encode_url, is_linkable
from posts.markdown.tree import (
    AS_WRITTEN,
    NOTE_REFERENCE,
    PLACE,
    RAW_TAG,
    fold,
    plain_text,
)

# What would be read as a mark: not an underscore inside a word, nor a lone `<`, `&` or `~`.
_SPECIAL: Final = re.compile(
    r"[\\`*\[\]]|(?<![^\W_])_|_(?![^\W_])|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)|\{(?=[:#.])"
)
_ADDRESS: Final = re.compile(r"\b(https?)://", re.IGNORECASE)
_LINE_START: Final = re.compile(r"(\s*(?:\d{1,9})?)([#>+.)=-](?=[\s#=>-]|$)|>|~~~)")
_TICKS: Final = re.compile(r"`+")
_MARKS: Final = {"strong": "**", "em": "*", "del": "~~", "b": "**", "i": "*"}
_AUTOLINK: Final = re.compile(r"(?:https?|mailto):[^\s<>]+", re.IGNORECASE)
_PLAIN_ADDRESS: Final = re.compile(r"[^\s()<>]+")


class PhraseWriter:
    """Writes the content of leaves; ``notes`` are the numbers of the footnotes referred to."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self.notes: set[int] = set()

    def paragraph(self, element: etree.Element) -> list[str]:
        """The lines of a paragraph, none of which begins another block."""
        text = self.phrases(element).strip()
        return [_LINE_START.sub(r"\1\\\2", line, count=1) if _LINE_START.match(line) else line
                for line in map(str.strip, text.split("\n")) if line]  # fmt: skip

    def phrases(self, element: etree.Element) -> str:
        """The content of an element."""
        parts = [_escaped(element.text or "")]
        for child in element:
            parts.append(_WRITERS.get(child.tag, PhraseWriter.phrases)(self, child))
            parts.append(_escaped(child.tail or ""))
        return "".join(parts)

    def _emphasis(self, element: etree.Element) -> str:
        mark, text = _MARKS[element.tag], self.phrases(element)
        inner = text.strip()
        if not inner:
            return text
        before, after = text[: text.index(inner[0])], text[len(text.rstrip()) :]
        return f"{before}{mark}{inner}{mark}{after}"

    def _code(self, element: etree.Element) -> str:
        code = element.text or ""
        ticks = "`" * (1 + max(map(len, _TICKS.findall(code)), default=0))
        space = " " if code[:1] in "` " or code[-1:] in "` " else ""
        return f"{ticks}{space}{code}{space}{ticks}" if code else ""

    def _link(self, element: etree.Element) -> str:
        url, decided = element.get("href", ""), self._marks.decided
        if url in decided.blocked or url in decided.held:
            words = decided.words.blocked if url in decided.blocked else decided.words.held
            shown = "" if _names(plain_text(element), url) else self.phrases(element)
            return f"{shown} ({_escaped(words)})".lstrip()
        if not is_linkable(url):
            return self.phrases(element)
        new = decided.replaced.get(url)
        is_written = new is None and element.get(AS_WRITTEN) is not None
        address = new or url if is_written or url.startswith("#") else encode_url(new or url)
        is_automatic = not len(element) and (element.text or "") == url.removeprefix("mailto:")
        if is_automatic and _AUTOLINK.fullmatch(address):
            link = f"<{address.removeprefix('mailto:')}>"
        else:
            link = f"[{self.phrases(element)}]({_target(address, element.get('title'))})"
        return f"{link}{self._what_became(url)}"

    def _what_became(self, url: str) -> str:
        """What became of a link that is shown, as the page says it."""
        decided, notes = self._marks.decided, []
        if url in decided.replaced:
            notes.append(_escaped(decided.words.replaced))
        else:
            if url in decided.broken:
                notes.append(_escaped(decided.words.broken))
            if url in decided.copies:
                copy = _target(encode_url(decided.copies[url]), None)
                notes.append(f"[{_escaped(decided.words.copy)}]({copy})")
        return f" ({' · '.join(notes)})" if notes else ""

    def _image(self, element: etree.Element) -> str:
        source = element.get("src", "")
        alt = _escaped(fold(element.get("alt", "")))
        if not is_linkable(source):
            return alt
        known = self._marks.images.get(source)
        address = encode_url(known.url if known else source)
        return f"![{alt}]({_target(address, element.get('title'))})"

    def _break(self, _element: etree.Element) -> str:
        return "\\"

    def _place(self, _element: etree.Element) -> str:
        return ""

    def _raw_tag(self, element: etree.Element) -> str:
        return element.get("html", "")

    def _note_reference(self, element: etree.Element) -> str:
        number = int(element.get("number", "1"))
        self.notes.add(number)
        return f"[^{number}]"


def address_forms(url: str) -> set[str]:
    """The forms in which an address may stand in Markdown, all of them of some length."""
    return {form for form in (url, encode_url(url), escape(url)) if len(form) > len("https://")}


def _names(text: str, url: str) -> bool:
    """Whether a text says where a link leads: it is an address, or a part of this one."""
    text = text.strip()
    is_part = "." in text and text.rstrip("/.…").lower() in url.lower()
    return "://" in text or (is_part and " " not in text)


def _escaped(text: str) -> str:
    return _ADDRESS.sub(r"\1\\://", _SPECIAL.sub(r"\\\g<0>", text))


def _target(address: str, title: str | None) -> str:
    address = address.replace("<", "%3C").replace(">", "%3E")
    target = address if _PLAIN_ADDRESS.fullmatch(address) else f"<{address}>"
    if not title:
        return target
    words = fold(title).replace("\\", "\\\\").replace('"', '\\"')
    return f'{target} "{words}"'


_WRITERS: Final[dict[str, Callable[[PhraseWriter, etree.Element], str]]] = {
    **dict.fromkeys(_MARKS, PhraseWriter._emphasis),
    "code": PhraseWriter._code,
    "a": PhraseWriter._link,
    "img": PhraseWriter._image,
    "br": PhraseWriter._break,
    PLACE: PhraseWriter._place,
    RAW_TAG: PhraseWriter._raw_tag,
    NOTE_REFERENCE: PhraseWriter._note_reference,
}
