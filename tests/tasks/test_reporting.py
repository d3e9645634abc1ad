"""Mail about what was given up, to those who run the site."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_tasks import TaskResultStatus
from pytest_django.fixtures import Settings

from posts.models import SiteSettings
from posts.settling import settle
from tasks.reporting import report_failures
from tests.builders import make_task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings: Settings) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": "console"}
    settings.ADMINS = [("owner@example.org", "owner@example.org")]


def fail(path: str = "posts.readers.telling.tell", *, ago: int = 0) -> None:
    make_task(
        task_path=path,
        status=TaskResultStatus.FAILED,
        finished_at=timezone.now() - timedelta(days=ago),
        traceback="Traceback …\nValueError: no such thing",
    )


def report() -> int:
    """Run the task as a worker does, who keeps when it began."""
    began = timezone.now()
    count = report_failures.call()
    make_task(
        task_path=report_failures.module_path,
        status=TaskResultStatus.SUCCESSFUL,
        started_at=began,
        finished_at=timezone.now(),
    )
    return count


def test_the_owner_is_told_once_what_failed_in_words() -> None:
    fail()
    fail("links.decisions.rules.follow", ago=3)

    assert (report(), report()) == (2, 0)
    [message] = mail.outbox
    assert message.to == ["owner@example.org"]
    assert "Tell a reader what became of a suggestion: ValueError: no such thing" in message.body
    assert "https://news.example.org/admin/tasks/storedtask/?state=failed" in message.body


def test_the_mail_is_in_the_name_and_language_that_the_owner_chose() -> None:
    SiteSettings.objects.update_or_create(pk=1, defaults={"name": "주간 링크", "language": "ko"})
    settle()
    fail()
    report()

    [message] = mail.outbox
    assert message.subject == "주간 링크: 실패한 작업"
    assert "제안이 어떻게 되었는지 독자에게 알리기" in message.body


def test_what_fails_later_is_told_later() -> None:
    fail()
    report()
    fail()

    assert report() == 1


def test_a_report_of_a_clock_that_was_ahead_hides_nothing(time_machine) -> None:
    now = timezone.now()
    time_machine.move_to(now + timedelta(days=365))
    report()
    time_machine.move_to(now)
    fail()

    assert report() == 1


@pytest.mark.parametrize("missing", ["EMAIL", "ADMINS"])
def test_without_mail_or_an_owner_nothing_is_sent(settings: Settings, missing: str) -> None:
    setattr(settings, missing, [])
    fail()

    assert report_failures.call() == 0
    assert mail.outbox == []
