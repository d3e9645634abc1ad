"""Say what is wrong with the site."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext

from newsletter.doctor import Level, Result, examine, is_ready
from newsletter.version import version

SIGNS = {Level.ERROR: "✗", Level.WARNING: "!", Level.NOTE: "·", None: "✓"}


class Command(BaseCommand):
    help = (
        "Look at the running site and say what is wrong and what to do: database, migrations,"
        " static files, folders, disks, worker, tasks, backups, clocks, cache, mail server and"
        " settings that contradict one another. One line for each thing looked at; exit code 0"
        " unless something keeps readers or staff from the site. Changes nothing and sends no mail."
        " Examples: `manage.py doctor`, `manage.py doctor --strict` (warnings count, too),"
        " `manage.py doctor --json`."
    )
    # What it would refuse to start for is what it is asked about.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--strict", action="store_true", help="exit code 1 for warnings, too")
        parser.add_argument("--json", action="store_true", help="the same for programs")

    def handle(self, *args: Any, strict: bool, json: bool, **options: Any) -> None:
        results = examine(slowly=True)
        if json:
            self.stdout.write(_as_json(results))
        else:
            self._tell(results)
        is_warned = any(result.level is Level.WARNING for result in results)
        if not is_ready(results) or (strict and is_warned):
            sys.exit(1)

    def _tell(self, results: list[Result]) -> None:
        self.stdout.write(f"Newsletter {version()}")
        styles = {Level.ERROR: self.style.ERROR, Level.WARNING: self.style.WARNING}
        for result in results:
            style = styles.get(result.level, str) if result.level else str
            if not result.is_asked:
                said = gettext("not asked")
                self.stdout.write(f"- {result.check.name}: {result.check.title}: {said}")
            elif not result.findings:
                self.stdout.write(f"{SIGNS[None]} {result.check.name}: {result.check.title}")
            for level, wrong, remedy in result.findings:
                line = f"{SIGNS[level]} {result.check.name}: {wrong}"
                self.stdout.write(style(line))
                self.stdout.write(f"    {remedy}")


def _as_json(results: list[Result]) -> str:
    told = [
        {
            "name": result.check.name,
            "asked": result.is_asked,
            "findings": [finding._asdict() for finding in result.findings],
        }
        for result in results
    ]
    return json.dumps({"version": version(), "checks": told}, ensure_ascii=False, indent=2)
