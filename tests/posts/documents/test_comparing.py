"""Two texts compared for people: what is told apart, and how little a hostile text costs."""

from posts.documents import comparing
from posts.documents.comparing import MOST_ROWS, compare_texts


def test_lines_that_differ_stand_between_a_few_that_do_not() -> None:
    old = "\n".join(f"line {n}" for n in range(20))

    found = compare_texts(old, old.replace("line 10", "line ten"))

    (row,) = (row for row in found.rows if row.kind == "changed")
    assert [span.text for span in row.new if span.is_changed] == ["ten"]
    assert [row.kind for row in found.rows].count("gap") == 2
    assert (found.added, found.removed, found.more) == (1, 1, 0)
    assert compare_texts("same\r\n", "same\n").rows == []


def test_of_many_lines_so_many_are_shown_and_the_rest_is_counted() -> None:
    found = compare_texts("b\n", "a\n" * 500_000)

    assert len(found.rows) == MOST_ROWS
    shown = sum(1 + (row.kind == "changed") for row in found.rows if row.kind != "same")
    assert found.more == found.added + found.removed - shown > 490_000


def test_looking_inside_lines_has_one_budget_for_all_of_them() -> None:
    old = "\n".join(f"w{n} {'!?' * 140}" for n in range(3_000))
    new = "\n".join(f"w{n}x {'?!' * 140}" for n in range(3_000))

    found = compare_texts(old, new)

    looked_into = [row for row in found.rows if len(row.new) > 1]
    whole = [row for row in found.rows if row.kind == "changed" and len(row.new) == 1]
    assert looked_into
    assert whole
    letters = sum(len(span.text) for row in looked_into for span in (*row.old, *row.new))
    assert letters <= comparing._MOST_LETTERS
