"""The calendar: issues on their days, gaps in the rhythm, and moving what is to come."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from posts import publishing
from posts.models import IssueTemplate, Post
from posts.publishing import EditConflict, NotToCome
from tests.builders import make_draft, make_post, make_posts, parsed
from tests.conftest import SignIn
from tests.reading import Page, shown

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
CALENDAR = "/admin/posts/post/calendar/"
NOW = datetime(2026, 12, 2, 12, tzinfo=UTC)  # a Wednesday
FRIDAY = datetime(2026, 12, 4, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def on(page: Page, day: str) -> str:
    return shown(page.one(f"[data-day='{day}']"))


def move(client: Client, post: Post, at: str) -> object:
    return client.post(reverse("admin:posts_post_move", args=[post.pk]), {"published_at": at})


def test_each_issue_stands_on_its_day_in_its_state(sign_in: SignIn, moderator: User) -> None:
    make_post("Yesterday", at=NOW - timedelta(days=1))
    make_post("On Friday", at=FRIDAY)
    make_draft("With a date", date="2026-12-15")
    make_draft("Some day")
    make_post("Last year", at=NOW - timedelta(days=365))

    page = Page(sign_in(moderator).get(CALENDAR))

    assert "Yesterday Published 12:00" in on(page, "2026-12-01")
    assert "On Friday Scheduled 09:30" in on(page, "2026-12-04")
    assert "With a date Draft" in on(page, "2026-12-15")
    assert "Some day" in page.one(".undated").text()
    assert "Last year" not in page.text()
    assert page.values("[aria-current=date]", "data-day") == ["2026-12-02"]
    assert not page.all("[data-move], #move-form")  # a moderator moves nothing
    earlier = Page(sign_in(moderator).get(f"{CALENDAR}?month=2025-12"))
    assert "Last year" in on(earlier, "2025-12-02")


@pytest.mark.parametrize("month", ["2026-13", "x", "2026", "99999-01"])
def test_a_month_that_is_none_is_not_found(sign_in: SignIn, editor: User, month: str) -> None:
    assert sign_in(editor).get(CALENDAR, {"month": month}).status_code == 404


def test_usual_days_are_marked_and_say_where_an_issue_is_missing(
    sign_in: SignIn, editor: User
) -> None:
    for week in (1, 2, 4, 5, 6):  # none in the third week before
        make_post(f"Issue {week}", at=FRIDAY - timedelta(weeks=week))
    make_post("Once on a Monday", at=datetime(2026, 11, 16, 9, tzinfo=UTC))
    make_post("Next", at=FRIDAY)
    client = sign_in(editor)

    page = Page(client.get(CALENDAR))
    november = Page(client.get(f"{CALENDAR}?month=2026-11"))

    usual = page.values(".day.usual", "data-day")
    assert {datetime.fromisoformat(day).weekday() for day in usual} == {4}
    assert "No issue" not in on(page, "2026-12-04")
    assert "No issue yet" in on(page, "2026-12-11")
    assert "No issue" in on(november, "2026-11-13")
    assert "No issue" not in on(november, "2026-11-20")

    # What is missing is begun there, for that day.
    begin = page.value("[data-day='2026-12-11'] a.day-gap", "href")
    assert begin == "/admin/posts/post/add/?start=last&day=2026-12-11"
    assert Page(client.get(begin)).fields("#post_form")["published_at"] == "2026-12-11T09:30"
    template = IssueTemplate.objects.create(
        name="Weekly", title="For {date}", weekday=4, time=time(18), language="en"
    )
    begin = Page(client.get(CALENDAR)).value("[data-day='2026-12-18'] a.day-gap", "href")
    assert begin == f"/admin/posts/post/add/?start=template-{template.pk}&day=2026-12-18"
    fields = Page(client.get(begin)).fields("#post_form")
    assert fields["published_at"] == "2026-12-18T18:00"
    assert fields["title"] == "For 18 December 2026"
    assert not november.all("a.day-gap")


@pytest.mark.parametrize("day", ["2026-13-01", "x", "", "2026-02-30", "2020-01-03", "9999-12-31"])
def test_a_day_that_is_none_begins_an_issue_on_the_usual_one(
    sign_in: SignIn, editor: User, day: str
) -> None:
    for week in (1, 2, 3, 4):
        make_post(f"Issue {week}", at=FRIDAY - timedelta(weeks=week))
    client, form = sign_in(editor), "/admin/posts/post/add/?start=last"
    page = Page(client.get(f"{form}&day={day}"))
    assert page.fields("#post_form")["published_at"] == "2026-12-04T09:30"
    assert not page.all(".messagelist .error")


def test_the_calendar_costs_the_same_however_many_issues_there_are(
    sign_in: SignIn, editor: User
) -> None:
    client = sign_in(editor)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(CALENDAR)
        return len(queries)

    make_posts(3, NOW - timedelta(days=9))
    make_draft()
    client.get(CALENDAR)
    few = cost()
    make_posts(6, NOW - timedelta(days=1))
    make_draft("Another")
    assert cost() == few

    # Nor on how many days one is missing.
    make_posts(30, NOW - timedelta(days=40))
    assert len(Page(client.get(CALENDAR)).all("a.day-gap")) > 20
    assert cost() == few


# Moving


def test_an_editor_moves_what_is_to_come_and_the_header_says_so(
    sign_in: SignIn, editor: User
) -> None:
    post = make_post("Next", at=FRIDAY, date="2026-12-04")
    client = sign_in(editor)
    assert "2026-12-04T09:30" in Page(
        client.get(reverse("admin:posts_post_move", args=[post.pk]))
    ).values("#id_published_at", "value")

    move(client, post, "2026-12-08T09:30")

    moved = Post.objects.get()
    assert (moved.state(), moved.published_at) == (
        "scheduled",
        datetime(2026, 12, 8, 9, 30, tzinfo=UTC),
    )
    assert "date: 2026-12-08" in moved.header
    assert moved.body == post.body
    assert "On" not in on(Page(client.get(CALENDAR)), "2026-12-04")
    assert "Moved to another time." in LogEntry.objects.get().change_message


def test_a_draft_gets_a_day_and_stays_a_draft(sign_in: SignIn, editor: User) -> None:
    draft = make_draft()
    move(sign_in(editor), draft, "2026-12-08T09:00")
    draft.refresh_from_db()
    assert (draft.state(), draft.published_at) == ("draft", datetime(2026, 12, 8, 9, tzinfo=UTC))


def test_nothing_is_published_by_moving_it_and_nothing_public_moves(
    sign_in: SignIn, editor: User
) -> None:
    client = sign_in(editor)
    scheduled, public = make_post("Next", at=FRIDAY), make_post("Old")
    assert "still to come" in Page(move(client, scheduled, "2026-12-01T09:30")).text()
    move(client, public, "2026-12-09T09:30")
    scheduled.refresh_from_db()
    public.refresh_from_db()
    assert scheduled.published_at == FRIDAY
    assert public.is_public()
    with pytest.raises(NotToCome):
        publishing.reschedule(public, FRIDAY)


def test_the_verb_asks_for_the_right_and_sees_who_was_first(
    writer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post(at=FRIDAY)
    with pytest.raises(PermissionDenied):
        publishing.reschedule(post, FRIDAY + timedelta(days=1), by=writer)

    read = publishing.rescheduling.with_metadata

    def save_first(*args: object) -> object:
        monkeypatch.undo()
        publishing.save_document(Post.objects.get(), parsed("Theirs"))
        return read(*args)

    monkeypatch.setattr(publishing.rescheduling, "with_metadata", save_first)
    with pytest.raises(EditConflict):
        publishing.reschedule(post, FRIDAY + timedelta(days=1))
    assert Post.objects.get().title == "Theirs"


# To the second


def test_a_scheduled_issue_is_public_from_its_second_also_where_pages_are_kept(
    client: Client, settings: Settings
) -> None:
    make_post("Older")
    post = make_post("Next", at=FRIDAY)
    address = post.get_absolute_url()
    with time_machine.travel(FRIDAY - timedelta(seconds=1), tick=False) as traveller:
        for _time in range(2):  # made, then kept
            assert "Next" not in client.get("/").content.decode()
            assert "Next" not in client.get("/feed.xml").content.decode()
        assert client.get(address).status_code == 404
        traveller.move_to(FRIDAY)
        assert "Next" in client.get("/").content.decode()
        assert "Next" in client.get("/feed.xml").content.decode()
        assert client.get(address).status_code == 200


def test_the_form_says_how_exact_a_time_is(sign_in: SignIn, editor: User) -> None:
    page = Page(sign_in(editor).get("/admin/posts/post/add/"))
    assert "from the first second of the minute" in page.text()
