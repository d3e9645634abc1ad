"""Which language a text is in, told by its script: enough for ``lang`` and for reading time."""

from __future__ import annotations

import re

# Characters a minute and words a minute of silent reading. Source: Brysbaert 2019, "How many words
# do we read per minute?" (238 words in English, rounded down); about 500 characters in Korean.
CHARACTERS_PER_MINUTE = 500
WORDS_PER_MINUTE = 230

_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_ASCII = bytes(range(0x80))
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LATIN_BEYOND_ONE_BYTE = re.compile(r"[\u0100-\u024f]")
_LATIN_LETTERS = bytes(code if _LATIN_WORD.match(chr(code)) else ord(" ") for code in range(0x100))


def detect_language(text: str, default: str) -> str:
    """Return the BCP 47 code of the language a text is in, or ``default`` when script can't tell.

    A Latin text on a site whose language is not written in Latin letters is taken for English.
    """
    foreign = _foreign(text)
    hangul, kana, han = (len(script.findall(foreign)) for script in (_HANGUL, _KANA, _HAN))
    # A Latin word is about as much text as two syllables or ideographs.
    weights = {"ko": hangul / 2, "ja": (kana + han) / 2 if kana * 5 > han else 0, "zh": han / 2}
    weights["ru"] = len(_CYRILLIC.findall(foreign)) / 6
    # Digests quote Latin names all the time: a fifth of another script makes its language.
    language, weight = max(weights.items(), key=lambda pair: pair[1])
    if weight > 0 and weight * 4 >= _count_latin_words(text, foreign):
        return language
    if default.split("-")[0] in weights and _LATIN_WORD.search(text):
        return "en"
    return default


def reading_minutes(text: str) -> int:
    """Return how many minutes a text takes to read, at least 1."""
    foreign = _foreign(text)
    ideographs = sum(len(script.findall(foreign)) for script in (_HANGUL, _KANA, _HAN))
    words = _count_latin_words(text, foreign) + len(_CYRILLIC.findall(foreign)) // 6
    return max(1, round(ideographs / CHARACTERS_PER_MINUTE + words / WORDS_PER_MINUTE))


def _foreign(text: str) -> str:
    """Return what of a text is not ASCII."""
    data = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return data.decode("utf-8", "surrogatepass")


def _count_latin_words(text: str, foreign: str) -> int:
    if _LATIN_BEYOND_ONE_BYTE.search(foreign):
        return len(_LATIN_WORD.findall(text))
    # Three times as fast as the pattern.
    return len(text.encode("latin-1", "replace").translate(_LATIN_LETTERS).split())
