"""What becomes of a task, seen from one process."""

import re
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.conf import settings as configured
from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import TaskResultStatus
from django_tasks.base import Task
from pytest_django.fixtures import Settings

from newsletter import env
from newsletter.schedule import DAYS, PERIODS, RETRIES
from tasks.backends.database import DatabaseBackend
from tasks.backends.inline import InlineTaskFailed
from tasks.backends.redis import Bell, bell_at
from tasks.mending import mend_moments
from tasks.models import StoredTask, Worker, WorkerLost
from tasks.retrying import Retries, retries_of
from tasks.working import Loop, bury_lost_workers, run_waiting
from tests.builders import make_task
from tests.tasks import samples

pytestmark = pytest.mark.django_db

RunWaiting = Callable[[], int]
CHECKOUT = Path(__file__).resolve().parents[2]
# Where the project declares tasks.
TASK_PATHS = {
    f"{'.'.join(file.relative_to(CHECKOUT).with_suffix('').parts)}.{name}"
    for app in ("backups", "links", "mailing", "newsletter", "notices", "posts", "tasks")
    for file in (CHECKOUT / app).rglob("*.py")
    for name in re.findall(r"^@task\b.*\n(?:@.*\n)*def (\w+)", file.read_text("utf-8"), re.M)
}


# Tasks that somebody or something starts again: with the settings that they are for, periodically.
STARTED_AGAIN = {
    "backups.rotating.back_up",
    "links.checking.archiving.look_for_copies",  # the next check
    "links.decisions.links.finish",  # finish_all
    "mailing.bounces.collecting.collect",
    "mailing.bounces.providers.confirm_subscription",  # the provider
    "mailing.choosing.searches.key_new_searches",  # the next issue
    "mailing.sending.rolling.roll_up",
    "mailing.sending.starting.start_due",
    "mailing.transferring.running.run_import",  # who imports, and sees it
    "newsletter.passwords.mail_one_time_address",  # who wants to sign in
    "posts.following.rebuild_stale",  # look_after_pages
    "posts.mirroring.mirror",  # the next save
    "posts.purging.purge",
    "posts.resizing.make_picture_sizes",  # make_missing_sizes
    "posts.resizing.make_sizes",
    "posts.site.announcing.announce",
}


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> str:
    """Where tasks leave their traces. Nothing waits for another attempt, and none of the site's own
    tasks is due: they would run with those of the test."""
    settings.TASK_BACKOFF = 0
    settings.PERIODIC_TASKS = {}
    return str(tmp_path)


def notes(folder: str) -> list[str]:
    file = Path(folder) / "notes"
    return file.read_text(encoding="utf-8").split("\n")[:-1] if file.exists() else []


