"""What somebody saw before confirming: a decision about many rows is about just those.

Asking for "all" again when it is confirmed would decide about what came in between. So the page
that asks carries the keys of the rows it asks about, and its moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from django.core import signing
from django.utils import timezone

SEEN: Final = "seen"
"""The field of a form that carries it."""
_SALT: Final = "links.seen"


class Seen(NamedTuple):
    """The keys of rows, in their order, and the moment at which they were shown."""

    at: datetime
    keys: list[int]


def sign_seen(keys: Iterable[int]) -> str:
    """Return rows as seen now. Of keys the steps are kept, which become small when packed."""
    at = timezone.now().timestamp()
    steps = [after - before for before, after in pairwise([0, *sorted(keys)])]
    return signing.dumps([at, steps], salt=_SALT, compress=True)


def read_seen(text: str) -> Seen | None:
    """Return what was seen, or None for what we did not sign: then it is asked again."""
    try:
        at, steps = signing.loads(text, salt=_SALT)
    except signing.BadSignature:
        return None
    return Seen(datetime.fromtimestamp(at, UTC), list(accumulate(steps)))
