"""What queries find, judged: our own texts in many scripts, and the archive beside the checkout."""

from __future__ import annotations

import pytest

from posts.searching import search
from tests.posts.searching.judged import CASES

pytestmark = pytest.mark.django_db


def test_queries_find_what_is_meant(judged: dict[int, str]) -> None:
    wrong = []
    for case in CASES:
        found = {judged[hit.item_id] for hit in search(case.query).hits if hit.item_id}
        lost, strange = set(case.found.split()) - found, set(case.missed.split()) & found
        if lost or strange:
            wrong.append((case.query, lost, strange))
    assert wrong == []
