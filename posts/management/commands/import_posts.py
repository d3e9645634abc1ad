"""Import issues from Markdown files, folders and zip archives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from links.management.examples import ExamplesCommand
from posts import identity
from posts.importing import ImportOptions, Kind, Outcome, import_sources
from posts.importing.sources import open_sources
from posts.models import Post

EXAMPLES = """\
examples:
  manage.py import_posts issues/                      all .md and .markdown files in a folder
  manage.py import_posts a.md b.md archive.zip        files and archives
  manage.py import_posts issues/ --dry-run            show what would change, write nothing
  manage.py import_posts issues/ --draft              look at everything before readers do
  manage.py import_posts issues/ --update             let changed files replace stored posts

A file is recognised by its name relative to the folder or archive. Without --publish or --draft
it is published at its date, or scheduled if that is to come, unless its author holds it back:
as a draft, which --publish publishes, or as private, expired or not public yet, which it does not.
Beside the side file of an export, new issues come back with the status and addresses it tells;
--draft wins over it, --publish does not publish what was not public where it was exported.
The exit code is 0 only if every file went well."""

RARE = {Kind.SKIPPED, Kind.READ}  # not named where there are none
SIGNS = {"added": "+", "changed": "~", "removed": "-", "moved": ">"}


class Command(ExamplesCommand):
    help = "Import issues from Markdown files, folders and zip archives."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument(
            "--dry-run", action="store_true", help="show the difference per item; write nothing"
        )
        status = parser.add_mutually_exclusive_group()
        status.add_argument(
            "--publish",
            action="store_const",
            dest="status",
            const=Post.Status.PUBLISHED.value,
            help="publish drafts too, but nothing private",
        )
        status.add_argument(
            "--draft",
            action="store_const",
            dest="status",
            const=Post.Status.DRAFT.value,
            help="store as drafts, whatever the header says",
        )
        parser.add_argument(
            "--update", action="store_true", help="replace stored posts that differ from their file"
        )

    @identity.speaking()
    def handle(self, *args: Any, paths: list[Path], **options: Any) -> None:
        how = ImportOptions(options["dry_run"], options["status"], options["update"])
        counts: Counter[Kind] = Counter()
        failed = 0
        with open_sources(paths) as sources:
            progress = tqdm(
                import_sources(sources, how),
                total=len(sources),
                unit="file",
                disable=not self.stdout.isatty(),
                file=self.stderr,
            )
            for outcome in progress:
                counts[outcome.kind] += 1
                failed += outcome.failed
                self._tell(outcome, how)
        self._summarise(counts, how)
        if failed:
            raise CommandError(f"{failed} of {counts.total()} files need attention, see above")

    def _tell(self, outcome: Outcome, how: ImportOptions) -> None:
        """Write the outcome; on a terminal, where the bar shows progress, only what matters."""
        if self.stdout.isatty() and not (outcome.failed or how.dry_run):
            return
        lines = [str(outcome)]
        for difference in outcome.differences:
            place = f" ({difference.section})" if difference.section else ""
            lines.append(f"  {SIGNS[difference.kind]} {difference.kind} {difference.item}{place}")
        with tqdm.external_write_mode(file=self.stderr):
            self.stdout.write("\n".join(lines))

    def _summarise(self, counts: Counter[Kind], how: ImportOptions) -> None:
        kinds = [kind for kind in Kind if counts[kind] or kind not in RARE]
        numbers = ", ".join(f"{counts[kind]} {kind}" for kind in kinds)
        note = " (dry run: nothing was written)" if how.dry_run else ""
        self.stdout.write(numbers + note)
