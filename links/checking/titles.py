"""What a page says of itself, asked while somebody waits for it: its title and description."""

from __future__ import annotations

from dataclasses import replace
from threading import BoundedSemaphore
from typing import Final

from django.conf import settings
from django.utils import timezone

from links.checking.archiving import own_policy
from links.checking.unfurling import Unfurled
from links.checking.verdicts import judge
from links.fetching import FetchError, Policy, fetch

# A title stands at the beginning of a page, behind its scripts and styles.
BEGINNING: Final = 300_000
# Pages that one process asks at once: whoever waits holds a thread that serves the staff.
_doors: Final = BoundedSemaphore(2)


def patience() -> Policy:
    """Return the policy of requests for which somebody waits."""
    return replace(own_policy(), connect_seconds=2, read_seconds=3, total_seconds=4)


def look_up(url: str) -> Unfurled:
    """Return what the page at a canonical address says of itself; empty where it says nothing now.

    Nothing is stored, and nothing asked where the settings say so or too many are asked already.
    """
    if not settings.LINKS_TITLES or not _doors.acquire(blocking=False):
        return Unfurled()
    try:
        response = fetch(url, max_bytes=BEGINNING, truncate=True, policy=patience())
    except FetchError:
        return Unfurled()
    finally:
        _doors.release()
    verdict = judge(url, response, timezone.now())
    is_good = verdict.outcome in ("ok", "redirected") and not verdict.flag
    return verdict.page if is_good else Unfurled()
