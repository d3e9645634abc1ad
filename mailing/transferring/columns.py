"""What the columns of other services mean. Their names are those of their exports:

Ghost ``subscribed_to_emails, created_at, deleted_at, labels`` (its members exporter); Buttondown
``email, tags, creation_date, subscriber_type`` (its API); Substack ``email_disabled, created_at``
or ``Email, Name, Subscription date`` (buttondown/roadmap#2282); Mailchimp ``Email Address, First
Name, OPTIN_TIME, UNSUB_TIME, CLEAN_TIME, TAGS``; beehiiv ``email, status, created_at``; listmonk
``uuid, email, name, attributes, status`` (cmd/subscribers.go); and ours.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.dateparse import parse_date, parse_datetime

from mailing import subscribing
from mailing.models import Rhythm, Subscriber, Suppression
from posts import identity
from posts.health import harmless

Status = Subscriber.Status
Source = Subscriber.Source
Reason = Suppression.Reason
Cells = Mapping[str, str]

SERVICES: Final[Mapping[str, frozenset[str]]] = {
    "Newsletter": frozenset({"email", "state", "gets", "rhythm"}),
    "Ghost": frozenset({"email", "subscribed to emails"}),
    "Mailchimp": frozenset({"email address", "leid"}),
    "Substack": frozenset({"email", "email disabled"}),
    "Substack (list)": frozenset({"email", "subscription type", "activity"}),
    "Buttondown": frozenset({"email", "subscriber type"}),
    "listmonk": frozenset({"uuid", "email", "attributes", "status"}),
    "beehiiv": frozenset({"email", "status", "utm source"}),
}
ADDRESS: Final = (
    "email", "email address", "e mail", "e mail address", "subscriber email", "mail", "이메일",
    "이메일 주소", "메일",
)  # fmt: skip
NAME: Final = ("name", "full name", "이름")
TAGS: Final = ("tags", "labels", "태그")
LANGUAGE: Final = ("language", "locale", "lang", "언어")
CREATED: Final = (
    "created at", "creation date", "created", "optin time", "confirm time", "subscription date",
    "subscribed at", "date", "last changed", "구독일", "가입일", "등록일",
)  # fmt: skip
LEFT: Final = (
    "left at", "unsub time", "unsubscribed at", "unsubscription date", "deleted at", "clean time",
    "구독 취소일", "구독취소일", "수신 거부일", "수신거부일", "해지일", "탈퇴일",
)  # fmt: skip
STATE: Final = (
    "state", "status", "subscriber type", "type", "subscription status", "상태", "구독 상태",
    "구독상태",
)  # fmt: skip
LANGUAGES: Final = {"korean": "ko", "한국어": "ko", "english": "en", "영어": "en"}
_LANGUAGE: Final = re.compile(r"([a-z]{2,3})([-_][a-z0-9]{2,8})*", re.IGNORECASE | re.ASCII)
# Years that dates here may have: others are no moment in some zone.
YEARS: Final = range(1970, 2200)
_FALSE: Final = frozenset({"false", "0", "no", "f"})
_TRUE: Final = frozenset({"true", "1", "yes", "t"})


@dataclass(frozen=True, slots=True)
class State:
    """A state of a row, the worse the greater ``weight``: where columns differ the worst holds."""

    weight: int
    status: Subscriber.Status
    reason: Suppression.Reason | None = None


ACTIVE: Final = State(0, Status.ACTIVE)
PAUSED: Final = State(1, Status.PAUSED)
WAITING: Final = State(2, Status.WAITING)
LEAVER: Final = State(3, Status.LEFT)
BOUNCED: Final = State(4, Status.BOUNCED, Reason.BOUNCED)
BLOCKED: Final = State(5, Status.LEFT, Reason.STAFF)
COMPLAINED: Final = State(6, Status.COMPLAINED, Reason.COMPLAINED)
# Without spaces, which Korean leaves to the writer in most of these.
WORDS: Final[Mapping[str, State]] = {
    **dict.fromkeys(
        ("", "active", "subscribed", "enabled", "confirmed", "regular", "premium", "gifted",
         "trialed", "paid", "free", "comped", "complimentary", "구독", "구독중", "활성",
         # Of Buttondown: whether and when they pay, while they get its mails.
         "unpaid", "churning", "pastdue"), ACTIVE),
    **dict.fromkeys(("paused", "일시정지", "일시중지"), PAUSED),
    **dict.fromkeys(
        ("waiting", "unactivated", "unconfirmed", "pending", "validating", "대기", "대기중",
         "확인대기", "인증대기", "미확인", "미인증"), WAITING),
    **dict.fromkeys(
        ("left", "unsubscribed", "inactive", "removed", "disabled", "cancelled", "canceled",
         "archived", "deleted", "nonsubscribed", "transactional", "churned", "구독취소", "구독해지",
         "구독중지", "수신거부", "해지", "탈퇴", "삭제", "비활성"), LEAVER),
    **dict.fromkeys(
        ("bounced", "cleaned", "undeliverable", "invalid", "malformed", "hardbounced", "반송",
         "자동삭제"), BOUNCED),
    **dict.fromkeys(("blocklisted", "blocked", "blacklisted", "suppressed", "차단"), BLOCKED),
    **dict.fromkeys(
        ("complained", "spam", "spammy", "complaint", "reportedspam", "스팸", "스팸신고"),
        COMPLAINED),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What a row says of a subscriber. ``state`` is None where it says something unknown, which is
    ``state_word`` then. ``choices`` are pairs of kind and value; ``tags`` are names.
    """

    address: str
    name: str = ""
    state: State | None = ACTIVE
    state_word: str = ""
    language: str = ""
    rhythm: str = ""
    zone: str = ""
    hour: int = 8
    tags: tuple[str, ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    source: str = Source.IMPORT
    created_at: datetime | None = None
    confirmed_at: datetime | None = None
    consented_at: datetime | None = None
    paused_until: datetime | None = None
    left_at: datetime | None = None
    reason: str = ""
    is_ours: bool = False


def service_of(names: frozenset[str]) -> str:
    """Return whose export a table of these columns is, "" for none that is known."""
    return next((name for name, has in SERVICES.items() if has <= names), "")


def has_address(names: frozenset[str]) -> bool:
    """Tell whether a table has a column of addresses."""
    return any(name in names for name in ADDRESS)


def read(cells: Cells) -> Entry:
    """Return what a row says."""
    state, word = _state(cells)
    reason = _reason(cells) if _is_ours(cells) else (state.reason if state else None) or ""
    if reason is None:
        state, word, reason = None, cells["suppressed"], ""
    return Entry(
        address=unguarded(_first(cells, ADDRESS)),
        name=_name(cells),
        state=state,
        state_word=word,
        language=_language(_first(cells, LANGUAGE)),
        rhythm=cells["rhythm"] if cells.get("rhythm") in Rhythm.values else "",
        zone=_zone(cells.get("time zone", "")),
        hour=_hour(cells.get("hour", "")),
        tags=_tags(_first(cells, TAGS)),
        choices=_choices(cells.get("gets", "")),
        source=_source(cells.get("source", "")) if _is_ours(cells) else Source.IMPORT,
        created_at=moment_of(_first(cells, CREATED)),
        confirmed_at=moment_of(cells.get("confirmed at", "")),
        consented_at=moment_of(cells.get("consented at", "")),
        paused_until=moment_of(cells.get("paused until", ""), to_come=True),
        left_at=moment_of(_first(cells, LEFT)),
        reason=reason,
        is_ours=_is_ours(cells),
    )


def _is_ours(cells: Cells) -> bool:
    return SERVICES["Newsletter"] | {"suppressed"} <= cells.keys()


def _source(text: str) -> str:
    return text if text in Source.values else Source.IMPORT


def _reason(cells: Cells) -> str | None:
    """Return why an address must get no mail, "" where it may; None for a word not known here."""
    text = cells["suppressed"]
    return text if text in {"", *Reason.values} else None


def _first(cells: Cells, names: tuple[str, ...]) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def unguarded(text: str) -> str:
    """Take away the quote that keeps spreadsheets from running a text; one of its own stays."""
    bare = text.removeprefix("'")
    return bare if harmless(bare) == text else text


def _name(cells: Cells) -> str:
    parts = (cells.get("first name", ""), cells.get("last name", ""))
    text = unguarded(_first(cells, NAME)) or " ".join(filter(None, map(unguarded, parts)))
    plain = "".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text)
    return " ".join(plain.split())[:100]


