"""What mail adds to public pages, while readers can subscribe."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from mailing.models import MailSettings
from posts.settling import offers_changed
from posts.slots import Offer

FORM = "mailing/site/small_form.html"
OFFER = Offer(
    name="mail",
    is_on=lambda: MailSettings.current().is_open,
    is_able=lambda: bool(settings.EMAIL),
    parts={
        "home": FORM,
        "follow": FORM,
        "issue": FORM,
        "list": "mailing/site/follow_list.html",
    },
    private=("/mail/", "/subscribe/"),
)


def follow_settings(sender: type[MailSettings], **_signal: Any) -> None:
    """Let pages show that mail was switched on or off (receiver of ``post_save``)."""
    offers_changed()
