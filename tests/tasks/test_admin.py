"""The page of the background work."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks import TaskResultStatus
from pytest_django.fixtures import Settings

from tasks.models import StoredTask, Worker
from tasks.scheduling import register_periodic_tasks
from tests.builders import make_task
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db

LIST = "admin:tasks_storedtask_changelist"
READY, RUNNING, FAILED, DONE = (
    TaskResultStatus.READY,
    TaskResultStatus.RUNNING,
    TaskResultStatus.FAILED,
    TaskResultStatus.SUCCESSFUL,
)


@pytest.fixture
def staff(sign_in: SignIn, admin: User) -> Client:
    """A client of the admin."""
    return sign_in(admin)


def make_failed(**values: Any) -> StoredTask:
    return make_task(
        status=FAILED,
        worker_ids=["a", "b"],
        started_at=timezone.now(),
        finished_at=timezone.now(),
        exception_class_path="builtins.ValueError",
        traceback="Traceback …\nValueError: The other side said <no>.",
        **values,
    )


def page_of(task: StoredTask) -> str:
    return reverse("admin:tasks_storedtask_change", args=[task.pk])


def text(client: Client, path: str) -> str:
    """Return the text of what a page has below its head."""
    response = client.get(path)
    assert response.status_code == 200
    return Page(response).one("#content").text()


def said(response: Any) -> list[str]:
    return Page(response).texts(".messagelist li")


def test_the_list_says_what_waits_runs_failed_and_why(staff: Client):
    make_task(task_path="app.waits", run_after=timezone.now() + timedelta(days=1))
    make_task(task_path="app.runs", status=RUNNING, worker_ids=["a"], started_at=timezone.now())
    make_failed(task_path="app.failed")
    make_task(task_path="app.done", status=DONE, finished_at=timezone.now())

    page = text(staff, reverse(LIST))
    for words in ("app.waits", "app.runs", "app.failed", "app.done", "until ", "2 of 5"):
        assert words in page
    assert "ValueError: The other side said <no>." in page
    assert "Shown at" not in page  # a field that nobody sees


@pytest.mark.parametrize(
    ("state", "path"),
    [("ready", "a.waits"), ("running", "a.runs"), ("failed", "a.failed"), ("successful", "a.done")],
)
def test_tasks_are_filtered_by_state(staff: Client, state: str, path: str):
    make_task(task_path="a.waits")
    make_task(task_path="a.runs", status=RUNNING)
    make_failed(task_path="a.failed")
    make_task(task_path="a.done", status=DONE)

    page = text(staff, f"{reverse(LIST)}?state={state}")
    shown = [name for name in ("a.waits", "a.runs", "a.failed", "a.done") if name in page]
    assert shown == [path]


def test_the_page_of_a_task_gives_its_arguments_and_its_whole_error(staff: Client):
    task = make_failed(args_kwargs={"args": [7], "kwargs": {"name": "한글"}})

    page = text(staff, page_of(task))
    assert '7, name="한글"' in page
    assert "Traceback …" in page


def test_a_failed_task_runs_again_with_all_its_attempts_and_a_record_of_who_said_so(
    staff: Client, admin: User
):
    task = make_failed()

    response = staff.post(page_of(task), {"_retry": ""}, follow=True)
    assert said(response) == ["The task will run again."]
    task.refresh_from_db()
    assert (task.status, task.attempts, task.finished_at) == (READY, 0, None)
    assert [task.pk for task in StoredTask.objects.ready()] == [task.pk]
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (admin, str(task.pk))


def test_failed_tasks_are_chosen_and_run_again_and_others_stay_as_they_are(
    staff: Client, run_waiting_tasks: Callable[[], int], settings: Settings
):
    settings.TASK_ATTEMPTS = 1
    chosen, other = make_failed(), make_failed()
    done = make_task(status=DONE)
    data = {"action": "retry_selected", "_selected_action": [str(chosen.pk), str(done.pk)]}

    assert said(staff.post(reverse(LIST), data, follow=True)) == ["1 task will run again."]
    states = {task.pk: task.status for task in StoredTask.objects.all()}
    assert states == {chosen.pk: READY, other.pk: FAILED, done.pk: DONE}
    assert run_waiting_tasks() == 1


def test_all_are_those_that_the_list_showed(staff: Client):
    shown = make_failed()
    page = Page(staff.get(reverse(LIST)))
    sent = page.fields("#changelist-form .actions")
    late = make_failed()
    data = sent | {"action": "retry_selected", "select_across": "1", "_selected_action": [shown.pk]}

    assert said(staff.post(reverse(LIST), data, follow=True)) == ["1 task will run again."]
    assert {task.pk: task.status for task in StoredTask.objects.all()} == {
        shown.pk: READY,
        late.pk: FAILED,
    }


@pytest.mark.parametrize("status", [RUNNING, DONE])
def test_a_task_that_runs_or_is_done_is_left_alone(staff: Client, status: str):
    task = make_task(status=status, started_at=timezone.now(), worker_ids=["a"])

    assert not Page(staff.get(page_of(task))).all("[name=_retry]")
    response = staff.post(page_of(task), {"_retry": ""}, follow=True)
    assert said(response) == ["The task runs, or ran, already."]
    task.refresh_from_db()
    assert (task.status, task.worker_ids) == (status, ["a"])


def test_a_task_that_waits_for_its_time_can_run_now(staff: Client):
    task = make_task(run_after=timezone.now() + timedelta(days=1))
    assert not StoredTask.objects.ready().exists()

    staff.post(page_of(task), {"_retry": ""})

    assert StoredTask.objects.ready().exists()


def test_the_list_says_who_works_and_when_periodic_tasks_are_due(
    staff: Client, settings: Settings, run_waiting_tasks: Callable[[], int]
):
    settings.PERIODIC_TASKS = {"tasks.pruning.prune_finished_tasks": 60}
    assert "No worker is there" in text(staff, reverse(LIST))

    register_periodic_tasks()
    worker = Worker.objects.register()
    make_task(task_path="app.waits")
    StoredTask.objects.claim(worker)

    page = text(staff, reverse(LIST))
    assert worker.pk in page
    assert "Forget old tasks" in page
    assert "No worker is there" not in page


def test_the_page_takes_as_many_queries_with_many_tasks(
    staff: Client, django_assert_max_num_queries: Any, django_assert_num_queries: Any
):
    make_failed()
    with django_assert_max_num_queries(12) as few:
        text(staff, reverse(LIST))
    for _ in range(40):
        make_failed()

    with django_assert_num_queries(len(few)):
        text(staff, reverse(LIST))


def test_a_site_without_workers_says_so(staff: Client):
    assert "TASKS=immediate" in text(staff, reverse(LIST))


@pytest.mark.parametrize("words", ["app.found", "needle", "said <no>"])
def test_tasks_are_found_by_name_argument_and_error(staff: Client, words: str):
    make_failed(task_path="app.found", args_kwargs={"args": ["needle"], "kwargs": {}})
    make_task(task_path="app.other")

    page = text(staff, f"{reverse(LIST)}?q={words}")
    assert "app.found" in page
    assert "app.other" not in page