def lose(worker: Worker) -> None:
    """Let the lease of a worker end, as if the process had been killed long ago."""
    Worker.objects.filter(pk=worker.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


# Enqueueing


def test_a_task_runs_where_it_is_enqueued_unless_a_test_says_otherwise(folder):
    samples.note.enqueue(folder, "now")

    assert notes(folder) == ["now"]


def test_a_task_that_fails_where_it_is_enqueued_fails_there(folder):
    with pytest.raises(InlineTaskFailed, match="This task always fails"):
        samples.fail.enqueue(folder)


def test_an_enqueued_task_waits_for_a_worker(folder, run_waiting_tasks: RunWaiting):
    result = samples.note.enqueue(folder, "later")
    assert notes(folder) == []

    assert run_waiting_tasks() == 1
    assert notes(folder) == ["later"]
    result.refresh()
    assert (result.status, result.return_value) == (TaskResultStatus.SUCCESSFUL, "later")
    assert run_waiting_tasks() == 0


@pytest.mark.django_db(transaction=True)
def test_a_single_task_that_waits_is_not_stored_again_but_in_a_transaction(
    folder, settings: Settings, run_waiting_tasks: RunWaiting
):
    settings.SINGLE_TASKS = {samples.note.module_path}
    first = samples.note.enqueue(folder, "one")
    assert samples.note.enqueue(folder, "one").id == first.id
    samples.note.enqueue(folder, "two")
    with transaction.atomic():
        samples.note.enqueue(folder, "one")
    assert run_waiting_tasks() == 3
    samples.note.enqueue(folder, "one")
    assert run_waiting_tasks() == 1


def test_a_task_of_a_transaction_that_is_undone_never_runs(folder, run_waiting_tasks: RunWaiting):
    with transaction.atomic():
        samples.note.enqueue(folder, "never")
        transaction.set_rollback(True)

    assert run_waiting_tasks() == 0


def test_a_task_for_later_waits_until_then(folder, run_waiting_tasks: RunWaiting):
    soon = timezone.now() + timedelta(hours=1)
    samples.note.using(run_after=soon).enqueue(folder, "later")
    assert run_waiting_tasks() == 0

    StoredTask.objects.update(run_after=timezone.now())
    assert run_waiting_tasks() == 1


# Failures


def test_a_task_that_fails_runs_again_until_it_succeeds(folder, run_waiting_tasks: RunWaiting):
    samples.fail_twice.enqueue(folder)

    assert run_waiting_tasks() == 3
    assert notes(folder) == ["attempt 1", "attempt 2", "attempt 3"]
    task = StoredTask.objects.get()
    assert (task.status, task.traceback) == (TaskResultStatus.SUCCESSFUL, "")


def test_a_task_that_keeps_failing_ends_after_the_last_attempt_with_the_reason(
    folder, settings: Settings, run_waiting_tasks: RunWaiting
):
    settings.TASK_ATTEMPTS = 4
    samples.fail.enqueue(folder)

    assert run_waiting_tasks() == 4
    task = StoredTask.objects.get()
    assert (task.status, task.attempts) == (TaskResultStatus.FAILED, 4)
    assert task.exception_class_path == "builtins.ValueError"
    assert "This task always fails." in task.traceback


def test_after_a_failure_a_task_waits_and_after_the_next_longer(
    folder, settings: Settings, run_waiting_tasks: RunWaiting
):
    settings.TASK_BACKOFF = 60
    samples.fail.enqueue(folder)

    assert run_waiting_tasks() == 1
    task = StoredTask.objects.get()
    assert task.status == TaskResultStatus.READY
    assert "This task always fails." in task.traceback
    assert task.run_after > timezone.now()
    for attempt, longest in ((1, 60), (2, 120), (3, 240), (50, 3600)):
        wait = retries_of("any").delay_after(attempt).total_seconds()
        assert longest / 2 <= wait <= longest


def test_a_task_may_have_attempts_of_its_own(
    folder, settings: Settings, run_waiting_tasks: RunWaiting
):
    own = {"attempts": 7, "backoff": 0, "longest": 1}
    settings.TASK_RETRIES = {samples.fail.module_path: own}
    samples.fail.enqueue(folder)

    assert run_waiting_tasks() == 7


def test_what_nobody_would_start_again_is_tried_for_days():
    retries = Retries(**DAYS)
    waits = [retries.delay_after(number) for number in range(1, retries.attempts)]

    assert timedelta(days=3) < sum(waits, timedelta(0)) < timedelta(days=5.5)


def test_every_task_is_started_again_or_tried_for_days():
    assert TASK_PATHS - PERIODS.keys() - RETRIES.keys() == STARTED_AGAIN


def test_an_error_that_says_so_is_final(
    folder, run_waiting_tasks: RunWaiting, caplog: pytest.LogCaptureFixture
):
    samples.refuse.enqueue()

    assert run_waiting_tasks() == 1
    assert StoredTask.objects.get().status == TaskResultStatus.FAILED
    assert "was given up after attempt 1" in caplog.text


@pytest.mark.parametrize("path", sorted(TASK_PATHS))
def test_every_task_has_a_name_in_words(path: str):
    assert path in configured.TASK_NAMES


def test_a_result_that_cannot_be_stored_is_a_failure(folder, run_waiting_tasks: RunWaiting):
    samples.return_the_impossible.enqueue()

    run_waiting_tasks()

    assert StoredTask.objects.get().exception_class_path == "builtins.TypeError"


def test_a_task_stored_before_its_module_moved_runs_after_the_upgrade(
    folder, run_waiting_tasks: RunWaiting, settings
):
    settings.MOVED_TASKS = {"old.place.note": "tests.tasks.samples.note"}
    stored = samples.note.enqueue(folder, "moved")
    StoredTask.objects.filter(pk=stored.id).update(task_path="old.place.note")

    run_waiting_tasks()

    assert notes(folder) == ["moved"]


@pytest.mark.parametrize("path", configured.MOVED_TASKS.values())
def test_every_moved_task_is_where_the_settings_say(path):
    assert isinstance(import_string(path), Task)


def test_a_task_whose_code_is_gone_fails_and_the_next_one_runs(
    folder, run_waiting_tasks: RunWaiting
):
    gone = samples.note.enqueue(folder, "gone")
    StoredTask.objects.filter(pk=gone.id).update(task_path="tests.tasks.samples.gone")
    samples.note.enqueue(folder, "next")

    run_waiting_tasks()

    assert notes(folder) == ["next"]
    task = StoredTask.objects.get(pk=gone.id)
    assert task.status == TaskResultStatus.FAILED
    assert "gone" in task.traceback


# Workers that are lost


def test_the_task_of_a_lost_worker_runs_again_as_another_attempt(
    folder, run_waiting_tasks: RunWaiting
):
    samples.note.enqueue(folder, "again")
    lost = Worker.objects.register()
    StoredTask.objects.claim(lost)
    lose(lost)

    assert bury_lost_workers() == 1
    assert run_waiting_tasks() == 1
    assert notes(folder) == ["again"]
    assert StoredTask.objects.get().attempts == 2
    assert not Worker.objects.exists()


def test_a_task_that_kills_each_worker_ends_after_the_last_attempt(
    folder, settings: Settings, run_waiting_tasks: RunWaiting
):
    settings.TASK_ATTEMPTS = 2
    samples.note.enqueue(folder, "deadly")
    for _attempt in range(2):
        worker = Worker.objects.register()
        StoredTask.objects.claim(worker)
        lose(worker)
        bury_lost_workers()

    assert run_waiting_tasks() == 0
    task = StoredTask.objects.get()
    assert task.status == TaskResultStatus.FAILED
    assert "was killed" in task.traceback


def test_a_worker_with_a_lease_keeps_its_task(folder, run_waiting_tasks: RunWaiting):
    samples.note.enqueue(folder, "mine")
    StoredTask.objects.claim(Worker.objects.register())

    assert bury_lost_workers() == 0
    assert run_waiting_tasks() == 0


def test_a_lost_worker_that_comes_back_changes_nothing_and_gets_nothing(
    folder, run_waiting_tasks: RunWaiting
):
    samples.note.enqueue(folder, "done by another")
    late = Worker.objects.register()
    task = StoredTask.objects.claim(late)
    lose(late)
    bury_lost_workers()
    run_waiting_tasks()

    assert not task.succeed("late")
    assert not task.fail(ValueError("late"))
    assert StoredTask.objects.get().return_value == "done by another"
    samples.note.enqueue(folder, "next")
    with pytest.raises(WorkerLost):
        StoredTask.objects.claim(late)
    assert run_waiting_tasks() == 1


def test_of_two_workers_that_see_a_task_one_gets_it(folder, run_waiting_tasks: RunWaiting):
    samples.note.enqueue(folder, "once")
    seen = [StoredTask.objects.get(), StoredTask.objects.get()]

    assert [task.start(Worker.objects.register()) for task in seen] == [True, False]


def test_a_worker_that_stops_on_its_own_leaves_no_task_to_run_again(
    folder, run_waiting_tasks: RunWaiting
):
    samples.note.enqueue(folder, "once")
    run_waiting_tasks()

    assert not Worker.objects.exists()
    assert StoredTask.objects.get().attempts == 1


def test_a_lease_is_as_long_as_the_setting_says(settings: Settings):
    settings.TASK_LEASE = 3600

    assert Worker.objects.register().lease_until > timezone.now() + timedelta(minutes=59)


# Clocks

A_YEAR = timedelta(days=365)


def test_a_worker_killed_while_the_clock_was_ahead_is_noticed(
    folder, run_waiting_tasks: RunWaiting, time_machine
):
    now = timezone.now()
    samples.note.enqueue(folder, "again")
    time_machine.move_to(now + A_YEAR)
    StoredTask.objects.claim(Worker.objects.register())
    time_machine.move_to(now)
    mend_moments()
    assert bury_lost_workers() == 0, "it may be alive, and has a lease to say so"

    time_machine.move_to(now + timedelta(minutes=2))

    assert bury_lost_workers() == 1
    assert run_waiting_tasks() == 1


def test_a_task_that_failed_while_the_clock_was_ahead_runs_again(
    folder, run_waiting_tasks: RunWaiting, time_machine
):
    now = timezone.now()
    samples.fail_twice.enqueue(folder)
    samples.note.using(run_after=now + A_YEAR).enqueue(folder, "in a year")
    time_machine.move_to(now + 2 * A_YEAR)
    worker = Worker.objects.register()
    StoredTask.objects.filter(task_path=samples.fail_twice.module_path).claim(worker).fail(
        ValueError("once")
    )
    time_machine.move_to(now)
    assert run_waiting_tasks() == 0

    mend_moments()

    assert run_waiting_tasks() == 2
    assert "in a year" not in notes(folder)


def test_where_no_clock_was_ahead_nothing_is_written(django_assert_num_queries):
    Worker.objects.register()
    with django_assert_num_queries(2) as asked:
        mend_moments()
    assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)


