"""What somebody typed, read: words, phrases, exclusions and filters. Nothing typed is an error.

Each word becomes a term: phrases of tokens, one of which has to be in a text. ``full`` is the word
as it was typed; ``phrases`` find it without its particle, or with a space inside a compound, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise
from typing import Final, NamedTuple

from posts.searching.particles import without_particle
from posts.searching.tokens import HANGUL, Part, pairs, parts

MOST_LETTERS: Final = 1_000
MOST_TERMS: Final = 40
MOST_TOKENS: Final = 16  # of a phrase: an engine reads all places of each, also of a a a
MOST_FILTERS: Final = 12
_MOST_SPELLINGS: Final = 24
_LONGEST_COMPOUND: Final = 12  # syllables
_FILTERS: Final = {
    **{name: name for name in ("tag", "source", "section", "year", "kind")},
    "태그": "tag",
    "출처": "source",
    "섹션": "section",
    "연도": "year",
    "종류": "kind",
}
_PIECE: Final = re.compile(
    rf'(-?)(?:({"|".join(_FILTERS)}):(?=\S))?(?:"([^"]*)"|(\S+))', re.IGNORECASE
)
# XML, in which feeds repeat what was typed, takes none of them.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]+")
_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


class Phrase(NamedTuple):
    """Tokens that follow each other; the last one may be the beginning of a token."""

    tokens: tuple[str, ...]
    is_prefix: bool = False

    @property
    def is_facet(self) -> bool:
        """Whether it is what a filter stands for, and no word."""
        return self.tokens[0][0] == "="


class Term(NamedTuple):
    """One of these phrases must be there; ``shown`` are the words to mark where they stand."""

    full: tuple[Phrase, ...]
    phrases: tuple[Phrase, ...]
    shown: tuple[Part, ...]
    typed: tuple[Part, ...]


class Filter(NamedTuple):
    """An operator: what the rows must be of, or must not."""

    name: str
    value: str
    is_negative: bool = False

    def __str__(self) -> str:
        value = f'"{self.value}"' if re.search(r"\s", self.value) else self.value
        return f"{'-' if self.is_negative else ''}{self.name}:{value}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was understood; ``words`` is what of it is no filter."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    words: str = ""
    is_cut: bool = False
    whole: Phrase | None = None  # of several words: all of them, one after the other

    @property
    def finds_something(self) -> bool:
        """Whether it asks for anything: an exclusion alone does not."""
        return bool(self.terms) or any(not row.is_negative for row in self.filters)


def clean(text: str) -> str:
    """Return what was typed without what no database takes, and white space collapsed."""
    text = text[: MOST_LETTERS * 4].encode("utf-8", "ignore").decode()
    text = _CONTROLS.sub(" ", unicodedata.normalize("NFKC", text)).translate(_QUOTES)
    return " ".join(text.split())


def parse(text: str) -> Query:
    """Read a query."""
    is_cut = len(text) > MOST_LETTERS
    terms: dict[tuple[Phrase, ...], Term] = {}
    excluded: dict[tuple[Phrase, ...], Term] = {}
    filters: dict[Filter, None] = {}
    words = []
    for piece in _PIECE.finditer(clean(text)[:MOST_LETTERS]):
        minus, name, quoted, plain = piece.groups()
        if name:
            filters[_filter(name, plain if quoted is None else quoted, bool(minus))] = None
            continue
        words.append(piece[0])
        if (term := _term(quoted, plain)) is not None:
            (excluded if minus else terms).setdefault(term.full, term)
    is_cut = is_cut or len(terms) > MOST_TERMS or len(excluded) > MOST_TERMS
    chosen = tuple(islice(terms.values(), MOST_TERMS))
    return Query(
        terms=chosen,
        excluded=tuple(islice(excluded.values(), MOST_TERMS)),
        filters=tuple(islice(filters, MOST_FILTERS)),
        words=" ".join(words),
        is_cut=is_cut,
        whole=phrase_of([p for term in chosen for p in term.typed]) if len(chosen) > 1 else None,
    )


def _filter(name: str, value: str, is_negative: bool) -> Filter:
    return Filter(_FILTERS[name.lower()], value.strip('"'), is_negative)


def _term(quoted: str | None, plain: str | None) -> Term | None:
    """Return what a quoted phrase or a word asks for; None if it has no letter."""
    found = list(parts(plain or quoted or ""))
    if not found:
        return None
    full = phrase_of(found)
    if plain is None:
        return Term((full,), (full,), tuple(found), tuple(found))
    bases = [found, *_without_particle(found)]
    loose = dict.fromkeys(_loose(bases))
    loose.pop(full, None)
    phrases = _shortest([full, *islice(loose, _MOST_SPELLINGS)])
    return Term((full,), phrases, tuple(bases[-1]), tuple(found))


def _shortest(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Leave out each phrase that holds another one, which stands wherever it does; different ones.

    An engine looks for every token of every phrase: of a compound with a particle a third is left.
    """
    if len(phrases) == 1:
        return tuple(phrases)
    texts = [" ".join(("", *row.tokens, *(() if row.is_prefix else ("",)))) for row in phrases]
    return tuple(
        phrase
        for phrase, text in zip(phrases, texts, strict=True)
        if sum(other in text for other in texts) == 1  # itself
    )


def phrase_of(found: Sequence[Part]) -> Phrase:
    """Return the phrase that finds these parts one after the other."""
    made: list[str] = []
    for part in found:
        made += pairs(part.text) if part.is_run else [part.text]
    last = found[-1]
    is_single = last.is_run and len(last.text) == 1
    if last.is_run and not is_single:
        made.pop()  # the text may go on behind the last syllable
    is_prefix = is_single and len(made) <= MOST_TOKENS
    return Phrase(tuple(made[:MOST_TOKENS]), is_prefix)


def _without_particle(found: Sequence[Part]) -> Iterator[list[Part]]:
    *before, last = found
    if not last.is_run or not HANGUL.match(last.text[-1]):
        return
    bare = without_particle(last.text, behind=bool(before))
    if bare is not None:
        yield [*before, Part(bare, True)] if bare else before


def _loose(bases: Iterable[Sequence[Part]]) -> Iterator[Phrase]:
    for found in bases:
        yield phrase_of(found)
        *before, last = found
        if last.is_run and HANGUL.search(last.text):
            yield from (phrase_of([*before, *cut]) for cut in _cuts(last.text))
        elif "." in last.text and last.text[-1].isdigit():
            # 1.70 is the beginning of 1.70.0, not of 1.705.
            yield Phrase((*phrase_of(found).tokens[:-1], f"{last.text}."), True)


def _cuts(run: str) -> Iterator[list[Part]]:
    """Yield a compound with one space inside, then with two; no word is a single syllable."""
    places = range(2, len(run) - 1 if len(run) <= _LONGEST_COMPOUND else 0)
    for number in (1, 2):
        for cut in combinations(places, number):
            ends = [0, *cut, len(run)]
            words = [run[start:end] for start, end in pairwise(ends)]
            if min(map(len, words)) > 1:
                yield [Part(word, True) for word in words]
