"""Strangers cannot fill the log, nothing in it opens a door, and machines can read it."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from newsletter.logs import Discreet, Rarely
from tests.newsletter.test_production import HOST, talk


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Return a log with the filter that ours has."""
    rarely = Rarely()
    caplog.handler.addFilter(rarely)
    yield caplog
    caplog.handler.removeFilter(rarely)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("django.security.DisallowedHost", "Invalid HTTP_HOST header"),
        ("newsletter.security", "A request came with X-Forwarded-For"),
        ("gunicorn.error", "Invalid request from ip=203.0.113.9: no HTTP"),
    ],
)
def test_what_any_request_may_cause_is_written_once(
    log: pytest.LogCaptureFixture, name: str, words: str
) -> None:
    for number in range(3):
        try:
            raise ValueError(number)
        except ValueError:
            logging.getLogger(name).exception(words)

    assert [(record.getMessage(), record.exc_info) for record in log.records] == [(words, None)]


@pytest.mark.parametrize("name", ["django.request", "gunicorn.error", "posts"])
def test_what_is_wrong_with_the_site_is_written_each_time(
    log: pytest.LogCaptureFixture, name: str
) -> None:
    for _ in range(2):
        logging.getLogger(name).error("Something broke")

    assert len(log.records) == 2


# What opens a door

TOKEN = "Zk3aX9_hQwErTy-UiOp1234567890asdfghjklzxcvb"
SIGNED = "WzFd:1tGh2K:4fJx0nZqYv8sTtKk1mS0cX2aBqLr9w"


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"GET /preview/{TOKEN}/ failed", "GET /preview/…/ failed"),
        (f"GET /preview/pages/{SIGNED}/", "GET /preview/pages/…/"),
        (f"/subscribe/?t={TOKEN}&lang=ko", "/subscribe/?t=…&lang=ko"),
        (f"GET /mail/{'abcdefgh' * 4}/leave/", "GET /mail/…/leave/"),
        (f"Busy: /admin/reset/Mg/divhvo-{'0f' * 16}/", "Busy: /admin/reset/Mg/…/"),
        ("/posts/a-long-slug-of-2024-in-small-letters/", None),
        ("/posts/llama-3-평가-그리고-긴-이름-2024/", None),
        ("Task 0b8e2f64-5f0a-4c1e-9f57-0c3c2b7d9a11 (posts.readers.telling.tell) failed", None),
        ("The lease of worker web-1:4242:AbCdEf12 ended", None),
    ],
)
def test_tokens_in_addresses_are_left_out_of_messages(
    caplog: pytest.LogCaptureFixture, said: str, written: str | None
) -> None:
    caplog.handler.addFilter(discreet := Discreet())
    try:
        logging.getLogger("posts").error("%s", said)
    finally:
        caplog.handler.removeFilter(discreet)

    assert caplog.messages == [written or said]


# JSON


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """Return what a server with LOG_FORMAT=json writes about some requests, by their paths."""
    asked = [
        ("/healthz?token=hunter2", {}),
        ("/.well-known/security.txt", {}),
        ("/.well-known/security.txt", {"REQUEST_METHOD": "HEAD"}),
        ("/healthz", {"REQUEST_METHOD": "PUT"}),
        ("/nowhere/" + TOKEN, {}),
        ("/suggest/hunter2/", {}),
        ("/healthz", {"HTTP_HOST": "evil.example.com"}),
    ]
    given = [(path, {"HTTP_HOST": HOST, "secure": True, **more}) for path, more in asked]
    answers, written = talk(*given, LOG_FORMAT="json", DEBUG="true")
    found = [json.loads(line) for line in written.splitlines()]
    assert all(answer["X-Request-ID"] in written for answer in answers)
    return found


def test_each_request_is_a_line_of_json(lines: list[dict[str, Any]]) -> None:
    finished = [line for line in lines if line["event"] == "request_finished"]

    asked = [(line["request"], line["code"], line["level"]) for line in finished]
    assert asked[:4] == [
        ("GET /healthz", 200, "info"),
        ("GET /.well-known/security.txt", 404, "info"),
        ("HEAD /.well-known/security.txt", 404, "info"),
        ("PUT /healthz", 403, "info"),
    ]
    for line in finished:
        assert line["time"].endswith("Z")
        assert line["ms"] >= 0
        assert len(line["client"]) == 16
    assert len({line["request_id"] for line in finished}) == len(finished)


def test_no_line_opens_a_door_or_names_a_client(lines: list[dict[str, Any]]) -> None:
    written = json.dumps(lines)

    assert "hunter2" not in written
    assert TOKEN not in written
    assert "127.0.0.1" not in written


def test_what_failed_is_one_line_with_what_it_failed_of(lines: list[dict[str, Any]]) -> None:
    # There is no table in this database.
    failed = [line for line in lines if line["event"] == "request_failed"]

    assert [line["request"] for line in failed] == ["GET /suggest/…/"]
    assert failed[0]["level"] == "error"
    assert "no such table" in failed[0]["exception"]


def test_other_records_are_json_too(lines: list[dict[str, Any]]) -> None:
    [refused] = [line for line in lines if line["logger"] == "django.security.DisallowedHost"]

    assert refused["level"] == "error"
    assert refused["request_id"]


def test_without_the_setting_no_request_has_a_number(client: Client) -> None:
    assert "X-Request-ID" not in client.post("/healthz").headers
