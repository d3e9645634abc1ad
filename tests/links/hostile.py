"""A web server on 127.0.0.1 that does everything a web server should not do.

Every path is one trick, written to the socket by hand. It notes what it was asked, and stops each
trick when the client goes away, or when the test is over.
"""

import asyncio
import gzip
import socket
import ssl
import struct
import threading
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import brotli
import h2.config
import h2.connection
import h2.events

Write = Callable[[bytes], Awaitable[None]]
Trick = Callable[[Write, str], Awaitable[None]]

CERTIFICATES: Final = Path(__file__).parent / "certificates"
# The name in the server's certificate.
GOOD_NAME: Final = "good.test"
PAGE: Final = b"<!doctype html><title>Page</title><p>Hello."
# Between two bytes of a slow answer; shorter than any limit on a single read.
DRIP_SECONDS: Final = 0.02

TRICKS: dict[str, Trick] = {}


def trick(function: Trick) -> Trick:
    """Serve what the function writes under its name, with dashes."""
    TRICKS["/" + function.__name__.replace("_", "-")] = function
    return function


@dataclass
class Hostile:
    """A running server: its port, and the head of every request it got."""

    port: int
    scheme: str = "http"
    requests: list[str] = field(default_factory=list)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a trick."""
        return f"{self.scheme}://{host}:{self.port}{path}"


@contextmanager
def hostile_server(*, tls: bool = False, http2: bool = False) -> Iterator[Hostile]:
    """Run the server in a thread of its own while the block lasts."""
    context = server_context(http2=http2) if tls else None
    hostile = Hostile(port=0, scheme="https" if tls else "http")
    serve = _http2_handler if http2 else _handler
    loop = asyncio.new_event_loop()
    # An answer in the middle of which a client hangs up is what this server is made for.
    loop.set_exception_handler(lambda *_: None)
    server = loop.run_until_complete(
        asyncio.start_server(serve(hostile), "127.0.0.1", 0, ssl=context)
    )
    hostile.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield hostile
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server, hostile), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def server_context(*, http2: bool = False) -> ssl.SSLContext:
    """A certificate for GOOD_NAME from an authority that nobody knows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATES / "server.pem")
    context.set_alpn_protocols(["h2"] if http2 else ["http/1.1"])
    return context


def client_context() -> ssl.SSLContext:
    """What a client needs to know that authority."""
    return ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")


