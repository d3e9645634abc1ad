"""Who gets what of an issue, as a whole or by item, and what comes in roll-ups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from links.decisions import decide
from links.models import Link
from mailing import rhythms, subscribing
from mailing.choosing import (
    RollUp,
    due_rollups,
    finds_items,
    items_of,
    recipients_of,
    roll_on,
    rolling,
    still,
)
from mailing.choosing.appearing import notice
from mailing.models import (
    Appeared,
    Choice,
    Delivery,
    ItemSet,
    Mailing,
    MailSettings,
    Rhythm,
    Subscriber,
)
from posts import curating, retagging
from posts.authors import merge as merge_authors
from posts.following import set_hidden, set_news
from posts.models import Author, Post, RecurringSection, Tag
from posts.publishing import publish, withdraw
from tests.builders import item, make_draft, make_post
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber, note_had

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
BODY = """## News
- [One](https://one.example/a): about birds.
- [Two](https://two.example/b): about fish. See [more](https://deep.example/more).

## Tools
- [Three](https://github.com/rust-lang/rust): about fish and nets.
- **Four**: without a link.
"""


@pytest.fixture
def post() -> Post:
    """An issue that came out just now."""
    return make_post("Fresh", BODY, at=timezone.now() - timedelta(minutes=1), author="Ada")


def titles(rows: Sequence[Any] | None) -> list[str] | None:
    return None if rows is None else [row.title for row in rows]


def got(post: Post, *readers: Subscriber) -> list[list[str] | str | None]:
    """Return what readers are to get of an issue: titles, None for all of it, "nothing"."""
    mailing = Mailing(post=post)
    rows: dict[int, Any] = {
        row.subscriber_id: titles(
            items_of(Delivery(mailing=mailing, items=row.items, is_whole=row.items is None))
        )
        for row in recipients_of(post)
    }
    return [rows.get(reader.pk, "nothing") for reader in readers]


def write(mailing: Mailing, rows: Sequence[Any]) -> list[Delivery]:
    """Write recipients or roll-ups into the ledger, as handed over."""
    return [
        make_delivery(
            mailing,
            Subscriber.objects.get(pk=row.subscriber_id),
            items=row.items,
            is_whole=row.items is None,
        )
        for row in rows
    ]


def send(post: Post) -> list[Delivery]:
    """Send an issue to all who get it as it appears."""
    mailing = make_mailing(post)
    rows = write(mailing, still(post, list(recipients_of(post))))
    note_had(rows)
    for row in rows:
        row.save()
    return rows


def roll(now: datetime) -> dict[int, list[str] | None]:
    """Send the roll-ups that are due; return their titles by reader."""
    made: list[RollUp] = list(due_rollups(now))
    rows = write(make_mailing(kind="rollup", post=make_draft()), roll_on(made, now))
    return {row.subscriber_id: titles(items_of(row, now)) for row in rows}


def weekly(**values: Any) -> Subscriber:
    """Return a reader of roll-ups, who began an hour ago."""
    began = timezone.now() - timedelta(hours=1)
    row = make_subscriber(rhythm=Rhythm.WEEKLY, zone="UTC", confirmed_at=began, **values)
    rhythms.begin(row, began)
    row.save()
    return row


# Choices


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("everything", "", None),
        ("tag", "ai", None),
        ("tag", "other", "nothing"),
        ("author", "ada", None),
        ("author", "grace", "nothing"),
        ("section", "news", ["One", "Two"]),
        ("section", "other", "nothing"),
        ("source", "one.example", ["One"]),
        ("source", "deep.example", ["Two"]),
        ("source", "github.com", ["Three"]),
        ("source", "github.com/rust-lang", ["Three"]),
        ("search", "fish", ["Two", "Three"]),
        ("search", "fish -nets", ["Two"]),
        ("search", '"about fish and"', ["Three"]),
        ("search", "section:News fish", ["Two"]),
        ("search", "source:github.com", ["Three"]),
        ("search", "-fish", "nothing"),
        ("search", "kind:issue fish", "nothing"),
    ],
)
def test_a_choice_brings_the_issues_that_bear_it_or_the_items_that_match(
    post: Post, kind: str, value: str, expected: Any
) -> None:
    RecurringSection.objects.filter(slug="").update(slug="news")
    assert got(post, make_subscriber(choices=[(kind, value)])) == [expected]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fish", True),
        ("source:github.com", True),
        ("kind:item kind:issue fish", True),
        ("-fish", False),
        ("kind:issue fish", False),
        ("kind:nothing fish", False),
        ("", False),
    ],
)
def test_a_search_that_can_find_no_item_is_told(query: str, expected: bool) -> None:
    assert finds_items(query) is expected


def test_who_chose_several_gets_each_item_once_and_the_whole_issue_before_its_parts(
    post: Post,
) -> None:
    parts = make_subscriber(choices=[("section", "news"), ("search", "fish")])
    whole = make_subscriber(choices=[("section", "news"), ("tag", "ai")])
    assert got(post, parts, whole) == [["One", "Two", "Three"], None]


def test_choices_follow_what_was_renamed_or_merged(post: Post) -> None:
    readers = [
        make_subscriber(choices=[("tag", "ai")]),
        make_subscriber(choices=[("section", "news")]),
        make_subscriber(choices=[("author", "ada")]),
    ]
    other = make_post("Older", "## Bulletin\n- [x](https://x.example/)\n", author="Grace")
    make_post("Oldest", "## Bulletin\n- [y](https://y.example/)\n", tags=("Machines",))
    retagging.merge([Tag.objects.get(slug="ai")], Tag.objects.get(slug="machines"))
    news, bulletin = (RecurringSection.objects.get(slug=slug) for slug in ("news", "bulletin"))
    curating.merge([news], bulletin)
    merge_authors([Author.objects.get(name="Ada")], Author.objects.get(name="Grace"))
    assert got(post, *readers) == [None, ["One", "Two"], None]
    assert got(other, *readers)[2] is None


def test_a_section_that_is_hidden_brings_nothing(post: Post) -> None:
    reader = make_subscriber(choices=[("section", "news")])
    curating.set_hidden([RecurringSection.objects.get(slug="news")], True)
    assert got(post, reader) == ["nothing"]


@pytest.mark.parametrize("status", ["waiting", "paused", "left", "bounced", "complained"])
def test_only_those_who_get_mail_get_an_issue(post: Post, status: str) -> None:
    assert got(post, make_subscriber(status=status)) == ["nothing"]


def test_an_issue_that_readers_do_not_see_goes_to_nobody() -> None:
    reader = make_subscriber()
    assert got(make_draft(), reader) == ["nothing"]


def test_recipients_come_in_order_and_go_on_behind_one(post: Post) -> None:
    readers = [make_subscriber(), make_subscriber(choices=[("search", "fish")]), make_subscriber()]
    rows = [row.subscriber_id for row in recipients_of(post)]
    assert rows == [reader.pk for reader in readers]
    assert [row.subscriber_id for row in recipients_of(post, after=rows[0])] == rows[1:]


def test_who_gets_the_same_items_shares_a_set(post: Post) -> None:
    for choice in (("search", "fish"), ("search", "FISH"), ("search", "fish about")):
        make_subscriber(choices=[choice])
    assert len({row.items.pk for row in recipients_of(post)}) == 1
    assert ItemSet.objects.get().size == 2


def test_who_turned_to_roll_ups_meanwhile_is_not_written_into_the_ledger(post: Post) -> None:
    stays, turns = make_subscriber(), make_subscriber()
    rows = list(recipients_of(post))
    rhythms.turn(turns, timezone.now(), rhythm=Rhythm.WEEKLY)
    turns.save()
    assert [row.subscriber_id for row in still(post, rows)] == [stays.pk]


# What is left out


def test_what_is_hidden_blocked_held_or_dead_is_not_chosen(post: Post, admin: User) -> None:
    reader = make_subscriber(choices=[("search", "about"), ("section", "tools")])
    set_hidden([item(post, "One")], True, by=admin, reason="no")
    decide([item(post, "Two").link_id], "block", by=admin, reason="no")
    Link.objects.filter(pk=item(post, "Three").link_id).update(health=Link.Health.GONE)
    assert got(post, reader) == [["Four"]]


def test_a_dead_link_that_was_replaced_is_alive(post: Post) -> None:
    reader = make_subscriber(choices=[("search", "birds")])
    dead = {"health": Link.Health.BROKEN, "replacement_url": "https://new.example/"}
    Link.objects.filter(pk=item(post, "One").link_id).update(**dead)
    assert got(post, reader) == [["One"]]


def test_what_is_decided_before_a_mail_is_handed_over_reaches_it(post: Post, admin: User) -> None:
    make_subscriber(choices=[("search", "about")])
    (row,) = send(post)
    assert titles(items_of(row)) == ["One", "Two", "Three"]
    set_hidden([item(post, "One")], True, by=admin, reason="no")
    decide([item(post, "Three").link_id], "block", by=admin, reason="no")
    assert titles(items_of(row)) == ["Two"]
    withdraw([post])
    assert items_of(row) == []


# Never twice


def test_a_link_comes_once_by_item_unless_the_editor_says_again(post: Post) -> None:
    reader = make_subscriber(choices=[("search", "fish")])
    send(post)
    body = (
        "## News\n- [Again](https://two.example/b): more fish.\n- [New](https://n.example): fish.\n"
    )
    later = make_post("Later", body, at=timezone.now())
    assert got(later, reader) == [["New"]]
    set_news([item(later, "Again")], True)
    assert got(later, reader) == [["Again", "New"]]


def test_a_link_comes_once_within_an_issue() -> None:
    body = "## A\n- [One](https://o.example): fish.\n- [Two](https://o.example): fish.\n"
    reader = make_subscriber(choices=[("search", "fish")])
    assert got(make_post("Twice", body, at=timezone.now()), reader) == [["One"]]


def test_whole_issues_stay_whole(post: Post) -> None:
    reader = make_subscriber()
    send(post)
    assert got(make_post("Later", BODY, at=timezone.now()), reader) == [None]


def test_what_came_with_a_whole_issue_does_not_come_again_by_item(post: Post) -> None:
    reader = make_subscriber()
    send(post)
    reader.choices.clear()
    reader.chosen.all().delete()
    other = make_subscriber(choices=[("search", "fish")])
    reader.chosen.create(choice=other.chosen.get().choice)
    later = make_post("Later", BODY + "- [New](https://n.example): fish.\n", at=timezone.now())
    assert got(later, reader, other) == [["New"], ["Two", "Three", "New"]]


@pytest.mark.parametrize(("status", "expected"), [("dropped", ["Two"]), ("queued", "nothing")])
def test_what_did_not_reach_a_reader_was_not_had(post: Post, status: str, expected: Any) -> None:
    reader = make_subscriber(choices=[("search", "fish -nets")])
    send(post)
    Delivery.objects.update(status=status)
    body = "## A\n- [Two](https://two.example/b): fish.\n"
    assert got(make_post("Later", body, at=timezone.now()), reader) == [expected]


# Roll-ups


def test_a_weekly_roll_up_brings_what_appeared_in_order_and_each_link_once() -> None:
    reader = weekly()
    make_post("First", BODY, at=timezone.now() - timedelta(minutes=9))
    body = "## News\n- [Again](https://one.example/a): birds.\n- [New](https://n.example): x.\n"
    make_post("Second", body, at=timezone.now() - timedelta(minutes=5))
    due = timezone.now() + WEEK
    list(due_rollups(timezone.now()))  # notices what appeared
    assert roll(due) == {reader.pk: ["One", "Two", "Three", "Four", "New"]}
    assert roll(due) == {}
    assert roll(due + WEEK) == {}


def test_a_roll_up_follows_choices(post: Post) -> None:
    list(due_rollups(timezone.now()))
    readers = {
        weekly(choices=[("tag", "ai")]).pk: ["One", "Two", "Three", "Four"],
        weekly(choices=[("section", "tools"), ("search", "birds")]).pk: ["One", "Three", "Four"],
        weekly(choices=[("source", "github.com")]).pk: ["Three"],
    }
    weekly(choices=[("tag", "none")])
    assert roll(timezone.now() + WEEK) == readers


def test_nothing_new_brings_no_mail_and_the_next_one_is_reckoned(post: Post) -> None:
    reader = weekly(choices=[("tag", "none")])
    due = timezone.now() + WEEK
    assert roll(due) == {}
    reader.refresh_from_db()
    assert due < reader.next_roll_at <= due + WEEK
    assert reader.rolled_until == due


def test_what_was_withdrawn_or_hidden_is_not_rolled_up(post: Post, admin: User) -> None:
    weekly()
    list(due_rollups(timezone.now()))
    set_hidden([item(post, "One")], True, by=admin, reason="no")
    gone = make_post("Gone", "## A\n- [x](https://x.example/)\n", at=timezone.now())
    list(due_rollups(timezone.now()))
    withdraw([gone])
    assert list(roll(timezone.now() + WEEK).values()) == [["Two", "Three", "Four"]]


def test_an_issue_dated_before_it_was_published_is_in_the_roll_up_after_its_publication() -> None:
    reader = weekly()
    draft = make_draft("Dated at midnight", "## A\n- [x](https://x.example/)\n")
    now = timezone.now()
    due = now + timedelta(minutes=1)
    Subscriber.objects.filter(pk=reader.pk).update(next_roll_at=due)
    assert roll(due) == {}
    publish([draft], now - timedelta(hours=9))
    assert roll(due + timedelta(hours=1)) == {}
    assert roll(due + WEEK) == {reader.pk: ["x"]}


def test_an_archive_that_is_imported_is_no_news() -> None:
    weekly()
    make_post("Old", at=timezone.now() - timedelta(days=30))
    assert roll(timezone.now() + WEEK) == {}
    assert not Appeared.objects.exists()


def test_a_change_to_roll_ups_loses_nothing_and_doubles_nothing(post: Post) -> None:
    reader = make_subscriber(zone="UTC", confirmed_at=timezone.now() - WEEK)
    send(post)
    held = make_post("Held", "## A\n- [held](https://held.example/)\n", at=timezone.now())
    list(due_rollups(timezone.now()))
    rhythms.turn(reader, timezone.now(), rhythm=Rhythm.WEEKLY)
    reader.save()
    assert got(held, reader) == ["nothing"]
    assert roll(timezone.now() + WEEK) == {reader.pk: ["held"]}


def test_a_change_to_each_issue_loses_nothing_and_doubles_nothing(post: Post) -> None:
    reader = weekly()
    list(due_rollups(timezone.now()))
    now = timezone.now() + timedelta(minutes=1)
    rhythms.turn(reader, now, rhythm=Rhythm.EACH)
    reader.save()
    assert got(post, reader) == ["nothing"]
    assert roll(now) == {reader.pk: ["One", "Two", "Three", "Four"]}
    assert roll(now + WEEK) == {}
    reader.refresh_from_db()
    assert reader.next_roll_at is None


def test_what_appears_in_a_pause_is_not_sent_after_it_and_what_waited_is(post: Post) -> None:
    reader = weekly()
    list(due_rollups(timezone.now()))
    now = timezone.now()
    rhythms.pause(reader, now)
    reader.status = Subscriber.Status.PAUSED
    reader.save()
    make_post("Paused", "## A\n- [paused](https://p.example/)\n", at=now)
    assert roll(now + timedelta(hours=1)) == {}
    reader.status = Subscriber.Status.ACTIVE
    rhythms.resume(reader, now + timedelta(hours=2))
    reader.save()
    assert roll(now + WEEK + WEEK) == {reader.pk: ["One", "Two", "Three", "Four"]}


def test_a_roll_up_of_a_reader_who_changed_meanwhile_does_not_hold(post: Post) -> None:
    reader = weekly()
    list(due_rollups(timezone.now()))
    due = timezone.now() + WEEK
    made = list(due_rollups(due))
    rhythms.turn(reader, due, rhythm=Rhythm.MONTHLY)
    reader.save()
    assert [row.subscriber_id for row in made] == [reader.pk]
    assert roll_on(made, due) == []


def test_roll_ups_begin_for_those_who_came_by_another_way() -> None:
    reader = make_subscriber(rhythm=Rhythm.MONTHLY, zone="Asia/Seoul")
    assert list(due_rollups(datetime(2026, 5, 6, tzinfo=UTC))) == []
    reader.refresh_from_db()
    assert reader.next_roll_at == datetime(2026, 5, 31, 23, tzinfo=UTC)


# The number of queries


def _queries(post: Post) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        list(recipients_of(post))
    return len(queries)


def test_queries_do_not_grow_with_readers(post: Post) -> None:
    choices = [("everything", ""), ("tag", "ai"), ("section", "news"), ("search", "fish")]
    for choice in choices:
        make_subscriber(choices=[choice, ("source", "one.example")])
    send(post)
    later = make_post("Later", BODY, at=timezone.now())
    counts = []
    for number in (1, 5):
        for choice in choices * number:
            make_subscriber(choices=[choice, ("source", "one.example")])
        list(recipients_of(later))
        counts.append(_queries(later))
    assert counts[0] == counts[1]


def test_queries_of_roll_ups_do_not_grow_with_readers(post: Post) -> None:
    list(due_rollups(timezone.now()))
    due = timezone.now() + WEEK
    counts = []
    for number in (2, 8):
        for _reader in range(number):
            weekly(choices=[("section", "news"), ("search", "fish")])
        list(due_rollups(due))
        with CaptureQueriesContext(connection) as queries:
            assert list(due_rollups(due))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_is_noticed_after_waiting_comes_after_what_others_noticed(
    mail_is_on: MailSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, mine = make_post("Other", at=timezone.now()), make_post("Mine", at=timezone.now())
    before = timezone.now()
    later = before + timedelta(seconds=5)

    def wait() -> None:
        Appeared.objects.create(post=other, at=later)

    monkeypatch.setattr("mailing.choosing.appearing._wait_for_others", wait)

    assert notice(before) > later
    assert Appeared.objects.get(post=mine).at > later


def test_what_is_noticed_is_as_late_as_the_clock_after_waiting(
    mail_is_on: MailSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        post, before = make_post(at=timezone.now()), timezone.now()
        monkeypatch.setattr(
            "mailing.choosing.appearing._wait_for_others", lambda: clock.shift(timedelta(seconds=9))
        )
        notice(before)
        assert Appeared.objects.get(post=post).at == before + timedelta(seconds=9)


def test_who_notices_locks_the_row_of_the_settings(mail_is_on: MailSettings) -> None:
    with CaptureQueriesContext(connection) as queries:
        notice(timezone.now())
    statements = [row["sql"] for row in queries if "SELECT" in row["sql"]]
    assert "mailing_mailsettings" in statements[0]


def test_roll_ups_begin_in_parts_by_an_index_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "BATCH", 2)
    for _number in range(5):
        make_subscriber(rhythm=Rhythm.MONTHLY)

    assert list(due_rollups(timezone.now())) == []

    assert not Subscriber.objects.filter(next_roll_at=None).exists()
    if connection.vendor == "sqlite":
        assert "mailing_to_begin" in rolling._without_roll().explain()


def test_a_search_has_its_keys_as_soon_as_it_is_chosen(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        subscribing.choose(make_subscriber(), [(Choice.Kind.SEARCH, "rust")])
    assert Choice.objects.get(kind=Choice.Kind.SEARCH).keys.exists()
