"""The settings of mail: who may change them, what they refuse, and what switching mail on does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import checks
from django.core.exceptions import PermissionDenied
from django.test import Client
from pytest_django.fixtures import Settings

from mailing.models import MailSettings
from mailing.settling import settle
from posts.site import version
from tests.conftest import SignIn
from tests.mailing.conftest import LOCMEM
from tests.reading import Page

pytestmark = pytest.mark.django_db

FORM = "/admin/mailing/mailsettings/1/change/"


def fill(client: Client, **values: Any) -> Any:
    """Send the form as a browser would, with some fields filled in otherwise."""
    page = Page(client.get(FORM))
    chosen = {
        name: page.one(f"select[name={name}] option[selected]").attributes["value"]
        for name in ("default_rhythm", "unknown")
    }
    return client.post(FORM, {**page.fields("#mailsettings_form"), **chosen, **values})


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

    assert "Put the earlier one back" in Page(signed_in.get(FORM)).one(".errornote").text()
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert [one.id for one in found] == ["mailing.E001"]

    fill(signed_in, is_on="", sender_name="Saved again")
    found = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    assert [one.id for one in found] == ["mailing.E001"]  # saving does not hide it
    page = Page(fill(signed_in, is_on="on"))
    assert "ADDRESS_KEY" in page.one(".field-is_on .errorlist").text()
