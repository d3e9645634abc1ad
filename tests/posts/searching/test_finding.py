"""The order of hits, what is excluded, and what ends when it takes too long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from posts.curating import merge
from posts.models import Post, RecurringSection
from posts.searching import DATE, RELEVANCE, NoSuchPage, keys, search
from posts.searching.engines import engine, postgresql, sqlite
from posts.searching.filters import choose
from posts.searching.finding import Questions
from posts.searching.queries import parse
from tests.builders import LONG_AGO, make_draft, make_post, make_posts, make_scheduled
from tests.posts.searching.reference import Reference

pytestmark = pytest.mark.django_db
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"


def titles(query: str, **more: str) -> list[str]:
    return [hit.plain_title for hit in search(query, **more).hits]


def make(title: str, body: str = "Nothing.", year: int = 2024, **header: object) -> Post:
    return make_post(title, body, at=LONG_AGO.replace(year=year), **header)


def test_words_in_a_title_come_before_words_in_a_text_however_old() -> None:
    make("About otters", year=2001)
    make("Something", "- **Otters**: swim\n", year=2002)
    make("Else", "- **Badgers**: meet otters\n", year=2003)
    assert titles("otters") == ["Otters", "About otters", "Badgers"]
    assert titles("otters", order=DATE) == ["Badgers", "Otters", "About otters"]


def test_words_one_after_the_other_come_before_words_apart() -> None:
    make("One", "- **A**: sea otters swim\n", year=2001)
    make("Two", "- **B**: otters swim in the sea\n", year=2003)
    assert titles("sea otters") == ["A", "B"]


def test_the_word_as_it_was_typed_comes_before_other_forms() -> None:
    make("가", "- **앞**: 모델을 고르다\n", year=2001)
    make("나", "- **뒤**: 모델은 많다\n", year=2003)
    assert titles("모델을") == ["앞", "뒤"]


def test_an_exclusion_holds_for_the_items_of_an_issue() -> None:
    make("About otters", "- **A find**: in a river\n")
    make("About badgers", "- **A find**: in a wood\n")
    assert {hit.issue for hit in search("find -otters").hits} == {"About badgers"}


def test_filters_of_one_kind_are_alternatives_and_tags_add_up() -> None:
    make("One", "- **First** find\n", year=2021, tags=("A", "B"))
    make("Two", "- **Second** find\n", year=2022, tags=("A",))
    assert titles("find year:2021 year:2022 kind:item") == ["Second", "First"]
    assert titles("find tag:A tag:B") == ["First"]
    assert titles("find -tag:B") == ["Second"]
    assert titles("tag:A kind:issue") == ["Two", "One"]


def test_a_year_begins_and_ends_as_the_clocks_of_the_site_do(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    for minute in ("2020-12-31T14:59", "2020-12-31T15:00", "2021-12-31T14:59", "2021-12-31T15:00"):
        make_post(minute, "A find.", at=datetime.fromisoformat(f"{minute}:00+00:00"))
    assert titles("find year:2021 kind:issue") == ["2021-12-31T14:59", "2020-12-31T15:00"]
    assert titles("find year:2020 year:2022 kind:issue") == ["2021-12-31T15:00", "2020-12-31T14:59"]
    assert titles("find year:0000") == titles("find year:9999") == []


@pytest.mark.parametrize("few", [1, 4, 100])
@pytest.mark.parametrize("limit", [1, 2, 20])
def test_titles_of_frequent_words_come_first_however_few_they_are(
    few: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "FEW", few)
    for number in range(6):
        what = "Otters" if number in (0, 3) else "Badgers"
        make(f"{number}", f"- **{what}**: of otters\n", year=2001 + number)
    found = [(hit.plain_title, hit.date.year) for hit in search("otters", limit=limit).hits]
    wanted = [("Otters", 2004), ("Otters", 2001)]
    assert found == [*wanted, *(("Badgers", year) for year in (2006, 2005, 2003, 2002))][:limit]


def test_a_filter_names_a_section_by_what_was_merged_into_it_and_its_old_slug() -> None:
    make("One", "## News\n- **First**: a find\n", year=2001)
    make("Two", "## The news\n- **Second**: a find\n", year=2002)
    old, into = (RecurringSection.objects.get(title=title) for title in ("The news", "News"))
    merge([old], into)
    for name in ('section:"The news"', "section:the-news", "section:news"):
        assert titles(f"find {name}") == ["Second", "First"], name


@pytest.mark.parametrize("make_hidden", [make_draft, make_scheduled])
def test_a_filter_does_not_tell_what_no_reader_may_know_of(
    make_hidden: Callable[..., Post],
) -> None:
    make("One", tags=("Known",))
    make_hidden("Two", "## Secret plans\n- [A](https://hidden.example/)\n", tags=("Secret",))
    for name in ("tag:secret", "source:hidden.example", 'section:"Secret plans"'):
        assert [row.value for row in search(name).chosen.unknown] == [
            name.partition(":")[2].strip('"')
        ]
    assert search("tag:known").chosen.unknown == ()


def test_an_issue_is_found_whose_words_stand_in_different_places() -> None:
    post = make("Rivers", "- **First**: an otter\n- **Second**: a badger\n")
    (hit,) = search("otter badger").hits
    assert hit.post == post
    assert hit.kind == "issue"
    assert search("otter badger").total == 1
    assert not search("otter weasel").hits
    assert not search("otter badger first second an a rivers").hits  # too many to look for each


def test_no_issue_comes_again_where_words_stand_apart() -> None:
    make("Both", "- **One**: an otter met a badger\n", year=2001)
    for year in (2004, 2003, 2002):
        make(f"Rivers of {year}", "- **One**: an otter\n- **Two**: a badger\n", year=year)
    first = search("otter badger", limit=2)
    second = search("otter badger", limit=2, page=first.next)
    found = [hit.plain_title for hit in (*first.hits, *second.hits)]
    assert found == ["One", "Rivers of 2004", "Rivers of 2003", "Rivers of 2002"]
    assert (first.total, second.total, second.next) == (4, 4, "")


def test_pages_follow_each_other_without_a_gap() -> None:
    make_posts(9)
    whole = [hit.key for hit in search("find").hits]
    found, page = [], ""
    while True:
        results = search("find", limit=4, page=page)
        found += [hit.key for hit in results.hits]
        page = results.next
        if not page:
            break
    assert found == whole
    with pytest.raises(NoSuchPage):
        search("find", page="0-1")


@pytest.mark.parametrize("with_facets", [True, False])
@pytest.mark.parametrize("query", ["모델을", "모델을 보다", "모델을 -작은", "보다 kind:item 모델"])
def test_what_several_steps_find_comes_once_whatever_page_it_is_on(
    query: str, with_facets: bool
) -> None:
    for number, text in enumerate(("모델을 고르다", "모델은 많다", "큰 모델을", "모델을 보다")):
        make(
            f"{number}",
            f"- **{text}**: 모델을 보다\n- **{number}**: {text} 또 보다\n",
            year=2001 + number,
        )
    asked = parse(query)
    steps = Questions(asked, choose(asked.filters), timezone.now()).steps(RELEVANCE)
    wanted = [key for step in steps for key in Reference().newest(step, keys.END)]
    assert len(set(wanted)) == len(wanted) == search(query).total == 8
    for limit in (1, 3, 7, 8, 9):
        found, page = [], "first"
        while page:
            at = "" if page == "first" else page
            results = search(query, limit=limit, page=at, with_facets=with_facets)
            found += [hit.key for hit in results.hits]
            page = results.next
        assert found == wanted, limit


def test_a_compound_with_a_particle_is_found_in_all_its_spellings() -> None:
    spellings = ("토크나이저를", "토크 나이저를", "토크나이 저를", "토크나이저", "토크나 이저는")
    for spelling in spellings:
        make(f"About {spelling}")
    make("About 토크")
    found = titles("토크나이저를")
    assert found[0] == "About 토크나이저를"
    assert {*found} == {f"About {spelling}" for spelling in spellings}
    assert not search("-토크나이저를 about").hits[1:]


def test_no_spelling_is_looked_for_that_holds_another() -> None:
    assert [row.tokens for row in parse("모델을").terms[0].phrases] == [("모델",)]
    for word in ("토크나이저를", "언어모델평가", "1.70", "AlphaFold는", "llama3.1의"):
        texts = [f" {' '.join(row.tokens)} " for row in parse(word).terms[0].phrases]
        assert all(sum(other in text for other in texts) == 1 for text in texts), word


def test_a_text_that_begins_like_a_long_query_is_found() -> None:
    words = [f"word{number}" for number in range(20)]
    make("One", f"- **Begins so**: {' '.join(words[:16])}\n- **Apart**: {' '.join(words[::-1])}\n")
    assert titles(" ".join(words)) == ["Begins so", "Apart"]


def test_what_takes_too_long_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "LONGEST", 0.01)
    monkeypatch.setattr(postgresql, "LONGEST", 10)
    with (
        pytest.raises(OperationalError),
        transaction.atomic(),
        engine().limited(),
        connection.cursor() as cursor,
    ):
        cursor.execute(ENDLESS)
    make("Still here")
    assert titles("still") == ["Still here"]


@pytest.mark.parametrize("letters", ["a", "abcdefgh"])
def test_a_phrase_of_forty_one_letter_words_asks_for_the_first_sixteen(letters: str) -> None:
    words = [letters[place % len(letters)] for place in range(40)]
    make("One", f"- **Sixteen**: {' '.join(words[:16])}\n- **Fifteen**: {' '.join(words[:15])}\n")
    assert titles(f'"{" ".join(words)}"') == ["Sixteen"]
