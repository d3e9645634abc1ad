"""The words to which readers agree, kept by version: changed words are another version."""

from __future__ import annotations

import hashlib

from django.utils import translation
from django.utils.translation import gettext

from mailing.models import MailSettings, Wording
from posts import identity


def agreement(language: str) -> str:
    """Return the words of today's form, in a language: who sends what, until when, what is kept."""
    settings, site = MailSettings.current(), identity.current().name
    with translation.override(language or identity.current().language):
        return gettext(
            "I want %(site)s to send me its issues, or what I choose of them, by mail."
            " %(sender)s keeps my address for that alone. I can leave at any time by the link in"
            " each mail; %(days)d days later the address is deleted."
        ) % {
            "site": site,
            "sender": settings.sender_name or site,
            "days": settings.keep_days,
        }


def keep(text: str, language: str) -> Wording:
    """Return the row of a wording in a language, which is added when it is new."""
    version = hashlib.sha256(f"{language}\0{text}".encode()).hexdigest()[:16]
    row, _created = Wording.objects.get_or_create(
        version=version, defaults={"language": language, "text": text}
    )
    return row
