"""Audit rows: who did what, written in the transaction of what was done, read in any language.

A row holds the English template and its values, as Django's own rows hold the names of fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext

from posts.messages import Message
from posts.preflight import titles_of
from posts.translating import translated


def record(
    request: HttpRequest,
    rows: Sequence[Model],
    message: Message,
    action: int = CHANGE,
    further: Sequence[Message] = (),
) -> list[LogEntry]:
    """Write down what the signed-in user did to rows; return what was written, one for each row.

    Raises PermissionDenied for nobody.
    """
    user = request.user.pk
    if user is None:
        raise PermissionDenied("Nobody is signed in.")
    if not rows:
        return []
    said = [kept(message), *map(kept, further)]
    return list(LogEntry.objects.log_actions(user, rows, action, said))


def writing_down(
    request: HttpRequest, message: Message, *further: Message, action: int = CHANGE
) -> Callable[[Model], LogEntry]:
    """Return what writes down that the signed-in user did this to a row."""
    return lambda row: record(request, [row], message, action, further)[0]


def kept(message: Message) -> dict[str, Any]:
    """Return a message as a part of what a row keeps of a change."""
    return {"message": {"template": message.template, "values": message.values}}


def words_of(entry: LogEntry) -> str:
    """Return what a row says, in the language that is active."""
    said = [entry.get_change_message()] if entry.change_message else []
    with suppress(ValueError, TypeError, KeyError):
        parts = json.loads(entry.change_message)
        ours = [part["message"] for part in parts if "message" in part]
        others = [part for part in parts if "message" not in part]
        fields = LogEntry(change_message=json.dumps(others)).get_change_message() if others else ""
        said = [fields, *(translated(Message(one["template"], **_shown(one))) for one in ours)]
    # What was written down before rows held templates may be one without values.
    return " ".join(gettext(words) for words in said if words)


def _shown(message: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a message; checks are kept by their names, and read by their titles."""
    values: dict[str, Any] = message["values"]
    return values | ({"kinds": titles_of(values["kinds"])} if "kinds" in values else {})
