"""What source and page have that the other has not, and the line that reports it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain, islice
from typing import Final, TypeVar

from posts.importing.losses.page import Side, code_in, plain_markdown, read_page, readable
from posts.importing.losses.source import SourceReader
from posts.markdown.lines import with_line_feeds
from posts.messages import Message
from posts.messages import Message as _

SHOWN: Final = 3
"""How many words or links a report names."""
LOOKED_FOR: Final = 100
"""How many texts are looked for to say where something is lost."""
JOINED: Final = 20_000
"""How many characters of words are looked at that may be several of the source."""

# Latin letters and others make separate words: an address may end before a `는`, or not.
_WORD: Final = re.compile(r"[A-Za-z0-9]+|[^\W_A-Za-z0-9]+")
# What the page may leave out between two letters.
_BETWEEN: Final = re.compile(r"<[^<>]*>|\]\([^()\s]*\)|[\[\]*_~`]")
# Where both sides are cut into pieces, most of which are equal, and what surrounds a piece.
_CUTS: Final = bytes(10 if byte in b"()*<>[]`" else byte for byte in range(256))
_AROUND: Final = b" #+,-.:"

T = TypeVar("T", str, bytes)


def find_losses(source: str, html: str) -> str:
    """Return '' if the HTML says what the Markdown says, else one line: what differs, and where.

    ``source`` is the body of an issue, ``html`` its rendering without a moderator's decisions.
    """
    source = with_line_feeds(source)
    shown = read_page(html)
    said = SourceReader(source, shown).read()
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


def _not_in_code(found: Counter[str], html: str) -> Counter[str]:
    code = code_in(html) if found else ""
    return Counter({text: count for text, count in found.items() if text not in code})


# Words


def _compare_words(said: Side, shown: Side, source: str) -> list[str]:
    """Cancel the pieces that both sides have, and count the words of the others.

    What is doubtful in the source is taken for what no reader sees, and may be seen all the same;
    what is doubtful on the page need not be in the source.
    """
    said_pieces, shown_pieces = _pieces(said.texts), _pieces(shown.texts)
    lost = [piece.decode() for piece in _excess(said_pieces, shown_pieces).elements()]
    added = [piece.decode() for piece in _excess(shown_pieces, said_pieces).elements()]
    if not lost and not added:
        return []
    unseen = _doubtful_words(said.doubtful) - _doubtful_words(said.certain)
    missing = _words(lost)
    missing.subtract(_words(added))
    missing.subtract(unseen)
    surplus = -missing - unseen
    missing = +missing
    if missing:
        missing -= _doubtful_words(chain(shown.doubtful, (shown.bare - said.bare).elements()))
    if missing and surplus:
        _cancel_joined(missing, surplus, source)
    return [
        _report(_("words are missing"), +missing, source, lost, quotes="“”"),
        _report(_("words are too many"), +surplus, source, added, quotes="“”"),
    ]


def _pieces(texts: Iterable[str]) -> Counter[bytes]:
    text = readable("\n".join(texts)).encode("utf-8", "replace")
    return Counter([piece.strip(_AROUND) for piece in text.translate(_CUTS).split(b"\n")])


def _excess(these: Counter[T], those: Counter[T]) -> Counter[T]:
    """Return ``these - those``, which takes several times longer if they are nearly equal."""
    return Counter({k: n - m for k, n in these.items() if n > (m := those.get(k, 0))})


def _words(pieces: Iterable[str]) -> Counter[str]:
    return Counter(_WORD.findall("\n".join(pieces)))


def _doubtful_words(texts: Iterable[str]) -> Counter[str]:
    return _words([readable("\n".join(texts))])


def _cancel_joined(parts: Counter[str], wholes: Counter[str], source: str) -> None:
    """Cancel words of the page between whose parts the source has nothing but markup."""
    written = frozenset(_WORD.findall(_BETWEEN.sub("", source)))
    lengths = sorted({len(part) for part in parts}, reverse=True)
    left = JOINED
    for whole in [whole for whole in wholes if whole in written]:
        while wholes[whole] > 0 and (left := left - len(whole)) >= 0:
            found = _parts_of(whole, parts, lengths)
            if not found:
                break
            parts.subtract(found)
            wholes[whole] -= 1


def _parts_of(whole: str, parts: Counter[str], lengths: Sequence[int]) -> Counter[str]:
    """Return words that together are another, the longest first; none if there are none.

    ``lengths`` are those of the words, the longest first.
    """
    found: Counter[str] = Counter()
    start = 0
    while start < len(whole):
        candidates = (whole[start : start + length] for length in lengths)
        part = next((part for part in candidates if parts[part] > found[part]), "")
        if not part:
            return Counter()
        found[part] += 1
        start += len(part)
    return found


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
    source = plain_markdown(source)
    holding = (text for text in texts if not found.keys().isdisjoint(_WORD.findall(text)))
    place = -1
    for text in islice(dict.fromkeys(chain(holding, found)), LOOKED_FOR):
        at = source.find(text.replace("\\", "")) if text else -1
        place = at if place < 0 else place
        if at >= 0 and source.find(text, at + 1) < 0:
            place = at
            break
    return source.count("\n", 0, place) + 1 if place >= 0 else 0
