"""Workers as processes: killed in the middle, told to stop, many at once."""

import signal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from django_tasks import DEFAULT_TASK_BACKEND_ALIAS, TaskResultStatus, task_backends

from tasks.backends.redis import KEY, MOST_RINGS, RedisBackend
from tasks.models import PeriodicTask, StoredTask, Worker
from tests.tasks import samples
from tests.tasks.conftest import QUEUE, Crew
from tests.tasks.samples import PATIENCE, wait_until

DONE = TaskResultStatus.SUCCESSFUL
on_its_queue = pytest.mark.parametrize("queue", [QUEUE], indirect=True)


def notes(folder: Path) -> list[str]:
    file = folder / "notes"
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def unheard_rings() -> int:
    """Return how many rings wait in Redis for a worker; none where there is no bell."""
    backend = task_backends[DEFAULT_TASK_BACKEND_ALIAS]
    return backend.bell.ringing.llen(KEY) if isinstance(backend, RedisBackend) else 0


def is_done(task_id: str) -> bool:
    return StoredTask.objects.filter(pk=task_id, status=DONE).exists()


@on_its_queue
def test_a_task_whose_worker_is_killed_in_the_middle_is_done_by_another(crew: Crew, tmp_path: Path):
    task = samples.wait_for_permission.enqueue(str(tmp_path))
    killed = crew.start()
    wait_until((tmp_path / "began-1").exists)
    killed.kill()
    killed.wait()
    (tmp_path / "go").touch()
    assert not (tmp_path / "done").exists()

    other = crew.start()
    wait_until(lambda: is_done(task.id))
    other.terminate()

    assert other.wait(PATIENCE) == 0
    assert (tmp_path / "done").read_text(encoding="utf-8") == "done"
    task.refresh()
    assert (task.return_value, task.attempts) == (2, 2)
    assert not Worker.objects.exists()


def test_a_task_that_takes_longer_than_a_lease_stays_with_its_worker(crew: Crew, tmp_path: Path):
    task = samples.wait_for_permission.enqueue(str(tmp_path))
    busy = crew.start()
    wait_until((tmp_path / "began-1").exists)
    crew.start()  # would take the task if it could
    worker = Worker.objects.get(task=task.id)
    end = worker.lease_until
    wait_until(lambda: timezone.now() > end and Worker.objects.count() == 2)
    (tmp_path / "go").touch()
    wait_until(lambda: is_done(task.id))

    task.refresh()
    assert task.attempts == 1
    assert busy.poll() is None


@pytest.mark.long
def test_workers_that_are_killed_again_and_again_lose_no_task(crew: Crew, tmp_path: Path):
    names = [f"note {number}" for number in range(120)]
    for name in names:
        samples.note.enqueue(str(tmp_path), name)
    for count in (1, 20, 45, 70):
        killed = crew.start()
        wait_until(lambda wanted=count: len(set(notes(tmp_path))) >= wanted)
        killed.kill()
        killed.wait()

    worker = crew.start()
    wait_until(lambda: not StoredTask.objects.exclude(status=DONE).exists())
    worker.terminate()

    assert worker.wait(PATIENCE) == 0
    assert set(notes(tmp_path)) >= set(names)


@on_its_queue
def test_a_worker_that_is_told_to_stop_finishes_its_task_and_begins_no_other(
    crew: Crew, tmp_path: Path
):
    task = samples.wait_for_permission.enqueue(str(tmp_path))
    other = samples.note.enqueue(str(tmp_path), "not before another worker comes")
    worker = crew.start()
    wait_until((tmp_path / "began-1").exists)
    worker.terminate()
    (tmp_path / "go").touch()

    assert worker.wait(PATIENCE) == 0
    task.refresh()
    other.refresh()
    assert (task.status, task.attempts) == (DONE, 1)
    assert other.status == TaskResultStatus.READY
    assert not Worker.objects.exists()


