"""What the commands about the file of a backup share."""

from __future__ import annotations

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    DjangoHelpFormatter,
)

from backups.archive import BackupError
from backups.progress import Shown


class HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the lines of the examples."""


class FileCommand(BaseCommand):
    """A command about the file of a backup."""

    examples = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(
            prog_name, subcommand, formatter_class=HelpFormatter, epilog=self.examples, **kwargs
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        progress = Shown(self.stdout, self.stderr)
        try:
            self.work(progress, **options)
        except BackupError as error:
            raise CommandError(str(error)) from error
        finally:
            progress.close()

    def work(self, progress: Shown, **options: Any) -> None:
        """Do it. Raises BackupError."""
        raise NotImplementedError
