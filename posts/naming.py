"""Names of things: when two are the same, and the slug each is addressed by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from itertools import takewhile
from typing import Final

_SIGNS = (("+", " plus "), ("#", " sharp "), ("&", " and "), (".", " "), ("/", " "))
_NOT_WORD = re.compile(r"\W+")
_NOT_IN_SLUG = re.compile(r"[^\w\s-]+")
_BETWEEN_WORDS = re.compile(r"[-\s]+")
# Marks that show nothing by themselves: grapheme joiners and selectors of variants.
_INVISIBLE = re.compile("[\u034f\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Compatible forms of one vowel of Thai and of Lao, which no canonical form puts together again.
_AM = (("\u0e4d\u0e32", "\u0e33"), ("\u0ecd\u0eb2", "\u0eb3"))
# Leading consonants of Hangul syllables in code point order (Unicode Standard, section 3.12);
# doubled ones stand under the plain one, as in a Korean dictionary's thumb index.
LEADS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"
_SYLLABLES_PER_LEAD = 588
DIGITS, OTHER = "0-9", "*"
ELLIPSIS: Final = "…"  # of a name that is the beginning of a text


def fold(name: str) -> str:
    """Return what two spellings of one name share: NFKC, case folded, white space collapsed.

    Source: Unicode Standard Annex 15 (normalization forms) and section 3.13 (caseless matching).
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def nfc(text: str) -> str:
    """Return a text in Unicode normalization form C, as slugs are stored (UAX 15)."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=1024)
def heading_key(heading: str) -> str:
    """Return what the headings of a recurring section share: words only, no emoji, no signs."""
    return join_words(fold(heading).replace("_", " "), " ").strip()


def join_words(text: str, joint: str) -> str:
    """Return a text with all but letters, digits, `_` and marks on them replaced by a joint.

    Vowel signs and viramas are letters of Indic and Thai words (general categories Mn and Mc),
    though no ``\\w``. Source: Unicode Standard Annex 31, table 2 (``ID_Continue``).
    """

    def replace(run: re.Match[str]) -> str:
        marks = _marks_at_start(run)
        return _INVISIBLE.sub("", marks) + (joint if len(marks) < len(run[0]) else "")

    return _NOT_WORD.sub(replace, text)


def _marks_at_start(run: re.Match[str]) -> str:
    """Return the marks that a run of other characters starts with, if they stand on a letter."""
    if not run.start() or not run.string[run.start() - 1].isalnum():
        return ""
    marks = takewhile(lambda char: unicodedata.category(char) in ("Mn", "Mc"), run[0])
    return "".join(marks)


def unicode_slug(text: str) -> str:
    """Return a slug that keeps every script (NFC), or '' when no letter or digit is left."""
    folded = unicodedata.normalize("NFKC", text).lower()
    for apart, together in _AM:
        folded = folded.replace(apart, together)
    words = _INVISIBLE.sub("", _NOT_IN_SLUG.sub(_marks_at_start, folded))
    return nfc(_BETWEEN_WORDS.sub("-", words).strip("-_"))


def tag_slug(name: str) -> str:
    """Return the slug of a tag; signs that tell tags apart (C++, C#, v1.2) are spelled out."""
    spelled = name
    for sign, word in _SIGNS:
        spelled = spelled.replace(sign, word)
    return unicode_slug(spelled) or "tag"


def with_suffix(slug: str, suffix: object, length: int) -> str:
    """Return ``slug-suffix``, cut so that it fits ``length`` characters."""
    tail = f"-{suffix}"
    return slug[: length - len(tail)].rstrip("-") + tail


def first_free(slug: str, is_taken: Callable[[str], bool], length: int) -> str:
    """Return a slug, or with the first number from 2 on under which it is not taken."""
    candidate, number = slug, 1
    while is_taken(candidate):
        number += 1
        candidate = with_suffix(slug, number, length)
    return candidate


def beyond(name: str, text: str) -> str:
    """Return what a text says behind its own beginning, by which it is called (and which may be cut
    with an ellipsis); all of it where it is called otherwise."""
    begun = name.removesuffix(ELLIPSIS)
    if not text.startswith(begun) or (begun == name and text != name):
        return text
    rest = text[len(begun) :].lstrip()
    return f"{ELLIPSIS}{rest}" if rest else ""


def initial(name: str) -> str:
    """Return the initial under which an index lists a name: ㄱ to ㅎ, A to Z, 0-9, "*" for others.

    Accents and case do not count.
    """
    first = unicodedata.normalize("NFKC", name).strip()[:1]
    if "가" <= first <= "힣":
        return LEADS[(ord(first) - ord("가")) // _SYLLABLES_PER_LEAD]
    if first in LEADS and first:
        return first
    plain = unicodedata.normalize("NFD", first).upper()[:1]
    if "A" <= plain <= "Z":
        return plain
    return DIGITS if first.isdigit() else OTHER
