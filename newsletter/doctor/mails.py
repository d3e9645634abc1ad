"""Mail to readers: whether addresses are recognised, and mailings that wait for somebody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailing.models import Mailing, MailSettings
from newsletter.doctor.findings import Check, Finding, problem, warning

PATIENCE = timedelta(minutes=15)
NAMED = 5


def _key() -> Iterator[Finding]:
    if not MailSettings.current().knows_addresses:
        wrong = gettext(
            "ADDRESS_KEY is another one than that with which addresses of readers were stored:"
            " nobody who must not get mail any more is recognised."
        )
        remedy = gettext("Put the earlier one back; where it was never set, SECRET_KEY is it.")
        yield problem(wrong, remedy)


def _mailings() -> Iterator[Finding]:
    stopped = Mailing.objects.filter(status=Mailing.Status.PAUSED).exclude(trouble="")
    remedy = gettext("Look under Mail › Mailings what became of it, and let it go on there.")
    for mailing in stopped.order_by("pk")[:NAMED]:
        words = gettext("A mailing stopped by itself: %(title)s.")
        yield warning(words % {"title": mailing.title}, remedy)
    late = Mailing.objects.filter(
        status=Mailing.Status.PLANNED, starts_at__lt=timezone.now() - PATIENCE
    )
    for mailing in late.order_by("pk")[:NAMED]:
        words = gettext("A mailing should have begun and has not: %(title)s.")
        yield warning(words % {"title": mailing.title}, remedy)


CHECKS: Final = (
    Check("addresses", _("Addresses of readers"), _key, 48, needs_database=True),
    Check("mailings", _("Mailings"), _mailings, 49, needs_database=True),
)
