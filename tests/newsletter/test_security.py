"""What the site promises a browser, and how it throttles those who guess passwords."""

import ipaddress
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from csp.decorators import csp_update
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.utils import timezone

from newsletter.logs import Rarely
from newsletter.security import PolicyMiddleware, client_address
from newsletter.signing_in import forget_failures_to_come, forget_old_sign_ins
from tests.reading import Page

HEADER = "Content-Security-Policy"


def policy(response: Any) -> dict[str, list[str]]:
    """Return the directives of a response."""
    parts = [part.split() for part in response.headers[HEADER].split(";")]
    return {name: sources for name, *sources in parts}


def ok(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/admin/login/", "/nowhere/", "/media/none.png"])
def test_every_answer_carries_the_same_strict_policy(client: Client, address: str) -> None:
    response = client.get(address)
    found = policy(response)

    assert "unsafe" not in response.headers[HEADER]
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == found["style-src"] == ["'self'"]
    assert found["img-src"] == ["'self'", "https:"]
    assert found["object-src"] == found["base-uri"] == found["frame-ancestors"] == ["'none'"]
    assert found["form-action"] == ["'self'"]


@pytest.mark.django_db
def test_every_answer_tells_the_browser_to_guess_nothing_and_to_share_little(
    client: Client,
) -> None:
    headers = client.get("/healthz").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_view_may_widen_the_policy_for_itself_alone(rf: RequestFactory) -> None:
    wide = PolicyMiddleware(csp_update({"frame-src": ["https://maps.example.org"]})(ok))
    narrow = PolicyMiddleware(ok)

    assert policy(wide(rf.get("/")))["frame-src"] == ["https://maps.example.org"]
    assert "frame-src" not in policy(narrow(rf.get("/")))


def test_a_nonce_that_a_page_asks_for_stands_in_its_policy(rf: RequestFactory) -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(str(request.csp_nonce))  # type: ignore[attr-defined]
        return HttpResponse("ok")

    found = policy(PolicyMiddleware(view)(rf.get("/")))

    assert found["script-src"] == found["style-src"] == ["'self'", f"'nonce-{seen[0]}'"]


def test_a_policy_that_the_response_brings_stays(rf: RequestFactory) -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok", headers={HEADER: "sandbox"})

    assert policy(PolicyMiddleware(view)(rf.get("/"))) == {"sandbox": []}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.7", "203.0.113.9"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (2, "1.1.1.1, 198.51.100.7, 192.0.2.1", "198.51.100.7"),
        (2, "198.51.100.7", "198.51.100.7"),
        (1, "", "203.0.113.9"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (1, "::ffff:198.51.100.7", "198.51.100.7"),
        (1, "198.51.100.7:50123", "198.51.100.7"),
        (1, "[2001:db8:1:2::7]:443", "2001:db8:1:2::"),
        (1, "[2001:db8:1:2::7]", "2001:db8:1:2::"),
        (1, "[::ffff:198.51.100.7]:1", "198.51.100.7"),
        (2, "9.9.9.9:1, 198.51.100.7:2, 192.0.2.1:3", "198.51.100.7"),
    ],
)
def test_a_client_cannot_choose_the_address_it_is_counted_by(
    rf: RequestFactory, proxies: int, forwarded: str, expected: str
) -> None:
    request = rf.get("/", REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR=forwarded)

    with override_settings(TRUSTED_PROXIES=proxies):
        assert client_address(request) == expected


@pytest.mark.parametrize("words", ["unknown", "_hidden", "1.2.3:4:5", "[::1", "x" * 5000, "ÿ"])
def test_what_is_no_address_makes_a_client_of_its_own(rf: RequestFactory, words: str) -> None:
    with override_settings(TRUSTED_PROXIES=1):
        found = [
            client_address(rf.get("/", HTTP_X_FORWARDED_FOR=name)) for name in (words, words, "?")
        ]

    assert found[0] == found[1] != found[2]
    assert ipaddress.ip_address(found[0]).is_private


