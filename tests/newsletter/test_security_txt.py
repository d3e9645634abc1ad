"""Whoever finds a hole in the site learns whom to tell (RFC 9116)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db
PATH = "/.well-known/security.txt"


@pytest.mark.parametrize(
    ("contact", "line"),
    [
        ("me@example.org", "Contact: mailto:me@example.org"),
        ("https://example.org/contact", "Contact: https://example.org/contact"),
    ],
)
def test_the_contact_is_told_with_a_date_to_come(
    client: Client, settings: Settings, contact: str, line: str
) -> None:
    settings.SECURITY_CONTACT = contact

    response = client.get(PATH)

    lines = response.content.decode().splitlines()
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert lines[0] == line
    [moment] = re.findall(r"^Expires: (.*)Z$", response.content.decode(), re.MULTILINE)
    ends = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert timedelta(days=90) < ends - datetime.now(UTC) < timedelta(days=365)
    assert f"Canonical: https://news.example.org{PATH}" in lines


def test_without_a_contact_there_is_none(client: Client) -> None:
    assert client.get(PATH).status_code == 404
