"""The form in which an archive writes its items, told from their lines, and new items in it. Pure.

Archives differ: ``- [Title](address): note``, ``* **[Title](address)** – note``, or, with the
address at the end, ``- **Title**: note [Read more](address)``. What most items have is the form of
the house.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from links.normalizing import AddressError, canonicalize, host_of

FEWEST: Final = 2
"""So many items alike make a form; one may be an accident."""
_COLON: Final = ": "

_ADDRESS: Final = r"\((?:<[^<>]*>|[^()\s<>]+(?:\([^()\s]*\)[^()\s]*)*)\)"
_BETWEEN: Final = r"(?P<between>[:：][ ]*|[ ]+[-–—|·:][ ]+|,[ ]+|[ ]+)"
_ITEM: Final = re.compile(r"[ \t]*(?P<mark>[-*+][ ]+|\d{1,9}[.)][ ]+)(?:\[[ xX]\][ ]+)?(?=\S)")
# The title is the link, bold or not, with the colon inside or outside.
_LINKED: Final = re.compile(
    rf"(?P<open>\*\*|__|)\[(?P<inner>\*\*|__|)[^\[\]]+(?P=inner)\]{_ADDRESS}"
    rf"(?:(?P<close>[:：]?)(?P=open))(?:{_BETWEEN}(?=\S)|\s*$)"
)
# The title is bold, and the link stands at the end, perhaps in parentheses.
_BOLD: Final = re.compile(
    rf"(?P<open>\*\*|__)(?P<title>[^\[\]*]+?)(?P<close>[:：]?)(?P=open)(?:{_BETWEEN})"
    rf"(?P<note>.*?)(?P<tail>[ ]?\(?\[(?P<words>[^\[\]]+)\]{_ADDRESS}\)?)[.。]?\s*$"
)
_SPECIAL: Final = re.compile(r"([\\`*_~\[\]<>{}|]|^\^|&(?=#?\w+;))")
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
# What ends an address in parentheses, or cannot stand in one (CommonMark 0.31, 6.3).
_NOT_IN_ADDRESS: Final = re.compile(r"[<>\s\\]")
_NEEDS_BRACKETS: Final = re.compile(r"[\s()]")
_INNER_COLON: Final = re.compile(r"[:：](?=\W*$)")


@dataclass(frozen=True, slots=True)
class HouseForm:
    """How an item is written: its list mark, then ``head``, and with a note ``between`` and it,
    then ``tail``. Head and tail have places for title, address and host (``str.format``)."""

    mark: str = "- "
    head: str = "[{title}]({address})"
    between: str = _COLON
    tail: str = ""

    def item(self, title: str, address: str, note: str = "") -> str:
        """Return one line; title and note are plain words, an empty title is the address."""
        parts = {
            "title": escape(title or address),
            "address": escape_address(address),
            "host": escape(_host(address)),
        }
        words = escape(note)
        head = self.head if words else _INNER_COLON.sub("", self.head)
        said = f"{self.between}{words}" if words else ""
        return f"{self.mark}{head.format(**parts)}{said}{self.tail.format(**parts)}"


class _Seen(NamedTuple):
    mark: str
    head: str
    between: str
    tail: str


def house_form(texts: Iterable[str]) -> HouseForm | None:
    """Return the form that most items in some Markdown have, or None where too few have any."""
    seen = [found for text in texts for found in _items(text)]
    heads = Counter(found.head for found in seen)
    if not heads or heads.most_common(1)[0][1] < FEWEST:
        return None
    head = heads.most_common(1)[0][0]
    alike = [found for found in seen if found.head == head]
    return HouseForm(
        mark=_most(found.mark for found in alike),
        head=head,
        between=_most(found.between for found in alike if found.between) or _COLON,
        tail=_common_tail([found.tail for found in alike]),
    )


def _items(text: str) -> Iterator[_Seen]:
    for line in re.split(r"\r\n|\r|\n", text):
        if (mark := _ITEM.match(line)) and (found := _read(line, mark)):
            yield found


def _read(line: str, mark: re.Match[str]) -> _Seen | None:
    """Return the form of the item that begins with a mark."""
    # An item of a numbered list counts as one of any other: its number is told by its place.
    sign = "- " if mark["mark"][0].isdigit() else mark["mark"]
    if found := _LINKED.match(line, mark.end()):
        outer, inner, colon = found["open"], found["inner"], found["close"]
        between = found["between"] or ""
        if not outer:
            # Behind a plain link a colon is what separates, and a space alone is a sentence.
            between = f"{colon}{between}" if between and (colon or between.strip()) else ""
            colon = ""
        head = f"{outer}[{inner}{{title}}{inner}]({{address}}){colon}{outer}"
        return _Seen(sign, head, between, "")
    if found := _BOLD.match(line, mark.end()):
        head = f"{found['open']}{{title}}{found['close']}{found['open']}"
        return _Seen(sign, head, found["between"] if found["note"] else "", _tail(found))
    return None


def _tail(found: re.Match[str]) -> str:
    """Return what stands at the end of an item, with a place for the address."""
    before, _words, after = found["tail"].partition(f"[{found['words']}]")
    words = found["words"].replace("{", "{{").replace("}", "}}")
    end = ")" if after.endswith("))") and before.endswith("(") else ""
    return f" {before.lstrip()}[{words}]({{address}}){end}"


def _common_tail(tails: list[str]) -> str:
    """Return the end that most items have; where each has words of its own, the host is them."""
    tail = _most(tails)
    is_common = tails.count(tail) * 2 > len(tails)
    return tail if is_common else " [{host}]({address})"


def _host(address: str) -> str:
    try:
        return host_of(canonicalize(address))
    except AddressError:
        return address


def _most(values: Iterable[str]) -> str:
    """Return the most frequent value, of equals the first; "" for none."""
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else ""


def escape(text: str) -> str:
    """Return plain words on one line, in Markdown: nothing in them means anything.

    A bar would make a table of the line for some readers of Markdown, though not for ours.
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def escape_address(url: str) -> str:
    """Return an address as it stands in the parentheses of a link."""
    url = _NOT_IN_ADDRESS.sub(lambda found: f"%{ord(found[0]):02X}", url)
    url = _ENTITY.sub("&amp;", url)
    return f"<{url}>" if _NEEDS_BRACKETS.search(url) else url
