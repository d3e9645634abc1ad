"""What an answer, or the lack of one, says about a link. Pure: no network, no database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from links.checking.unfurling import Unfurled, unfurl
from links.fetching import FetchError, Response
from links.normalizing import AddressError, canonicalize, source_key

Outcome = Literal["ok", "redirected", "restricted", "failed", "gone"]
Flag = Literal["", "soft-404", "parked"]

# Servers that are there but do not let us in. 999 is LinkedIn's own.
RESTRICTED: Final = frozenset({401, 402, 403, 407, 421, 423, 425, 429, 451, 999})
# What some servers say to HEAD alone; so it is asked again with GET.
NOT_FOR_HEAD: Final = frozenset({400, 403, 404, 405, 406, 409, 410, 500, 501, 502, 503, 520})
# Without an answer, what only a server can have caused (see ``fetching.responses``).
REACHED: Final = frozenset({"tls", "too-large", "redirects", "protocol", "encoding"})
# What this machine refuses by itself.
UNASKED: Final = frozenset({"bad-url", "forbidden-port"})
# Nobody means that much of a server that is to be asked again.
MOST_PATIENCE: Final = timedelta(days=7)

_NOT_FOUND: Final = re.compile(
    r"\b404\b|not found|page (?:does ?n[o']t exist|(?:is )?(?:missing|unavailable))"
    r"|no longer (?:available|exists)|찾을 수 없|존재하지 않|없는 페이지|삭제된",
    re.I,
)
_FOR_SALE: Final = re.compile(
    r"domain (?:name )?(?:is|may be) for sale|buy this domain|this domain is (?:parked|available)"
    r"|parked (?:free|domain)|도메인.{0,10}(?:판매|매매)",
    re.I,
)
_PARKING: Final = frozenset(
    "afternic.com bodis.com dan.com hugedomains.com parkingcrew.net sedoparking.com sedo.com"
    " above.com undeveloped.com".split()
)
_CHALLENGE: Final = re.compile(
    r"just a moment|attention required|are you (?:a )?(?:human|robot)|checking your browser"
    r"|verify you are human|access denied|captcha",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of asking once.

    ``failed`` and ``gone`` do not make a link broken by themselves: that takes several days.
    ``unchanged`` answers a conditional request (304) and says nothing new about the page.
    """

    outcome: Outcome
    status: int | None = None
    error: str = ""
    flag: Flag = ""
    final_url: str = ""
    hops: tuple[tuple[str, int], ...] = ()
    page: Unfurled = field(default_factory=Unfurled)
    etag: str = ""
    last_modified: str = ""
    retry_after: timedelta | None = None
    seconds: float = 0.0
    unchanged: bool = False

    @property
    def cause(self) -> str:
        """Why there is no response, in a word (see ``fetching.responses``); "" if there is one."""
        return self.error.partition(":")[0]


def judge_error(error: FetchError) -> Verdict:
    """Return what a failed request says."""
    hops = tuple((hop.url, hop.status) for hop in error.hops)
    return Verdict("failed", error=f"{error.kind}: {error}"[:300], hops=hops)


def judge(url: str, response: Response, at: datetime) -> Verdict:
    """Return what a response says about the link with this canonical address.

    ``at`` is the moment of the answer, from which a ``Retry-After`` counts.
    """
    page = unfurl(response.body, response.headers.get("content-type", ""))
    hops = tuple((hop.url, hop.status) for hop in response.hops)
    known = response.validators
    return Verdict(
        _outcome(url, response, page),
        status=response.status,
        flag=_flag(url, response, page),
        final_url=response.url if len(hops) > 1 else "",
        hops=hops if len(hops) > 1 else (),
        page=page,
        etag=known.etag[:500],
        last_modified=known.last_modified[:100],
        retry_after=retry_after(response.headers.get("retry-after", ""), at),
        seconds=response.elapsed,
        unchanged=response.status == 304,
    )


def retry_after(header: str, at: datetime) -> timedelta | None:
    """Return how long a server asks to wait (RFC 9110, 10.2.3), a week at most; None if it does
    not."""
    if re.fullmatch(r"\d{1,9}", header, re.ASCII):
        wish = timedelta(seconds=int(header))
    else:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        wish = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - at
    return min(max(wish, timedelta(0)), MOST_PATIENCE)


def _outcome(url: str, response: Response, page: Unfurled) -> Outcome:
    status = response.status
    if status in RESTRICTED or _is_bot_wall(response, page):
        return "restricted"
    if status == 410:
        return "gone"
    if not (200 <= status < 300 or status == 304):
        return "failed"
    return "redirected" if _leads_on(url, response) else "ok"


def _is_bot_wall(response: Response, page: Unfurled) -> bool:
    """A page between us and the page: only people get through."""
    if "cf-mitigated" in response.headers:
        return True
    return response.status in {200, 202, 503} and bool(_CHALLENGE.search(page.title))


def _leads_on(url: str, response: Response) -> bool:
    """Whether another page answered; another spelling of the same, or https for http, is none."""
    try:
        final = canonicalize(response.url)
    except AddressError:
        return True
    before, after = (re.sub(r"^https?://(?:www\.)?|/$", "", a) for a in (url, final))
    return before.partition("#")[0] != after


def _flag(url: str, response: Response, page: Unfurled) -> Flag:
    """A page that says "found" but is not the page."""
    if not 200 <= response.status < 300:
        return ""
    host = source_key(response.url)
    if any(host == name or host.endswith(f".{name}") for name in _PARKING):
        return "parked"
    if _FOR_SALE.search(f"{page.title} {page.heading} {page.description}"):
        return "parked"
    if _NOT_FOUND.search(page.title) or (page.heading and _NOT_FOUND.match(page.heading)):
        return "soft-404"
    return "soft-404" if _fell_back_to_the_front_page(url, response) else ""


def _fell_back_to_the_front_page(url: str, response: Response) -> bool:
    asked, answered = urlsplit(url), urlsplit(response.url)
    return (
        len(response.hops) > 1
        and asked.path.count("/") > 1
        and answered.path in {"", "/"}
        and not answered.query
        and source_key(url) == source_key(response.url)
    )
