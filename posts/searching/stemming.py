"""English word forms, lightly: plurals and the endings of verbs, and what ends in -ion.

A light stemmer of our own instead of Porter's: that one takes organization for organ and news for
new, and leaves LSTMs as it is, since it sees no vowel there. Words of other languages go through
it too, in texts and in queries alike, so that they still find themselves.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SHORTEST: Final = 3  # letters that stay
_AS_THEY_ARE: Final = frozenset(("news", "embed", "series", "species", "always", "perhaps"))
# Of one word alone: leaves may leave, and axes be tools, but who writes of these here?
PLURALS: Final = {
    "aliases": "alias", "analyses": "analysis", "appendices": "appendix", "atlases": "atlas",
    "axes": "axis", "biases": "bias", "bonuses": "bonus", "campuses": "campus",
    "canvases": "canvas", "children": "child", "corpora": "corpus", "corpuses": "corpus",
    "crises": "crisis", "criteria": "criterion", "diagnoses": "diagnosis", "ellipses": "ellipsis",
    "feet": "foot", "focuses": "focus", "formulae": "formula", "halves": "half",
    "hypotheses": "hypothesis", "indices": "index", "knives": "knife", "lenses": "lens",
    "matrices": "matrix", "men": "man", "mice": "mouse", "parentheses": "parenthesis",
    "phenomena": "phenomenon", "schemata": "schema", "selves": "self", "shelves": "shelf",
    "statuses": "status", "syntheses": "synthesis", "teeth": "tooth", "theses": "thesis",
    "vertices": "vertex", "viruses": "virus", "wolves": "wolf", "women": "woman",
}  # fmt: skip
_VOWEL: Final = re.compile("[aeiouy]")
_ION: Final = re.compile("(?<=[st])ion$")
_DOUBLED: Final = re.compile(r"([^aeiou])\1$")


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """Return what the forms of an English word, in small letters, share: not always a word."""
    word = PLURALS.get(word, word)
    if len(word) <= _SHORTEST or word in _AS_THEY_ARE or not (word.isascii() and word.isalpha()):
        return word
    return _without_end(_without_ending(_without_plural(word)))


def _without_plural(word: str) -> str:
    return word[:-1] if word.endswith("s") and word[-2] != "s" else word


def _without_ending(word: str) -> str:
    """Return a word without -ing, -ed or -ion, where enough of it stays."""
    if word in _AS_THEY_ARE:
        return word
    for ending in ("ization", "isation"):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len("ation")]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= _SHORTEST and _VOWEL.search(rest):
            return word if rest.endswith("e") else rest
    return _ION.sub("", word) if len(word) > len("session") else word


def _without_end(word: str) -> str:
    """Return a word without a last e, of a doubled consonant one, and with i for a last y."""
    if len(word) > _SHORTEST and word.endswith("e"):
        word = word[:-1]
    if len(word) > _SHORTEST and word.endswith("y") and not _VOWEL.match(word[-2]):
        return f"{word[:-1]}i"
    return _DOUBLED.sub(r"\1", word) if len(word) > _SHORTEST else word
