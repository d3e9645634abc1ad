"""Periodic tasks: once per period, whoever looks."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from django_tasks import TaskResultStatus
from pytest_django.fixtures import Settings

from tasks.checks import check_periodic_tasks
from tasks.models import PeriodicTask, StoredTask
from tasks.pruning import prune_finished_tasks
from tasks.scheduling import enqueue_due_tasks, register_periodic_tasks
from tests.tasks.test_working import RunWaiting

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATH = "tasks.pruning.prune_finished_tasks"


@pytest.fixture(autouse=True)
def every_minute(settings: Settings, run_waiting_tasks: RunWaiting) -> None:
    settings.PERIODIC_TASKS = {PATH: 60}
    with time_machine.travel(NOW, tick=False):
        register_periodic_tasks()


def enqueued_at(moment: datetime) -> int:
    with time_machine.travel(moment, tick=False):
        return enqueue_due_tasks()


def test_a_new_periodic_task_is_due_at_once_and_then_once_per_period(run_waiting_tasks):
    moments = [NOW + timedelta(seconds=10 * step) for step in range(13)]
    found = []
    for moment in moments:
        found.append(enqueued_at(moment))
        run_waiting_tasks()

    assert found == [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]


def test_periods_without_a_worker_count_as_one():
    assert enqueued_at(NOW + timedelta(days=3, seconds=30)) == 1
    assert PeriodicTask.objects.get().next_at == NOW + timedelta(days=3, minutes=1)


def test_a_periodic_task_does_not_wait_behind_itself(run_waiting_tasks: RunWaiting):
    assert enqueued_at(NOW) == 1
    assert enqueued_at(NOW + timedelta(minutes=1)) == 0
    run_waiting_tasks()

    assert enqueued_at(NOW + timedelta(minutes=2)) == 1
    assert StoredTask.objects.count() == 2


def test_a_periodic_task_does_not_wait_behind_a_run_that_it_left_to_itself(
    run_waiting_tasks: RunWaiting,
):
    enqueued_at(NOW)
    run_waiting_tasks()
    prune_finished_tasks.enqueue()

    assert enqueued_at(NOW + timedelta(minutes=1)) == 0
    run_waiting_tasks()
    assert enqueued_at(NOW + timedelta(minutes=2)) == 1


def test_starting_a_worker_again_makes_nothing_due():
    enqueued_at(NOW)
    with time_machine.travel(NOW + timedelta(seconds=30), tick=False):
        register_periodic_tasks()
        assert enqueue_due_tasks() == 0


def test_a_period_that_became_shorter_holds_at_once(settings: Settings):
    PeriodicTask.objects.update(next_at=NOW + timedelta(days=1))
    with time_machine.travel(NOW, tick=False):
        register_periodic_tasks()

    assert enqueued_at(NOW + timedelta(minutes=1)) == 1


def test_a_clock_that_was_ahead_silences_nothing(run_waiting_tasks: RunWaiting):
    assert enqueued_at(NOW + timedelta(days=365)) == 1
    run_waiting_tasks()

    assert enqueued_at(NOW) == 1
    run_waiting_tasks()
    assert PeriodicTask.objects.get().next_at == NOW + timedelta(minutes=1)
    assert enqueued_at(NOW + timedelta(minutes=1)) == 1


def test_machines_whose_clocks_differ_enqueue_a_task_once(run_waiting_tasks: RunWaiting):
    assert enqueued_at(NOW + timedelta(seconds=90)) == 1
    run_waiting_tasks()

    assert enqueued_at(NOW + timedelta(seconds=30)) == 0


def test_a_task_that_left_the_list_is_not_enqueued(settings: Settings):
    settings.PERIODIC_TASKS = {}

    assert enqueued_at(NOW + timedelta(days=1)) == 0


@pytest.mark.parametrize("path", ["tasks.pruning.no_such_task", "no.such.module", "os.getcwd"])
def test_a_path_that_names_no_task_is_found_at_the_start(settings: Settings, path: str):
    assert check_periodic_tasks() == []

    settings.PERIODIC_TASKS = {path: 60}
    assert [error.id for error in check_periodic_tasks()] == ["tasks.E001"]


@pytest.mark.parametrize(
    ("status", "days", "stays"),
    [
        (TaskResultStatus.SUCCESSFUL, 13, True),
        (TaskResultStatus.SUCCESSFUL, 15, False),
        (TaskResultStatus.FAILED, 89, True),
        (TaskResultStatus.FAILED, 91, False),
    ],
)
def test_tasks_that_ended_are_forgotten_and_failures_later(status, days: int, stays: bool):
    enqueued_at(NOW)
    ended = timezone.now() - timedelta(days=days)
    StoredTask.objects.update(status=status, finished_at=ended)

    prune_finished_tasks.call()

    assert StoredTask.objects.exists() is stays


def test_a_task_that_waits_is_never_forgotten():
    enqueued_at(NOW)
    StoredTask.objects.update(enqueued_at=NOW - timedelta(days=1000))

    assert prune_finished_tasks.call() == 0
