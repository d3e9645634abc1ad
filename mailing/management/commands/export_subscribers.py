"""Export subscribers as a CSV file that import_subscribers reads."""

from __future__ import annotations

import logging
import os
import sys
from getpass import getuser
from pathlib import Path
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailing.models import MailSettings
from mailing.transferring import export_subscribers
from posts.admin.auditing import kept
from posts.messages import Message
from posts.storage import beside

logger = logging.getLogger(__name__)


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
    """Write down that the list was taken: with an account in the history of the settings of mail,
    and in any case in the log, with the account of the machine."""
    if by is not None:
        user = User.objects.filter(username=by, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no account of the name {by}.")
        said = kept(Message("Exported all subscribers with their addresses."))
        LogEntry.objects.log_actions(user.pk, [MailSettings.current()], CHANGE, [said])
    logger.warning("All subscribers were exported by command (%s, %s).", by or "-", _login())


def _login() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # an account without a name
        return str(os.getuid())
