"""A field of staff's forms for a mail address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext

from mailing.addresses import AddressError, checked


class AddressField(forms.EmailField):
    """An address as mails name it, its domain in ASCII. Django's field takes some that no mail can
    name: quoted names, and domains that are no IDN (RFC 5891)."""

    def clean(self, value: Any) -> str:
        """Return an address as it is stored; "" where none is asked for."""
        found: str = super().clean(value)
        try:
            return checked(found) if found else ""
        except AddressError as error:
            raise ValidationError(
                gettext("This is no mail address. One looks like name@example.org.")
            ) from error
