"""The second factor of staff: codes of an app and recovery codes; passkeys are in tests/browser."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from newsletter.factors import keeping
from newsletter.hosts import bracketed
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
DESK = "/admin/"
MINE = "/admin/factors/"
ADD = "/admin/factors/add/"


@pytest.fixture
def chief(db: None) -> User:
    return User.objects.create_superuser("chief", password="right")


@pytest.fixture
def codes(chief: User) -> list[str]:
    """Give the chief an app with SECRET; return the recovery codes."""
    return keeping.add_totp(chief, SECRET)


@pytest.fixture
def clock() -> Any:
    noon = timezone.now().replace(hour=12, minute=0, second=0) + timedelta(days=1)
    with time_machine.travel(noon, tick=False) as clock:
        yield clock


def code_of(secret: str = SECRET, steps: int = 0) -> str:
    [_before, now, _after] = totp.yield_hotp_counters_from_time()
    return totp.format_hotp_value(totp.hotp_value(secret, now + steps))


def begin(client: Client, to: str = DESK) -> Any:
    data = {"username": "chief", "password": "right", "next": to}
    return client.post("/admin/login/", data)


def answer(client: Client, code: str, to: str = DESK) -> Any:
    return client.post("/admin/factor/", {"code": code, "next": to})


def is_in(client: Client) -> bool:
    return client.get(DESK).status_code == 200


def confirm(client: Client) -> None:
    given = client.post("/admin/factors/confirm/", {"password": "right", "next": MINE})
    assert given.status_code == 302


def wrong() -> str:
    right = {code_of(steps=steps) for steps in (-1, 0, 1)}
    return next(code for code in ("000000", "111111", "222222", "333333") if code not in right)


def test_after_the_password_comes_the_code_of_the_app(codes: list[str]) -> None:
    client = Client()

    asked = begin(client, to="/admin/posts/post/")
    assert asked.headers["Location"].startswith("/admin/factor/?next=")
    assert not is_in(client)
    entered = answer(client, code_of(), to="/admin/posts/post/")

    assert entered.headers["Location"] == "/admin/posts/post/"
    assert is_in(client)
    assert "known" in entered.cookies


def test_a_code_works_once(codes: list[str], clock: Any) -> None:
    first, second = Client(), Client()
    begin(first)
    begin(second)
    code = code_of()
    answer(first, code)

    said = answer(second, code)

    assert "used before" in Page(said).one(".trouble").text()
    assert not is_in(second)


def test_a_recovery_code_lets_in_once(codes: list[str]) -> None:
    first, second = Client(), Client()
    begin(first)
    begin(second)

    answer(first, codes[3])
    answer(second, codes[3])

    assert is_in(first)
    assert not is_in(second)
    assert keeping.codes_left(User.objects.get()) == len(codes) - 1 == 9


def test_a_wrong_code_lets_nobody_in(codes: list[str]) -> None:
    client = Client()
    begin(client)

    for code in (wrong(), "", "x", "12345678", "9" * 5000, "\N{ARABIC-INDIC DIGIT ONE}" * 6):
        answer(client, code)

    assert not is_in(client)


@pytest.mark.parametrize("length", [6, 8])
def test_five_wrong_codes_are_looked_at_then_it_is_to_wait(
    codes: list[str], clock: Any, length: int
) -> None:
    bad, good = (wrong(), code_of) if length == 6 else ("00000000", lambda: codes[0])
    for _time in range(5):
        client = Client()
        begin(client)
        assert "wrong" in Page(answer(client, bad)).one(".trouble").text()

    said = answer(client, good())
    assert "Wait a quarter of an hour" in Page(said).one(".trouble").text()
    assert not is_in(client)

    clock.move_to(timezone.now() + timedelta(minutes=15))
    later = Client()
    begin(later)
    answer(later, good())
    assert is_in(later)


def test_the_owner_has_codes_of_their_own_where_they_signed_in_before(
    codes: list[str], clock: Any
) -> None:
    at_home = Client()
    begin(at_home)
    answer(at_home, codes[0])
    at_home.post("/admin/logout/")
    stranger = Client()
    begin(stranger)
    for _time in range(6):
        answer(stranger, wrong())
    begin(at_home)

    answer(at_home, code_of())

    assert is_in(at_home)


def test_the_password_counts_for_ten_minutes_and_until_it_changes(
    codes: list[str], chief: User, clock: Any
) -> None:
    late, changed = Client(), Client()
    begin(late)
    clock.move_to(timezone.now() + timedelta(minutes=11))
    answer(late, code_of())
    begin(changed)
    chief.set_password("another")
    chief.save()
    answer(changed, code_of(steps=1))

    assert not is_in(late)
    assert not is_in(changed)


def test_without_the_password_nobody_is_asked_for_a_code(codes: list[str]) -> None:
    client = Client()

    assert answer(client, code_of()).headers["Location"].startswith("/admin/login/")
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "credential",
    ["{}", "x", "[1]", "null", '{"response": {"userHandle": "MQ"}}', "9" * 30_000, "[" * 19_000],
)
def test_a_forged_passkey_lets_nobody_in(client: Client, chief: User, credential: str) -> None:
    client.post("/admin/passkey/")

    said = client.post("/admin/passkey/", {"credential": credential}, follow=True)

    assert "was not taken" in Page(said).one(".messagelist").text()
    assert not is_in(client)


@pytest.mark.parametrize(
    ("host", "port", "remedy"),
    [
        ("127.0.0.1", "8000", "SITE_URL=http://localhost:8000"),
        ("::1", "80", "SITE_URL=http://localhost:80"),
        ("192.0.2.7", "8000", ""),
    ],
)
def test_at_an_ip_address_passkeys_are_not_offered_and_it_is_said_what_to_do(
    sign_in: SignIn, chief: User, settings: Settings, host: str, port: str, remedy: str
) -> None:
    settings.SITE_HOST, settings.SITE_URL = host, f"http://{bracketed(host)}:{port}"
    client = sign_in(chief)
    confirm(client)

    page = Page(client.get(ADD))

    assert "not an IP address" in page.text()
    assert page.texts("#content .help code") == [remedy] * bool(remedy)


@pytest.mark.parametrize("attestation", ["", "\xa1", "\xa3\x63fmt", "\x19\x01", "\x1b\x01"])
def test_a_broken_passkey_is_not_added(sign_in: SignIn, chief: User, attestation: str) -> None:
    client = sign_in(chief)
    confirm(client)
    client.get(ADD)
    told = {"type": "webauthn.create", "challenge": "", "origin": "https://news.example.org"}
    response = {
        "clientDataJSON": coded(json.dumps(told).encode()),
        "attestationObject": coded(attestation.encode("latin-1")),
    }
    credential = {"id": "MQ", "rawId": "MQ", "type": "public-key", "response": response}

    said = client.post(ADD, {"credential": json.dumps(credential), "name": "Key"})

    assert "was not taken" in Page(said).text()
    assert not keeping.factors_of(chief).exists()


def coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_a_client_gets_few_challenges(client: Client, clock: Any) -> None:
    answers = [client.post("/admin/passkey/").status_code for _time in range(32)]

    assert answers[:30] == [200] * 30
    assert answers[-1] == 429
    assert Session.objects.get().expire_date < timezone.now() + timedelta(minutes=11)


def test_nothing_leads_to_another_host(codes: list[str]) -> None:
    client = Client()
    begin(client)

    assert answer(client, code_of(), to="https://evil.example/").headers["Location"] == DESK


# Setting up


def set_up(client: Client) -> Any:
    """Add an app by the page that says its secret."""
    page = Page(client.get(ADD))
    secret = page.one("code.secret").text().replace(" ", "")
    return client.post(ADD, {"code": code_of(secret), "next": DESK})


def test_somebody_adds_an_app_and_keeps_the_codes(sign_in: SignIn, chief: User) -> None:
    client = sign_in(chief)
    assert client.get(ADD).headers["Location"].startswith("/admin/factors/confirm/")
    confirm(client)

    shown = Page(set_up(client)).texts(".codes li")

    assert len(shown) == len(set(shown)) == 10
    assert LogEntry.objects.filter(object_id=str(chief.pk)).exists()
    again = Client()
    begin(again)
    answer(again, shown[0])
    assert is_in(again)


def test_a_wrong_code_adds_nothing(sign_in: SignIn, chief: User) -> None:
    client = sign_in(chief)
    confirm(client)

    said = client.post(ADD, {"code": "x"})

    assert "This code is wrong" in Page(said).one(".trouble").text()
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("path", ["add/", "codes/", "1/remove/"])
def test_changes_ask_for_the_password_again(
    sign_in: SignIn, chief: User, codes: list[str], path: str
) -> None:
    asked = sign_in(chief).post(f"{MINE}{path}", {"code": "x"})

    assert asked.headers["Location"].startswith("/admin/factors/confirm/")
    assert keeping.factors_of(chief).count() == 1


def test_a_wrong_password_confirms_nothing(sign_in: SignIn, chief: User) -> None:
    client = sign_in(chief)

    said = client.post("/admin/factors/confirm/", {"password": "guess"})

    assert "not your password" in Page(said).one(".trouble").text()
    assert client.get(ADD).status_code == 302


def test_new_recovery_codes_end_the_old_ones(
    sign_in: SignIn, chief: User, codes: list[str]
) -> None:
    client = sign_in(chief)
    confirm(client)

    shown = Page(client.post("/admin/factors/codes/")).texts(".codes li")

    assert not set(shown) & set(codes)
    late = Client()
    begin(late)
    answer(late, codes[0])
    assert not is_in(late)


def test_the_last_factor_goes_with_its_recovery_codes(
    sign_in: SignIn, chief: User, codes: list[str]
) -> None:
    client = sign_in(chief)
    confirm(client)

    client.post(f"{MINE}{keeping.factors_of(chief).get().pk}/remove/")

    assert not Authenticator.objects.exists()
    assert begin(Client()).headers["Location"] == DESK


def test_nobody_removes_what_is_anothers(sign_in: SignIn, chief: User, codes: list[str]) -> None:
    other = User.objects.create_user("other", password="right", is_staff=True)
    client = sign_in(other)
    confirm(client)

    client.post(f"{MINE}{keeping.factors_of(chief).get().pk}/remove/")

    assert keeping.factors_of(chief).exists()


# Required of all


@pytest.fixture
def required(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = True


def test_who_has_none_is_led_to_set_one_up_and_sees_nothing_before(
    required: None, chief: User
) -> None:
    client = Client()

    led = begin(client, to="/admin/posts/post/")

    assert led.headers["Location"].startswith(ADD)
    for path in (DESK, MINE, "/admin/posts/post/", "/admin/password_change/", "/admin/notices/"):
        assert client.get(path).status_code == 302, path
    page = Page(client.get(ADD))
    assert not page.all("#user-tools, #nav-sidebar, .staff-menu")
    assert Page(set_up(client)).texts(".codes li")
    assert is_in(client)


def test_a_password_alone_adds_nothing_to_who_has_a_factor(
    required: None, codes: list[str]
) -> None:
    client = Client()
    begin(client)

    assert client.get(ADD).headers["Location"].startswith("/admin/login/")


def test_sessions_from_before_end_where_it_is_required(
    sign_in: SignIn, required: None, chief: User
) -> None:
    client = sign_in(chief)

    assert not is_in(client)
    assert client.get("/admin/login/").status_code == 200


def test_the_last_factor_stays_where_it_is_required(required: None, codes: list[str]) -> None:
    client = Client()
    begin(client)
    answer(client, code_of())
    confirm(client)

    said = client.post(f"{MINE}{keeping.factors_of(User.objects.get()).get().pk}/remove/")

    assert Page(client.get(said.headers["Location"])).texts(".messagelist .error")
    assert Authenticator.objects.count() == 2


# Lost factors, and sessions


def reset(client: Client, account: User) -> str:
    data = {"action": "reset_factors", "_selected_action": [account.pk]}
    answer = client.post("/admin/auth/user/", data, follow=True)
    return " ".join(Page(answer).texts(".messagelist li"))


def test_an_owner_resets_the_factors_of_another(
    sign_in: SignIn, admin: User, chief: User, codes: list[str]
) -> None:
    theirs = Client()
    begin(theirs)
    answer(theirs, code_of())

    reset(sign_in(admin), chief)

    assert not Authenticator.objects.exists()
    assert not is_in(theirs)
    assert LogEntry.objects.filter(user=admin, object_id=str(chief.pk)).exists()


def test_nobody_rises_by_a_reset(sign_in: SignIn, chief: User, codes: list[str]) -> None:
    helper = User.objects.create_user("helper", is_staff=True)
    rights = Permission.objects.filter(codename__in=["view_user", "change_user"])
    helper.user_permissions.set(rights)

    said = reset(sign_in(helper), chief)

    assert "may not" in said
    assert Authenticator.objects.exists()


def test_a_command_resets_the_factors_of_the_last_owner(chief: User, codes: list[str]) -> None:
    call_command("reset_factors", "chief")

    assert not Authenticator.objects.exists()
    assert begin(Client()).headers["Location"] == DESK


@pytest.fixture
def mails(settings: Settings, chief: User) -> list[Any]:
    settings.EMAIL = {"EMAIL_HOST": "smtp.example.org"}
    User.objects.filter(pk=chief.pk).update(email="chief@example.org")
    return mail.outbox


def test_who_lost_a_factor_by_anothers_hand_is_told_by_mail(
    sign_in: SignIn, admin: User, chief: User, codes: list[str], mails: list[Any],
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    client = sign_in(admin)
    with django_capture_on_commit_callbacks(execute=True):
        reset(client, chief)

    [told] = mails
    assert told.to == ["chief@example.org"]
    assert f"{admin.get_username()} reset the second factor of the account chief" in told.body
    assert f"https://news.example.org{MINE}" in told.body


def test_who_took_a_factor_away_is_told_by_mail_too(
    chief: User, codes: list[str], mails: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        keeping.remove(chief, keeping.factors_of(chief).get().pk)
        keeping.remove(chief, 0)  # which is none of theirs

    [told] = mails
    assert "A second factor of the account chief" in told.body


def test_staff_whose_recovery_codes_alone_are_left_count_as_without_a_factor(
    chief: User, codes: list[str]
) -> None:
    User.objects.create_user("reader")
    assert list(keeping.without_factor()) == []

    keeping.factors_of(chief).delete()
    assert list(keeping.without_factor()) == [chief]


def test_somebody_ends_a_session_elsewhere(chief: User) -> None:
    here, there = Client(), Client(headers={"User-Agent": "Mozilla/5.0 (Android) Firefox/140"})
    begin(here)
    begin(there)
    page = Page(here.get(MINE))
    assert "Firefox, Android" in page.text()
    keys = list(Session.objects.values_list("session_key", flat=True))
    assert not any(re.search(key, page.text()) for key in keys)
    [name] = [field.attributes["value"] for field in page.all("input[name=session]")]

    here.post("/admin/factors/sessions/", {"session": name})

    assert is_in(here)
    assert not is_in(there)


def test_all_other_sessions_end_and_those_of_others_stay(
    sign_in: SignIn, admin: User, chief: User
) -> None:
    here, there, another = sign_in(chief), sign_in(chief), sign_in(admin)

    here.post("/admin/factors/sessions/")

    assert is_in(here)
    assert not is_in(there)
    assert is_in(another)


@pytest.mark.parametrize("path", ["", "confirm/", "add/"])
def test_strangers_see_no_page_of_factors(client: Client, path: str) -> None:
    assert client.get(f"{MINE}{path}").headers["Location"].startswith("/admin/login/")


def test_a_page_of_staff_asks_the_database_no_more_where_it_is_required(
    sign_in: SignIn, chief: User, settings: Settings
) -> None:
    client = sign_in(chief)
    counts = []
    for is_required in (False, True):
        settings.STAFF_SECOND_FACTOR = is_required
        session = client.session
        session["factor"] = "totp"
        session.save()
        client.get("/admin/notices/")
        counts.append(_queries(client))

    assert counts[0] == counts[1]


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/admin/notices/").status_code == 200
    return len(asked)
