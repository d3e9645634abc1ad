"""The mail settings: who may change them, what they refuse, and what switching mail on does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import checks
from django.core.exceptions import PermissionDenied
from django.test import Client
from pytest_django.fixtures import Settings

from mailing import subscribing
from mailing.addresses import digest_of
from mailing.models import MailSettings, Pace, Suppression
from mailing.settling import limits_of, settle
from posts.site import version
from tests.conftest import SignIn
from tests.mailing.builders import make_subscribers
from tests.mailing.conftest import LOCMEM
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FORM = "/admin/mailing/mailsettings/1/change/"


TRY = "/admin/mailing/mailsettings/try/"


def form_of(client: Client) -> dict[str, Any]:
    """Return what the form holds."""
    page = Page(client.get(FORM))
    chosen = {
        name: page.one(f"select[name={name}] option[selected]").attributes["value"]
        for name in ("default_rhythm", "unknown")
    }
    return {**page.fields("#mailsettings_form"), **chosen}


def fill(client: Client, **values: Any) -> Any:
    """Send the form as a browser would, with some fields filled in otherwise."""
    return client.post(FORM, {**form_of(client), **values})


@pytest.fixture
def signed_in(sign_in: SignIn, owner: User) -> Client:
    return sign_in(owner)


def test_mail_is_off_until_it_is_switched_on(signed_in: Client, settings: Settings) -> None:
    settings.EMAIL = LOCMEM
    assert not MailSettings.current().is_open
    before = version.current()

    assert fill(signed_in, is_on="on", sender_name="주간 링크").status_code == 302

    assert MailSettings.current().is_open
    assert MailSettings.current().sender_name == "주간 링크"
    assert version.current() != before  # public pages get their forms


def test_settings_are_saved_by_owners_alone_and_public_pages_are_told_once(
    owner: User, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr("mailing.settling.offers_changed", lambda: told.append(True))
    row = MailSettings(is_on=True)

    with pytest.raises(PermissionDenied):
        settle(row, by=editor)
    assert (MailSettings.objects.exists(), told) == (False, [])

    settle(row, by=owner)
    assert (MailSettings.current().is_on, told) == (True, [True])


def test_without_a_server_the_page_says_so_and_mail_stays_off(signed_in: Client) -> None:
    assert "set EMAIL_URL" in Page(signed_in.get(FORM)).text()

    answer = fill(signed_in, is_on="on")

    assert answer.status_code == 200
    assert "EMAIL_URL" in Page(answer).one(".field-is_on .errorlist").text()
    assert not MailSettings.current().is_on


def test_a_server_that_is_gone_closes_mail_and_keeps_the_settings_changeable(
    mail_is_on: MailSettings, signed_in: Client, settings: Settings
) -> None:
    settings.EMAIL = {}

    assert not MailSettings.current().is_open
    assert fill(signed_in, sender_name="Links").status_code == 302
    assert MailSettings.current().sender_name == "Links"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sender_address", "nobody"),
        ("sender_name", "Links\r\nBcc: all@example.org"),
        ("list_id", "주간.example.org"),
        ("bounce_address", "@"),
        # Django takes these for addresses; no mail can name them.
        ("reply_to", '"news,desk"@example.org'),
        ("bounce_address", "news@☃.com"),
        ("hold_minutes", "2000"),
        ("reconfirm_years", "11"),
        ("hourly_limit", "-1"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(signed_in: Client, field: str, value: str) -> None:
    answer = fill(signed_in, **{field: value})

    assert answer.status_code == 200
    assert Page(answer).one(f".field-{field} .errorlist").text()
    assert not MailSettings.objects.exists()


def test_the_menu_names_the_settings_to_owners_alone(
    sign_in: SignIn, owner: User, editor: User
) -> None:
    assert "/admin/mailing/mailsettings/" in Page(sign_in(owner).get("/admin/")).values("a", "href")
    ways = Page(sign_in(editor).get("/admin/")).values("a", "href")
    assert not [way for way in ways if way and "/mailing/" in way]


def test_another_key_of_addresses_is_said_on_the_page_and_by_a_check(
    mail_is_on: MailSettings, signed_in: Client, settings: Settings
) -> None:
    assert not checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    settings.ADDRESS_KEY = "another"

    said = Page(signed_in.get(FORM)).texts(".error-summary")
    assert "Put the earlier one back" in " ".join(said)
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert [one.id for one in found] == ["mailing.E001"]

    fill(signed_in, is_on="", sender_name="Saved again")
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert [one.id for one in found] == ["mailing.E001"]  # saving does not hide it
    page = Page(fill(signed_in, is_on="on"))
    assert "ADDRESS_KEY" in page.one(".field-is_on .errorlist").text()


def test_after_saving_it_is_said_what_holds_now_and_what_is_missing(
    signed_in: Client, settings: Settings
) -> None:
    settings.EMAIL = LOCMEM
    settings.EMAIL_FROM = "news@example.org"
    make_subscribers(2)

    off = Page(signed_in.post(FORM, form_of(signed_in), follow=True)).one(".messagelist").text()
    sent = form_of(signed_in) | {"is_on": "on", "sender_name": "Weekly"}
    on = Page(signed_in.post(FORM, sent, follow=True)).one(".messagelist").text()

    assert "Saved. Mail is off: nobody can subscribe, and nothing is sent." in off
    assert "Saved. Mail is on: 2 subscribers get it, from Weekly <news@example.org>." in on
    assert "What is still to be done stands at the top: 2 things." in on


def test_limits_of_single_services_are_set_a_line_each(
    mail_is_on: MailSettings, signed_in: Client
) -> None:
    Pace.objects.create(group="google", sent=7)

    fill(signed_in, is_on="on", limits="Gmail.com 500\n\nexample.org: 20")

    assert limits_of() == {"example.org": 20, "google": 500}
    assert Pace.objects.get(group="google").sent == 7
    assert Page(signed_in.get(FORM)).one("#id_limits").text().split("\n") == [
        "example.org 20", "google 500",
    ]  # fmt: skip
    fill(signed_in, is_on="on", limits="example.org 30")
    assert limits_of() == {"example.org": 30}


@pytest.mark.parametrize("wrong", ["naver", "naver many", "naver 0", "not_a_host! 5"])
def test_a_limit_that_is_none_is_said_with_its_line_and_loses_nothing(
    mail_is_on: MailSettings, signed_in: Client, wrong: str
) -> None:
    page = Page(fill(signed_in, is_on="on", limits=f"google 5\n{wrong}"))

    assert "Line 2: write a service and a number" in page.one(".field-limits .errorlist").text()
    assert wrong in page.one("#id_limits").text()
    assert limits_of() == {}


def test_an_owner_sends_a_test_mail_from_the_settings(
    mail_is_on: MailSettings, signed_in: Client, owner: User, mailoutbox: list
) -> None:
    page = Page(signed_in.get(FORM))
    assert page.one("#try [name=address]").attributes["value"] == owner.email

    answer = signed_in.post(TRY, {"address": "me@example.org"}, follow=True)

    assert [mail.to for mail in mailoutbox] == [["me@example.org"]]
    assert mailoutbox[0].subject.startswith("[Test] Mail from ")
    assert "was taken by the server" in Page(answer).one(".messagelist").text()


def test_a_test_mail_that_does_not_leave_says_why(
    mail_is_on: MailSettings, signed_in: Client, editor: User, sign_in: SignIn, mailoutbox: list
) -> None:
    subscribing.suppress(digest_of("gone@example.org"), Suppression.Reason.COMPLAINED)

    for address, said in (
        ("nobody", "valid email"),
        ("me@xn--0.com", "This is no mail address"),
        ("gone@example.org", "gets no mail any more"),
    ):
        answer = signed_in.post(TRY, {"address": address}, follow=True)
        assert said in Page(answer).one(".messagelist").text()

    assert sign_in(editor).post(TRY, {"address": "me@example.org"}).status_code == 403
    assert mailoutbox == []
