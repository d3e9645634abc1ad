"""Mails to the address for bounces, gathered where they wait: a mailbox (IMAP), a Maildir, files.

What was understood is marked as seen; what was not is flagged, so that a person finds it; what
could not be written down stays as it is, for the next time.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from imaplib import IMAP4, IMAP4_SSL
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import DatabaseError
from django_tasks import task

from mailing.bounces.mails import UNCLEAR, Outcome, take
from mailing.bounces.reading import MOST_BYTES

MOST_AT_ONCE: Final = 1000
PATIENCE: Final = 30  # seconds
logger = logging.getLogger(__name__)


class MailboxError(Exception):
    """A mailbox that cannot be read; the message says why, without its password."""


def _nothing(_is_clear: bool) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail where it waits; ``mark`` is told whether it was understood."""

    name: str
    data: bytes
    mark: Callable[[bool], None] = _nothing


def take_letters(letters: Iterable[Letter]) -> Iterator[tuple[Letter, Outcome | None]]:
    """Take mails, each in a transaction of its own; yield what became of it, None for nothing."""
    for letter in letters:
        try:
            outcome = take(letter.data)
        except DatabaseError:
            logger.exception("A mail that came back could not be written down: %s", letter.name)
            yield letter, None
            continue
        letter.mark(outcome not in UNCLEAR)
        yield letter, outcome


@task()
def collect() -> dict[str, int]:
    """Read the mailbox for bounces; return how many mails of each outcome. Raises MailboxError."""
    if not settings.MAIL_BOUNCES:
        return {}
    letters = letters_of_mailbox(settings.MAIL_BOUNCES)
    return dict(Counter(outcome or "failed" for _letter, outcome in take_letters(letters)))


def letters_of_mailbox(address: str) -> Iterator[Letter]:
    """Yield the mails that wait at `imaps://user:password@host/INBOX` or `maildir:///path`."""
    if address.startswith("maildir://"):
        return letters_of_maildir(Path(unquote(address.removeprefix("maildir://"))))
    return _letters_of_server(address)


def letters_of_files(paths: Iterable[Path]) -> Iterator[Letter]:
    """Yield mails in files, which stay as they are. Raises OSError."""
    for path in paths:
        yield Letter(str(path), _beginning(path))


def letters_of_maildir(folder: Path) -> Iterator[Letter]:
    """Yield the mails in a Maildir that were neither seen nor flagged. Raises MailboxError."""
    if not (folder / "new").is_dir() or not (folder / "cur").is_dir():
        raise MailboxError(f"{folder} is no Maildir: it has no folders new and cur.")
    paths = [*sorted((folder / "new").iterdir()), *sorted((folder / "cur").iterdir())]
    waiting = [path for path in paths if not re.search(r":2,[A-Z]*[FST]", path.name)]
    for path in waiting[:MOST_AT_ONCE]:
        if path.is_file() and not path.is_symlink():
            yield Letter(path.name, _beginning(path), _marker(folder, path))


def _marker(folder: Path, path: Path) -> Callable[[bool], None]:
    name, _colon, flags = path.name.partition(":2,")

    def mark(is_clear: bool) -> None:
        more = "".join(sorted({*flags, "S" if is_clear else "F"}))
        path.rename(folder / "cur" / f"{name}:2,{more}")

    return mark


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


# A mailbox on a server


def _letters_of_server(address: str) -> Iterator[Letter]:
    host = urlsplit(address).hostname
    try:
        server = _signed_in(address)
        try:
            yield from _unseen(server)
        finally:
            server.logout()
    except (IMAP4.error, OSError) as error:
        # What a server says of a wrong password may repeat it.
        reason = "it refused" if isinstance(error, IMAP4.error) else str(error)
        raise MailboxError(f"The mailbox at {host} cannot be read: {reason}.") from None


def _signed_in(address: str) -> IMAP4:
    parts = urlsplit(address)
    host = parts.hostname or ""
    server = (
        IMAP4_SSL(
            host, parts.port or 993, timeout=PATIENCE, ssl_context=ssl.create_default_context()
        )
        if parts.scheme == "imaps"
        else IMAP4(host, parts.port or 143, timeout=PATIENCE)
    )
    try:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        folder = unquote(parts.path.strip("/")) or "INBOX"
        quoted = folder.replace("\\", "\\\\").replace('"', '\\"')
        if server.select(f'"{quoted}"')[0] != "OK":
            raise IMAP4.error
    except (IMAP4.error, OSError):
        server.shutdown()
        raise
    return server


def _unseen(server: IMAP4) -> Iterator[Letter]:
    _status, [found] = server.uid("SEARCH", "UNSEEN", "UNFLAGGED", "UNDELETED")
    for number in (found or b"").split()[:MOST_AT_ONCE]:
        uid = number.decode("ascii")
        # As much as is read of it, however large it is, and without marking it as seen.
        _status, answer = server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        data = next((part[1] for part in answer if isinstance(part, tuple)), b"")
        yield Letter(f"mail {uid}", data, _flagger(server, uid))


def _flagger(server: IMAP4, uid: str) -> Callable[[bool], None]:
    def mark(is_clear: bool) -> None:
        server.uid("STORE", uid, "+FLAGS.SILENT", "(\\Seen)" if is_clear else "(\\Flagged)")

    return mark
