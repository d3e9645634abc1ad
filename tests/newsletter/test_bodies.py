"""Strangers cannot fill the disk: what is too large is refused before any of it is read."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings

from tests.conftest import SignIn
from tests.reading import Page, inner

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

MEGABYTE = 1024 * 1024
UPLOAD = "/admin/posts/post/upload/"
COOKIE = "csrftoken=" + "a" * 32
MULTIPART = "multipart/form-data; boundary=b"
BEFORE_FILE = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'


@cache
def handler() -> WSGIHandler:
    """Return the site as servers have it."""
    site = WSGIHandler()
    site.load_middleware()
    return site


class Body(io.RawIOBase):
    """A multipart file without an end, which counts the bytes that are read of it."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size <= MEGABYTE, "whoever reads all of it keeps it in memory"
        start = BEFORE_FILE[self.read_so_far :][:size]
        self.read_so_far += size
        return start + b"x" * (size - len(start))


def send(path: str, method: str = "POST", **environ: Any) -> tuple[Any, int]:
    """Send an endless body as a server would; return the answer and how many bytes were read."""
    body = Body()
    given = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "HTTP_COOKIE": COOKIE,
        "CONTENT_TYPE": MULTIPART,
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
        **{name: value for name, value in environ.items() if value is not None},
    }
    return handler().get_response(WSGIRequest(given)), body.read_so_far


