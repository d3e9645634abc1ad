"""The settings of mail, saved with what follows from them."""

from __future__ import annotations

from django.db import transaction

from mailing import access
from mailing.access import Actor
from mailing.models import MailSettings
from posts.settling import offers_changed


@transaction.atomic
def settle(row: MailSettings, *, by: Actor = None) -> MailSettings:
    """Store the settings of mail; public pages get their forms, or lose them, from this
    transaction's end on. Raises PermissionDenied."""
    access.check(by, access.CHANGE_SETTINGS)
    row.save()
    offers_changed()
    return row
