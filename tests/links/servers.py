"""A local web server that answers as a test says, under as many host names as it likes."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from links.fetching import Fetcher, Policy


@dataclass(slots=True)
class Reply:
    """A status, a page and headers; ``wait`` seconds before it is sent."""

    status: int = 200
    body: str = "<title>A page</title>"
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0


@dataclass
class Site:
    """The server: ``replies`` by path, or method and path; ``asked`` counts what came."""

    port: int
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def url(self, path: str, host: str = "site.example") -> str:
        return f"http://{host}:{self.port}{path}"

    @property
    def make_fetcher(self) -> Callable[[], Fetcher]:
        """A way to make fetchers that take every name for this server, and reach nothing else."""

        async def here(_host: str, _port: int) -> list[str]:
            return ["127.0.0.1"]

        policy = Policy(trusted=frozenset({("127.0.0.1", self.port)}), total_seconds=5)
        return lambda: Fetcher(policy, resolve=here)


@contextmanager
def serving() -> Iterator[Site]:
    """Serve until the block ends."""
    lock = threading.Lock()
    running: dict[str, int] = defaultdict(int)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            host = self.headers["Host"].partition(":")[0]
            with lock:
                running[host] += 1
                site.most_at_once[host] = max(site.most_at_once[host], running[host])
                site.asked.append(f"{self.command} {self.path}")
                site.conditions.append(self.headers.get("If-None-Match", ""))
            reply = site.replies.get(f"{self.command} {self.path}") or site.replies.get(self.path)
            self.send(reply or Reply(404, "<title>Not here</title>"))
            with lock:
                running[host] -= 1

        do_GET = do_HEAD = answer

        def do_POST(self) -> None:
            site.forms.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer()

        def send(self, reply: Reply) -> None:
            time.sleep(reply.wait)
            body = b"" if reply.status == 304 else reply.body.encode()
            self.send_response(reply.status)
            for name, value in {"Content-Type": "text/html", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
