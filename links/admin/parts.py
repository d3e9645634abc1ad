"""What all pages about links have in common: facts to read, and one way of asking before acting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.admin.seen import SEEN, sign_seen
from links.models import Decision, SourceRule

EMPTY = "—"
# So many links, of a selection or a source, are shown before somebody decides about them.
SHOWN = 100
_PERIOD = re.compile(r"([12][0-9]{3})(?:-(0[1-9]|1[0-2]))?", re.ASCII).fullmatch
# The colours of words, as the stylesheet names them.
STATUSES = {"approved": "published", "pending": "scheduled", "blocked": "problem"}
STANDINGS = {"shown": "published", "held": "scheduled", "blocked": "problem"}
HEALTH = {"ok": "published", "redirected": "published", "restricted": "scheduled",
          "broken": "problem", "gone": "problem"}  # fmt: skip
RULES = {"allow": "published", "hold": "scheduled", "block": "problem"}


class Waiting(NamedTuple):
    """How many rows wait for somebody, and where they are listed; ``parts`` of them apart."""

    name: str
    number: int | str
    url: str
    kind: str
    parts: Sequence[dict[str, Any]] = ()


class ReasonForm(forms.Form):
    """Why something is decided; needed only where something is taken away."""

    reason = forms.CharField(
        label=_("reason"),
        max_length=500,
        required=False,
        help_text=_("For other staff; readers do not see it."),
    )

    def __init__(self, *args: Any, needs_reason: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = needs_reason


class PeriodFilter(admin.SimpleListFilter):
    """Rows by the year or month of ``column``, from the first to the last by ``index``.

    A ``date_hierarchy`` reads every row, and SQLite calls back into Python for each of them.
    """

    column = index = ""
    most = 50  # years

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        dated = model_admin.model._default_manager.filter(**{f"{self.column}__isnull": False})
        # By the index, each of them; where there is one end, there is the other.
        ways = (dated.order_by(self.index), dated.order_by(self.index).reverse())
        first, last = (Subquery(rows.values(self.column)[:1]) for rows in ways)
        moments = dated.order_by().annotate(first=first, last=last).values_list("first", "last")[:1]
        ends = [timezone.localtime(end).year for row in moments for end in row]
        chosen = (self.value() or "")[:4]
        for year in range(max(ends, default=-1), min(ends, default=0) - 1, -1)[: self.most]:
            yield str(year), str(year)
            if str(year) == chosen:
                yield from _months(year)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (match := _PERIOD(self.value() or "")):
            return queryset
        year, month = int(match[1]), int(match[2] or 0)
        start = date(year, month or 1, 1)
        end = date(year, month + 1, 1) if 0 < month < 12 else date(year + 1, 1, 1)
        zone = timezone.get_default_timezone()
        first, after = (datetime.combine(day, time.min, zone) for day in (start, end))
        return queryset.filter(**{f"{self.column}__gte": first, f"{self.column}__lt": after})


def _months(year: int) -> Iterator[tuple[str, str]]:
    for month in range(12, 0, -1):
        yield f"{year}-{month:02}", date_format(date(year, month, 1), "YEAR_MONTH_FORMAT")


def ask(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    *,
    title: object,
    form: forms.Form | None,
    back: str,
    **context: Any,
) -> HttpResponse:
    """Show what something touches, and ask for what is missing and a confirmation.

    ``context``: consequence (a sentence), button, reach, rows (some of what is touched, in words)
    and how many ``more`` there are, hidden (name, value) fields, stay (words of the way back,
    where "Cancel" would be taken for the button), object (the one row this is about, which
    is then on the way to the page); see the template.
    """
    around = model_admin.admin_site.each_context(request)
    shown = {"title": title, "opts": model_admin.opts, "form": form, "back": back, **context}
    return render(request, "admin/links/decision/ask.html", {**around, **shown})


def selection(action: str, keys: Iterable[int]) -> list[tuple[str, object]]:
    """Return the hidden fields that ask for an action again, on just the rows that were seen."""
    seen = sign_seen(keys)
    return [("action", action), ("_selected_action", "0"), ("select_across", "1"), (SEEN, seen)]


def addresses(rows: Iterable[Any]) -> list[SafeString]:
    """Return the ``url`` of rows as lists show addresses."""
    return [format_html('<span class="address">{}</span>', row.url) for row in rows]


def badge(kind: str | None, word: object) -> SafeString:
    """Return a word with the colour of its kind."""
    return format_html('<span class="state state-{}">{}</span>', kind or "draft", word)


def moment(value: datetime | None) -> SafeString | str:
    """Return a moment as staff read it, in the site's time zone, which is named."""
    return _time(value, "DATETIME_FORMAT")


def day(value: datetime | None) -> SafeString | str:
    """Return the day of a moment as staff read it, in the site's time zone."""
    return _time(value, "DATE_FORMAT")


def moment_in_words(value: datetime | None) -> str:
    """Return a moment as staff read it, for sentences that carry no HTML."""
    return EMPTY if value is None else date_format(timezone.localtime(value), "DATETIME_FORMAT")


def _time(value: datetime | None, shown: str) -> SafeString | str:
    if value is None:
        return EMPTY
    local = timezone.localtime(value)
    words = '<time datetime="{}">{}</time>'
    return format_html(words, local.isoformat(), date_format(local, shown))


def verbatim(text: str) -> SafeString:
    """Return a text of several lines as it is."""
    return format_html('<pre class="document-shown" tabindex="0">{}</pre>', text)


def page_of(row: Model, words: object = "") -> SafeString:
    """Return a link to a row's page."""
    opts = row._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
    return format_html('<a class="address" href="{}">{}</a>', url, words or row)


def with_record(words: str, decision: Decision) -> SafeString:
    """Return words with a link to the record of a decision, where it can be undone."""
    return format_html("{} {}", words, page_of(decision, gettext("Record and undo")))


def outward(url: str) -> SafeString | str:
    """Return an address that can be followed, away from this site."""
    if not url.startswith(("http://", "https://")):
        return url or EMPTY
    words = '<a class="address" href="{}" rel="noopener noreferrer">{}</a>'
    return format_html(words, url, url)


def rule_badge(rule: SourceRule) -> SafeString:
    """Return what a rule does, as a word with its colour."""
    kind = RULES[rule.action] if rule.ended_at is None else "draft"
    return badge(kind, rule.get_action_display())
