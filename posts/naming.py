"""Names of things: when two are the same, and the slug each is addressed by."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from django.utils.text import slugify

_SIGNS = (("+", " plus "), ("#", " sharp "), ("&", " and "), (".", " "), ("/", " "))
_NOT_WORD = re.compile(r"[\W_]+")


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
    return _NOT_WORD.sub(" ", fold(heading)).strip()


def unicode_slug(text: str) -> str:
    """Return a slug that keeps every script (NFC), or '' when no letter or digit is left."""
    return nfc(slugify(nfc(text), allow_unicode=True))


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
