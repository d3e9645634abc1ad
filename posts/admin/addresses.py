"""Addresses that owners write: of pages here and elsewhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext

WEB = ("http", "https")
MOST_PROFILES = 20


def check_address(text: str, schemes: tuple[str, ...] = (*WEB, "mailto")) -> str:
    """Return an address that leads somewhere: a path of this site, or a whole one.

    Raises ValidationError, which says what is allowed.
    """
    address = text.strip()
    if any(char.isspace() or not char.isprintable() or char in '\\<>"' for char in address):
        raise ValidationError(gettext("An address holds no spaces, quotation marks or brackets."))
    if address.startswith("/") and not address.startswith("//"):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme in schemes and (parts.hostname or (parts.scheme == "mailto" and parts.path)):
        return address
    raise ValidationError(
        gettext("Write a path such as /about/, or a whole address such as https://example.org/.")
    )


def check_profiles(text: str) -> str:
    """Return addresses of web pages, one a line. Raises ValidationError, which names the line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_PROFILES:
        raise ValidationError(gettext("At most %(n)d addresses.") % {"n": MOST_PROFILES})
    for number, line in enumerate(lines, 1):
        try:
            check_address(line, WEB)
        except ValidationError as error:
            words = gettext("Line %(line)d: %(error)s")
            raise ValidationError(words % {"line": number, "error": error.message}) from error
        if line.startswith("/"):
            words = gettext("Line %(line)d: write the whole address, with https://.")
            raise ValidationError(words % {"line": number})
    return "\n".join(lines)
