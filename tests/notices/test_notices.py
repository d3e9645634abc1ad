"""Staff are told by mail what waits for them: each kind once an hour, each as they choose."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks import TaskResultStatus
from pytest_django.fixtures import Settings

from links.models import Report, Suggestion
from newsletter import doctor, notifying
from newsletter.doctor import Result
from notices import telling
from notices.choosing import recipients
from notices.kinds import KINDS
from notices.models import Told
from posts.models import SiteSettings
from posts.settling import settle
from tasks.models import StoredTask
from tests.builders import make_post, make_suggestion, make_task
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
PAGE = "/admin/notices/"


@pytest.fixture(autouse=True)
def _well(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send mail of a site of which all is well, but that these tests move its clock."""

    def examine() -> list[Result]:
        return [result for result in doctor.examine() if result.check.name != "clock"]

    monkeypatch.setattr(notifying, "examine", examine)
    settings.EMAIL = {"EMAIL_BACKEND": settings.EMAIL_BACKEND}
    settings.ALLOWED_HOSTS = ["news.example.org", "testserver"]
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_DIRS = []
    (tmp_path / "staticfiles.json").write_text('{"paths": {}}')


@pytest.fixture
def people(owner: User, moderator: User, editor: User) -> None:
    for user in (owner, moderator, editor):
        user.email = f"{user.get_username()}@example.org"
        user.save()
    telling.look.call()  # from now on


def later(time_machine: Any, hours: float = 0.1) -> None:
    time_machine.move_to(timezone.now() + timedelta(hours=hours))
    telling.look.call()


def told() -> list[tuple[str, str]]:
    """Return to whom mail went and its subject, and forget it."""
    sent = [(message.to[0], str(message.subject)) for message in mail.outbox]
    mail.outbox.clear()
    return sent


SUGGESTED = ("owner@example.org", "Newsletter: Suggestions of readers (1)")


def test_an_owner_is_told_once_an_hour_of_what_came(people: None, time_machine: Any) -> None:
    make_suggestion("a")
    later(time_machine, 1.1)
    assert told() == [SUGGESTED]

    make_suggestion("b")
    later(time_machine)
    assert told() == []
    make_suggestion("c")
    later(time_machine, 1)
    assert told() == [("owner@example.org", "Newsletter: Suggestions of readers (2)")]
    later(time_machine, 5)
    assert told() == []


def test_the_mail_says_what_came_and_where(people: None, time_machine: Any) -> None:
    make_suggestion("A long read")
    later(time_machine, 1.1)

    (message,) = mail.outbox
    assert "- A long read https://suggested.example.org/A long read" in message.body
    assert "https://news.example.org/admin/links/suggestion/" in message.body
    assert f"https://news.example.org{PAGE}" in message.body


def fail() -> None:
    make_task(status="FAILED", finished_at=timezone.now(), traceback="Boom\nKeyError: 1")


def report() -> None:
    Report.objects.create(link=make_suggestion("a").link, kind="broken", note="Gone")
    Suggestion.objects.all().delete()


@pytest.mark.parametrize(
    ("kind", "happen"),
    [
        ("tasks", fail),
        ("reports", report),
        ("suggestions", lambda: make_suggestion("a")),
        ("problems", lambda: make_post("Broken", "> " * 30 + "deep")),
    ],
)
def test_owners_are_told_of_each_kind(
    people: None, kind: str, happen: Callable[[], Any], time_machine: Any
) -> None:
    happen()
    later(time_machine, 1.1)

    title = str(KINDS[kind].title)
    assert [(to, title in subject) for to, subject in told()] == [("owner@example.org", True)]


def test_a_problem_of_the_site_is_told_when_it_comes_and_not_again(
    people: None, settings: Settings, time_machine: Any
) -> None:
    settings.ALLOWED_HOSTS = ["other.example.org"]
    later(time_machine, 1.1)
    assert told() == [("owner@example.org", "Newsletter: Problems of the site (1)")]
    later(time_machine, 5)
    assert told() == []

    settings.ALLOWED_HOSTS = ["news.example.org"]
    later(time_machine, 5)
    settings.ALLOWED_HOSTS = ["other.example.org"]
    later(time_machine, 5)
    assert len(told()) == 1


