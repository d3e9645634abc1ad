"""Search in real issues: the judged cases, and the same order as from looking at every row."""

from __future__ import annotations

import pytest
from django.utils import timezone

from posts.searching import DATE, RELEVANCE, keys, search
from posts.searching.filters import choose
from posts.searching.finding import Questions
from posts.searching.queries import parse
from tests.corpus import corpus
from tests.posts.searching.reference import Reference

pytestmark = pytest.mark.django_db
MORE = (
    "rust", "rust async", "the", "모델", "AI 모델을", "-rust the", "kind:issue rust", "of -async",
)  # fmt: skip


def _cases() -> list[list[str]]:
    lines = corpus("search-cases.tsv").read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and line[0] != "#"]


def test_all_cases_of_the_archive_hold(archive: dict[str, int]) -> None:
    wrong = []
    for query, name, expected, why in _cases():
        found = any(hit.post_id == archive[name] for hit in search(query).hits)
        if found != (expected == "found"):
            wrong.append((query, name, expected, why))
    assert wrong == []


def test_every_engine_finds_in_the_order_that_looking_at_every_row_does(
    archive: dict[str, int],
) -> None:
    reference, now = Reference(), timezone.now()
    for query in {*MORE, *(case[0] for case in _cases())}:
        asked = parse(query)
        for order in (RELEVANCE, DATE):
            questions = Questions(asked, choose(asked.filters), now)
            steps = questions.steps(order) if asked.finds_something else []
            wanted = [key for step in steps for key in reference.newest(step, keys.below(now))]
            results = search(query, order=order, at=now)
            together = [hit.key for hit in results.hits][: len(wanted)]
            assert together == wanted[:1000], (query, order)
