"""Mailings on the first page of staff: planned, on their way, and those that wait for somebody."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from django.db.models import Case, Count, Value, When, Window
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext

from links.admin import badge, moment
from mailing import access, sending
from mailing.admin.bases import is_open
from mailing.admin.progress import page_of
from mailing.admin.words import STATES, hold_minutes, leaves_at, trouble_words
from mailing.models import Mailing
from posts.slots import DESK, OnDesk, Pile, Row

SHOWN: Final = 5
Status = Mailing.Status
# What somebody has to look at comes first, then what leaves soonest.
_ORDER: Final = (Status.PAUSED, Status.SENDING, Status.HELD, Status.PLANNED)


def pile(request: HttpRequest) -> Pile | None:
    """Return the mailings that are not over; None while mail is off, and for who sees none."""
    if not access.may(request.user, access.SEE_MAILINGS) or not is_open():
        return None
    places = Case(*(When(status=status, then=Value(n)) for n, status in enumerate(_ORDER)))
    found = Mailing.objects.filter(status__in=sending.LIVE).select_related("post")
    found = found.annotate(in_all=Window(Count("pk")))
    rows = list(found.order_by(places, "held_until", "starts_at", "pk")[:SHOWN])
    every, hold = reverse("admin:mailing_mailing_changelist"), cache(hold_minutes)
    return Pile(
        "mailings",
        gettext("Mail to readers"),
        every,
        rows[0].in_all if rows else 0,
        [Row(row.title, page_of(row), _aside(row, hold)) for row in rows],
        gettext("No mailing is planned or on its way."),
        (gettext("See all mailings"), every),
    )


def _aside(row: Mailing, hold: Callable[[], int]) -> object:
    kind = "problem" if row.trouble else STATES[row.status]
    word = badge(kind, row.get_status_display())
    if row.trouble:
        return format_html("{} {}", word, trouble_words(row.trouble)[:100])
    at = leaves_at(row, hold)
    is_to_come = row.status in sending.BEFORE and at is not None
    return format_html("{} {}", word, moment(at)) if is_to_come else word


DESK.add(OnDesk("mailings", pile))
