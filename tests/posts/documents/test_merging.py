"""Two editors' texts become one: nothing is overwritten silently, and no word is lost."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posts.documents import merge_texts
from posts.documents.aligning import MOST_PAIRS, align
from posts.documents.merging import marked_lines

BASE = """Hello.

## Preview
- First find
- Second find

## Overview
- Third find
"""

lines = st.lists(st.sampled_from(["", "## A", "## B", "- one", "- two", "- three"]), max_size=12)
endings = st.sampled_from(["", "\n"])


@st.composite
def texts(draw: st.DrawFn) -> str:
    return "\n".join(draw(lines)) + draw(endings)


@st.composite
def editions(draw: st.DrawFn, name: str) -> tuple[str, list[str]]:
    """Draw words that nobody else writes, and where in a text they go."""
    places = draw(st.lists(st.integers(0, 8), max_size=4))
    return name, [f"{place}:{name}{number}" for number, place in enumerate(places)]


def written_into(text: str, edition: tuple[str, list[str]]) -> str:
    rows = text.split("\n")
    for entry in edition[1]:
        place, word = entry.split(":")
        rows.insert(min(int(place), len(rows)), f"- {word}")
    return "\n".join(rows)


def edited(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


# What merges by itself


def test_changes_of_two_sections_become_one_text() -> None:
    mine = edited(BASE, "First find", "My find")
    theirs = edited(BASE, "Third find", "Their find")
    merged = merge_texts(BASE, mine, theirs)
    assert merged.text == edited(mine, "Third find", "Their find")
    assert not merged.clashes


def test_lines_apart_in_one_section_become_one_text() -> None:
    mine = edited(BASE, "## Preview", "## Look")
    theirs = edited(BASE, "Second find", "Second find, again")
    assert merge_texts(BASE, mine, theirs).text == edited(mine, "Second find", "Second find, again")


def test_a_section_that_one_moved_and_the_other_left_moves() -> None:
    head, preview, overview = re.split(r"(?=## )", BASE)
    mine = head + overview + "\n" + preview
    theirs = edited(BASE, "Hello.", "Hello to all.")
    merged = merge_texts(BASE, mine, theirs)
    assert merged.text == edited(mine, "Hello.", "Hello to all.")
    assert not merged.clashes


def test_what_both_changed_alike_is_there_once() -> None:
    both = edited(BASE, "First", "Very first")
    assert merge_texts(BASE, both, both).text == both


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_endings_of_a_browser_are_no_change(ending: str) -> None:
    mine = edited(BASE, "First find", "My find").replace("\n", ending)
    theirs = edited(BASE, "Third find", "Their find")
    merged = merge_texts(BASE, mine, theirs)
    assert not merged.clashes
    assert "My find" in merged.text
    assert "Their find" in merged.text


# What clashes


def test_a_line_that_both_changed_stands_twice_and_says_whose_is_which() -> None:
    mine, theirs = (edited(BASE, "First find", f"{who} find") for who in ("My", "Their"))
    merged = merge_texts(BASE, mine, theirs, names=("yours 1f", "kim's 1f"))
    marked = "<<<<<<< yours 1f\n- My find\n=======\n- Their find\n>>>>>>> kim's 1f\n"
    assert f"## Preview\n{marked}- Second find\n" in merged.text
    (clash,) = merged.clashes
    assert (clash.base, clash.mine, clash.theirs) == (
        "- First find\n", "- My find\n", "- Their find\n",
    )  # fmt: skip
    assert merged.text.split("\n")[clash.line - 1] == "<<<<<<< yours 1f"
    assert marked_lines(merged.text, " 1f") == [clash.line, clash.line + 4]


def test_what_one_deleted_and_the_other_changed_is_asked_about() -> None:
    mine = edited(BASE, "- First find\n", "")
    theirs = edited(BASE, "First find", "First find, better")
    merged = merge_texts(BASE, mine, theirs)
    assert [clash.mine for clash in merged.clashes] == [""]
    assert "First find, better" in merged.text


def test_of_two_parts_that_one_exchanged_the_longer_stayed_where_the_other_changed_it() -> None:
    item = "- An item\n"
    short, long, rest = "one\ntwo\nthree\n", f"{item}\n\n\n\n", "four\nfive\nsix\n"
    mine = f"{short}\n\n\n\n{rest}- An item, reworded\n"
    merged = merge_texts(short + long + rest, mine, long + short + rest)
    (clash,) = merged.clashes
    assert item in clash.theirs
    # What is asked about is nowhere else, as if nobody had taken it away.
    assert merged.text.count(item) == 1


def test_the_last_line_without_an_ending_keeps_its_place() -> None:
    merged = merge_texts("a\nb", "a\nb\nmine", "a\nb\ntheirs")
    assert "mine\n=======\ntheirs\n>>>>>>>" in merged.text


# What always holds


@given(texts(), texts())
def test_who_changed_nothing_gets_what_the_other_wrote(base: str, other: str) -> None:
    assert merge_texts(base, base, other).text == other
    assert merge_texts(base, other, base).text == other
    assert not merge_texts(base, other, base).clashes


@given(texts(), texts())
def test_the_same_change_by_both_is_that_change(base: str, other: str) -> None:
    assert merge_texts(base, other, other).text == other


@given(texts(), editions("m"), editions("t"))
def test_no_word_that_anybody_wrote_is_lost(
    base: str, mine: tuple[str, list[str]], theirs: tuple[str, list[str]]
) -> None:
    own, other = written_into(base, mine), written_into(base, theirs)
    merged = merge_texts(base, own, other)
    found = Counter(merged.text.split())
    written = (entry.split(":")[1] for entry in (*mine[1], *theirs[1]))
    assert all(found[word] == 1 for word in written)
    assert not (set(base.split()) - set(merged.text.split()))


@given(texts(), texts(), texts())
def test_who_merges_whose_text_makes_no_difference_but_for_the_marks(
    base: str, mine: str, theirs: str
) -> None:
    one, other = merge_texts(base, mine, theirs), merge_texts(base, theirs, mine)
    assert len(one.clashes) == len(other.clashes)
    assert one.clashes or one.text == other.text


@given(texts(), texts())
def test_runs_are_equal_elements_in_the_order_of_both(here: str, there: str) -> None:
    end = (0, 0)
    for run in align(here, there):
        assert (run.here, run.there) >= end
        end = run.here + run.size, run.there + run.size
        assert here[run.here : end[0]] == there[run.there : end[1]]


def test_thousands_of_equal_lines_are_paired_in_order() -> None:
    count = int(MOST_PAIRS**0.5) * 4
    here, there = ["b", *"a" * count, "c"], ["d", *"a" * (count - 9), "e"]
    assert sum(run.size for run in align(here, there)) == count - 9
