"""Mail to readers who suggested a link: tried for days, and the address never kept for longer."""

from collections.abc import Callable
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone
from django_tasks import TaskResultStatus
from pytest_django.fixtures import Settings

from links.models import Suggestion
from links.registering import register
from posts.readers import telling
from tasks.models import StoredTask

pytestmark = pytest.mark.django_db

ADDRESS = "reader@example.org"
URL = "https://new.example.org/story"


@pytest.fixture
def suggestion(settings: Settings) -> Suggestion:
    """A declined suggestion whose reader wants to know."""
    settings.EMAIL = {"EMAIL_BACKEND": "console"}
    return Suggestion.objects.create(
        link=register([URL])[URL],
        url=URL,
        email=ADDRESS,
        status=Suggestion.Status.DECLINED,
        answered_at=timezone.now(),
    )


@pytest.fixture
def tell(
    suggestion: Suggestion, run_waiting_tasks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Exception], StoredTask]:
    """Return a function that lets the mail server answer with an error, and returns the task."""

    def told(error: Exception) -> StoredTask:
        def refuse(*_mail: object) -> None:
            raise error

        monkeypatch.setattr(EmailMessage, "send", refuse)
        telling.tell.enqueue(suggestion.pk)
        run_waiting_tasks()
        suggestion.refresh_from_db()
        return StoredTask.objects.get()

    return told


def said(code: int, text: str) -> list[Exception]:
    """Return how smtplib tells that a server refused a recipient, or the words of a mail."""
    return [
        SMTPRecipientsRefused({ADDRESS: (code, text.encode())}),
        SMTPDataError(code, text.encode()),
    ]


@pytest.mark.parametrize("error", said(550, f"5.1.1 <{ADDRESS}>: no such mailbox"))
def test_a_mailbox_that_does_not_exist_is_tried_once_and_forgotten(
    tell: Callable[[Exception], StoredTask], suggestion: Suggestion, error: Exception
) -> None:
    task = tell(error)

    assert (task.status, task.attempts) == (TaskResultStatus.FAILED, 1)
    assert "MailRefused: 550 5.1.1" in task.traceback
    assert suggestion.email == ""


@pytest.mark.parametrize(
    "error",
    [
        *said(451, f"<{ADDRESS}> is greylisted"),
        ConnectionRefusedError("no server"),
        SMTPServerDisconnected("gone"),
    ],
)
def test_a_server_that_is_away_is_tried_for_days_and_then_the_address_is_forgotten(
    tell: Callable[[Exception], StoredTask], suggestion: Suggestion, error: Exception, time_machine
) -> None:
    task = tell(error)
    assert (task.status, task.limit) == (TaskResultStatus.READY, 30)

    time_machine.move_to(suggestion.answered_at + timedelta(days=6))
    assert telling.forget_addresses.call() == 0
    time_machine.move_to(suggestion.answered_at + timedelta(days=7, minutes=1))

    assert telling.forget_addresses.call() == 1
    suggestion.refresh_from_db()
    assert suggestion.email == ""
    assert telling.tell.call(suggestion.pk) is False


@pytest.mark.parametrize("code", [450, 550])
def test_the_record_of_a_task_holds_no_address(
    tell: Callable[[Exception], StoredTask], code: int, caplog: pytest.LogCaptureFixture
) -> None:
    task = tell(said(code, f"<{ADDRESS}> refused")[0])

    assert ADDRESS not in task.traceback
    assert ADDRESS not in caplog.text


def test_an_answer_of_a_clock_that_was_ahead_keeps_no_address(suggestion: Suggestion) -> None:
    Suggestion.objects.update(answered_at=timezone.now() + timedelta(days=365))

    assert telling.forget_addresses.call() == 1


def test_who_still_waits_for_an_answer_is_not_forgotten(suggestion: Suggestion) -> None:
    Suggestion.objects.update(status=Suggestion.Status.WAITING, answered_at=None)

    assert telling.forget_addresses.call() == 0


def test_a_server_that_is_back_gets_the_mail(suggestion: Suggestion) -> None:
    assert telling.tell.call(suggestion.pk) is True
    assert [message.to for message in mail.outbox] == [[ADDRESS]]


def test_an_address_that_nobody_answers_is_forgotten_after_half_a_year(
    suggestion: Suggestion,
) -> None:
    long_ago = timezone.now() - timedelta(days=181)
    Suggestion.objects.update(
        status=Suggestion.Status.WAITING, answered_at=None, created_at=long_ago
    )

    assert telling.forget_addresses.call() == 1
