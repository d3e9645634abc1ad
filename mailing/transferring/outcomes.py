"""What became of each row of an import, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailing.models import Subscriber
from posts.health import csv_lines


class Kind(StrEnum):
    """What became of a row."""

    ADDED = "added"
    ASKED = "asked"
    KNOWN = "known"
    NOW_LEFT = "now left"
    REPEATED = "repeated"
    BARRED = "barred"
    SUPPRESSED = "suppressed"
    LEFT_BEFORE = "left before"
    NO_CONSENT = "no consent"
    UNCONFIRMED = "unconfirmed"
    NO_ADDRESS = "no address"
    UNKNOWN_STATE = "unknown state"
    UNREADABLE = "unreadable"


WORDS: Final[dict[Kind, Any]] = {
    Kind.ADDED: _("Added"),
    Kind.ASKED: _("Asked to confirm"),
    Kind.KNOWN: _("Known already"),
    Kind.NOW_LEFT: _("Gets no more mail"),
    Kind.REPEATED: _("Repeated"),
    Kind.BARRED: _("Left out: left or bounced"),
    Kind.SUPPRESSED: _("Left out: suppressed"),
    Kind.LEFT_BEFORE: _("Left out: left here before"),
    Kind.NO_CONSENT: _("Left out: no consent"),
    Kind.UNCONFIRMED: _("Left out: never confirmed"),
    Kind.NO_ADDRESS: _("Refused: no address"),
    Kind.UNKNOWN_STATE: _("Refused: unknown state"),
    Kind.UNREADABLE: _("Refused: unreadable"),
}
REASONS: Final[dict[Kind, Any]] = {
    Kind.ADDED: _("State: %(detail)s."),
    Kind.ASKED: _("A mail asks whether they want to subscribe."),
    Kind.KNOWN: _("They subscribed or were imported before; nothing was changed."),
    Kind.NOW_LEFT: _("They came by an import, and this file says: %(detail)s."),
    Kind.REPEATED: _("An earlier row has the same address."),
    Kind.BARRED: _("Another row says of the same address that it left, bounced or complained."),
    Kind.SUPPRESSED: _("This address is never to get mail again."),
    Kind.LEFT_BEFORE: _("They left, or were erased, on this site."),
    Kind.NO_CONSENT: _("There is no statement of consent, and nobody is to be asked."),
    Kind.UNCONFIRMED: _("The file says that they never confirmed, and nobody is to be asked."),
    Kind.NO_ADDRESS: _("This is no e-mail address."),
    Kind.UNKNOWN_STATE: _("The file calls their state “%(detail)s”, which is not known here."),
    Kind.UNREADABLE: _("The row cannot be read: a quote without end, or a byte that no text has."),
}
FINE: Final = frozenset({Kind.ADDED, Kind.ASKED, Kind.KNOWN, Kind.NOW_LEFT, Kind.REPEATED})
REFUSED: Final = frozenset({Kind.NO_ADDRESS, Kind.UNKNOWN_STATE, Kind.UNREADABLE})


# Who was added is counted by whether mail goes to them.
_ADDED: Final[dict[str, str]] = {
    Subscriber.Status.ACTIVE: str(Kind.ADDED),
    Subscriber.Status.PAUSED: "added, paused",
    Subscriber.Status.WAITING: "added, waiting",
}
_NO_MAIL: Final = "added, no mail"
_SUMS: Final[dict[str, Any]] = {
    str(Kind.ADDED): _("Added: get mail now"),
    "added, paused": _("Added: paused, get mail later"),
    "added, waiting": _("Added: get no mail until they confirm"),
    _NO_MAIL: _("Added so that they get no mail: left, bounced or complained"),
    str(Kind.ASKED): _("Asked by a mail: get nothing else until they confirm"),
    **{str(kind): WORDS[kind] for kind in Kind if kind not in {Kind.ADDED, Kind.ASKED}},
}


def counted(counts: Mapping[str, int]) -> list[tuple[Any, int]]:
    """Return how many rows became what, in words; ``counts`` are by ``Outcome.sum``."""
    return [(words, counts[name]) for name, words in _SUMS.items() if counts.get(name)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of row ``number`` of a file."""

    number: int
    address: str
    kind: Kind
    detail: str = ""
    digest: str = ""

    @property
    def sum(self) -> str:
        """What it is counted as."""
        return _ADDED.get(self.detail, _NO_MAIL) if self.kind == Kind.ADDED else str(self.kind)

    @property
    def words(self) -> str:
        """What became of it, in short."""
        return str(WORDS[self.kind])

    @property
    def reason(self) -> str:
        """Why, as a sentence."""
        detail = self.detail
        if self.kind in {Kind.ADDED, Kind.NOW_LEFT}:
            detail = str(Subscriber.Status(self.detail).label)
        return str(REASONS[self.kind]) % {"detail": detail}


def report(outcomes: Iterable[Outcome]) -> Iterator[bytes]:
    """Yield the lines of a CSV file with what became of each row."""
    header = (gettext("Row"), gettext("Address"), gettext("Result"), gettext("Reason"))
    rows = ((one.number, one.address, one.words, one.reason) for one in outcomes)
    return csv_lines(header, rows)
