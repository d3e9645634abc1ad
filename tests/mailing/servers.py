"""Mail servers on this machine: one that takes what it is given, and one that does as it is told.

Each runs in a thread of its own and notes what it took.
"""

from __future__ import annotations

import asyncio
import logging
import socketserver
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP

logging.getLogger("mail.log").setLevel(logging.WARNING)


@dataclass
class Taken:
    """A mail that a server took."""

    sender: str
    recipient: str
    data: bytes

    @property
    def message_id(self) -> bytes:
        head = self.data.partition(b"\r\n\r\n")[0]
        return next(line for line in head.split(b"\r\n") if line.lower().startswith(b"message-id"))


@dataclass
class Obedient:
    """aiosmtpd's server. ``replies`` are what it says to RCPT of an address, ``verdicts`` to the
    mail to one, in place of yes."""

    replies: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    connections: int = 0
    on_mail: Callable[[Taken], object] = lambda _mail: None
    port: int = 0

    async def handle_EHLO(
        self, _server: Any, session: Any, _envelope: Any, name: str, replies: list[str]
    ) -> list[str]:
        session.host_name = name
        self.connections += 1
        return replies

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        mail = Taken(envelope.mail_from, envelope.rcpt_tos[0], envelope.content)
        said = self.verdicts.get(mail.recipient, "250 2.0.0 OK")
        if said.startswith("2"):
            self.taken.append(mail)
            await asyncio.get_running_loop().run_in_executor(None, self.on_mail, mail)
        return said

    @property
    def recipients(self) -> list[str]:
        return sorted(mail.recipient for mail in self.taken)


@contextmanager
def serving(server: Obedient) -> Iterator[Obedient]:
    """Let a server listen on a port of its own while the block runs."""
    loop = asyncio.new_event_loop()  # the thread of a test may have one that runs: Playwright's
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def there(work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result()

    protocol = lambda: SMTP(server, enable_SMTPUTF8=True)  # noqa: E731
    listening = there(loop.create_server(protocol, "127.0.0.1", 0))
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        there(_end(listening))
        there(loop.shutdown_default_executor())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(listening: asyncio.Server) -> None:
    listening.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


CLOSE = ""
"""In place of a reply: the connection is closed."""


class Hostile:
    """A server that says what it is told to at each step, mail by mail.

    ``script`` is asked with the step (connect, ehlo, mail, rcpt, data, body, rset) and the number
    of the mail, from 1; what it returns is said, CLOSE ends the connection, None is what a good
    server says.
    """

    GOOD = {
        "connect": "220 hostile",
        "ehlo": "250-hostile\r\n250 SIZE 1000000",
        "data": "354 go on",
    }

    def __init__(self, script: Callable[[str, int], str | None]) -> None:
        self.script = script
        self.mails = 0
        self.taken: list[str] = []

    def reply(self, step: str) -> str:
        said = self.script(step, self.mails)
        return self.GOOD.get(step, "250 OK") if said is None else said


class _Session(socketserver.StreamRequestHandler):
    """A connection to a hostile server."""

    server: Any
    recipient = ""

    def handle(self) -> None:
        if self.say("connect"):
            while (line := self.rfile.readline()) and self.answer(line.decode().strip()):
                pass

    def say(self, step: str) -> bool:
        said = self.server.state.reply(step)
        if said != CLOSE:
            self.wfile.write(said.encode() + b"\r\n")
        return bool(said != CLOSE)

    def answer(self, line: str) -> bool:
        """Answer a command; False ends the connection."""
        verb = line[:4].lower()
        self.server.state.mails += verb == "mail"
        if verb == "rcpt":
            self.recipient = line.partition("<")[2].partition(">")[0]
        if verb == "data":
            return self.take()
        return verb != "quit" and self.say("ehlo" if verb == "helo" else verb)

    def take(self) -> bool:
        state = self.server.state
        if not self.say("data"):
            return False
        if not state.reply("data").startswith("354"):
            return True
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
        if state.reply("body").startswith("2"):
            state.taken.append(self.recipient)
        return self.say("body")


@contextmanager
def hostile(script: Callable[[str, int], str | None]) -> Iterator[tuple[Hostile, int]]:
    """Let a hostile server listen; give it, and its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.daemon_threads = True
        server.state = Hostile(script)  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.state, server.server_address[1]  # type: ignore[attr-defined]
        finally:
            server.shutdown()
            thread.join()
