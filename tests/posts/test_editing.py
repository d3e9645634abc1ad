"""A text that went through a browser's form comes back with its own line endings."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from posts.documents import aligning
from posts.documents.editing import dominant_newline, plain, restore_endings

PARTS = ["a", "b", " ", "\n", "\r", "\r\n", "\u2028", "가"]
TEXT = st.lists(st.sampled_from(PARTS)).map("".join)


def submitted(text: str) -> str:
    return plain(text).replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        "one\n",
        "one\r\ntwo\r\n",
        "one\rtwo\r",
        "one\ntwo\r\nthree\rfour",
        "\n\n  one  \n\n",
        "one\u2028two\n",
        "</textarea>\n<script>\n",
        "\r\n\n\r\r\n",
    ],
)
def test_an_unchanged_text_comes_back_to_the_byte(text: str) -> None:
    assert restore_endings(text, submitted(text)) == text


def test_a_changed_line_changes_alone() -> None:
    original = "one\r\ntwo\nthree\rfour\r\n"

    assert restore_endings(original, "one\r\nTWO!\r\nthree\r\nfour\r\n") == (
        "one\r\nTWO!\r\nthree\rfour\r\n"
    )


def test_a_new_line_takes_the_ending_the_document_uses_most() -> None:
    assert restore_endings("one\r\ntwo\r\n", "one\nnew\ntwo\n") == "one\r\nnew\r\ntwo\r\n"
    assert restore_endings("one\ntwo", "one\r\ntwo\r\nthree") == "one\ntwo\nthree"
    assert restore_endings("one", "one\r\ntwo", before="---\r\ntitle: x\r\n---\r\n") == "one\r\ntwo"


def test_edits_in_two_places_leave_the_lines_between_alone() -> None:
    original = "a\n\r\nb\n\nc\r\n\nd\n"

    assert restore_endings(original, "A\n\nb\n\nc\n\nD\n") == "A\n\r\nb\n\nc\r\n\nD\n"


def test_a_lone_carriage_return_does_not_swallow_the_empty_line_after_it() -> None:
    restored = restore_endings("one\rtwo\n\nthree\n", "one\n\nthree\n")

    assert plain(restored) == "one\n\nthree\n"


def test_very_repetitive_documents_are_restored_without_comparing_all_pairs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aligning, "MOST_PAIRS_AT_ONCE", 1)

    assert restore_endings("x\n-\r\n-\r\ny\r", "X\n-\n-\nY\n") == "X\r\n-\r\n-\r\nY\r\n"


@given(TEXT)
def test_no_text_is_changed_by_a_form_that_nobody_touched(text: str) -> None:
    assert restore_endings(text, submitted(text)) == text


@given(TEXT, TEXT, st.sampled_from(["", "---\r", "x\n"]))
def test_only_line_endings_differ_from_what_was_submitted(old: str, new: str, before: str) -> None:
    # A header takes the blank lines after it, so no body starts with one.
    assume(not old.startswith(("\n", "\r")))

    restored = restore_endings(old, submitted(new), before=before)

    assert plain(before + restored) == plain(before) + plain(new)


def test_the_dominant_ending_is_the_most_frequent() -> None:
    assert dominant_newline("one") == "\n"
    assert dominant_newline("one\r\ntwo\r\nthree\n") == "\r\n"
    assert dominant_newline("one\rtwo") == "\r"
