"""What the site's templates need to say dates, numbers and hosts as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from django import template
from django.template.loader import get_template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext, pgettext

from posts import identity
from posts.languages import is_right_to_left
from posts.slots import OFFERS

register = template.Library()

Moment: TypeAlias = date | datetime
MonthRow: TypeAlias = tuple[date, str, int]
"""First day, address and number of issues of a month that has issues."""

_MARKED = re.compile(r"(\*\*|`)(?=\S)([^*`]+)\1")
_LINK = re.compile(r"\[([^\[\]]+)\]\([^()\s]+\)")

CHART_HEIGHT = 40
BAR_WIDTH = 6
BAR_STEP = 10


class Month(NamedTuple):
    """One month of a year's chart and of the list of links below it."""

    name: str
    url: str
    issues: int
    x: int
    y: int
    height: int


def _local(moment: Moment) -> Moment:
    if isinstance(moment, datetime) and timezone.is_aware(moment):
        return timezone.localtime(moment)
    return moment


def _time_element(moment: Moment, pattern: str) -> SafeString:
    local = _local(moment)
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(), date_format(local, pattern)
    )


@register.simple_tag
def offered(part: str, followed: tuple[str, str] | None = None) -> SafeString:
    """Return what other apps add to a part of a public page (``posts.slots.Offer``)."""
    now = identity.current()
    context = {"part": part, "followed": followed, "site_name": now.name}
    pieces = [
        get_template(offer.parts[part]).render(context)
        for offer in OFFERS
        if offer.name in now.offers and part in offer.parts and offer.is_able()
    ]
    return SafeString("".join(pieces))


@register.filter
def in_language(code: str) -> SafeString | str:
    """Return the attributes that say in which language, and which way, an element's text runs."""
    if not code:
        return ""
    direction = SafeString(' dir="rtl"' if is_right_to_left(code) else "")
    return format_html(' lang="{}"{}', code, direction)


@register.simple_tag
def long_date(moment: Moment | None) -> SafeString | str:
    """Return a day with its weekday: "Friday, 10 May 2024", "2024년 5월 10일 금요일"."""
    if moment is None:
        return ""
    return _time_element(moment, pgettext("long date, Django format", "l, j F Y"))


@register.simple_tag
def short_date(moment: Moment | None) -> SafeString | str:
    """Return a day for rows: "10 May 2024", "2024년 5월 10일"."""
    if moment is None:
        return ""
    return _time_element(moment, pgettext("short date, Django format", "j M Y"))


@register.filter
def month_and_year(moment: Moment) -> str:
    """Return a month as people write it: "May 2024", "2024년 5월"."""
    return date_format(_local(moment), pgettext("month, Django format", "F Y"))


@register.filter
def month_name(moment: Moment) -> str:
    """Return a month without its year: "May", "5월"."""
    return date_format(_local(moment), "F")


@register.filter
def number(value: int) -> str:
    """Return a count with its thousands apart: 12,345."""
    return f"{value:,}"


@register.filter
def plain(text: str) -> str:
    """Return a description without the Markdown some authors put into it: bold, code, links."""
    return _LINK.sub(r"\1", _MARKED.sub(r"\2", text))


@register.filter
def absolute(address: str, site_url: str) -> str:
    """Return an address with the site's in front when it is a path; others as they are."""
    return f"{site_url}{address}" if address.startswith("/") else address


@register.simple_tag
def issue_count(count: int) -> str:
    """Return "1 issue", "1,234 issues", "글 12편"."""
    text: str = ngettext("%(count)s issue", "%(count)s issues", count)
    return text % {"count": number(count)}


@register.simple_tag
def link_count(count: int) -> str:
    """Return "1 link", "60 links", "링크 60개"."""
    text: str = ngettext("%(count)s link", "%(count)s links", count)
    return text % {"count": number(count)}


@register.simple_tag
def peak(years: Iterable[tuple[object, str, int, Sequence[MonthRow]]]) -> int:
    """Return the number of issues of the fullest month, so that all years share one scale."""
    return max((count for *_, months in years for _day, _url, count in months), default=0)


def _bar(day: date, url: str, count: int, highest: int) -> Month:
    height = max(2, round(CHART_HEIGHT * count / highest)) if count and highest else 0
    name = date_format(day, pgettext("month of a chart, Django format", "M"))
    return Month(name, url, count, (day.month - 1) * BAR_STEP, CHART_HEIGHT - height, height)


def month_chart(year: int, months: Sequence[MonthRow], highest: int = 0) -> dict[str, object]:
    """Draw a year as twelve bars with the months below as links; the bars' text says the same.

    ``highest`` is the number of issues of a full bar; by default, that of the fullest month.
    """
    highest = highest or max((count for _day, _url, count in months), default=0)
    known = {day.month: (day, url, count) for day, url, count in months}
    rows = [known.get(month, (date(year, month, 1), "", 0)) for month in range(1, 13)]
    bars = [_bar(day, url, count, highest) for day, url, count in rows]
    spoken = ", ".join(f"{bar.name} {bar.issues}" for bar in bars if bar.issues)
    label = gettext("Issues per month in %(year)s: %(months)s") % {"year": year, "months": spoken}
    return {"bars": bars, "label": label, "height": CHART_HEIGHT, "bar_width": BAR_WIDTH}


@register.simple_tag(name="month_chart")
def drawn_chart(year: int, months: Sequence[MonthRow], highest: int = 0) -> SafeString:
    """Return the bars of ``month_chart`` as SVG; years that are over are drawn once per process."""
    return _drawn("chart", get_language(), year, tuple(months), highest)


@register.simple_tag
def month_links(year: int, months: Sequence[MonthRow]) -> SafeString:
    """Return the months of a year as a list of links."""
    return _drawn("months", get_language(), year, tuple(months), 0)


@lru_cache(maxsize=512)
def _drawn(
    name: str, _language: str | None, year: int, months: tuple[MonthRow, ...], highest: int
) -> SafeString:
    chart = month_chart(year, months, highest)
    return SafeString(get_template(f"posts/{name}.html").render(chart))


@register.filter
@lru_cache(maxsize=1024)
def rfc822(moment: datetime) -> str:
    """Return a moment as RSS writes it (RFC 822, four-digit year)."""
    return format_datetime(moment)
