"""Strangers cannot fill the log."""

import logging
from collections.abc import Iterator

import pytest

from newsletter.logs import Rarely


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
