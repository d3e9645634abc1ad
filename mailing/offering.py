"""What mail adds to public pages, while readers can subscribe."""

from __future__ import annotations

from django.conf import settings

from mailing.models import MailSettings
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
