"""A site on this machine, started by the command of the README."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.slow_clients import readme_command
from tests.deploy.programs import HOST, free_port, running
from tests.newsletter.production import ENVIRONMENT, run_python


@dataclass(frozen=True, slots=True)
class Site:
    """Where it listens, and its database."""

    port: int
    database: Path

    def rows(self, query: str) -> list[tuple]:
        """Return what the database answers."""
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server behind one proxy, on SQLite, without issues."""
    folder = tmp_path_factory.mktemp("site")
    port, database = free_port(), folder / "db.sqlite3"
    settings = {
        **ENVIRONMENT,
        "SITE_URL": f"https://{HOST}",
        "TRUSTED_PROXIES": "1",
        "DATABASE_URL": f"sqlite:///{database}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }
    for command in (["migrate"], ["collectstatic", "--no-input"]):
        quicker = {**settings, "DJANGO_SETTINGS_MODULE": "tests.deploy.settings"}
        done = run_python("-m", "django", *command, "--verbosity", "0", **quicker)
        assert done.returncode == 0, done.stderr
    bind = f"--bind=127.0.0.1:{port} --log-level=error --no-control-socket"
    environment = {"PATH": os.environ["PATH"], "GUNICORN_CMD_ARGS": bind, **settings}
    with running(readme_command(), port, environment):
        yield Site(port, database)
