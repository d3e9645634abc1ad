"""What tests do that take the part of a reader: fill in forms of public pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from posts.readers.tickets import make_ticket
from tests.reading import Page

HERE = {"Sec-Fetch-Site": "same-origin"}


def ticket(form: str, age: timedelta = timedelta(minutes=1)) -> str:
    """Return the ticket of a form that was opened a while ago."""
    return make_ticket(form, timezone.now() - age)


def suggest(client: Client, url: str = "https://new.example.org/story", **fields: str) -> Any:
    """Send the form with which a link is suggested, as a browser does."""
    data = {"url": url, "ticket": ticket("suggest"), **fields}
    return client.post("/suggest/", data, headers=HERE)


def errors(response: Any) -> list[str]:
    """Return what a page says is wrong with its form."""
    return Page(response).texts(".errorlist li, .error-summary .whole")
