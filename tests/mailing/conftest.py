"""What tests of mail share."""

from __future__ import annotations

import pytest
from pytest_django.fixtures import Settings

from mailing.models import MailSettings, Subscriber
from mailing.settling import settle
from tests.mailing.builders import make_subscriber

LOCMEM = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


@pytest.fixture
def mail_is_on(settings: Settings, db: None) -> MailSettings:
    """Name a server of mail, and switch mail on; return the settings."""
    settings.EMAIL = LOCMEM
    row = MailSettings.current()
    row.is_on = True
    return settle(row)


@pytest.fixture
def reader(db: None) -> Subscriber:
    """Somebody who gets mail."""
    return make_subscriber("reader@example.org")
