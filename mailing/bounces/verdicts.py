"""What a status code says about an address: that it is gone, or that one mail did not arrive.

Pure: a code of RFC 3463 (5.1.1) or RFC 5321 (550), and the words beside it.
"""

from __future__ import annotations

import re
from typing import Final

from mailing.codes import GONE
from mailing.models import Event

# Servers say these of anything, so the words beside them decide; and where those say nothing, the
# first mean the address, the others the mail.
LIKELY_GONE: Final = frozenset({"550", "551", "553", "5.0.0", "5.1.0", "5.1.8", "5.2.0"})
VAGUE: Final = LIKELY_GONE | {"5.3.0", "5.4.0", "5.5.0", "5.5.4", "5.7.1"}
_GONE_WORDS: Final = re.compile(
    r"(?:user|recipient|mailbox|account|address|alias)\b.{0,60}\b(?:unknown|disabled"
    r"|(?:does not|doesn'?t|not|no longer) exist|not found|invalid|inactive|closed)"
    r"|(?:unknown|invalid|no such|bad|inactive|nonexistent|non-existent|illegal)\b.{0,30}"
    r"\b(?:user|recipient|mailbox|account|address|alias|domain|host)"
    r"|host (?:or domain name )?not found|no longer (?:available|valid|in use)"
    r"|존재하지 않|없는 (?:사용자|계정|주소|메일|수신)|휴면|탈퇴|찾을 수 없|잘못된 (?:주소|메일)",
    re.IGNORECASE | re.DOTALL,
)
# Whoever sends too much or what looks like spam is turned away, whosever address it is.
_PASSING_WORDS: Final = re.compile(
    r"spam|block|black ?list|reputation|policy|quota|full|over ?size|too large|rate|too many"
    r"|gr[ea]y ?list|try again|temporar|dmarc|spf|dkim|virus|용량|가득|초과|스팸|차단|일시",
    re.IGNORECASE,
)
_ENHANCED: Final = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?!\.?\d)")
_PLAIN: Final = re.compile(r"(?<![\d.#:-])([45]\d\d)(?=[ \-#:])(?!-?\d)")


def code_in(text: str) -> str:
    """Return the code that a text says: an enhanced one before a plain one; "" for none."""
    found = _ENHANCED.search(text) or _PLAIN.search(text)
    return found[1] if found else ""


def verdict(code: str, text: str = "", *, is_for_good: bool = True) -> Event.Kind:
    """Return whether a mail came back for good, since its address is gone, or for now.

    ``is_for_good`` tells what whoever sent the report made of it: a failure, and no delay.
    """
    if not is_for_good:
        return Event.Kind.DEFERRED
    if code in GONE:
        return Event.Kind.HARD
    if code.startswith("4") or (_ENHANCED.fullmatch(code) and code not in VAGUE):
        return Event.Kind.SOFT
    if _GONE_WORDS.search(text):
        return Event.Kind.HARD
    is_likely = not code or code in LIKELY_GONE
    return Event.Kind.HARD if is_likely and not _PASSING_WORDS.search(text) else Event.Kind.SOFT
