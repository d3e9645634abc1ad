"""Passwords tried for one account from many addresses, and its owner, who still gets in."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import time_machine
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.reading import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(db: None) -> User:
    return User.objects.create_superuser("chief", password="right")


@pytest.fixture
def tested(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the passwords that were looked at."""
    found: list[str] = []
    look = ModelBackend.authenticate

    def noted(backend: ModelBackend, request: Any, username: Any = None, **more: Any) -> Any:
        found.append(more["password"])
        return look(backend, request, username=username, **more)

    monkeypatch.setattr(ModelBackend, "authenticate", noted)
    return found


_networks = count(1)


def attempt(password: str, *, name: str = "chief", client: Client | None = None) -> Any:
    """Try a password, from a network that nobody else has."""
    client = client or Client()
    address = f"2001:db8:{next(_networks):x}::1"
    data = {"username": name, "password": password}
    return client.post("/admin/login/?next=/admin/", data, REMOTE_ADDR=address)


@pytest.fixture
def at_noon() -> Any:
    noon = timezone.now().replace(hour=12, minute=0, second=0) + timedelta(days=1)
    with time_machine.travel(noon, tick=False) as clock:
        yield clock


def test_few_passwords_of_an_account_are_looked_at_in_a_quarter_of_an_hour(
    chief: User, tested: list[str], at_noon: Any
) -> None:
    for minutes in range(0, 16, 3):
        at_noon.move_to(timezone.now() + timedelta(minutes=3 * bool(minutes)))
        for _time in range(12):
            answer = attempt("guess")

    assert len(tested) == 20
    assert "Too many passwords were tried" in Page(answer).one(".error-summary").text()


def test_the_owner_gets_in_where_they_did_before(
    chief: User, tested: list[str], at_noon: Any
) -> None:
    at_home = Client()
    assert attempt("right", client=at_home).status_code == 302
    at_home.post("/admin/logout/")
    for _time in range(15):
        attempt("guess")
    assert attempt("right").status_code == 200  # in a browser that nobody knows

    assert attempt("right", client=at_home).status_code == 302


def test_a_browser_that_is_known_has_few_tries_too(
    chief: User, tested: list[str], at_noon: Any
) -> None:
    at_home = Client()
    attempt("right", client=at_home)
    at_home.post("/admin/logout/")

    for _time in range(15):
        attempt("guess", client=at_home)

    assert len(tested) == 11


def test_a_browser_is_known_for_the_account_that_signed_in_there_alone(
    chief: User, tested: list[str], at_noon: Any
) -> None:
    User.objects.create_user("other", password="right", is_staff=True)
    theirs = Client()
    attempt("right", name="other", client=theirs)
    del tested[:]

    for client in [theirs, Client(), theirs] * 5:
        attempt("guess", client=client)

    assert len(tested) == 10


@pytest.mark.parametrize("cookie", ["", "x", "WyJjaGllZiIsIngiXQ:1:x", "é" * 5000])
def test_a_forged_cookie_makes_no_browser_known(
    chief: User, tested: list[str], at_noon: Any, cookie: str
) -> None:
    for _time in range(12):
        client = Client()
        client.cookies["known"] = cookie
        attempt("guess", client=client)

    assert len(tested) == 10


def test_names_without_an_account_are_answered_alike(chief: User, at_noon: Any) -> None:
    for _time in range(11):
        known, unknown = attempt("guess"), attempt("guess", name="nobody")

    assert Page(known).one(".error-summary").text() == Page(unknown).one(".error-summary").text()


def test_what_a_browser_keeps_is_for_pages_of_staff_and_no_script(chief: User) -> None:
    cookie = attempt("right").cookies["known"]

    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/admin/", True, "Lax")
    assert "right" not in cookie.value