async def _stop(server: asyncio.Server, hostile: Hostile) -> None:
    server.close()
    for writer in hostile.writers:
        # One that was closed twice by now has nothing left to abort, and says so like this.
        with suppress(AttributeError):
            writer.transport.abort()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _handler(
    hostile: Hostile,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def write(data: bytes) -> None:
            await _send(writer, data)

        hostile.writers.add(writer)
        with suppress(OSError):
            while data := await reader.read(65_536):
                head = data.decode("latin-1")
                hostile.requests.append(head)
                if not await _perform(head, write, writer):
                    break
        writer.close()

    return handle


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Write, and notice that the client is gone, which `drain` alone may not (over TLS)."""
    if writer.is_closing():
        raise ConnectionResetError
    writer.write(data)
    await writer.drain()
    await asyncio.sleep(0)


async def _perform(head: str, write: Write, writer: asyncio.StreamWriter) -> bool:
    """Answer one request, and tell whether the connection may serve another."""
    if not head.startswith(("GET ", "HEAD ")):
        await write(answer(b"", status="400 Bad Request"))
        return False
    path, _, query = head.split()[1].partition("?")
    if path == "/reset":
        _reset(writer)
    else:
        await TRICKS.get(path, missing)(write, unquote(query))
    return path == "/page"


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close without a goodbye: not waiting to linger makes a reset of it."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def answer(
    body: bytes = PAGE, *, status: str = "200 OK", length: int | None = None, headers: str = ""
) -> bytes:
    """A response as it goes over the wire; `length` is what it claims."""
    claimed = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {claimed}\r\n{headers}\r\n"
    return head.encode() + body


# What is as it should be


@trick
async def page(write: Write, query: str) -> None:
    headers = 'Content-Type: text/html\r\nETag: "one"\r\nSet-Cookie: id=1\r\nX-Other: 1\r\n'
    await write(answer(headers=headers))


@trick
async def missing(write: Write, query: str) -> None:
    await write(answer(b"", status="404 Not Found"))


@trick
async def gzipped(write: Write, query: str) -> None:
    await write(answer(gzip.compress(PAGE), headers="Content-Encoding: gzip\r\n"))


@trick
async def deflated(write: Write, query: str) -> None:
    await write(answer(zlib.compress(PAGE), headers="Content-Encoding: deflate\r\n"))


@trick
async def barely_deflated(write: Write, query: str) -> None:
    body = zlib.compress(PAGE, wbits=-zlib.MAX_WBITS)
    await write(answer(body, headers="Content-Encoding: deflate\r\n"))


@trick
async def brotlied(write: Write, query: str) -> None:
    await write(answer(brotli.compress(PAGE), headers="Content-Encoding: br\r\n"))


@trick
async def unchanged(write: Write, query: str) -> None:
    await write(b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n')


@trick
async def busy(write: Write, query: str) -> None:
    await write(answer(b"", status="429 Too Many Requests", headers="Retry-After: 120\r\n"))


# Slow and endless


@trick
async def silence(write: Write, query: str) -> None:
    await asyncio.sleep(3600)


@trick
async def slow_headers(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await _drip(write)


@trick
async def slow_body(write: Write, query: str) -> None:
    await write(answer(b"", length=1_000_000))
    await _drip(write)


@trick
async def stalled_body(write: Write, query: str) -> None:
    await write(answer(b"begun", length=1_000_000))
    await asyncio.sleep(3600)


@trick
async def endless_body(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\n\r\n")
    await _repeat(write, b"x" * 65_536)


@trick
async def endless_chunks(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await _repeat(write, b"1;" + b"e" * 500 + b"\r\nx\r\n")


@trick
async def endless_headers(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\n")
    await _repeat(write, b"X-Header: value\r\n" * 1000)


@trick
async def endless_trailers(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    await _repeat(write, b"X-Trailer: value\r\n" * 1000)


@trick
async def endless_hints(write: Write, query: str) -> None:
    await _repeat(write, b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100)


@trick
async def endless_status_line(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 ")
    await _repeat(write, b"O" * 65_536)


async def _drip(write: Write) -> None:
    while True:
        await write(b"x")
        await asyncio.sleep(DRIP_SECONDS)


async def _repeat(write: Write, data: bytes) -> None:
    while True:
        await write(data)


# Too much of one thing


@trick
async def huge_header(write: Write, query: str) -> None:
    await write(answer(headers=f"X-Huge: {'x' * 70_000}\r\n"))


@trick
async def many_headers(write: Write, query: str) -> None:
    await write(answer(headers="".join(f"X-{n}: 1\r\n" for n in range(1000))))


@trick
async def gzip_bomb(write: Write, query: str) -> None:
    await write(answer(_bomb(), headers="Content-Encoding: gzip\r\n"))


@trick
async def brotli_bomb(write: Write, query: str) -> None:
    body = brotli.compress(bytes(50_000_000), quality=1)
    await write(answer(body, headers="Content-Encoding: br\r\n"))


@trick
async def nested_bomb(write: Write, query: str) -> None:
    body = gzip.compress(gzip.compress(_bomb()))
    await write(answer(body, headers="Content-Encoding: gzip, gzip, gzip\r\n"))


@trick
async def nested_in_two_headers(write: Write, query: str) -> None:
    headers = "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n"
    await write(answer(gzip.compress(_bomb()), headers=headers))


@trick
async def empty_blocks(write: Write, query: str) -> None:
    """A compressed stream that never ends and never says anything."""
    engine = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    block = engine.compress(b"") + engine.flush(zlib.Z_FULL_FLUSH)
    await write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + block)
    await _repeat(write, engine.flush(zlib.Z_FULL_FLUSH) + b"\x00\x00\x00\xff\xff" * 10_000)


def _bomb() -> bytes:
    return gzip.compress(bytes(50_000_000), compresslevel=1)


# Redirects


@trick
async def redirect(write: Write, query: str) -> None:
    """To whatever the query says."""
    await write(answer(b"", status="302 Found", headers=f"Location: {query}\r\n"))


@trick
async def redirect_slowly(write: Write, query: str) -> None:
    """With a body that never ends."""
    await write(answer(b"", status="302 Found", length=100, headers="Location: /page\r\n"))
    await _drip(write)


@trick
async def redirect_nowhere(write: Write, query: str) -> None:
    await write(answer(b"", status="302 Found"))


@trick
async def countdown(write: Write, query: str) -> None:
    """As many redirects as the query says, then a page."""
    left = int(query)
    to = f"/countdown?{left - 1}" if left > 1 else "/page"
    await write(answer(b"", status="301 Moved", headers=f"Location: {to}\r\n"))


@trick
async def circle(write: Write, query: str) -> None:
    to = "/circle?2" if query == "1" else "/circle?1"
    await write(answer(b"", status="307 Temporary Redirect", headers=f"Location: {to}\r\n"))


# Not quite HTTP


@trick
async def length_too_long(write: Write, query: str) -> None:
    await write(answer(b"short", length=1000))


@trick
async def length_too_short(write: Write, query: str) -> None:
    await write(answer(b"longer than that", length=6))


@trick
async def two_lengths(write: Write, query: str) -> None:
    await write(answer(b"12345", headers="Content-Length: 4\r\n"))


@trick
async def negative_length(write: Write, query: str) -> None:
    await write(answer(length=-1))


@trick
async def nothing(write: Write, query: str) -> None:
    """Hangs up without a word."""


@trick
async def half_a_header(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nContent-Ty")


@trick
async def garbage(write: Write, query: str) -> None:
    await write(bytes(range(256)) * 100)


@trick
async def old_http(write: Write, query: str) -> None:
    """HTTP/0.9 had no head."""
    await write(PAGE)


@trick
async def ssh(write: Write, query: str) -> None:
    await write(b"SSH-2.0-OpenSSH_9.2p1\r\n")


@trick
async def zero_bytes(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nX-Zero: a\x00b\r\n\r\n")


@trick
async def status_words(write: Write, query: str) -> None:
    await write(answer(status="two hundred"))


@trick
async def bad_chunks(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\nx\r\n")


@trick
async def enormous_chunk(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n")
    await _repeat(write, b"x" * 65_536)


@trick
async def switching(write: Write, query: str) -> None:
    await write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")


@trick
async def false_gzip(write: Write, query: str) -> None:
    await write(answer(headers="Content-Encoding: gzip\r\n"))


@trick
async def false_brotli(write: Write, query: str) -> None:
    await write(answer(b"\xff" * 50, headers="Content-Encoding: br\r\n"))


@trick
async def half_gzip(write: Write, query: str) -> None:
    await write(answer(gzip.compress(PAGE)[:-9], headers="Content-Encoding: gzip\r\n"))


@trick
async def unknown_coding(write: Write, query: str) -> None:
    await write(answer(headers="Content-Encoding: rot13\r\n"))


# The same over HTTP/2


def _http2_handler(
    hostile: Hostile,
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hostile.writers.add(writer)
        config = h2.config.H2Configuration(client_side=False, validate_outbound_headers=False)
        session = h2.connection.H2Connection(config)
        session.initiate_connection()
        writer.write(session.data_to_send())
        with suppress(OSError):
            while data := await reader.read(65_536):
                for event in session.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        head = dict(event.headers)
                        hostile.requests.append(head[b":path"].decode())
                        await _http2_trick(session, writer, event.stream_id, head[b":path"])
                writer.write(session.data_to_send())
        writer.close()

    return handle


async def _http2_trick(
    session: h2.connection.H2Connection, writer: asyncio.StreamWriter, stream: int, path: bytes
) -> None:
    """Write one answer; /endless-body fills the window that the client opened."""
    headers = {b"/bad-status": [(":status", "abc")], b"/no-status": [("x-none", "1")]}
    many = [(":status", "200"), *((f"x-{n}", "1") for n in range(1000))]
    headers[b"/many-headers"] = many
    if path == b"/garbage":
        # Data for the connection as a whole, which there is not.
        writer.write(b"\x00\x00\x01\x00\x00\x00\x00\x00\x00x")
        return
    if path == b"/pings":
        while True:
            for _ in range(1000):
                session.ping(b"12345678")
            await _send(writer, session.data_to_send())
    session.send_headers(stream, headers.get(path, [(":status", "200")]))
    if path == b"/endless-body":
        while (window := session.local_flow_control_window(stream)) > 0:
            session.send_data(stream, b"x" * min(window, 16_384))
            await _send(writer, session.data_to_send())
    elif path != b"/silence":
        session.send_data(stream, PAGE, end_stream=True)
    writer.write(session.data_to_send())
