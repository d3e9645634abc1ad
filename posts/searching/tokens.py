"""What texts and queries are cut into: the tokens that every engine indexes.

Scripts without spaces, and Hangul, whose words carry particles, become overlapping pairs of
characters and the last character; so any two syllables are found wherever they stand, and a single
one as the beginning of a pair. Other scripts become words, folded and stemmed. C++, C#, .NET and
v1.2 stay whole; e-mail and Node.js are email and nodejs besides, behind all others. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final, NamedTuple

from posts.searching.stemming import stem

# To be raised with any change of what a text is cut into, and that of ``queries`` with it.
VERSION: Final = 4
LONGEST: Final = 64  # letters of a word
# Hangul, Han, kana, bopomofo, and the scripts of Thai, Lao, Burmese and Khmer.
RUN: Final = (
    "\u0e01-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1100-\u11ff\u1780-\u17d3\u2e80-\u2fd5\u3005-\u3007"
    "\u3021-\u3029\u3031-\u3035\u303b\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97c"
    "\uac00-\ud7fb\uf900-\ufaff\U00020000-\U0003ffff"
)
HANGUL: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb]")
_RUNS: Final = re.compile(f"([{RUN}]+)")
_BESIDE_RUNS: Final = re.compile(f"[^{RUN}]+")
_LETTERS: Final = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "ى": "ي", "ة": "ه",
}  # fmt: skip
_PLURAL_OF_CAPITALS: Final = re.compile(r"(?<![^\W_])([A-Z]{2,})s(?![^\W_])")


def _ranges(codes: list[int]) -> str:
    groups = groupby(enumerate(codes), key=lambda pair: pair[1] - pair[0])
    runs = ([code for _place, code in group] for _key, group in groups)
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def _of_category(*names: str) -> list[int]:
    return [code for code in range(0x20000) if unicodedata.category(chr(code)) in names]


# Vowel signs and viramas are part of a word (UAX 31), but no ``\w``.
_MARKS: Final = _ranges(_of_category("Mn", "Mc"))
# Accents of Latin, Greek and Cyrillic letters, and the points, vowels and hamzas that Hebrew and
# Arabic are written with or without; others change the letter.
_MARKS_LEFT_OUT: Final = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u0655\u0670"
)
_ACCENTS: Final = re.compile(f"[{_MARKS_LEFT_OUT}]+")
# Joiners, marks of direction, soft hyphens: they show nothing.
_UNSEEN: Final = re.compile(f"[{_ranges(_of_category('Cf'))}\ufe00-\ufe0f\U000e0000-\U000e0fff]+")
_VERSION_NUMBER: Final = r"v?\d+(?:\.\d+)+[a-z\d]*"  # v1.2, 0.5, 10.7b
# Letters end where digits begin: Llama3 is Llama 3.
_ASCII_WORDS: Final = re.compile(
    rf"{_VERSION_NUMBER}|[a-z]+(?:\+\+|\#(?![a-z\d])|'s(?![a-z\d]))?|\d+[a-z\d]*|\.net(?![a-z\d])"
)
_WORDS: Final = re.compile(
    rf"{_VERSION_NUMBER}|[a-z]+(?:\+\+|\#(?![a-z\d]))"
    rf"|[^\W\d_]+(?:[{_MARKS}]+[^\W\d_]*)*(?:['’]s(?![^\W_]))?"
    rf"|\d+(?:[^\W_]|[{_MARKS}])*|\.net(?![^\W_])"
)
# Of two words alone, and no names of hosts: all others would take 5 % more room, these take 2 %.
_JOINED: Final = re.compile(
    r"(?<![a-z\d]|[-‐.@/_])([a-z]{1,20})(?:[-‐]|\.(?=js(?![a-z\d])))([a-z]{2,20})"
    r"(?![a-z\d]|[-‐.@/_]\w)"
)


class Part(NamedTuple):
    """A run of a script without spaces, or a word; ``text`` as it is indexed."""

    text: str
    is_run: bool


def fold(text: str) -> str:
    """Return what spellings share: NFKC, case folded, without accents and what nobody sees.

    What people write of several LSTMs or VMs is what they write of one.
    """
    if text.isascii():
        return _PLURAL_OF_CAPITALS.sub(r"\1", text).lower()
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return fold_letters(_PLURAL_OF_CAPITALS.sub(r"\1", text))


def fold_letters(text: str) -> str:
    """Return a text with its letters folded: of most as long as it was."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if _TO_FOLD.search(text) is None:
        return text
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", bare).translate(_TABLE)


_TABLE: Final = str.maketrans(_LETTERS)
_TO_FOLD: Final = re.compile(
    f"[{_MARKS_LEFT_OUT}\u00c0-\u052f\u0622-\u0626\u0629\u0649\u1e00-\u1fff]"
)


def parts(text: str) -> Iterator[Part]:
    """Yield the runs and words of a text, folded, words stemmed."""
    for place, piece in enumerate(_RUNS.split(fold(text))):
        if place % 2:
            yield Part(piece, True)
        elif piece:
            for word in _words(piece):
                yield Part(_indexed(word), False)


def is_run(token: str) -> bool:
    """Tell whether a token is of a script without spaces."""
    return _RUNS.match(token) is not None


def has_run(text: str) -> bool:
    """Tell whether a text has some of a script without spaces, or Hangul."""
    return _RUNS.search(text) is not None


def words_in(folded: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield the words of a folded text as they are indexed, and where they stand; no runs."""
    pattern = _ASCII_WORDS if folded.isascii() else _WORDS
    for piece in _BESIDE_RUNS.finditer(folded):
        for word in pattern.finditer(folded, *piece.span()):
            yield _indexed(word[0]), word.span()


def joined_in(folded: str) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield what a folded text parts by a hyphen, or a dot before js, as one word, and where."""
    for match in _JOINED.finditer(folded):
        yield _indexed(match[1] + match[2]), match.span()


def _words(piece: str) -> list[str]:
    return (_ASCII_WORDS if piece.isascii() else _WORDS).findall(piece)


@lru_cache(maxsize=16_384)
def _indexed(word: str) -> str:
    return stem(word[:-2] if word[-2:] in ("'s", "’s") else word)[:LONGEST]


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in order."""
    folded = fold(text)
    if text.isascii():
        return [*map(_indexed, _ASCII_WORDS.findall(folded)), *_joined(folded)]
    found: list[str] = []
    for place, piece in enumerate(_RUNS.split(folded)):
        if place % 2:
            found += pairs(piece)
        elif piece:
            found += map(_indexed, _words(piece))
    return [*found, *_joined(folded)]


def _joined(folded: str) -> Iterable[str]:
    """Return what a folded text parts as one word, each once."""
    return dict.fromkeys(word for word, _span in joined_in(folded))


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of a run, and its last character."""
    return [*map("".join, pairwise(run)), run[-1]]