@on_its_queue
def test_a_worker_without_a_task_stops_on_ctrl_c(crew: Crew):
    worker = crew.start()
    wait_until(Worker.objects.exists)
    worker.send_signal(signal.SIGINT)

    assert worker.wait(PATIENCE) == 0


def test_a_worker_ends_with_the_server_beside_which_it_was_started(crew: Crew):
    server = crew.start_beside_a_server()
    wait_until(Worker.objects.exists)
    server.kill()

    wait_until(lambda: "Ended." in crew.log())
    assert not Worker.objects.exists()


@on_its_queue
def test_workers_that_wait_begin_new_tasks_at_once_each_one_of_its_own(crew: Crew, tmp_path: Path):
    crew.environment["ONLY_THE_BELL"] = "1"
    for _ in range(2):
        crew.start()
    wait_until(lambda: Worker.objects.count() == 2)
    tasks = [samples.wait_for_permission.enqueue(str(tmp_path)) for _ in range(2)]
    wait_until(lambda: StoredTask.objects.filter(status=TaskResultStatus.RUNNING).count() == 2)
    (tmp_path / "go").touch()
    wait_until(lambda: all(is_done(task.id) for task in tasks))

    last = samples.note.enqueue(str(tmp_path), "after all others")
    wait_until(lambda: is_done(last.id))


@on_its_queue
@pytest.mark.django_db(transaction=True)
def test_a_task_that_is_undone_or_for_later_wakes_nobody(queue: str, tmp_path: Path):
    with transaction.atomic():
        samples.note.enqueue(str(tmp_path), "never")
        transaction.set_rollback(True)
    samples.note.using(run_after=timezone.now()).enqueue(str(tmp_path), "later")

    assert unheard_rings() == 0


@on_its_queue
@pytest.mark.django_db(transaction=True)
def test_rings_that_nobody_hears_do_not_pile_up(queue: str, tmp_path: Path):
    for number in range(MOST_RINGS + 10):
        samples.note.enqueue(str(tmp_path), f"note {number}")

    assert unheard_rings() == (0 if queue == "database" else MOST_RINGS)


@pytest.mark.long
@on_its_queue
def test_many_workers_run_each_task_once_beside_a_server_that_writes(crew: Crew, tmp_path: Path):
    names = [f"note {number}" for number in range(200)]
    for name in names[:100]:
        samples.note.enqueue(str(tmp_path), name)
    workers = [crew.start() for _ in range(3)]
    for name in names[100:]:
        samples.note.enqueue(str(tmp_path), name)
    wait_until(lambda: not StoredTask.objects.exclude(status=DONE).exists())
    wait_until(lambda: unheard_rings() == 0)
    for worker in workers:
        worker.terminate()

    assert [worker.wait(PATIENCE) for worker in workers] == [0, 0, 0]
    assert sorted(note for note in notes(tmp_path) if note != "period") == sorted(names)
    assert set(StoredTask.objects.values_list("exception_class_path", flat=True)) == {""}
    assert "locked" not in crew.log()


def test_a_periodic_task_runs_once_per_period_however_many_workers_there_are(
    crew: Crew, tmp_path: Path
):
    crew.environment["TASK_LEASE"] = "600"  # whoever is slow keeps the task
    for period in (1, 2):
        workers = [crew.start("--once") for _ in range(2)]

        assert [worker.wait(PATIENCE) for worker in workers] == [0, 0]
        assert notes(tmp_path) == ["period"] * period
        PeriodicTask.objects.update(next_at=timezone.now())


def test_a_worker_that_runs_once_tries_again_and_ends_when_nothing_is_due(
    crew: Crew, tmp_path: Path
):
    samples.fail_twice.enqueue(str(tmp_path))

    assert crew.start("--once").wait(PATIENCE) == 0
    assert [note for note in notes(tmp_path) if note != "period"] == [
        "attempt 1",
        "attempt 2",
        "attempt 3",
    ]


def test_a_site_that_runs_tasks_at_once_has_no_use_for_a_worker():
    with pytest.raises(CommandError, match="none wait"):
        call_command("run_tasks")
