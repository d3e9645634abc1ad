"""Handing mails to a server by SMTP, several by one connection."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from email import message_from_bytes, policy
from typing import Any, Final

from django.core.mail import get_connection

from mailing.sending.transports.outcomes import (
    Kind,
    Outcome,
    Scope,
    Step,
    always,
    nothing,
    read_reply,
)

# RFC 5321, 4.5.3.2.6: a server may think about a whole mail for ten minutes. Who does not wait
# sends it twice.
LAST_WORD: Final = 600.0
MAILS_PER_CONNECTION: Final = 200

_YES: Final = frozenset({250})
_YES_BY_WAY: Final = frozenset({250, 251, 252})
_GO_ON: Final = frozenset({354})
_SEVEN_BIT = policy.SMTP.clone(cte_type="7bit")
_LONE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"^\.", re.MULTILINE)


class Refused(Exception):
    """The server did not reply what lets a mail go on; holds what it means."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class SmtpTransport:
    """The server of the settings (EMAIL_URL), by Django's backend: its TLS, its name and password.

    A connection is opened for the first mail and used for the next ones. What breaks before a mail
    began is harmless, and tried once more by a new connection; what breaks later leaves a mail of
    which nobody knows.
    """

    has_events = False

    def __init__(self) -> None:
        self._backend: Any = None
        self._sent = 0
        self._talker: ThreadPoolExecutor | None = None

    def send(
        self,
        message: bytes,
        sender: str,
        recipient: str,
        token: str = "",
        *,
        mark: Callable[[], bool] = always,
        meanwhile: Callable[[], object] = nothing,
    ) -> Outcome:
        """Hand one mail over; raise nothing but what ``mark`` and ``meanwhile`` do.

        The envelope is told by a thread of its own while ``mark`` writes to the database: both wait
        most of the time, one for the server and one for the disk.
        """
        was_open = self._backend is not None
        mail = (message, sender, recipient)
        if self._talker is None:
            self._talker = ThreadPoolExecutor(1, "smtp")
        opening = self._talker.submit(self._open, *mail)
        is_wanted = False
        try:
            is_wanted = mark()
        finally:
            wait([opening])
            if not is_wanted:
                # Once the server said to go on, there is no other way to take a mail back.
                self._drop()
        if not is_wanted:
            return Outcome(Kind.KEPT)
        found = opening.result()
        if was_open and isinstance(found, Outcome) and found.kind == Kind.LOST and not found.code:
            found = self._open(*mail)
        return found if isinstance(found, Outcome) else self._body(found, meanwhile)

    def close(self) -> None:
        """End the thread, which may be talking still where a task took too long, and then the
        connection."""
        if self._talker is not None:
            self._talker.shutdown()
            self._talker = None
        self._hang_up()

    def _open(self, message: bytes, sender: str, recipient: str) -> bytes | Outcome:
        """Come as far as the server says to go on; return what is sent then, or what the server
        said in place of that."""
        try:
            smtp = self._smtp()
            self._envelope(smtp, message, sender, recipient)
        except Refused as refused:
            return refused.outcome
        except OSError as error:  # of which all of smtplib's are
            self._drop()
            return Outcome(Kind.LOST, reason=_name(error), scope=Scope.SENDER)
        return as_sent(message, smtp)

    def _smtp(self) -> smtplib.SMTP:
        """Return the open connection; a new one at first, and after so many mails."""
        if self._sent >= MAILS_PER_CONNECTION:
            self._hang_up()
        if self._backend is None:
            backend: Any = get_connection()
            try:
                backend.open()
                backend.connection.ehlo_or_helo_if_needed()
            except smtplib.SMTPResponseException as error:
                self._end(backend)
                raise Refused(read_reply(Step.CONNECT, error.smtp_code, error.smtp_error)) from None
            except smtplib.SMTPServerDisconnected:
                self._end(backend)
                raise
            except smtplib.SMTPException as error:
                self._end(backend)
                # The server offers no TLS, or no way to sign in.
                trouble = Outcome(Kind.TROUBLE, reason=str(error)[:300], scope=Scope.SENDER)
                raise Refused(trouble) from None
            except OSError:
                self._end(backend)
                raise
            self._backend = backend
        self._sent += 1
        smtp: smtplib.SMTP = self._backend.connection
        return smtp

    def _envelope(self, smtp: smtplib.SMTP, message: bytes, sender: str, recipient: str) -> None:
        """Say from whom and for whom a mail is. Raises Refused."""
        options = [f"SIZE={len(message)}"] if smtp.has_extn("size") else []
        if not message.isascii() and smtp.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        if not (sender + recipient).isascii():
            if not smtp.has_extn("smtputf8"):
                words = "the server takes no addresses beyond ASCII"
                raise Refused(Outcome(Kind.REFUSED, "553 5.6.7", words))
            options.append("SMTPUTF8")
            smtp.command_encoding = "utf-8"
        else:
            smtp.command_encoding = "ascii"
        # Not by smtplib's ``mail`` and ``rcpt``, which parse an address that is checked already.
        said = " ".join([f"FROM:<{sender}>", *options])
        self._need(smtp, Step.MAIL, _YES, smtp.docmd("MAIL", said))
        self._need(smtp, Step.RCPT, _YES_BY_WAY, smtp.docmd("RCPT", f"TO:<{recipient}>"))
        self._need(smtp, Step.DATA, _GO_ON, smtp.docmd("DATA"))

    def _need(
        self, smtp: smtplib.SMTP, step: Step, hoped: frozenset[int], reply: tuple[int, bytes]
    ) -> None:
        code, said = reply
        if code in hoped:
            return
        outcome = read_reply(step, code, said)
        if code == 421 or outcome.kind == Kind.LOST:
            self._drop()
        else:
            self._reset(smtp)
        raise Refused(outcome)

    def _body(self, data: bytes, meanwhile: Callable[[], object]) -> Outcome:
        """Send the mail itself, and return what the server says of it."""
        smtp: smtplib.SMTP = self._backend.connection
        sock: Any = smtp.sock
        patience = sock.gettimeout()
        try:
            smtp.send(data)
            meanwhile()
            sock.settimeout(LAST_WORD)
            code, said = smtp.getreply()
            sock.settimeout(patience)
        except OSError as error:
            self._drop()
            return Outcome(Kind.UNKNOWN, reason=_name(error), scope=Scope.SENDER)
        outcome = read_reply(Step.BODY, code, said)
        if code == 421 or outcome.kind == Kind.UNKNOWN:
            self._drop()
        return outcome

    def _hang_up(self) -> None:
        """End the connection politely, if the server still listens."""
        backend, self._backend, self._sent = self._backend, None, 0
        if backend is not None:
            backend.fail_silently = True
            backend.close()

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Begin anew on a connection; RFC 5321, 4.1.1.5."""
        try:
            if smtp.rset()[0] != 250:
                self._drop()
        except OSError:
            self._drop()

    def _drop(self) -> None:
        """Give a connection up that is broken, or may be."""
        backend, self._backend, self._sent = self._backend, None, 0
        self._end(backend)

    @staticmethod
    def _end(backend: Any) -> None:
        if backend is not None and backend.connection is not None:
            backend.connection.close()
            backend.connection = None


def as_sent(message: bytes, smtp: smtplib.SMTP) -> bytes:
    """Return a mail as it goes through: lines end in CRLF, none is a lone dot (RFC 5321, 4.5.2),
    and nothing has eight bits for a server that knows seven (RFC 6152)."""
    if not message.isascii() and not smtp.has_extn("8bitmime"):
        message = message_from_bytes(message, policy=_SEVEN_BIT).as_bytes()
    ends = message.count(b"\r\n")
    if ends != message.count(b"\n") or ends != message.count(b"\r"):
        message = _LONE_END.sub(b"\r\n", message)
    if message.startswith(b".") or b"\n." in message:
        message = _DOT.sub(b"..", message)
    end = b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n"
    return message + end


def _name(error: BaseException) -> str:
    """Return what happened to a connection, in words that name no address."""
    return type(error).__name__
