"""Key the stored links anew after the rules about addresses changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from tqdm import tqdm

from links.management.examples import ExamplesCommand
from links.models import Link
from links.normalizing import RULES_VERSION
from links.rekeying import (
    Group,
    describe,
    finish,
    in_batches,
    keyed_by,
    misplaced_rules,
    plan,
    unite,
)

EXAMPLES = """\
examples:
  manage.py rekey_links --dry-run        show what would be merged, split or renamed
  manage.py rekey_links                  do it

Run it after an upgrade that changes what is one page (`manage.py check --database default` says
so), before new issues are saved. It can be stopped at any moment and run again. Every change is in
the record of decisions; the strictest decision holds for links that become one.
The exit code is 0 only if every link could be keyed anew."""


class Command(ExamplesCommand):
    help = "Key the stored links anew after the rules about addresses changed."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="show what would change; write nothing"
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        total, version = Link.objects.count(), keyed_by()
        with self._bar(total, "link") as bar:
            groups = plan(bar.update)
        counts: Counter[str] = Counter()
        failed = []
        with self._bar(len(groups), "change") as bar:
            for batch in in_batches(groups):
                self._tell(batch, counts, loudly=dry_run)
                failed += [] if dry_run else self._unite(batch)
                bar.update(len(batch))
        self._warn()
        if not (dry_run or failed):
            finish()
        self._summarise(total, version, counts, dry_run)
        if failed:
            raise CommandError(f"{len(failed)} changes failed, see above; run it again.")

    def _bar(self, total: int, unit: str) -> Any:
        return tqdm(total=total, unit=unit, disable=not self.stdout.isatty(), file=self.stderr)

    def _unite(self, batch: Sequence[Group]) -> list[Group]:
        """Carry out a batch, or each change by itself if one fails; return those that failed."""
        try:
            unite(batch)
        except DatabaseError as error:
            if len(batch) == 1:
                self.stderr.write(f"failed {batch[0][0].url}: {error}")
                return list(batch)
            return [group for single in batch for group in self._unite([single])]
        return []

    def _tell(self, batch: Sequence[Group], counts: Counter[str], *, loudly: bool) -> None:
        """Count and write what changes; on a terminal, where the bar shows progress, if asked."""
        lines = list(describe(batch))
        counts.update(line.kind for line in lines)
        if loudly or not self.stdout.isatty():
            with tqdm.external_write_mode(file=self.stderr):
                for line in lines:
                    self.stdout.write(f"{line.kind} {line.text}")

    def _warn(self) -> None:
        for rule, host in misplaced_rules():
            self.stderr.write(
                f"warning: the rule “{rule}” meets no link any more; the host is {host} now"
            )

    def _summarise(self, total: int, version: int, counts: Counter[str], dry_run: bool) -> None:
        kinds = {
            "merge": "merged",
            "split": "split",
            "rename": "renamed",
            "source": "given another source",
        }
        numbers = ", ".join(f"{counts[kind]} {word}" for kind, word in kinds.items())
        note = " (dry run: nothing was written)" if dry_run else ""
        self.stdout.write(f"{total} links, rules {version} → {RULES_VERSION}: {numbers}{note}")