def test_each_chooses_for_themselves(
    people: None, sign_in: SignIn, owner: User, moderator: User, time_machine: Any
) -> None:
    sign_in(owner).post(PAGE, {"kind": ["tasks"]})
    sign_in(moderator).post(PAGE, {"kind": ["suggestions", "tasks"]})
    make_suggestion("a")
    fail()
    later(time_machine, 1.1)

    assert sorted(told()) == [
        ("moderator@example.org", "Newsletter: Suggestions of readers (1)"),
        ("owner@example.org", "Newsletter: Work in the background that failed for good (1)"),
    ]


def test_the_page_offers_what_somebody_may_see(
    people: None, sign_in: SignIn, owner: User, moderator: User
) -> None:
    mine, theirs = (Page(sign_in(user).get(PAGE)) for user in (owner, moderator))

    assert len(mine.all("input[type=checkbox][checked]")) == len(KINDS)
    assert theirs.values("input[type=checkbox]", "value") == ["suggestions", "reports"]
    assert theirs.all("input[checked]") == []
    assert theirs.values("#user-tools a", "href")[0] == PAGE


def test_who_lost_the_right_is_not_told_any_more(
    people: None, owner: User, time_machine: Any, run_waiting_tasks: Callable[[], int]
) -> None:
    make_suggestion("a")
    later(time_machine, 1.1)
    owner.groups.clear()
    run_waiting_tasks()

    assert told() == []


def test_it_asks_as_often_however_many_people_there_are(people: None) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            recipients(KINDS["suggestions"])
        return len(seen)

    before = queries()
    for number in range(5):
        somebody = User.objects.create_user(f"{number}", f"{number}@example.org", is_staff=True)
        somebody.groups.set(Group.objects.filter(name="Owner"))

    assert len(recipients(KINDS["suggestions"])) == 6
    assert queries() == before


def test_mail_comes_in_the_name_and_language_of_the_site(people: None, time_machine: Any) -> None:
    said = {"name": "인공지능 소식", "language": "ko"}
    SiteSettings.objects.update_or_create(pk=1, defaults=said)
    settle()
    make_suggestion("a")
    later(time_machine, 1.1)

    (message,) = mail.outbox
    assert message.subject.startswith("인공지능 소식: ")
    assert "(1)" in message.subject
    assert "Suggestions" not in message.subject


def test_nobody_is_told_where_no_mail_is_sent(
    people: None, settings: Settings, time_machine: Any
) -> None:
    settings.EMAIL = {}
    make_suggestion("a")
    later(time_machine, 1.1)

    assert told() == []


def test_a_clock_that_was_ahead_keeps_nothing_from_being_told(
    people: None, time_machine: Any
) -> None:
    Told.objects.update(told_to=timezone.now() + timedelta(days=365))
    make_suggestion("a")
    later(time_machine)

    assert told() == [SUGGESTED]


def test_a_long_list_is_cut(people: None, time_machine: Any) -> None:
    for number in range(telling.NAMED + 5):
        make_suggestion(f"a{number}")
    later(time_machine, 1.1)

    assert "and 5 more" in mail.outbox[0].body


def test_the_page_is_for_staff(client: Client, sign_in: SignIn, outsider: User) -> None:
    for visitor in (client, sign_in(outsider)):
        assert visitor.get(PAGE).headers["Location"] == f"/admin/login/?next={PAGE}"


def test_without_an_address_it_is_said_who_adds_one(
    sign_in: SignIn, editor: User, admin: User
) -> None:
    User.objects.update(email="")

    asked = sign_in(editor).get(PAGE).content.decode()
    page = sign_in(admin).get(PAGE).content.decode()

    assert "ask an owner to add it" in asked
    assert "ask an owner to add it" not in page
    assert f'href="/admin/auth/user/{admin.pk}/change/"' in page


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("editor", 403), ("moderator", 403)])
def test_owners_who_are_told_of_failed_tasks_see_them_and_run_them_again(
    role: str, status: int, sign_in: SignIn, request: pytest.FixtureRequest
) -> None:
    task = make_task(status=TaskResultStatus.FAILED)
    client = sign_in(request.getfixturevalue(role))
    again = {"action": "retry_selected", "_selected_action": task.pk}

    assert client.get("/admin/tasks/storedtask/?state=failed").status_code == status
    assert client.post("/admin/tasks/storedtask/", again, follow=True).status_code == status
    assert StoredTask.objects.ready().filter(pk=task.pk).exists() is (role == "owner")
