"""What somebody typed, read: words, phrases, exclusions and filters. Nothing typed is an error.

Each word becomes a term: phrases of tokens, one of which has to be in a text. ``full`` is the word
as it was typed; ``phrases`` find its other forms, too: without its particle, with a space inside a
compound, without a hyphen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, islice, pairwise
from typing import Final, NamedTuple

from posts.particles import without_particle
from posts.searching.tokens import HANGUL, RUN, Part, pairs, parts

VERSION: Final = 4  # to be raised with any change of what a query asks for
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
_LETTER: Final = rf"[^\W\d_{RUN}]"
# e-mail and Node.js are written email and NodeJS, too; but not U.S. us.
_JOINTS: Final = re.compile(rf"(?<={_LETTER})[-‐](?={_LETTER})|(?<={_LETTER}{{2}})\.(?={_LETTER})")
_VERSION_NUMBER: Final = re.compile(r"(v?)(\d+(?:\.\d+)+)")
_NUMBER: Final = re.compile(r"\d{1,4}")
_MODEL_NUMBER: Final = re.compile(r"(\d{2,})(s?)")
# As in サーバー, which is as often written サーバ; of shorter words it says which they are.
_LONG_VOWEL: Final = re.compile("(?<=[ァ-ヺー]{3})ー$")
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
    def is_whole_cut(self) -> bool:
        """Whether the phrase of all words is cut, so that it may be where these are not."""
        return self.whole is not None and len(self.whole.tokens) == MOST_TOKENS

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
    forms = list(_forms(plain, found))
    loose = dict.fromkeys(_loose([*forms, found]))
    loose.pop(full, None)
    phrases = _shortest([full, *islice(loose, _MOST_SPELLINGS)])
    return Term((full,), phrases, tuple(dict.fromkeys(chain(*forms))), tuple(found))


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


def _forms(typed: str, found: Sequence[Part]) -> Iterator[list[Part]]:
    """Yield the forms that a word may have in texts; the first is that without what hangs on it."""
    joined = list(parts(_JOINTS.sub("", typed)))
    for written in (found, joined) if joined != found else (found,):
        *before, last = bare = _bare(written)
        yield bare
        if not last.is_run and (other := _spelling(last.text, behind=bool(before))):
            yield [*before, Part(other, False)]


def _bare(found: Sequence[Part]) -> list[Part]:
    """Return a word without a particle, or the long vowel at the end of Japanese loan words."""
    *before, last = found
    if not last.is_run:
        return [*found]
    if not HANGUL.match(last.text[-1]):
        return [*before, Part(_LONG_VOWEL.sub("", last.text), True)]
    bare = without_particle(last.text, behind=bool(before))
    if bare is None:
        return [*found]
    return [*before, Part(bare, True)] if bare else before


def _spelling(word: str, *, behind: bool) -> str:
    """Return how a number is written, too, or "": v1.2 and 1.2, H100 and H100s."""
    if version := _VERSION_NUMBER.fullmatch(word):
        return version[2] if version[1] else f"v{word}"
    if model := _MODEL_NUMBER.fullmatch(word) if behind else None:
        return model[1] if model[2] else f"{word}s"
    return ""


def _loose(bases: Iterable[Sequence[Part]]) -> Iterator[Phrase]:
    for found in bases:
        yield phrase_of(found)
        *before, last = found
        if last.is_run and HANGUL.search(last.text):
            yield from (phrase_of([*before, *cut]) for cut in _cuts(last.text))
        elif _VERSION_NUMBER.fullmatch(last.text):
            # 1.70 is the beginning of 1.70.0, not of 1.705.
            yield _begun(before, last.text)
        elif _NUMBER.fullmatch(last.text):
            # As 16 is of 16.2, and of v16.2; v16 is two words, which is one of v16.2.
            before = before[:-1] if before and before[-1].text == "v" else before
            yield _begun(before, last.text)
            yield _begun(before, f"v{last.text}")


def _begun(before: Sequence[Part], number: str) -> Phrase:
    """Return the phrase of a version that begins with a number, behind other words."""
    return phrase_of([*before, Part(f"{number}.", False)])._replace(is_prefix=True)


def _cuts(run: str) -> Iterator[list[Part]]:
    """Yield a compound with one space inside, then with two; no word is a single syllable."""
    places = range(2, len(run) - 1 if len(run) <= _LONGEST_COMPOUND else 0)
    for number in (1, 2):
        for cut in combinations(places, number):
            ends = [0, *cut, len(run)]
            words = [run[start:end] for start, end in pairwise(ends)]
            if min(map(len, words)) > 1:
                yield [Part(word, True) for word in words]
