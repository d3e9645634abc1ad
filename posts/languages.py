"""Which language a text is in, told by its script: enough for ``lang`` and for reading time."""

from __future__ import annotations

import re
from collections import Counter

# Characters a minute and words a minute of silent reading. Source: Brysbaert 2019, "How many words
# do we read per minute?" (238 words in English, rounded down); about 500 characters in Korean.
CHARACTERS_PER_MINUTE = 500
WORDS_PER_MINUTE = 230
LETTERS_PER_WORD = 5

_HANGUL = re.compile(r"[\uac00-\ud7a3\u1100-\u11ff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Scripts by which a language is told; of those with many, the one most is written in. Blocks of
# Unicode are told by the first bits of their letters.
_LETTERS = re.compile(
    r"[\u0370-\u03ff\u0400-\u04ff\u0531-\u057f\u0590-\u05ff\u0780-\u07bf\u0900-\u0fff"
    r"\u1000-\u107f\u10a0-\u10ff\u1200-\u137f\u1780-\u17ff]"
)
_BITS = 7
_LANGUAGES = {
    **dict(zip(range(6, 10), "el el ru ru".split(), strict=True)),
    10: "hy",
    11: "he",
    15: "dv",
    **dict(zip(range(0x12, 0x1E), "hi bn pa gu or ta te kn ml si th lo".split(), strict=True)),
    **dict(zip(range(0x1E, 0x22), "bo bo my ka".split(), strict=True)),
    **dict.fromkeys(range(0x24, 0x27), "am"),
    0x2F: "km",
}
_NOT_LATIN = frozenset(("ko", "ja", "zh", "ar", "fa", "ur", *_LANGUAGES.values()))
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f]")
# Letters of languages that are written in Arabic letters and have more of them than Arabic.
_PERSIAN = re.compile(r"[\u067e\u0686\u0698\u06a9\u06af\u06cc]")
_URDU = re.compile(r"[\u0679\u0688\u0691\u06ba\u06be\u06c1\u06d2]")
_RIGHT_TO_LEFT = frozenset("ar arc ckb dv fa he iw ks nqo ps sd syr ug ur yi".split())
_RIGHT_TO_LEFT_SCRIPTS = frozenset("arab hebr nkoo syrc thaa".split())
_ADDRESS = re.compile(r"https?://[^\s()<>\[\]]+")
_ASCII = bytes(range(0x80))
_LATIN_WORD = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_LATIN_BEYOND_ONE_BYTE = re.compile(r"[\u0100-\u024f]")
_LATIN_LETTERS = bytes(code if _LATIN_WORD.match(chr(code)) else ord(" ") for code in range(0x100))


def detect_language(text: str, default: str) -> str:
    """Return the BCP 47 code of the language a text is in, or ``default`` when script can't tell.

    A Latin text on a site whose language is not written in Latin letters is taken for English.
    Addresses are in no language.
    """
    text = _ADDRESS.sub(" ", text)
    foreign = _foreign(text)
    hangul, kana, han = (len(script.findall(foreign)) for script in (_HANGUL, _KANA, _HAN))
    # A Latin word is about as much text as two syllables or ideographs.
    weights = {"ko": hangul / 2, "ja": (kana + han) / 2 if kana * 5 > han else 0, "zh": han / 2}
    for language, letters in _letters(foreign).items():
        weights[language] = letters / LETTERS_PER_WORD
    arabic = len(_ARABIC.findall(foreign))
    weights[_language_in_arabic(foreign, arabic)] = arabic / LETTERS_PER_WORD
    # Digests quote Latin names all the time: a fifth of another script makes its language.
    language, weight = max(weights.items(), key=lambda pair: pair[1])
    if weight > 0 and weight * 4 >= _count_latin_words(text, foreign):
        return language
    if default.split("-")[0] in _NOT_LATIN and _LATIN_WORD.search(text):
        return "en"
    return default


def _language_in_arabic(text: str, letters: int) -> str:
    for code, own in (("ur", _URDU), ("fa", _PERSIAN)):
        if len(own.findall(text)) * 50 > letters:
            return code
    return "ar"


def is_right_to_left(code: str) -> bool:
    """Whether a language, by its BCP 47 code, is written from right to left."""
    language, *rest = code.lower().replace("_", "-").split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    return script in _RIGHT_TO_LEFT_SCRIPTS if script else language in _RIGHT_TO_LEFT


def reading_minutes(text: str) -> int:
    """Return how many minutes a text takes to read, at least 1."""
    foreign = _foreign(text)
    ideographs = sum(len(script.findall(foreign)) for script in (_HANGUL, _KANA, _HAN))
    letters = _letters(foreign).total() + len(_ARABIC.findall(foreign))
    words = _count_latin_words(text, foreign) + letters // LETTERS_PER_WORD
    return max(1, round(ideographs / CHARACTERS_PER_MINUTE + words / WORDS_PER_MINUTE))


def _letters(foreign: str) -> Counter[str]:
    """Return how many letters a text has of the scripts that tell languages, by these."""
    return Counter([_LANGUAGES[ord(letter) >> _BITS] for letter in _LETTERS.findall(foreign)])


def _foreign(text: str) -> str:
    """Return what of a text is not ASCII."""
    data = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return data.decode("utf-8", "surrogatepass")


def _count_latin_words(text: str, foreign: str) -> int:
    if _LATIN_BEYOND_ONE_BYTE.search(foreign):
        return len(_LATIN_WORD.findall(text))
    # Three times as fast as the pattern.
    return len(text.encode("latin-1", "replace").translate(_LATIN_LETTERS).split())