# Trouble


@pytest.mark.django_db(transaction=True)  # a worker closes its connection
def test_a_worker_whose_database_fails_goes_on_under_another_name_and_loses_no_task(
    folder, monkeypatch: pytest.MonkeyPatch, run_waiting_tasks: RunWaiting
):
    """The task it could not finish names the old worker, whose lease will end."""
    monkeypatch.setattr("tasks.working.PAUSE", 0)
    samples.note.enqueue(folder, "note")
    succeed = StoredTask.succeed

    def fail_once(task: StoredTask, value: object) -> bool:
        monkeypatch.setattr(StoredTask, "succeed", succeed)
        raise OperationalError("the connection was closed")

    monkeypatch.setattr(StoredTask, "succeed", fail_once)
    going = iter([True] * 6 + [False] * 2)
    backend = DatabaseBackend("default", {})
    monkeypatch.setattr(backend, "poll_interval", 0)
    Loop(backend, lambda: next(going)).work()

    old = Worker.objects.get()
    assert StoredTask.objects.get(pk=old.task_id).status == TaskResultStatus.RUNNING
    lose(old)
    bury_lost_workers()
    run_waiting_tasks()
    assert StoredTask.objects.get(pk=old.task_id).status == TaskResultStatus.SUCCESSFUL


@pytest.mark.django_db(transaction=True)  # a worker closes its connection
def test_a_worker_that_runs_once_and_lost_its_lease_goes_on_as_another(
    folder, run_waiting_tasks: RunWaiting
):
    samples.note.enqueue(folder, "note")
    lost: list[Worker] = []

    def going() -> bool:
        if not lost:
            lost.extend(Worker.objects.all())
            Worker.objects.all().delete()
        return True

    Loop(DatabaseBackend("default", {}), going, once=True).work()

    assert lost
    assert notes(folder) == ["note"]
    assert not Worker.objects.exists()


