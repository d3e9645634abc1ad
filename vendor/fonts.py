"""Cut Pretendard into the files that pages load: `make vendor`.

The variable face keeps the weights that styles use (400 to 800): without the lighter half of its
outlines it is a third smaller. Letters that stand together in texts share a file, and are loaded
where one of them is seen:

- Latin: Basic Latin, Latin-1 and the punctuation of everyday texts, on every page;
- the 800 most frequent syllables of Hangul in two files, which an issue in Korean needs both;
- the other syllables of `hangul.txt` in small files, since an issue has one or two of each;
- rare syllables and all other signs by their code points.

Ranges may overlap: of two faces that have a letter, browsers load the one declared last
(https://www.w3.org/TR/css-fonts-4/#composite-fonts), so rare files are declared first, in few
words.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
PACKAGE = HERE / "node_modules" / "pretendard"
TARGET = HERE.parent / "static" / "vendor" / "pretendard"
WEIGHTS = (400, 400, 800)  # least, default, most
VERSION = "1.3.9"
# The licence reserves the name of the face for what its author publishes.
FAMILY = "Newsletter Sans"
# Pairs of letters set closer, digits in columns.
FEATURES = ("kern", "tnum")
PUNCTUATION = {
    *range(0x2010, 0x2016), *range(0x2018, 0x2023), 0x2026, 0x2030, 0x2032, 0x2033, 0x2039, 0x203A,
    0x2044, 0x20A9, 0x20AC, 0x2116, 0x2122, *range(0x2190, 0x2194), 0x2212, 0x2248, 0x2260, 0x2264,
    0x2265, 0x300C, 0x300D,
}  # fmt: skip
LATIN = {*range(0x20, 0x7F), *range(0xA0, 0x100), *PUNCTUATION}
SYLLABLES = range(0xAC00, 0xD7A4)
# How many syllables of `hangul.txt` a file has, from which place on.
STEPS = ((0, 400), (800, 25), (1600, 50))
RARE, OTHER = 160, 250


def main() -> None:
    """Write the files and the style sheet that names them."""
    face = TTFont(PACKAGE / "dist" / "public" / "variable" / "PretendardVariable.ttf")
    face = instantiateVariableFont(face, {"wght": WEIGHTS})
    buffer = io.BytesIO()
    face.save(buffer)
    known = set(face.getBestCmap())
    for old in TARGET.glob("woff2/*"):
        old.unlink()
    rules = []
    for name, letters, said in parts(known):
        write(buffer, TARGET / "woff2" / f"{name}.woff2", letters)
        rules.append(rule(name, said))
    (TARGET / "pretendard.css").write_text(f"{HEAD}\n" + "\n".join(rules) + "\n", encoding="utf-8")


def parts(known: set[int]) -> Iterator[tuple[str, set[int], set[int]]]:
    """Yield name, letters and declared range of each file, the most frequent last."""
    frequent = [ord(letter) for letter in (HERE / "hangul.txt").read_text(encoding="utf-8").strip()]
    others = sorted(known - {*SYLLABLES} - LATIN)
    for number, start in enumerate(range(0, len(others), OTHER)):
        letters = others[start : start + OTHER]
        yield f"other-{number}", set(letters), set(letters)
    rare = sorted(known & {*SYLLABLES} - {*frequent})
    for number, start in enumerate(range(0, len(rare), RARE)):
        letters = rare[start : start + RARE]
        yield f"rare-{number}", set(letters), set(range(letters[0], letters[-1] + 1))
    for number, letters in reversed(list(enumerate(stepped(frequent)))):
        yield f"hangul-{number}", set(letters), set(letters)
    yield "latin", LATIN & known, LATIN & known


def stepped(frequent: list[int]) -> Iterator[list[int]]:
    """Yield the syllables of each file, from the most frequent ones on."""
    ends = [start for start, _step in STEPS[1:]] + [len(frequent)]
    for (start, step), end in zip(STEPS, ends, strict=True):
        for place in range(start, end, step):
            yield frequent[place : min(place + step, end)]


def write(face: io.BytesIO, path: Path, letters: set[int]) -> None:
    """Write a file with some letters of a face."""
    options = subset.Options(
        flavor="woff2", layout_features=list(FEATURES), name_IDs=[0, 13, 14], hinting=False
    )
    face.seek(0)
    cut = subset.Subsetter(options)
    cut.populate(unicodes=letters)
    font = TTFont(face)
    cut.subset(font)
    font.flavor = "woff2"
    font.save(path)


HEAD = (
    f"/* Made of Pretendard Variable {VERSION} by vendor/fonts.py."
    " Copyright (c) 2021 Kil Hyung-jin, SIL Open Font License 1.1: see OFL.txt. */"
)


def rule(name: str, letters: Iterable[int]) -> str:
    """Return the rule that names a file and its letters."""
    return (
        f"@font-face{{font-family:'{FAMILY}';font-style:normal;font-weight:"
        f"{WEIGHTS[0]} {WEIGHTS[2]};font-display:swap;src:url(woff2/{name}.woff2) format('woff2');"
        f"unicode-range:{','.join(ranges(letters))}}}"
    )


def ranges(letters: Iterable[int]) -> Iterator[str]:
    """Yield code points as `unicode-range` has them."""
    for _key, group in groupby(enumerate(sorted(letters)), key=lambda pair: pair[1] - pair[0]):
        run = [code for _place, code in group]
        yield f"U+{run[0]:x}" + (f"-{run[-1]:x}" if len(run) > 1 else "")


if __name__ == "__main__":
    main()
