"""Checks of what Korean law asks of advertising.

A mail that advertises has `(광고)` at the very beginning of its subject, just so
(Network Act, article 50; Enforcement Decree, annex 6). Whoever is paid for recommending
something says so in plain Korean beside it; `AD`, `PR` or `Sponsored` in a Korean text do not
count (Fair Trade Commission, guidelines on recommendations and guarantees in advertising).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from posts.messages import Message as _
from posts.naming import fold
from posts.preflight.facts import Facts
from posts.preflight.findings import Finding
from posts.preflight.written import Written

MARK: Final = "(광고)"
# The mark with other brackets, with something between its syllables, or in other letters.
_ALTERED: Final = re.compile(
    r"[\[(（【〔<《「]\s*(?:광[\s.·・_*\-]*고|廣告|広告)[^\])）】〕>》」]{0,6}[\])）】〕>》」]"
)
_PAID_TAGS: Final = frozenset(
    fold(name)
    for name in ("sponsored", "sponsored post", "advertorial", "paid post", "협찬",
                 "광고글", "유료광고", "유료 광고", "광고성 정보", "광고성정보")
)  # fmt: skip
# What says that somebody paid, but not to who reads Korean alone: labels, no words of sentences.
_FOREIGN: Final = re.compile(
    r"[\[(（【<#](?:AD|PR|Ad|ads?|[Ss]ponsor(?:ed)?|SPONSOR(?:ED)?|[Pp]romot(?:ed|ion)|PROMOTED"
    r"|[Aa]dvertisement|[Pp]aid)\b"
    r"|\A\W{0,4}(?:[Ss]ponsor(?:ed)?|SPONSOR(?:ED)?|Promoted|Advertisement|AD|PR)(?=\s*[:：|)\]\-–—]|\s+by\b)"
    r"|\b(?:sponsored by|paid partnership|in partnership with)\b",
)
_PLAIN: Final = re.compile(
    r"광고|협찬|대가를|제공\s?받|원고료|수수료를|후원\s?받|후원으로|지원\s?받|제휴\s?활동|파트너스\s?활동"
)
# Addresses under which whoever wrote them is paid for what is bought there.
_AFFILIATE: Final = re.compile(
    r"https?://(?:link\.coupang\.com/|coupa\.ng/|s\.click\.aliexpress\.com/|(?:www\.)?linkprice\.com/"
    r"|click\.linkprice\.com/|amzn\.to/|(?:www\.)?amazon\.[a-z.]+/[^?#]*\?(?:[^#]*&)?tag=[\w-]+-2\d\b)"
)


def advertising(written: Written, facts: Facts) -> Iterator[Finding]:
    """Find advertising in a Korean issue that does not say in Korean that it is some."""
    title = written.details.title
    if not title.startswith(MARK) and _ALTERED.search(title):
        words = _("Write %(mark)s just so, at the beginning of the title.", mark=MARK)
        yield Finding("advertising-mark", words, field="title")
    if facts.language.partition("-")[0] != "ko":
        return
    if not title.startswith(MARK) and (paid := _paid_tag(written)):
        words = _("“%(tag)s” is advertising: its title begins with %(mark)s.", tag=paid, mark=MARK)
        yield Finding("advertising-mark", words, field="title")
    yield from _items(written)


def _paid_tag(written: Written) -> str:
    return next((tag for tag in written.details.tags if fold(tag) in _PAID_TAGS), "")


def _items(written: Written) -> Iterator[Finding]:
    for section, first in zip(written.sections, written.document.first_lines, strict=True):
        if _PLAIN.search(section.heading):
            continue
        for item in section.items:
            if _PLAIN.search(item.text) or _PLAIN.search(item.group):
                continue
            if _FOREIGN.search(item.text):
                words = _("Say in Korean that this is paid for: 광고 or 협찬.")
                yield Finding("advertising-mark", words, first + item.start + 1)
            elif any(_AFFILIATE.match(link.url) for link in item.links):
                words = _("You are paid for this link: say 광고 or 협찬 beside it.")
                yield Finding("advertising-mark", words, first + item.start + 1)
