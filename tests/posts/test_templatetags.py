from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation

from posts.templatetags.newsletter import (
    absolute,
    issue_count,
    link_count,
    long_date,
    month_and_year,
    month_chart,
    month_name,
    peak,
    plain,
    short_date,
)

FRIDAY = datetime(2024, 5, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "long", "short", "month", "name"),
    [
        ("en", "Friday, 10 May 2024", "10 May 2024", "May 2024", "May"),
        ("ko", "2024년 5월 10일 금요일", "2024년 5월 10일", "2024년 5월", "5월"),
    ],
)
def test_dates_read_as_people_write_them(
    language: str, long: str, short: str, month: str, name: str
) -> None:
    with translation.override(language):
        assert f">{long}<" in long_date(FRIDAY)
        assert f">{short}<" in short_date(FRIDAY)
        assert month_and_year(FRIDAY) == month
        assert month_name(FRIDAY) == name


def test_a_date_is_shown_and_given_to_machines_in_the_time_zone_of_the_site() -> None:
    with timezone.override("Asia/Seoul"):
        shown = short_date(datetime(2024, 5, 9, 20, 0, tzinfo=UTC))

    assert shown == '<time datetime="2024-05-10T05:00:00+09:00">10 May 2024</time>'


def test_a_draft_without_a_date_shows_none() -> None:
    assert long_date(None) == short_date(None) == ""


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [("en", "1 issue, 1 link", "1,234 issues, 60 links"), ("ko", "글 1편, 링크 1개", None)],
)
def test_counts_agree_with_their_nouns(language: str, one: str, many: str | None) -> None:
    with translation.override(language):
        assert f"{issue_count(1)}, {link_count(1)}" == one
        assert f"{issue_count(1234)}, {link_count(60)}" == (many or "글 1,234편, 링크 60개")


def test_a_chart_has_twelve_months_and_says_in_words_what_it_draws() -> None:
    months = [(date(2024, 3, 1), "/archive/2024/03/", 10), (date(2024, 1, 1), "/a/", 5)]

    chart = month_chart(2024, months)
    bars = chart["bars"]

    assert isinstance(bars, list)
    assert [bar.issues for bar in bars] == [5, 0, 10, *[0] * 9]
    assert bars[2].height == 2 * bars[0].height
    assert bars[1].height == 0
    assert chart["label"] == "Issues per month in 2024: Jan 5, Mar 10"


def test_years_are_drawn_to_one_scale() -> None:
    first = [(date(2023, 1, 1), "/archive/2023/01/", 20)]
    second = [(date(2024, 1, 1), "/archive/2024/01/", 10)]

    highest = peak([(2024, "/archive/2024/", 10, second), (2023, "/archive/2023/", 20, first)])
    bars = month_chart(2024, second, highest)["bars"]

    assert highest == 20
    assert isinstance(bars, list)
    assert bars[0].height * 2 == month_chart(2023, first, highest)["height"]


def test_a_month_with_one_issue_beside_a_full_one_still_shows() -> None:
    bars = month_chart(2024, [(date(2024, 1, 1), "/archive/2024/01/", 1)], 1000)["bars"]

    assert isinstance(bars, list)
    assert bars[0].height > 0


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**Figure** shows `Figure 02`", "Figure shows Figure 02"),
        ("see [the post](https://example.org/a)", "see the post"),
        ("2 ** 3, __init__.py and a_b_c", "2 ** 3, __init__.py and a_b_c"),
    ],
)
def test_a_description_is_shown_without_its_markdown(written: str, shown: str) -> None:
    assert plain(written) == shown


def test_only_paths_get_the_address_of_the_site() -> None:
    assert absolute("/media/a.png", "https://news.example.org") == (
        "https://news.example.org/media/a.png"
    )
    assert absolute("https://cdn.example.org/a.png", "https://news.example.org") == (
        "https://cdn.example.org/a.png"
    )
