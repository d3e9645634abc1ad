"""Roll-ups: items of many issues as one mail, grouped and in the reader's language."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from links.decisions import decide
from links.models import Decision, Link
from mailing.composing import Period, compose_note, compose_rollup
from mailing.composing.rollups import period_in_words
from mailing.models import Mailing, MailSettings, Rhythm
from posts import following, publishing
from posts.models import LinkedItem, Post
from tests.builders import LONG_AGO, item, make_draft, make_post, make_posts
from tests.mailing.builders import make_mailing, make_subscriber
from tests.mailing.test_composing import long_body
from tests.reading import Page

pytestmark = pytest.mark.django_db

WEEK = Period(date(2024, 5, 6), date(2024, 5, 12), Rhythm.WEEKLY)


def daily(day: int) -> str:
    return (
        f"An opening of day {day}.\n"
        f"\n## Preview\n- [Preview {day}](https://one.example.org/{day}): p\n"
        f"\n## Overview {'🔥' if day % 2 else ''}\n"
        f"- **Group**\n  - [Overview {day}](https://two.example.org/{day}): o\n"
    )


def make_week() -> list[Post]:
    return [
        make_post(f"Day {day}", daily(day), at=LONG_AGO + timedelta(days=day)) for day in range(3)
    ]


def uids(**condition: object) -> list[object]:
    return list(LinkedItem.objects.filter(**condition).values_list("uid", flat=True))


def test_items_stand_by_section_then_by_issue_as_the_days_went() -> None:
    make_week()
    mail = compose_rollup(uids(link__isnull=False), period=WEEK, language="en")
    page = Page(mail.html)
    assert page.texts("h2") == ["Preview", "Overview"]
    assert page.texts("h3") == ["Day 0", "Day 1", "Day 2"] * 2
    names = [text.split(":")[0] for text in page.texts("li")]
    assert names == [f"{part} {day}" for part in ("Preview", "Overview") for day in range(3)]
    places = [
        mail.text.index(f"{part} {day} <") for part in ("Preview", "Overview") for day in range(3)
    ]
    assert places == sorted(places)


def test_each_item_says_its_issue_and_day_and_leads_there() -> None:
    make_week()
    mail = compose_rollup(uids(link__isnull=False), period=WEEK, language="en")
    links = Page(mail.html).values("h3 a", "href")
    assert links[0] == "https://news.example.org/posts/day-0/#preview"
    for part in (mail.html, mail.text):
        assert "Friday, 10 May 2024" in part
        assert "https://news.example.org/posts/day-1/#overview" in part
        assert "An opening" not in part


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Newsletter: 6 May 2024 to 12 May 2024"),
        ("ko", "Newsletter: 2024년 5월 6일 ~ 2024년 5월 12일"),
    ],
)
def test_the_subject_says_the_period_in_the_readers_language(language: str, subject: str) -> None:
    make_week()
    mail = compose_rollup(uids(), period=WEEK, language=language)
    assert mail.subject == subject
    assert Page(mail.html).value("html", "lang") == language


@pytest.mark.parametrize(
    ("status", "is_marked"), [(Mailing.Status.PLANNED, True), (Mailing.Status.CANCELLED, False)]
)
def test_items_of_an_advertising_issue_make_the_mail_advertising(
    status: str, is_marked: bool
) -> None:
    first, second, _third = make_week()
    make_mailing(second, status=status, is_advertising=True)

    mail = compose_rollup(uids(post=second), period=WEEK, language="en")

    assert mail.subject.startswith("(광고) ") is is_marked
    for part in (mail.html, mail.text):
        assert ("수신 거부" in part) is is_marked
    others = compose_rollup(uids(post=first), period=WEEK, language="en")
    assert "(광고)" not in others.subject


def test_a_month_is_called_by_its_name() -> None:
    assert (
        period_in_words(Period(date(2024, 5, 1), date(2024, 5, 31), Rhythm.MONTHLY)) == "May 2024"
    )


def test_what_is_hidden_blocked_or_not_public_is_not_in_it() -> None:
    posts = make_week()
    draft = make_draft()
    wanted = uids()
    following.set_hidden([item(posts[0], "Preview 0")], True, reason="spam")
    decide(Link.objects.filter(url="https://two.example.org/1"), Decision.Action.BLOCK, by=None,
           reason="spam")  # fmt: skip
    publishing.withdraw([posts[2]])
    mail = compose_rollup(wanted, period=WEEK, language="en")
    for part in (mail.html, mail.text):
        assert "Preview 0" not in part
        assert "two.example.org/1" not in part
        assert "Day 2" not in part
        assert "First find" not in part
    shown = LinkedItem.objects.filter(uid__in=mail.items)
    assert set(shown.values_list("post__title", flat=True)) == {"Day 0", "Day 1"}
    assert draft.item_count


def test_nothing_left_is_a_mail_without_items() -> None:
    make_draft()
    assert compose_rollup(uids(), period=WEEK).items == ()


def test_a_roll_up_stays_within_its_budget_and_counts_what_it_leaves_out() -> None:
    make_post(body=long_body(8, 60))
    make_post("Another", body=long_body(8, 60), at=LONG_AGO + timedelta(days=1))
    mail = compose_rollup(uids(), period=WEEK, language="en", budget=60_000)
    assert mail.size <= 60_000
    assert len(mail.items) + mail.left_out == 960


def test_a_roll_up_asks_as_much_whatever_its_items() -> None:
    make_posts(4)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            compose_rollup(wanted, period=WEEK)
        return len(asked)

    wanted = uids(post__title="Issue 1")
    queries()
    few = queries()
    wanted = uids()
    queries()  # what is read once of each issue, as the site is
    assert queries() == few


def test_a_welcome_says_who_what_and_when() -> None:
    MailSettings(
        sender_name="The Digest", postal_address="1 Street", welcome="Hello!\n\nBye."
    ).save()
    reader = make_subscriber(language="ko")
    mail = compose_note("welcome", reader, what=["AI", "Rust"])
    for part in (mail.html, mail.text):
        assert "The Digest" in part
        assert "AI, Rust" in part
        assert "1 Street" in part
        assert "Hello!" in part
        assert f"{reader.consented_at:%Y}년" in part
        assert reader.key in part
    assert mail.subject == "Newsletter 구독을 시작했어요"
