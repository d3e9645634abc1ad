"""Import subscribers from a CSV file of this program or of another service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from links.management.examples import ExamplesCommand
from mailing.transferring import (
    REFUSED,
    FileError,
    Options,
    Outcome,
    counted,
    describe,
    import_subscribers,
    report,
)
from posts import identity

EXAMPLES = """\
examples:
  manage.py import_subscribers members.csv --dry-run
  manage.py import_subscribers members.csv --consent "They asked for it on example.org."
  manage.py import_subscribers members.csv --ask        send everybody a mail that asks them

Exports of Ghost, Buttondown, Substack, Mailchimp, beehiiv, listmonk and this program are known by
their columns; of others the columns email, name, status, tags, language and created_at are read.
Who unsubscribed, bounced or complained there gets no mail here. Without a statement of consent
those whom the file calls active are left out, unless --ask has them asked.
Whoever is known here is left alone, so an import that was interrupted is begun again.
The exit code is 0 only if every row could be read."""
WRONG = {
    "encoding": "is neither UTF-8 nor CP949",
    "empty": "has no rows",
    "address": "has no column of e-mail addresses",
    "key": "cannot be imported: ADDRESS_KEY is not the one with which addresses are stored",
}


class Command(ExamplesCommand):
    help = "Import subscribers from a CSV file of this program or of another service."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="write nothing but the report")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--consent", default="", metavar="STATEMENT", help="what they agreed to")
        how.add_argument("--ask", action="store_true", help="have each asked by a mail")
        parser.add_argument(
            "--report", type=Path, help="what became of each row (default: FILE-report.csv)"
        )

    @identity.speaking()
    def handle(self, *args: Any, file: Path, **given: Any) -> None:
        options = Options(given["consent"].strip(), given["ask"], given["dry_run"])
        target: Path = given["report"] or file.with_name(f"{file.stem}-report.csv")
        counts: Counter[str] = Counter()
        try:
            with file.open("rb") as source:
                self.stdout.write(f"{file.name}: {describe(source)[0] or 'a table of addresses'}")
                self._run(source, options, target, counts)
        except FileError as error:
            raise CommandError(f"{file.name} {WRONG[error.code]}") from error
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        self._summarise(counts, options, target)

    def _run(self, source: IO[bytes], options: Options, target: Path, counts: Counter[str]) -> None:
        outcomes = import_subscribers(source, options)
        first = next(outcomes, None)  # what is wrong with the file is known now
        with target.open("wb") as lines:
            target.chmod(0o600)
            every = self._counted([first] if first else [], outcomes, counts)
            lines.writelines(report(every))

    def _counted(
        self, first: Iterable[Outcome], outcomes: Iterable[Outcome], counts: Counter[str]
    ) -> Iterator[Outcome]:
        bar = tqdm(unit="row", disable=not self.stdout.isatty(), file=self.stderr)
        for part in (first, outcomes):
            for one in part:
                counts[one.sum] += 1
                bar.update()
                yield one
        bar.close()

    def _summarise(self, counts: Counter[str], options: Options, target: Path) -> None:
        for words, count in counted(counts):
            self.stdout.write(f"{count:>8}  {words}")
        note = " (dry run: nothing was written)" if options.dry_run else ""
        self.stdout.write(f"{counts.total():>8}  rows{note}; each in {target}")
        if refused := sum(counts[str(kind)] for kind in REFUSED):
            raise CommandError(f"{refused} of {counts.total()} rows could not be read")
