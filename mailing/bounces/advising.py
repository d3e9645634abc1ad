"""What is missing so that the site hears what comes back, for whoever sets mail up."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from mailing.models import MailSettings
from posts.publishing.describing import absolute

# By django-anymail's name: the name in our address.
_NAMES = {"amazon_ses": "ses"}
_PREFIX = "anymail.backends."


def provider() -> str:
    """Return the name of the provider that sends mail; "" for a server."""
    backend = settings.EMAIL_BACKEND if settings.EMAIL else ""
    if not backend.startswith(_PREFIX):
        return ""
    name = backend.removeprefix(_PREFIX).partition(".")[0]
    return _NAMES.get(name, name)


def advise(row: MailSettings) -> list[str]:
    """Return what is missing, each as a sentence; nothing while no mail is sent at all."""
    if not settings.EMAIL:
        return []
    found = [_of_provider(name)] if (name := provider()) else _of_server(row)
    if not row.postal_address.strip():
        found.append(gettext("Many countries ask for a postal address below each mail."))
    return [sentence for sentence in found if sentence]


def _of_provider(name: str) -> str:
    address = absolute(reverse("mailing:events", args=[name]))
    if not settings.MAIL_EVENTS_SECRET:
        return gettext(
            "The provider cannot tell what comes back: set MAIL_EVENTS_SECRET in the environment"
            " of the site, and let the provider send events to %(address)s, with any user name and"
            " the secret as the password."
        ) % {"address": address}
    return gettext(
        "The provider has to send events to %(address)s, with any user name and MAIL_EVENTS_SECRET"
        " as the password."
    ) % {"address": address}


def _of_server(row: MailSettings) -> list[str]:
    if not row.bounce_address:
        return [gettext("Name an address for bounces: without one, mail that comes back is lost.")]
    if not settings.MAIL_BOUNCES:
        return [
            gettext(
                "Nobody reads the mailbox for bounces: set MAIL_BOUNCES in the environment of the"
                " site, or run process_bounces."
            )
        ]
    return []