def addresses(patterns: Any = None, before: str = "/") -> Iterator[str]:
    """Yield an address of each pattern of the site."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = before + re.sub(r"<[^>]*>|\(\?P<[^)]*\)|\(\?:[^)]*\)", "1", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield re.sub(r"[\^$\\]", "", path)


def cookies(client: Client) -> dict[str, str]:
    """Return what a signed-in browser sends beside a body."""
    return {"HTTP_COOKIE": f"{COOKIE}; sessionid={client.cookies['sessionid'].value}"}


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_no_address_reads_a_hundred_megabytes_of_a_stranger(method: str) -> None:
    found = {*addresses(), "/nowhere", "/media/none.png", "/static/none.css"}
    answers = {path: send(path, method, CONTENT_LENGTH=str(100 * MEGABYTE)) for path in found}

    assert len(answers) > 150
    assert {path: (answer.status_code, read) for path, (answer, read) in answers.items()} == (
        dict.fromkeys(found, (413, 0))
    )


@pytest.mark.parametrize("path", ["/suggest/", "/", "/admin/login/", UPLOAD, "/collect/"])
@pytest.mark.parametrize(
    "length",
    [
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "5"},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "1e9"},
        {"CONTENT_LENGTH": "٣"},
        {"CONTENT_LENGTH": "9" * 30},
    ],
)
def test_a_body_that_does_not_say_its_length_is_refused_unread(
    path: str, length: dict[str, str]
) -> None:
    answer, read = send(path, **length)

    assert (answer.status_code, read) == (411, 0)


@pytest.mark.parametrize("length", [None, "", "0", "600", str(64 * 1024)])
def test_no_more_is_read_than_was_announced(length: str | None) -> None:
    for path in ("/suggest/", "/admin/login/", "/collect/"):
        _answer, read = send(path, CONTENT_LENGTH=length)

        assert read <= int(length or 0)


def test_a_session_that_is_over_counts_for_nothing(sign_in: SignIn, editor: User) -> None:
    client = sign_in(editor)
    sent = cookies(client)
    client.logout()

    for path in (UPLOAD, "/admin/posts/post/add/"):
        answer, read = send(path, CONTENT_LENGTH=str(MEGABYTE), **sent)

        assert (answer.status_code, read) == (413, 0)


def test_staff_send_issues_and_whoever_may_import_sends_archives(
    sign_in: SignIn, editor: User, moderator: User, outsider: User, settings: Settings
) -> None:
    settings.MOST_BYTES_OF_STAFF, settings.MOST_BYTES_UPLOADED = 2 * MEGABYTE, 4 * MEGABYTE

    def status(user: User, path: str, megabytes: int) -> int:
        length = str(megabytes * MEGABYTE)
        return int(send(path, CONTENT_LENGTH=length, **cookies(sign_in(user)))[0].status_code)

    write = "/admin/posts/post/add/"
    # Read as far as Django looks for its token, and refused by that check alone.
    assert [status(editor, write, 2), status(editor, write, 3)] == [403, 413]
    assert [status(editor, UPLOAD, 4), status(editor, UPLOAD, 5)] == [403, 413]
    assert [status(moderator, write, 2), status(moderator, UPLOAD, 1)] == [403, 413]
    assert [status(outsider, write, 1), status(outsider, UPLOAD, 1)] == [413, 413]
    assert status(editor, "/suggest/", 1) == 413, "readers' pages know no session"


def test_a_refusal_is_a_page_of_the_site(settings: Settings) -> None:
    answer, _read = send("/suggest/", CONTENT_LENGTH="70000")
    page = Page(answer)

    assert "Content-Security-Policy" in answer.headers
    assert page.texts("h1") == ["That is too much at once."]
    assert "64 KB" in inner(page.one("body"), ".message")
    assert page.all(".masthead")
    assert not page.all('.message a[href="/suggest/?url=x"]')
    settings.LANGUAGE_CODE = "ko"
    answer, _read = send("/suggest/", CONTENT_LENGTH="70000")
    assert Page(answer).texts("h1") == ["한 번에 보내기에는 너무 커요."]


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/suggest/?url=x", "/suggest/?url=x"),
        ("http://evil.example/suggest/?url=x", None),
        ("javascript:alert(1)", None),
        ("//evil.example/", None),
    ],
)
def test_what_is_too_large_leads_back_to_where_it_was_written(
    referer: str, back: str | None
) -> None:
    answer, _read = send("/suggest/", CONTENT_LENGTH="70000", HTTP_REFERER=referer)

    ways = Page(answer).values(".message a", "href")
    assert ways[0] == (back or "/")
    assert not [way for way in ways if "evil" in way or "script" in way]


@pytest.mark.parametrize(
    ("path", "accept"), [("/collect/", "*/*"), ("/suggest/", "application/json")]
)
def test_programs_are_refused_in_json(path: str, accept: str) -> None:
    for length, code in (("70000", "size"), ("-1", "length")):
        answer, _read = send(path, CONTENT_LENGTH=length, HTTP_ACCEPT=accept)

        assert answer.headers["Content-Type"] == "application/json"
        assert json.loads(answer.content)["error"]["code"] == code


def test_a_file_in_a_form_that_asks_for_none_is_dropped(sign_in: SignIn, editor: User) -> None:
    for client, path in ((Client(), "/suggest/"), (sign_in(editor), "/admin/posts/post/add/")):
        answer: Any = client.post(path, {"title": "One", "file": io.BytesIO(b"x" * 5000)})

        assert answer.wsgi_request.POST["title"] == "One"
        assert not answer.wsgi_request.FILES


@pytest.mark.parametrize("wrong", [{"HTTP_HOST": "evil.example"}, {"QUERY_STRING": "page=%00"}])
def test_a_page_about_an_error_reads_no_more_than_others(wrong: dict[str, str]) -> None:
    for path in ("/", "/suggest/", "/admin/"):
        answer, read = send(path, CONTENT_LENGTH=str(100 * MEGABYTE), **wrong)

        assert (answer.status_code in {404, 413}, read) == (True, 0)


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["/suggest/", "/nowhere", "/posts/x/", "/admin/login/", "/admin/"])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=utf-7", b"url=x"),
        (f"{FORM}; charset=euc-kr", b"url=x"),
        (FORM, b"&".join(b"%x=" % number for number in range(10_000))),
        ("multipart/form-data", BEFORE_FILE),
        ("multipart/form-data; boundary=b\xff", BEFORE_FILE),
        ("multipart/form-data; boundary=" + "b" * 300, BEFORE_FILE),
        (
            MULTIPART,
            BEFORE_FILE.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\nx"),
        ),
        (MULTIPART, (BEFORE_FILE + b"x\r\n") * 101 + b"--b--"),
        (MULTIPART, BEFORE_FILE.replace(b'filename="f"', b"") * 1001 + b"--b--"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_in_words(path: str, kind: str, body: bytes) -> None:
    answer = Client(enforce_csrf_checks=True).generic("POST", path, body, kind)

    assert answer.status_code == 400
    assert Page(answer).texts("h1") == ["The request could not be understood."]
