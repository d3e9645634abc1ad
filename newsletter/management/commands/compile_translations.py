"""Compile the translations without the gettext tools, so that `make` needs Python alone."""

from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from newsletter.catalogs import CatalogError, compile_catalog


class Command(BaseCommand):
    """Write a .mo beside each .po under `LOCALE_PATHS`, or check that they are in step."""

    help = "Compile the translations (.po) into what Django reads (.mo)."
    epilog = (
        "examples:\n"
        "  manage.py compile_translations          # write the .mo files\n"
        "  manage.py compile_translations --check  # only say whether they are up to date"
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --check."""
        parser.epilog = self.epilog
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if a .mo is out of date"
        )

    def handle(self, *_args: Any, check: bool, **_options: Any) -> None:
        """Compile every catalogue, one line for each that changed."""
        stale = []
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).glob("*/LC_MESSAGES/*.po")):
                try:
                    compiled = compile_catalog(source.read_text(encoding="utf-8"))
                except (CatalogError, UnicodeDecodeError) as error:
                    raise CommandError(f"{source}: {error}") from error
                target = source.with_suffix(".mo")
                if target.is_file() and target.read_bytes() == compiled:
                    continue
                stale.append(source)
                if not check:
                    target.write_bytes(compiled)
                    self.stdout.write(f"compiled {source}")
        if check and stale:
            names = ", ".join(str(path) for path in stale)
            raise CommandError(f"out of date, run `manage.py compile_translations`: {names}")
