"""What tests do that take the part of a reader who gets mail."""

from __future__ import annotations

import re
from email.message import EmailMessage, Message
from typing import Any
from urllib.parse import urlsplit

from django.core import mail
from django.test import Client

from tests.readers import HERE, ticket
from tests.reading import Page, shown

NEW = "new@example.org"


def subscribe(client: Client, email: str = NEW, **fields: str) -> Any:
    """Send the form with which one subscribes, as a browser does."""
    data = {"email": email, "rhythm": "each", "ticket": ticket("subscribe"), **fields}
    return client.post("/subscribe/", data, headers=HERE)


def heading(answer: Any) -> str:
    """Return what a page says it is."""
    return shown(Page(answer).one("h1"))


def mails() -> list[Any]:
    """Return the mails that were sent, and forget them."""
    sent = list(mail.outbox)
    mail.outbox.clear()
    return sent


def the_mail() -> Any:
    """Return the one mail that was sent since the last look."""
    [sent] = mails()
    return sent


def paths(sent: Any) -> list[str]:
    """Return the paths of our site that a mail leads to, in their order."""
    found = re.findall(r"https://news\.example\.org(/[^\s<>]+)", sent.body)
    return [path for path in found if urlsplit(path).path != "/"]


def confirmation(client: Client, email: str = NEW, **fields: str) -> str:
    """Ask for mail and return the path that the mail leads to."""
    assert subscribe(client, email, **fields).status_code == 303
    return paths(the_mail())[0]


def raw(sent: Any) -> Message | EmailMessage:
    """Return a mail as a server gets it."""
    message: Message = sent.message()
    return message
