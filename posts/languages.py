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
_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")


def detect_language(text: str, default: str) -> str:
    """Return the BCP 47 code of the language a text is in, or ``default`` when script can't tell.

    A Latin text on a site whose language is not written in Latin letters is taken for English.
    """
    foreign = "".join(_FOREIGN.findall(text))
    hangul, kana, han = (len(script.findall(foreign)) for script in (_HANGUL, _KANA, _HAN))
    # A Latin word is about as much text as two syllables or ideographs.
    weights = {"ko": hangul / 2, "ja": (kana + han) / 2 if kana * 5 > han else 0, "zh": han / 2}
    weights["ru"] = len(_CYRILLIC.findall(foreign)) / 6
    # Digests quote Latin names all the time: a fifth of another script makes its language.
    language, weight = max(weights.items(), key=lambda pair: pair[1])
    if weight > 0 and weight * 4 >= len(_LATIN_WORD.findall(text)):
        return language
    if default.split("-")[0] in weights and _LATIN_WORD.search(text):
        return "en"
    return default


def reading_minutes(text: str) -> int:
    """Return how many minutes a text takes to read, at least 1."""
    foreign = "".join(_FOREIGN.findall(text))
    ideographs = sum(len(script.findall(foreign)) for script in (_HANGUL, _KANA, _HAN))
    words = len(_LATIN_WORD.findall(text)) + len(_CYRILLIC.findall(foreign)) // 6
    return max(1, round(ideographs / CHARACTERS_PER_MINUTE + words / WORDS_PER_MINUTE))
