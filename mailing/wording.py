"""The words to which readers agree, kept by version: changed words are another version."""

from __future__ import annotations

import hashlib

from mailing.models import Wording


def keep(text: str, language: str) -> Wording:
    """Return the row of a wording in a language, which is added when it is new."""
    version = hashlib.sha256(f"{language}\0{text}".encode()).hexdigest()[:16]
    row, _created = Wording.objects.get_or_create(
        version=version, defaults={"language": language, "text": text}
    )
    return row