def test_a_redis_that_is_down_is_logged_once_and_neither_keeps_nor_loses_a_task(
    folder,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Any,
):
    monkeypatch.setenv("TASKS", "redis://127.0.0.1:1/0")
    settings.TASKS = {"default": env.tasks("TASKS")}
    names = ["one", "two", "three"]
    with django_capture_on_commit_callbacks(execute=True):
        for name in names:
            samples.note.enqueue(folder, name)

    assert bell_at("redis://127.0.0.1:1/0").wait() is False
    assert run_waiting() == 3
    assert notes(folder) == names
    assert caplog.text.count("Redis does not answer") == 1


def test_of_a_redis_that_hangs_requests_wait_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("tasks.backends.redis.PATIENCE", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bell = Bell(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        pipeline = MagicMock(side_effect=bell.ringing.pipeline)
        monkeypatch.setattr(bell.ringing, "pipeline", pipeline)
        for _request in range(5):
            bell.ring()

    assert pipeline.call_count == 1
    assert caplog.text.count("Redis does not answer") == 1


def test_a_redis_that_is_back_is_rung_again(monkeypatch: pytest.MonkeyPatch):
    bell = Bell("redis://127.0.0.1:1/0")
    bell.ring()
    assert bell.is_down

    monkeypatch.setattr(bell, "asked_again_at", 0.0)
    monkeypatch.setattr(bell.ringing, "pipeline", MagicMock())
    bell.ring()

    assert not bell.is_down


def test_a_task_that_takes_too_long_has_failed_and_keeps_nobody_waiting(
    settings: Settings, run_waiting_tasks: Callable[[], int]
) -> None:
    settings.TASK_LIMITS = {"tests.tasks.samples.wait_for_ever": 0.05}
    settings.TASK_ATTEMPTS = 1
    task = make_task(
        task_path="tests.tasks.samples.wait_for_ever", args_kwargs={"args": [], "kwargs": {}}
    )

    run_waiting_tasks()

    task.refresh_from_db()
    assert task.status == "FAILED"
    assert "TaskTooLong: The task took longer than 0.05 seconds." in task.traceback
