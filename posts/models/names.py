"""What tags, recurring sections and authors have in common: no two are called alike."""

from __future__ import annotations

from django.db import IntegrityError


class NameTaken(IntegrityError):
    """Something cannot have a name or an address, since another of its kind has it, or had it.

    ``field`` is the one to put right: name, title or slug.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
