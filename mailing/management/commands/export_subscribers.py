"""Export subscribers as a CSV file that import_subscribers reads."""

from __future__ import annotations

import logging
import os
import sys
from getpass import getuser
from pathlib import Path
from typing import Any, Final

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_noop

from mailing.models import MailSettings
from mailing.transferring import export_subscribers
from posts.auditing import kept
from posts.messages import Message
from posts.storage import beside

logger = logging.getLogger(__name__)

COMMANDS: Final = "manage.py"


class Command(BaseCommand):
    help = (
        "Export subscribers as CSV, with their addresses, to a FILE that the owner alone can read,"
        " or to the standard output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
        parser.add_argument("--by", metavar="NAME", help="the account in whose name it is taken")

    def handle(self, *args: Any, file: Path | None, by: str | None, **options: Any) -> None:
        _write_down(by)
        if file is None:
            out = getattr(self.stdout, "_out", sys.stdout)
            for line in export_subscribers():
                out.write(line.decode())
            return
        try:
            with beside(file) as partial:
                partial.touch(mode=0o600)
                with partial.open("wb") as target:
                    target.writelines(export_subscribers())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error


def _write_down(by: str | None) -> None:
    """Write down that the list was taken: in the history of the mail settings, and in the log,
    with the account of the machine."""
    login = _login()
    words = gettext_noop("Exported all subscribers with their addresses, by command (%(login)s).")
    said = kept(Message(words, login=login))
    LogEntry.objects.log_actions(_account(by).pk, [MailSettings.current()], CHANGE, [said])
    logger.warning("All subscribers were exported by command (%s, %s).", by or "-", login)


def _account(name: str | None) -> User:
    """Return the account in whose name the list is taken; without a name that of commands, with
    which nobody can sign in."""
    if name is None:
        nobody = {"is_active": False, "password": make_password(None)}
        return User.objects.get_or_create(username=COMMANDS, defaults=nobody)[0]
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no account of the name {name}.")
    return user


def _login() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # an account without a name
        return str(os.getuid())
