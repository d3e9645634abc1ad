"""Real workers: processes of their own, on a database that they share with the test."""

import os
import shlex
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection, connections
from pytest_django.fixtures import Settings

from newsletter import env
from tests.conftest import copy_to_file
from tests.newsletter.production import CHECKOUT

# Redis is tested where the suite runs on it.
REDIS_ADDRESS = os.environ.get("CACHE_URL", "")
QUEUE = "redis" if REDIS_ADDRESS.startswith("redis") else "database"


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Generator[str]:
    """Give the test a database that other processes can open; return its address."""
    if connection.vendor == "postgresql":
        yield _address(connection.settings_dict)
        return
    file = tmp_path / "db.sqlite3"
    in_memory = connections["default"]
    copy_to_file(in_memory.connection, file)
    connections["default"] = in_memory.copy()
    connection.settings_dict["NAME"] = str(file)
    yield f"sqlite:///{file}"
    connection.close()
    connections["default"] = in_memory


def _address(settings_dict: dict[str, Any]) -> str:
    user, password, host, port, name = (
        quote(str(settings_dict[key]), safe="")
        for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")
    )
    return f"postgres://{user}:{password}@{host}:{port}/{name}"


class Crew:
    """Workers of one test."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "django", "run_tasks"]

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start a worker."""
        return self._open([*self.command, *options])

    def start_beside_a_server(self) -> subprocess.Popen[bytes]:
        """Start what stands for a server, with a worker as `make run` has it; return the server."""
        worker = shlex.join(self.command)
        return self._open(["sh", "-c", f"{worker} --parent $$ & exec sleep 600"])

    def _open(self, command: list[str]) -> subprocess.Popen[bytes]:
        log = (self.folder / f"log-{len(self.processes)}").open("wb")
        with log:
            process = subprocess.Popen(
                command, cwd=CHECKOUT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    def log(self) -> str:
        """Return what all workers said."""
        files = sorted(self.folder.glob("log-*"))
        return "".join(file.read_text(encoding="utf-8") for file in files)

    def disband(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def queue(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> str:
    """Where the tasks of the test wait, as TASKS says it: the database, or QUEUE."""
    if getattr(request, "param", "") == "redis":
        address = settings.CACHES["default"]["LOCATION"]
    else:
        address = "database"
    monkeypatch.setenv("TASKS", address)
    settings.TASKS = {"default": env.tasks("TASKS")}
    return address


@pytest.fixture
def crew(shared_database: str, queue: str, tmp_path: Path) -> Generator[Crew]:
    """Workers that notice soon when another was killed, and try again at once."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "tests.tasks.worker_settings",
        "DEBUG": "true",
        "DATABASE_URL": shared_database,
        "TASKS": queue,
        "TASK_LEASE": "2",
        "TASK_BACKOFF": "0",
        "TRACES": str(tmp_path),
    }
    crew = Crew(tmp_path, environment)
    yield crew
    crew.disband()
