"""Messages of modules that know no Django, in the language that is active."""

from __future__ import annotations

from django.utils.translation import gettext

from posts.messages import Message


def translated(text: object) -> str:
    """Return a message translated, with the messages in it; other text as it is."""
    if not isinstance(text, Message):
        return str(text)
    values = {
        name: translated(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    template = gettext(text.template)
    return template % values if values else template
