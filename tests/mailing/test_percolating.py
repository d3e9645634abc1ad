"""Saved searches find in an issue what the search of the site finds in it, asked one by one."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.core.management import call_command
from django.utils import timezone

from mailing.choosing.items import items_in
from mailing.choosing.searches import Percolator, key_searches
from mailing.models import Choice, Chosen, SearchKey
from posts.models import Post, Tag
from posts.retagging import merge
from posts.searching import DATE, search
from posts.searching.queries import clean
from posts.searching.tokens import tokens
from tests.builders import make_post
from tests.corpus import corpus, issue_files
from tests.mailing.builders import make_choice, make_subscriber
from tests.posts.searching.conftest import judged  # noqa: F401 (a fixture)
from tests.posts.searching.judged import CASES

pytestmark = pytest.mark.django_db
ISSUES = 8
MORE = (
    "rust", "rust async", "the", "모델", "AI 모델을", "-rust the", "kind:issue rust", "of -async",
    "kind:item rust", "kind:item", "kind:item kind:issue rust", "kind:nothing kind:item",
    "year:2021", "year:2021 rust", "year:abcd rust",
    "종류:항목 rust", "태그:LMSys", "-tag:LMSys 평가",
    "source:github.com", "source:github.com source:arxiv.org",
    "source:github.com source:nowhere.test", "section:nothing rust",
    "source:github.com year:2024 -source:github.com/rust-lang",
    "source:https://www.arxiv.org/", 'section:"AI Viewpoint" section:"Today\'s Preview"',
    'section:"AI Viewpoint" section:unknown', "tag:LMSys tag:nothing", "-the", '"', "C++ -C#", "모",
    '"구조 예측" -source:deepmind.google', "rust -kind:item", "1.70 rust",
    "v0.5 .net", '- -- -""',
)  # fmt: skip


def _queries() -> list[str]:
    lines = corpus("search-cases.tsv").read_text(encoding="utf-8").split("\n")
    cases = [line.split("\t")[0] for line in lines if line and line[0] != "#"]
    return list(dict.fromkeys(clean(query) for query in (*cases, *MORE, *(c.query for c in CASES))))


def _found_by_search(query: str) -> dict[int, set[int]]:
    """Return the items that the search of the site finds, by issue."""
    found: dict[int, set[int]] = defaultdict(set)
    for hit in search(query, order=DATE, limit=100_000, with_facets=False).hits:
        if hit.kind == "item":
            found[hit.post_id].add(hit.item_id)
    return found


def _found_by_issue(post: Post) -> dict[int, set[int]]:
    """Return the items that saved searches find in an issue, by search."""
    now = timezone.now()
    items = {item.pk: item for item in items_in([post.pk], now).values()}
    return {choice: set(found) for choice, found in Percolator(post, items).found().items()}


def _saved(query: str) -> Choice:
    """Return the choice of a search that a reader has."""
    make_subscriber(choices=[(Choice.Kind.SEARCH, query)])
    return make_choice(Choice.Kind.SEARCH, query)


def _compare(queries: list[str]) -> list[tuple[str, int]]:
    choices = {_saved(query).pk: query for query in queries}
    key_searches()
    issues = {post.pk: _found_by_issue(post) for post in Post.objects.all()}
    wrong = []
    for choice, query in choices.items():
        expected = _found_by_search(query)
        for post, found in issues.items():
            if found.get(choice, set()) != expected.get(post, set()):
                wrong.append((query, post))
    return wrong


@pytest.fixture(scope="module")
def real_issues(shared_rows: None) -> None:
    """The seed, and the smallest of the issues that the cases of the archive name."""
    cases = corpus("search-cases.tsv").read_text(encoding="utf-8").split("\n")
    names = {case.split("\t")[1] for case in cases if case and case[0] != "#"}
    paths = [
        path for name in sorted(names) if "seed" not in (path := corpus(*name.split("/"))).parts
    ]
    paths.sort(key=lambda path: path.stat().st_size)
    call_command("import_posts", *map(str, [*issue_files("seed"), *paths[:ISSUES]]), verbosity=0)


@pytest.mark.usefixtures("real_issues", "judged")
def test_saved_searches_find_in_real_issues_what_the_search_of_the_site_does() -> None:
    queries = _queries()
    assert len(queries) > 100
    assert _compare(queries) == []
    assert sum(len(found) for found in map(_found_by_issue, Post.objects.all())) > len(queries)


def test_filters_follow_a_tag_that_was_merged_into_another() -> None:
    make_post(tags=("Large models",))
    make_post("Another", tags=("LLM",), language="en")
    merge([Tag.objects.get(name="LLM")], Tag.objects.get(name="Large models"))
    queries = ["tag:LLM find", 'tag:"large models"', "tag:llm tag:other", "-tag:LLM find"]
    assert _compare(queries) == []
    assert len(_found_by_search("tag:LLM")) == 2


def test_a_word_that_is_excluded_leaves_out_all_of_an_issue_about_it() -> None:
    make_post("All about Rust")
    make_post("Another")
    assert _compare(["find -rust", "find", "-rust"]) == []


def test_a_search_is_asked_only_of_what_has_its_rarest_term() -> None:
    for number in range(4):
        make_post(f"Issue {number}", "## One\n- [common](https://e.example/a)\n")
    make_post("Last", "## One\n- [common rarely](https://e.example/b)\n")
    _saved("common rarely")
    _saved("-common")
    key_searches()
    assert list(SearchKey.objects.values_list("token", flat=True)) == tokens("rarely")


def test_a_search_that_nobody_has_is_neither_keyed_nor_found() -> None:
    post = make_post("Last", "## One\n- [common rarely](https://e.example/b)\n")
    had = _saved("rarely")
    key_searches()
    Chosen.objects.all().delete()
    make_choice(Choice.Kind.SEARCH, "common")
    key_searches()

    assert list(SearchKey.objects.values_list("choice", flat=True)) == [had.pk]
    assert not _found_by_issue(post)
