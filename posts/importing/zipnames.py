"""What the files in a zip archive are called, also when Windows wrote their names its own way."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence

_UTF_8 = 0x800
# What Python reads bytes as that are no UTF-8; and what no author has in a name.
_NO_ENCODING = "cp437"
_FRAMES = re.compile("[\u2500-\u259f]")
_WORDS = re.compile(r"[^\W\d_]+")
_MIXED = re.compile("[A-Za-z][\u0400-\u04ff\u05d0-\u05ea\u0600-\u06ff]"
                    "|[\u0400-\u04ff\u05d0-\u05ea\u0600-\u06ff][A-Za-z]")  # fmt: skip
# Letters that end a Hebrew word stand nowhere else; those for which they stand do not end one.
_NOT_HEBREW = re.compile("[ךםןףץ](?=[א-ת])|[א-ת][כמנצ](?![א-ת])")
# Of Arabic, too, some letters end a word.
_NOT_ARABIC = re.compile("[ةى](?=[ء-ي])|(?<![ء-ي])[ؤئءى]")
_SIGNS = frozenset("‘’“”–—…¿¡")


def names_in(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """Return the name of each entry, with forward slashes.

    Names without the mark for UTF-8 are in the code page of who packed them, which the archive does
    not tell: it is the first whose script they make sense in, all of them together. Some programs
    write such names again as UTF-8, which shows by the frames in them. PowerShell 5 writes
    backslashes. Source: APPNOTE.TXT 6.3.10, 4.4.17.1 and appendix D.
    """
    names = [entry.filename for entry in entries]
    legacy = [
        index
        for index, entry in enumerate(entries)
        if not names[index].isascii()
        and (not entry.flag_bits & _UTF_8 or _FRAMES.search(names[index]))
    ]
    for index, name in zip(legacy, _decoded([names[index] for index in legacy]), strict=True):
        names[index] = name
    return [name.replace("\\", "/") for name in names]


def _decoded(names: Sequence[str]) -> Sequence[str]:
    try:
        data = [name.encode(_NO_ENCODING) for name in names]
    except UnicodeEncodeError:
        return names
    for encoding, is_likely in _ENCODINGS:
        try:
            decoded = [raw.decode(encoding) for raw in data]
        except UnicodeDecodeError:
            continue
        if is_likely("\n".join(decoded)):
            return decoded
    return names


def _is_latin(text: str) -> bool:
    """Tell whether a text is words in Latin letters, at least half of them plain ones."""
    letters = [char for char in text if char.isalpha()]
    is_plain = sum(map(str.isascii, letters)) * 2 >= len(letters)
    return is_plain and _is_in("LATIN", text)


def _is_cyrillic(text: str) -> bool:
    """Tell whether a text has words in Cyrillic letters, and none with Latin letters too."""
    is_word = re.search("[\u0400-\u04ff]{2}", text) is not None
    return is_word and _is_in("CYRILLIC", text) and _is_apart(text)


def _is_hebrew(text: str) -> bool:
    """Tell whether a text has Hebrew words, and none with Latin letters too."""
    is_word = re.search("[א-ת]{2}", text) is not None
    return is_word and _is_in("HEBREW", text) and not _NOT_HEBREW.search(text) and _is_apart(text)


def _is_arabic(text: str) -> bool:
    """Tell whether a text has Arabic words, and none with Latin letters too."""
    is_word = re.search("[ء-ي]{2}", text) is not None
    return is_word and _is_in("ARABIC", text) and not _NOT_ARABIC.search(text) and _is_apart(text)


def _is_apart(text: str) -> bool:
    return _MIXED.search(text) is None


def _is_in(script: str, text: str) -> bool:
    """Tell whether all signs are of a script with capitals only where these stand in words.

    What is read in a wrong code page has capitals anywhere.
    """
    foreign = {char for char in text if not char.isascii()} - _SIGNS
    words = [word for word in _WORDS.findall(text) if not word.isascii()]
    return all(unicodedata.name(char, "").startswith(script) for char in foreign) and all(
        word[1:] == word[1:].lower() or word == word.upper() for word in words
    )


def _is_korean(text: str) -> bool:
    """Tell whether a text that was read as Korean is: Chinese, read so, has ideographs in it."""
    foreign = [char for char in text if not char.isascii()]
    common = sum(len(char.encode("euc_kr", "ignore")) == 2 for char in foreign)
    return common * 3 >= len(foreign) * 2 and not any(map(_is_ideograph, foreign))


def _is_japanese(text: str) -> bool:
    """Tell whether a text has kana, or hardly any sign but ideographs of the first level.

    Kana of half width are what other scripts are read as.
    """
    if re.search("[\uff61-\uff9f]", text):
        return False
    foreign = [char.encode("cp932", "ignore") for char in text if not char.isascii()]
    common = sum(b"\x88\x9f" <= raw < b"\x98\x73" for raw in foreign)
    return bool(re.search("[\u3040-\u30ff]", text)) or common * 4 > len(foreign) * 3


def _is_hangul(text: str) -> bool:
    """Tell whether a text is syllables of Hangul, though rare ones."""
    return all(unicodedata.name(c, "").startswith("HANGUL") for c in text if not c.isascii())


def _is_chinese(text: str) -> bool:
    """Tell whether all but a few signs are ideographs of the common sort."""
    foreign = [char for char in text if not char.isascii()]
    common = sum(_is_ideograph(c) and len(c.encode("gb2312", "ignore")) == 2 for c in foreign)
    return common * 2 > len(foreign)


def _is_traditional(text: str) -> bool:
    """Tell whether all but a few signs are ideographs of the first level of Big5."""
    foreign = [char.encode("big5", "ignore") for char in text if not char.isascii()]
    return sum(b"\xa4" <= raw < b"\xc7" for raw in foreign) * 2 > len(foreign)


def _is_ideograph(char: str) -> bool:
    return unicodedata.name(char, "").startswith("CJK ")


_ENCODINGS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("utf-8", lambda _text: True),
    ("cp862", _is_hebrew),
    (_NO_ENCODING, _is_latin),
    ("cp866", _is_cyrillic),
    ("cp720", _is_arabic),
    ("cp949", _is_korean),
    ("cp932", _is_japanese),
    ("cp1252", _is_latin),
    ("cp850", _is_latin),
    ("gbk", _is_chinese),
    ("cp950", _is_traditional),
    ("cp949", _is_hangul),
)
