"""A mail server in a process of its own, which takes all and writes down what it took."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

logging.getLogger("mail.log").setLevel(logging.ERROR)

Taken = Callable[[str, str], None]
"""Is told the token of each mail that was taken, and the name by which its sender said hello."""


class Taking:
    """aiosmtpd's handler: says yes to all."""

    def __init__(self, taken: Taken) -> None:
        self.taken = taken

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:
        head = envelope.content.partition(b"\r\n\r\n")[0]
        line = next(
            (line for line in head.split(b"\r\n") if line.lower().startswith(b"message-id:")), b""
        )
        token = line.partition(b"<")[2].partition(b"@")[0].decode()
        self.taken(token, session.host_name or "")
        return "250 2.0.0 OK"


class Server:
    """The process; ``stop`` ends it."""

    def __init__(self, handler: Callable[[], Any]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reading)
            try:
                asyncio.run(_serve(handler(), writing))
            finally:
                os._exit(0)
        os.close(writing)
        self.port = int(os.read(reading, 16))
        os.close(reading)

    def stop(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


async def _serve(handler: Any, writing: int) -> None:
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    os.write(writing, str(listening.sockets[0].getsockname()[1]).encode())
    os.close(writing)
    await asyncio.Event().wait()


class Log:
    """What a server took, a line for each mail, so that others may read on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def write(self, token: str) -> None:
        with self.path.open("a") as file:
            file.write(f"{token}\n")

    def tokens(self) -> Counter[str]:
        """Return how often each mail was taken."""
        whole = self.path.read_text().rpartition("\n")[0]
        return Counter(whole.split())
