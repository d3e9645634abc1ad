"""Texts for people, written where Django is not known and translated where it is.

Modules that make messages import the class as ``_``, as ``makemessages`` collects them by that
name; ``posts.translating`` says them in the language of who reads them.
"""

from __future__ import annotations

from typing import Self


class Message(str):
    """A text in English that remembers its template and the values in it."""

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill the template's ``%(name)s``; values may be messages themselves."""
        message = super().__new__(cls, template % values if values else template)
        message.template, message.values = template, values
        return message