def _state(cells: Cells) -> tuple[State | None, str]:
    """Return the worst that the columns say, and the word that is not understood."""
    found = [ACTIVE]
    for name in STATE:
        word = re.sub(r"[\s_-]+", "", cells.get(name, "").casefold())
        if word not in WORDS:
            return None, cells[name]
        found.append(WORDS[word])
    if cells.get("subscribed to emails", "").casefold() in _FALSE:
        found.append(LEAVER)
    if cells.get("email disabled", "").casefold() in _TRUE:
        found.append(LEAVER)
    if any(cells.get(name) for name in LEFT):
        found.append(BOUNCED if cells.get("clean time") else LEAVER)
    return max(found, key=lambda state: state.weight), ""


def _language(text: str) -> str:
    """Return the code of a language (BCP 47, its first part), "" for what is none."""
    if known := LANGUAGES.get(text.casefold()):
        return known
    match = _LANGUAGE.fullmatch(text)
    return match[1].lower() if match else ""


def _zone(text: str) -> str:
    return text if text in identity.time_zones() else ""


def _hour(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 2 and int(text) < 24 else 8


def _tags(text: str) -> tuple[str, ...]:
    """Return names, separated by commas or as a list of JSON."""
    if text.startswith("["):
        names = [name for name in _listed(text) if isinstance(name, str)]
    else:
        names = text.replace('"', "").split(",")
    return tuple(name for text in names if (name := unguarded(text.strip())).isprintable() and name)


def _choices(text: str) -> tuple[tuple[str, str], ...]:
    """Return choices as our export writes them, a list of JSON with pairs of kind and value: those
    that readers may have."""
    pairs = [pair for pair in _listed(text) if isinstance(pair, list) and len(pair) == 2]
    named = [":".join(pair) for pair in pairs if all(isinstance(part, str) for part in pair)]
    wishes = filter(None, map(subscribing.wish_of, named[: 2 * subscribing.MOST]))
    return tuple(dict.fromkeys(wishes))[: subscribing.MOST]


def _listed(text: str) -> list[Any]:
    """Return what a list of JSON holds; nothing for what is none."""
    try:
        found = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def moment_of(text: str, *, to_come: bool = False) -> datetime | None:
    """Return the moment that a text names (ISO 8601, UTC unless it says otherwise), or None. Some
    services name UTC behind it.

    What is yet to come is none, unless ``to_come``: a clock or a column was wrong.
    """
    text = text.removesuffix(" UTC")
    try:
        found = parse_datetime(text)
        if found is None and (date := parse_date(text)):
            found = datetime(date.year, date.month, date.day, tzinfo=UTC)
    except ValueError:
        return None
    if found is None or found.year not in YEARS:
        return None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    return found if to_come or found <= datetime.now(UTC) else None
