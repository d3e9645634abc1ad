"""Export subscribers as a CSV file that import_subscribers reads."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mailing.transferring import export_subscribers
from posts.storage import beside


class Command(BaseCommand):
    help = (
        "Export subscribers as CSV, with their addresses, to a FILE that the owner alone can read,"
        " or to the standard output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
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
