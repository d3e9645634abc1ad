"""What `manage.py check --database default` says about mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DatabaseError, transaction

from mailing.composing import NoSender, sender_mailbox
from mailing.models import MailSettings


def check_address_key(
    databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Tell when digests of addresses were made with another ADDRESS_KEY than that of now."""
    if "default" not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            knows = MailSettings.current().knows_addresses
    except DatabaseError:  # migrations are still to be run
        return []
    if knows:
        return []
    return [
        Error(
            "ADDRESS_KEY is not the one with which addresses of subscribers are stored.",
            hint="Put the earlier one back: with this one nobody who must not get mail any more is"
            " recognised. Without ADDRESS_KEY, SECRET_KEY is it.",
            id="mailing.E001",
        )
    ]


def check_sender(databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """Tell when mail is on, and comes from no address."""
    if "default" not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            row = MailSettings.current()
        if row.is_open:
            sender_mailbox(row)
    except DatabaseError:  # migrations are still to be run
        return []
    except NoSender:
        return [
            Error(
                "Mail is on, and neither its settings nor EMAIL_FROM name an address that mails can"
                " be from.",
                hint="Set the address of the sender in the mail settings, or EMAIL_FROM.",
                id="mailing.E002",
            )
        ]
    return []
