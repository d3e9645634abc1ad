"""Test mails: the form that asks where one goes, and what is said once it has left."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailing.admin.addresses import AddressField


class TestForm(forms.Form):
    """Where a test mail goes."""

    address = AddressField(label=_("address"), max_length=254)


def to_oneself(request: HttpRequest) -> TestForm:
    """Return the form, in which the address of whoever looks at it stands already."""
    return TestForm(initial={"address": getattr(request.user, "email", "")})


def taken_words(address: str) -> str:
    """Return that the server took a test mail, as a sentence."""
    words = gettext("The test mail to %(address)s was taken by the server.")
    return words % {"address": address}
