"""What runs behind a site: its worker, its server of mail, and a copy of it elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings as django_settings
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.fixtures import Settings

from backups.copying import Sum, sum_of, tables
from mailing.models import MailSettings
from tasks.scheduling import enqueue_due_tasks, register_periodic_tasks
from tasks.working import run_waiting
from tests.browser.one_week.clock import ZONE
from tests.mailing.servers import Obedient
from tests.newsletter.production import CHECKOUT
from tests.tasks.conftest import _address as address_of

ELSEWHERE = "elsewhere"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def open_mail(settings: Settings, server: Obedient) -> None:
    """Name a server of mail, and let readers subscribe."""
    settings.EMAIL = {"EMAIL_BACKEND": SMTP}
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = 5
    # As where EMAIL_URL names one.
    settings.PERIODIC_TASKS = {
        "mailing.sending.starting.start_due": 15,
        "mailing.sending.rolling.roll_up": 5 * 60,
    }
    row = MailSettings.current()
    row.is_on, row.hold_minutes = True, 10
    row.sender_address = "news@news.example.org"
    row.bounce_address = "bounces@news.example.org"
    row.save()


def work() -> int:
    """Do what a worker does in a while: what is due by itself, and all that waits."""
    register_periodic_tasks()
    enqueue_due_tasks()
    return run_waiting()


# A copy


@contextmanager
def another_place(folder: Path) -> Iterator[BaseDatabaseWrapper]:
    """Give an empty database of the same kind, and forget it in the end."""
    other = connection.copy(ELSEWHERE)
    name = str(folder / "elsewhere.sqlite3")
    if connection.vendor == "postgresql":
        name = f"{connection.settings_dict['NAME']}_{ELSEWHERE}"
        _ask_server(f'CREATE DATABASE "{name}"')
    other.settings_dict["NAME"] = name
    connections[ELSEWHERE] = other
    try:
        yield other
    finally:
        other.close()
        del connections[ELSEWHERE]
        if connection.vendor == "postgresql":
            _ask_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _ask_server(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def run(command: str, *given: str, database: BaseDatabaseWrapper, media: Path) -> str:
    """Run a command of the project as a process of its own; return what it said."""
    address = f"sqlite:///{database.settings_dict['NAME']}"
    if database.vendor == "postgresql":
        address = address_of(database.settings_dict)
    environment = {
        "PATH": os.environ["PATH"],
        "DEBUG": "true",
        "DATABASE_URL": address,
        "MEDIA_ROOT": str(media),
        "TIME_ZONE": ZONE,
    }
    line = [sys.executable, "manage.py", command, *given]
    done = subprocess.run(
        line, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows_in(alias: str) -> dict[str, Sum]:
    """Return what each table of a database holds, as a count and a digest."""
    return {model._meta.db_table: sum_of(model, alias) for model in tables()}


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the uploaded files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def media() -> Path:
    """Return where the site keeps uploaded files."""
    return Path(django_settings.MEDIA_ROOT)
