"""What the mail settings say is missing so that what comes back is noticed."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from mailing import bounces
from mailing.models import MailSettings

SMTP = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend"}
POSTMARK = {"EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend"}
SES = {"EMAIL_BACKEND": "anymail.backends.amazon_ses.EmailBackend"}


def advice(settings: Settings, mail: dict[str, str], **values: str) -> str:
    settings.EMAIL = mail
    settings.EMAIL_BACKEND = mail.get("EMAIL_BACKEND", "")
    return "\n".join(bounces.advise(MailSettings(postal_address="1 Road", **values)))


def test_without_mail_nothing_is_missing(settings: Settings) -> None:
    assert advice(settings, {}) == ""


def test_a_server_needs_an_address_for_bounces_and_somebody_who_reads_it(
    settings: Settings,
) -> None:
    assert "Name an address for bounces" in advice(settings, SMTP)
    named = {"bounce_address": "bounces@example.org"}
    assert "MAIL_BOUNCES" in advice(settings, SMTP, **named)
    settings.MAIL_BOUNCES = "maildir:///var/mail/bounces"
    assert advice(settings, SMTP, **named) == ""


@pytest.mark.parametrize(("mail", "name"), [(POSTMARK, "postmark"), (SES, "ses")])
def test_a_provider_needs_a_secret_and_the_address(
    settings: Settings, mail: dict[str, str], name: str
) -> None:
    where = f"https://news.example.org/mail/events/{name}/"

    settings.MAIL_EVENTS_SECRET = ""
    assert (
        f"set MAIL_EVENTS_SECRET in the environment of the site, and let the provider send"
        f" events to {where}" in advice(settings, mail)
    )
    settings.MAIL_EVENTS_SECRET = "a-secret-of-this-test-alone"
    assert where in advice(settings, mail)
    assert "a-secret" not in advice(settings, mail)


def test_a_postal_address_is_asked_for(settings: Settings) -> None:
    settings.EMAIL, settings.EMAIL_BACKEND = SMTP, SMTP["EMAIL_BACKEND"]

    assert "postal address" in "\n".join(bounces.advise(MailSettings()))
