"""Tasks that leave traces in a folder, for tests of what becomes of them."""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django_tasks import TaskContext, task

PATIENCE = 120


@task
def note(folder: str, name: str) -> str:
    """Add a line to the file `notes`."""
    with (Path(folder) / "notes").open("a", encoding="utf-8") as notes:
        notes.write(f"{name}\n")
    return name


@task(takes_context=True)
def wait_for_permission(context: TaskContext, folder: str) -> int:
    """Leave the file `began-N` in attempt N, wait for the file `go`, leave the file `done`."""
    place = Path(folder)
    (place / f"began-{context.attempt}").touch()
    wait_until((place / "go").exists)
    (place / "done").write_text("done", encoding="utf-8")
    return context.attempt


@task
def fail(folder: str) -> None:
    """Add a line to the file `notes`, then fail."""
    note.call(folder, "failing")
    raise ValueError("This task always fails.")


@task(takes_context=True)
def fail_twice(context: TaskContext, folder: str) -> None:
    """Fail in the first two attempts."""
    note.call(folder, f"attempt {context.attempt}")
    if context.attempt < 3:
        raise ConnectionError("The other side is not there yet.")


@task
def return_the_impossible() -> object:
    """Return what no JSON can hold."""
    return object()


@task
def note_the_period() -> None:
    """Add a line to the file `notes` in the folder that the environment names."""
    note.call(os.environ["TRACES"], "period")


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, very long; fail if it never comes."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {PATIENCE} seconds in vain")
        time.sleep(0.02)


class Refused(Exception):
    """Another attempt would end alike."""

    retry = False


@task()
def refuse() -> None:
    """Fail for good."""
    raise Refused


@task
def wait_for_ever() -> None:
    """Never end, whatever goes wrong."""
    while True:
        with suppress(Exception):
            time.sleep(60)