def test_failures_behind_a_proxy_that_writes_ports_lock_out_one_client_alone(db: None) -> None:
    User.objects.create_superuser("chief", password="right")

    def attempt(password: str, claimed: str) -> int:
        data = {"username": "chief", "password": password}
        client = Client(headers={"X-Forwarded-For": claimed})
        return client.post("/admin/login/?next=/admin/", data).status_code

    with override_settings(TRUSTED_PROXIES=1):
        guesses = [attempt("guess", f"203.0.113.9:{50_000 + number}") for number in range(6)]
        owner = attempt("right", "198.51.100.7:50000")

    assert guesses[-1] == 429
    assert owner == 302


@pytest.mark.django_db
def test_a_proxy_that_is_not_counted_is_told_of_once(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(filter_ := Rarely())
    for _ in range(3):
        client.get("/healthz")
        client.get("/healthz", headers={"X-Forwarded-For": "198.51.100.7"})
    caplog.handler.removeFilter(filter_)

    assert len(caplog.messages) == 1
    assert "TRUSTED_PROXIES is 0" in caplog.text


def sign_in_with(password: str, name: str = "reader", address: str = "203.0.113.9") -> Any:
    return Client(REMOTE_ADDR=address).post(
        "/admin/login/?next=/admin/", {"username": name, "password": password}
    )


@pytest.mark.django_db
def test_who_guesses_passwords_is_locked_out_whatever_the_account_and_the_claimed_address() -> None:
    User.objects.create_superuser("chief", password="right")

    answers = [
        Client(REMOTE_ADDR="203.0.113.9")
        .post(
            "/admin/login/",
            {"username": f"user{number}", "password": "guess"},
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        )
        .status_code
        for number in range(6)
    ]

    assert answers[0] == 200
    assert answers[-1] == 429
    refused = sign_in_with("right", "chief")
    assert refused.status_code == 429
    assert Page(refused).texts("h1") == ["Too many attempts"]
    assert Page(refused).all(".masthead")
    assert refused.headers["Retry-After"] == "900"
    assert AccessAttempt.objects.exists()


@pytest.mark.django_db
def test_a_program_that_is_locked_out_reads_json() -> None:
    client = Client(headers={"Accept": "application/json"})
    for _ in range(6):
        refused = client.post("/admin/login/", {"username": "chief", "password": "guess"})

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    assert refused.json()["error"]["code"] == "rate"


@pytest.mark.django_db
def test_the_owner_of_an_account_that_somebody_guesses_at_still_gets_in() -> None:
    User.objects.create_superuser("chief", password="right")
    for _ in range(6):
        sign_in_with("guess", "chief")

    assert sign_in_with("right", "chief", "192.0.2.44").status_code == 302


@pytest.mark.django_db
def test_failures_of_a_clock_that_was_ahead_lock_nobody_out() -> None:
    User.objects.create_superuser("chief", password="right")
    with time_machine.travel(timezone.now() + timedelta(days=365)):
        for _ in range(6):
            sign_in_with("guess", "chief")
    assert sign_in_with("right", "chief").status_code == 429

    forget_failures_to_come.call()

    assert sign_in_with("right", "chief").status_code == 302


@pytest.mark.django_db
def test_sign_ins_are_forgotten_after_30_days_and_sessions_when_they_end(admin: User) -> None:
    for days, name in ((31, "old"), (29, "new")):
        moment = timezone.now() - timedelta(days=days)
        for rows in (AccessAttempt, AccessLog):
            failures = {"failures_since_start": 1} if rows is AccessAttempt else {}
            row = rows.objects.create(username=name, **failures)
            rows.objects.filter(pk=row.pk).update(attempt_time=moment)
        Session.objects.create(session_key=name, expire_date=moment + timedelta(days=30))

    assert forget_old_sign_ins.call() == 3

    assert [row.username for row in AccessAttempt.objects.all()] == ["new"]
    assert [row.username for row in AccessLog.objects.all()] == ["new"]
    assert [row.session_key for row in Session.objects.all()] == ["new"]
