"""A mailbox on this machine that speaks as much IMAP (RFC 3501) as reading bounces needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

USER, PASSWORD = "me@example.org", "s3cret/pass"


class Mailbox(ThreadingTCPServer):
    """Mails by UID, the flags of each, and how many bytes were fetched."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mails: dict[int, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails = mails
        self.flags: dict[int, set[str]] = {uid: set() for uid in mails}
        self.fetched = 0
        self.folder = ""

    @property
    def address(self) -> str:
        return f"imap://me%40example.org:s3cret%2Fpass@127.0.0.1:{self.server_address[1]}/INBOX"


class Session(StreamRequestHandler):
    """One client."""

    server: Any

    def handle(self) -> None:
        self.say("* OK ready")
        for line in self.rfile:
            tag, _blank, command = line.decode().strip().partition(" ")
            if not self.answer(tag, command):
                return

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def answer(self, tag: str, command: str) -> bool:
        verb = command.upper()
        status = "OK"
        if verb.startswith("CAPABILITY"):
            self.say("* CAPABILITY IMAP4REV1")
        elif verb.startswith("LOGIN"):
            status = "OK" if command == f'LOGIN {USER} "{PASSWORD}"' else f"NO not {command}"
        elif verb.startswith("SELECT"):
            self.server.folder = command.partition(" ")[2].strip('"')
            self.say(f"* {len(self.server.mails)} EXISTS")
        elif verb.startswith("UID SEARCH"):
            self.search()
        elif verb.startswith("UID FETCH"):
            self.fetch(command)
        elif verb.startswith("UID STORE"):
            _uid, _store, uid, _how, flag = command.split()
            self.server.flags[int(uid)].add(flag.strip("()\\"))
        elif verb.startswith("LOGOUT"):
            self.say("* BYE")
        self.say(f"{tag} {status} done")
        return not verb.startswith("LOGOUT")

    def search(self) -> None:
        waiting = [uid for uid, flags in self.server.flags.items() if not flags]
        self.say("* SEARCH" + "".join(f" {uid}" for uid in waiting))

    def fetch(self, command: str) -> None:
        uid, most = re.fullmatch(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", command).groups()
        data = self.server.mails[int(uid)][: int(most)]
        self.server.fetched += len(data)
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(data)}}}\r\n".encode())
        self.wfile.write(data + b")\r\n")


@contextmanager
def mailbox(*mails: bytes) -> Iterator[Mailbox]:
    """Serve mails, of UID 1 and so on."""
    with Mailbox(dict(enumerate(mails, start=1))) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
