"""What browsers load of the typeface: few files for what everyday texts are made of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "static" / "vendor" / "pretendard"
RULE = re.compile(r"url\((woff2/[^)]+)\).*?unicode-range:([^}]+)\}")
WEIGHTS = re.compile(r"font(?:-weight)?:\s*(\d{3})\b")


def declared() -> list[tuple[str, set[int]]]:
    """Return the files with the code points that browsers look for in them, in their order."""
    style = (FOLDER / "pretendard.css").read_text(encoding="utf-8")
    return [(file, points(said)) for file, said in RULE.findall(style)]


def points(said: str) -> set[int]:
    """Return the code points of a `unicode-range`."""
    found: set[int] = set()
    for run in said.replace("U+", "").split(","):
        first, _hyphen, last = run.partition("-")
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def loaded(text: str) -> set[str]:
    """Return the files that a text needs: of two faces with a letter the last one is asked."""
    files = declared()
    wanted = {next((file for file, has in reversed(files) if ord(one) in has), "") for one in text}
    return wanted - {""}


def test_english_with_all_its_signs_is_one_file() -> None:
    ascii_signs = "".join(map(chr, range(0x20, 0x7F)))
    assert loaded(f"{ascii_signs} “Café” – naïve… 50 % of #1 <b> & ₩100, €5 → ©™") == {
        "woff2/latin.woff2"
    }


def test_everyday_korean_needs_two_more() -> None:
    text = "오늘의 소식을 모아 한 줄씩 적었어요. 글을 읽고 나서 의견을 보내 주세요."
    assert loaded(text) == {"woff2/latin.woff2", "woff2/hangul-0.woff2", "woff2/hangul-1.woff2"}


def test_every_syllable_is_in_some_file() -> None:
    has = set[int]().union(*(found for _file, found in declared()))
    assert has >= set(range(0xAC00, 0xD7A4))


def test_every_file_is_there_and_declared() -> None:
    assert {file for file, _found in declared()} == {
        f"woff2/{path.name}" for path in (FOLDER / "woff2").iterdir()
    }


def test_the_file_that_every_page_needs_is_loaded_first() -> None:
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    assert "{% static 'vendor/pretendard/woff2/latin.woff2' %}" in base


@pytest.mark.parametrize("sheet", sorted((ROOT / "static" / "css").rglob("*.css")), ids=str)
def test_styles_use_the_weights_that_the_typeface_has(sheet: Path) -> None:
    used = {int(weight) for weight in WEIGHTS.findall(sheet.read_text(encoding="utf-8"))}
    assert all(400 <= weight <= 800 for weight in used)
