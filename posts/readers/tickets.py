"""What stands between a public form and those who abuse it, without a cookie or an account.

A page that is the same for everybody cannot hold Django's CSRF token, which lives in a cookie. It
need not: nobody is signed in here, so a forged request gains no rights. What is left to prevent is
that another site makes its visitors send our forms. The browser says where a request comes from
(Fetch Metadata, Origin), and a signed ticket says that the form was asked for here, when, and for
what; it is good for one form. See docs/architecture.md.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils import timezone

from posts.throttling import Limit, allow

# How long a form may be filled in. Renewed, with all that was typed, when it took longer.
LIFETIME = timedelta(hours=6)
# What was handed out later than this from now, a clock that was ahead wrote.
AHEAD = timedelta(minutes=5)
# Nobody reads, chooses and types in less.
QUICKEST = timedelta(seconds=2)
SALT = "posts.readers"


class TicketError(Exception):
    """A ticket that we did not make, that is for another form, or too old."""


class TooQuick(TicketError):
    """A form that came back faster than anybody fills it in."""


def make_ticket(form: str, at: datetime | None = None) -> str:
    """Return the signed moment at which the form of a name is handed out, with a number."""
    moment = at or timezone.now()
    content = [moment.timestamp(), secrets.token_hex(8)]
    return signing.dumps(content, salt=f"{SALT}.{form}", compress=False)


def check_ticket(form: str, ticket: str) -> None:
    """Raise TooQuick or TicketError for a ticket that does not let this form pass.

    Signatures are compared in constant time (``django.core.signing``).
    """
    age = timezone.now().timestamp() - _read(form, ticket)[0]
    if not -AHEAD.total_seconds() < age <= LIFETIME.total_seconds():
        raise TicketError
    if age < QUICKEST.total_seconds():
        raise TooQuick


def use_ticket(form: str, ticket: str) -> bool:
    """Use a ticket that was checked up; return whether it was not used before, by any worker.

    It is counted in the window of the hour at which it was handed out, whenever it is used; counts
    are kept for longer than tickets are good for.
    """
    handed_out, number = _read(form, ticket)
    moment = datetime.fromtimestamp(handed_out, UTC)
    return allow("ticket", number, [Limit(1, timedelta(hours=1))], moment)


def _read(form: str, ticket: str) -> tuple[float, str]:
    try:
        handed_out, number = signing.loads(ticket, salt=f"{SALT}.{form}")
        return float(handed_out), str(number)
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise TicketError from error


def comes_from_here(request: HttpRequest) -> bool:
    """Tell whether a form was sent by a page of this site, as far as the browser says.

    https://www.w3.org/TR/fetch-metadata/ where there is one, else RFC 6454's Origin. A client
    that sends neither is no browser that another site could make use of.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = {f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS}
    return origin in ours
