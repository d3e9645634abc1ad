"""A slow client keeps nobody else from being answered."""

import runpy
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from threading import Event, current_thread
from typing import Any

import pytest
from django.conf import settings
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from newsletter import slots
from newsletter.slots import Slots

Environ = dict[str, Any]
LONG = 30  # seconds, in which a test that fails gives up


def application(environ: Environ, start_response: Callable) -> list[bytes]:
    """Answer with what was sent, once the test lets it."""
    environ["test.wait"](LONG)
    start_response("200 OK", [])
    return [environ["wsgi.input"].read()]


def ask(site: Slots, path: str = "/", **environ: Any) -> tuple[str, bytes]:
    """Return the status and the body of an answer."""
    statuses: list[str] = []
    request = {"PATH_INFO": path, "wsgi.input": BytesIO(), "test.wait": bool, **environ}
    body = b"".join(site(request, lambda status, _headers, *_: statuses.append(status)))
    return statuses[0], body


def form(stream: Any, length: int) -> Environ:
    return {"CONTENT_LENGTH": str(length), "wsgi.input": stream}


@pytest.fixture
def site() -> Slots:
    return Slots(application, threads=1)


@pytest.fixture
def elsewhere() -> Iterator[Callable[..., Future]]:
    """Ask in a thread of its own, as a server does."""
    with ThreadPoolExecutor() as threads:
        yield lambda *args, **environ: threads.submit(ask, *args, **environ)


@pytest.fixture
def client() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and its connection to the server."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_body_that_does_not_come_keeps_no_reader_waiting(
    site: Slots, elsewhere: Callable[..., Future], client: tuple[socket.socket, socket.socket]
) -> None:
    sender, connection = client
    slow = elsewhere(site, "/suggest/", **form(connection.makefile("rb"), 4))

    assert ask(site) == ("200 OK", b"")
    assert not slow.done()

    sender.sendall(b"a=bc")
    assert slow.result(LONG) == ("200 OK", b"a=bc")


@pytest.mark.parametrize(
    ("busy", "asked"),
    [("/", "/admin/"), ("/", "/healthz"), ("/admin/", "/"), ("/admin/", "/healthz")],
)
def test_readers_staff_and_probes_do_not_stand_in_one_line(
    site: Slots, elsewhere: Callable[..., Future], busy: str, asked: str
) -> None:
    answered = Event()
    first = elsewhere(site, busy, **{"test.wait": answered.wait})

    assert ask(site, asked) == ("200 OK", b"")
    assert not first.done()

    answered.set()
    first.result(LONG)


def test_a_body_that_takes_too_long_is_given_up(
    site: Slots,
    client: tuple[socket.socket, socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sender, connection = client
    monkeypatch.setattr(slots, "PATIENCE", 0)
    sender.sendall(b"a=b")

    status, body = ask(
        site, **form(connection.makefile("rb"), 400), **{"gunicorn.socket": connection}
    )

    assert (status, body) == ("408 Request Timeout", b"")


@pytest.mark.parametrize("length", [str(settings.MOST_BYTES + 1), "-1", "²", "9" * 5000])
def test_a_body_that_is_no_form_of_a_reader_is_left_to_the_site(site: Slots, length: str) -> None:
    stream = BytesIO(b"read by the application alone")
    environ = {"CONTENT_LENGTH": length, "wsgi.input": stream}

    assert ask(site, **environ) == ("200 OK", b"read by the application alone")


def test_what_goes_wrong_in_the_site_reaches_the_server() -> None:
    def broken(_environ: Environ, _start_response: Callable) -> list[bytes]:
        raise LookupError(current_thread().name)

    with pytest.raises(LookupError, match="readers"):
        ask(Slots(broken, threads=1))


def test_no_header_moves_the_site_to_another_place() -> None:
    asked: Environ = {}

    def see(environ: Environ, start_response: Callable) -> list[bytes]:
        asked.update(environ)
        return application(environ, start_response)

    ask(Slots(see, threads=1), "/", SCRIPT_NAME="/posts/an-issue")

    assert (asked["SCRIPT_NAME"], asked["PATH_INFO"]) == ("", "/posts/an-issue/")


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO"])
def test_gunicorn_asks_no_client_where_the_site_stands(name: str) -> None:
    config = Config()
    for key, value in runpy.run_path(str(settings.BASE_DIR / "gunicorn.conf.py")).items():
        if key in config.settings:
            config.set(key, value)
    sent = f"GET /healthz HTTP/1.1\r\nHost: testserver\r\n{name}: /elsewhere\r\n\r\n".encode()

    request = next(RequestParser(config, [sent], ("127.0.0.1", 5000)))

    assert request.headers == [("HOST", "testserver")]
