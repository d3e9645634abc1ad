"""The sessions of an account: where and when somebody signed in, and ending them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

SIGNED_IN: Final = "signed_in"
BROWSERS: Final = ("Edg", "OPR", "SamsungBrowser", "Firefox", "Chrome", "Safari")
SYSTEMS: Final = ("iPhone", "iPad", "Android", "Windows", "Mac OS X", "CrOS", "Linux")
NAMES: Final = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
}


class SignedIn(NamedTuple):
    """A session as its owner sees it; ``name`` stands for its key, which nobody is shown."""

    name: str
    since: datetime | None
    browser: str
    is_this: bool


def note(request: HttpRequest) -> None:
    """Write into a session when it began, and in what kind of browser."""
    agent = request.headers.get("User-Agent", "")
    request.session[SIGNED_IN] = [timezone.now().isoformat(), _described(agent)]


def list_sessions(user: User, this: str | None) -> list[SignedIn]:
    """Return the sessions of an account, the latest first; ``this`` is the key of the own one."""
    found = [_signed_in(key, data, this) for key, data in _sessions_of(user)]
    oldest = datetime.min.replace(tzinfo=timezone.get_current_timezone())
    return sorted(found, key=lambda one: (one.is_this, one.since or oldest), reverse=True)


def end(user: User, name: str = "", *, but: str | None = None) -> int:
    """End the session of this name, or all but one key's; return how many ended."""
    keys = [key for key, _data in _sessions_of(user) if key != but]
    chosen = [key for key in keys if not name or _name(key) == name]
    return Session.objects.filter(session_key__in=chosen).delete()[0]


def _sessions_of(user: User) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield keys and data: whose a session is stands in its data alone."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        data = session.get_decoded()
        if data.get(SESSION_KEY) == str(user.pk):
            yield session.session_key, data


def _signed_in(key: str, data: dict[str, Any], this: str | None) -> SignedIn:
    since, browser = data.get(SIGNED_IN, ("", ""))
    return SignedIn(_name(key), parse_datetime(since), browser, key == this)


def _name(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:20]


def _described(agent: str) -> str:
    """Return browser and system in short: more of a browser's name is not kept."""
    found = [
        next((NAMES.get(word, word) for word in words if word in agent), "")
        for words in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, found))
