"""The first page of the staff: this week's desk, by name, for each as their role allows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from links.inbox import gather
from links.models import InboxEntry, Kind, Link
from links.queue import Worry, raise_concerns
from tests.builders import (
    make_draft,
    make_post,
    make_posts,
    make_scheduled,
    make_suggestion,
    make_task,
)
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db

DESK = "/admin/"
MOST_QUERIES = 12
SEOUL = "Asia/Seoul"


def desk(client: Client) -> Page:
    return Page(client.get(DESK))


def collect(name: str, by: User) -> InboxEntry:
    entry, _is_new = gather(f"https://new.example.org/{name}", by=by, title=name)
    return entry


def break_links(count: int) -> None:
    """Let the checks find the first links broken that any issue has."""
    links = Link.objects.order_by("pk")[:count]
    Link.objects.filter(pk__in=[link.pk for link in links]).update(health=Link.Health.BROKEN)
    raise_concerns({link.pk: [Worry(Kind.BROKEN, Link.Health.BROKEN, "404")] for link in links})


def fill(editor: User, rows: int, first: int = 0) -> None:
    for number in range(first, first + rows):
        make_draft(f"Draft {number}")
        make_scheduled(f"To come {number}")
        collect(f"Found {number}", editor)
        make_suggestion(f"Suggested {number}")
    break_links(2 * rows)


def test_drafts_and_what_is_scheduled_stand_there_by_name(sign_in: SignIn, editor: User) -> None:
    draft, to_come = make_draft("Half written"), make_scheduled("On Friday")

    page = desk(sign_in(editor))

    assert page.texts("[aria-labelledby=pile-drafts] li a") == ["Half written"]
    address = page.value("[aria-labelledby=pile-drafts] li a", "href")
    assert address == f"/admin/posts/post/{draft.pk}/change/"
    assert page.texts("[aria-labelledby=pile-scheduled] li a") == ["On Friday"]
    assert page.value("[aria-labelledby=pile-scheduled] time", "datetime").startswith(
        to_come.published_at.strftime("%Y-%m-%dT%H:%M")
    )


def test_a_draft_that_cannot_be_shown_says_why(sign_in: SignIn, editor: User) -> None:
    make_post("Broken", "> " * 30 + "deep")

    (row,) = desk(sign_in(editor)).texts("[aria-labelledby=pile-drafts] li")

    assert row.startswith("Broken Problem")


def test_what_was_collected_and_suggested_is_counted_and_named(
    sign_in: SignIn, editor: User
) -> None:
    for number in range(7):
        collect(f"Found {number}", editor)
    make_suggestion("From a reader")

    page = desk(sign_in(editor))

    assert page.texts("#pile-inbox .number") == ["7"]
    named = page.texts("[aria-labelledby=pile-inbox] li a")
    assert named == ["Found 6", "Found 5", "Found 4", "Found 3", "Found 2"]
    assert page.texts("[aria-labelledby=pile-suggestions] li a") == ["From a reader"]


def test_what_broke_this_week_is_named_with_its_issue(sign_in: SignIn, moderator: User) -> None:
    make_post("The issue")
    break_links(1)

    (row,) = desk(sign_in(moderator)).texts("[aria-labelledby=pile-broken] li")

    assert row.endswith("Broken The issue")


def test_times_are_of_24_hours_and_name_their_zone(
    sign_in: SignIn, editor: User, settings: Settings
) -> None:
    at = datetime(2098, 11, 28, 5, 6, tzinfo=UTC)
    make_post("To come", at=at)
    client = sign_in(editor)

    settings.TIME_ZONE = SEOUL
    english = desk(client).texts("[aria-labelledby=pile-scheduled] time")
    settings.LANGUAGE_CODE = "ko"
    korean = desk(client).texts("[aria-labelledby=pile-scheduled] time")

    assert english == ["28 Nov 2098, 14:06 KST"]
    assert korean == ["2098년 11월 28일 14:06 KST"]


@pytest.mark.parametrize("role", ["admin", "editor", "moderator"])
def test_an_empty_desk_says_of_each_pile_what_to_do_next(
    sign_in: SignIn, role: str, request: pytest.FixtureRequest
) -> None:
    client = sign_in(request.getfixturevalue(role))

    page = desk(client)
    steps = page.values(".pile > p a", "href")

    assert len(steps) == len(page.all(".pile"))
    allowed = [step for step in steps if client.get(step).status_code == 200]
    assert allowed == steps
    assert ("press Schedule" in page.text()) == (role != "moderator")


def test_each_role_sees_its_own_piles_and_its_own_work_first(
    sign_in: SignIn, admin: User, editor: User, moderator: User
) -> None:
    def piles(user: User) -> list[str]:
        return [name.removeprefix("pile-") for name in desk(sign_in(user)).values(".pile h2", "id")]

    written = ["drafts", "reviews", "scheduled", "latest"]
    linked = ["inbox", "suggestions", "broken"]
    assert piles(editor) == [*written, *linked]
    assert piles(moderator) == ["queue", *linked, *written]
    assert piles(admin) == [*written, "queue", *linked]


def test_what_failed_in_the_background_is_named_in_words(sign_in: SignIn, admin: User) -> None:
    now, path = timezone.now(), "posts.readers.telling.tell"
    make_task(task_path=path, status="FAILED", finished_at=now)
    make_task(task_path=path, status="FAILED", finished_at=now - timedelta(days=8))

    said = " ".join(desk(sign_in(admin)).texts(".troubles li"))

    assert "1 task failed in the last seven days: Tell a reader what became of a" in said


def test_the_desk_says_that_redis_is_away(sign_in: SignIn, admin: User, settings: Settings) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:1/0"}}
    client = sign_in(admin)

    said = " ".join(desk(client).texts(".troubles li"))

    assert "The cache does not answer" in said
    assert "The cache does not answer" in Page(client.get("/admin/state/")).text()


def test_nobody_else_sees_the_desk(client: Client, sign_in: SignIn, outsider: User) -> None:
    for visitor in (client, sign_in(outsider)):
        assert visitor.get(DESK).headers["Location"] == f"/admin/login/?next={DESK}"


def test_the_desk_costs_the_same_however_much_lies_on_it(
    sign_in: SignIn, editor: User, moderator: User
) -> None:
    def cost(client: Client) -> int:
        client.get(DESK)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(DESK).status_code == 200
        return len(queries)

    make_posts(2)
    clients = [sign_in(editor), sign_in(moderator)]
    fill(editor, 2)
    few = [cost(client) for client in clients]
    fill(editor, 6, first=2)

    assert [cost(client) for client in clients] == few
    assert max(few) <= MOST_QUERIES
