"""Read mails that came back: from a mailbox, a Maildir or files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from links.management.examples import ExamplesCommand
from mailing import bounces

EXAMPLES = """\
examples:
  manage.py process_bounces                             the mailbox that MAIL_BOUNCES names
  manage.py process_bounces --mailbox imaps://me:pw@mail.example.org/INBOX
  manage.py process_bounces --maildir /var/mail/bounces
  manage.py process_bounces *.eml

An address that is gone gets no mail any more after one report, one from which mail came back for
other reasons after five in 30 days, and who called a mail spam at once. Mail that was understood is
marked as seen, other mail is flagged, files stay as they are. It can be stopped at any moment and
run again: each mail counts once.
The exit code is 0 only if every mail could be read and written down."""


class Command(ExamplesCommand):
    help = "Read mails that came back."
    examples = EXAMPLES

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE.eml", help="mails")
        parser.add_argument(
            "--mailbox", default="", metavar="ADDRESS", help="imaps://user:password@host/INBOX"
        )
        parser.add_argument("--maildir", type=Path, metavar="DIR", help="a Maildir")

    def handle(
        self, *args: Any, files: list[Path], mailbox: str, maildir: Path | None, **options: Any
    ) -> None:
        counts: Counter[str] = Counter()
        try:
            letters = self._letters(files, mailbox, maildir)
            with tqdm(disable=not self.stdout.isatty(), file=self.stderr, unit="mail") as bar:
                for letter, outcome in bounces.take_letters(letters):
                    counts[outcome or "failed"] += 1
                    self._tell(f"{outcome or 'failed'}: {letter.name}")
                    bar.update()
        except (bounces.MailboxError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            ", ".join(f"{number} {outcome}" for outcome, number in counts.items()) or "no mail"
        )
        if counts["failed"]:
            raise CommandError("Some mails could not be written down; run it again.")

    def _tell(self, line: str) -> None:
        if not self.stdout.isatty():
            self.stdout.write(line)

    def _letters(
        self, files: list[Path], mailbox: str, maildir: Path | None
    ) -> Iterable[bounces.Letter]:
        named = mailbox or ("" if files or maildir else settings.MAIL_BOUNCES)
        if not (files or maildir or named):
            raise CommandError("Name a mailbox, a Maildir or files, or set MAIL_BOUNCES.")
        if named and not named.startswith(("imaps://", "imap://", "maildir:///")):
            raise CommandError("The mailbox must be imaps://user:password@host/INBOX.")
        return chain(
            bounces.letters_of_files(files),
            bounces.letters_of_maildir(maildir) if maildir else (),
            bounces.letters_of_mailbox(named) if named else (),
        )
