"""Why an address looks suspicious, told from the address and its text alone: pure functions."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from links.normalizing import source_key


class Suspicion(NamedTuple):
    """The rule that an address falls under, in a word, and what about it, for people."""

    rule: str
    detail: str = ""


def suspicions(url: str) -> list[Suspicion]:
    """Return what is suspicious about a canonical address."""
    host = source_key(url)
    return [Suspicion("raw-ip", host)] if _is_number(host) else []


def text_mismatch(url: str, text: str) -> Suspicion | None:
    """Return a suspicion if ``text`` names another site than the canonical address leads to."""
    return None


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
