"""What all pages about links have in common: facts to read, and one way of asking before acting."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from links.access import DECIDE, Right, may
from links.decisions import DecisionError, Reach
from links.models import Decision, Link, SourceRule

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


class ReadOnly(admin.ModelAdmin):
    """Rows that nobody adds or deletes by hand."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: the row comes with the text that names it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: decisions and history hang on the row."""
        return False


class PeriodFilter(admin.SimpleListFilter):
    """Rows by the year or month of ``column``, from the first to the last by ``index``.

    A ``date_hierarchy`` reads every row, and SQLite calls back into Python for each of them.
    """

    column = index = ""
    most = 50  # years

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        dated = model_admin.model._default_manager.filter(**{f"{self.column}__isnull": False})
        moments = dated.order_by(self.index).values_list(self.column, flat=True)
        ends = [timezone.localtime(end).year for end in (moments.first(), moments.last()) if end]
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


class Desk(ReadOnly):
    """Rows that nobody edits: staff read them and, with the ``right`` to, decide about them.

    ``verb`` is the last part of the address at which ``act_view`` asks before something is decided.
    """

    right: Right = DECIDE
    verb = ""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may change is decided, with a reason and on the record."""
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may decide about rows of this kind."""
        return may(request.user, self.right)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is known of a row, unless the admin names its fields."""
        return self.fields or [name for name in self.readonly_fields if getattr(obj, name, True)]

    def get_urls(self) -> list[URLPattern]:
        """Add the page that asks before something is decided."""
        urls: list[URLPattern] = super().get_urls()
        if not self.verb:
            return urls
        view = self.admin_site.admin_view(self.act_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_{self.verb}"
        return [path(f"<int:object_id>/{self.verb}/", view, name=name), *urls]

    def act_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask before something is decided about a row, and decide it."""
        raise NotImplementedError

    def about(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page of a row shows beside its fields."""
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show a row under its own name, with what is known about it."""
        if (row := context.get("original")) is not None:
            context |= {"title": str(row), "subtitle": "", **self.about(request, row)}
        return super().render_change_form(request, context, *args, **kwargs)

    def reach(self, links: QuerySet[Link]) -> Reach:
        """Return how much a decision about links touches; the app that shows links knows more."""
        return Reach(links.order_by().count())

    def find(self, request: HttpRequest, object_id: str) -> Any:
        """Return a row for somebody who may decide; raise PermissionDenied or Http404."""
        if not self.has_decide_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        return row

    def confirm(
        self,
        request: HttpRequest,
        row: Model,
        act: Callable[..., Decision],
        *,
        said: str,
        **context: Any,
    ) -> HttpResponse:
        """Act on a row once that is confirmed; ``context`` is what ``ask`` shows."""
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            try:
                decision = act(row, by=request.user, reason=form.cleaned_data["reason"])
            except DecisionError as error:
                form.add_error(None, str(error))
            else:
                self.message_user(request, with_record(said, decision), messages.SUCCESS)
                return HttpResponseRedirect(back)
        return ask(self, request, form=form, back=back, **context)


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
    and how many ``more`` there are, hidden (name, value) fields; see the template.
    """
    around = model_admin.admin_site.each_context(request)
    shown = {"title": title, "opts": model_admin.opts, "form": form, "back": back, **context}
    return render(request, "admin/links/decision/ask.html", {**around, **shown})


def selection(request: HttpRequest, action: str) -> list[tuple[str, object]]:
    """Return the hidden fields that ask for an action on the same selection again."""
    names = ("_selected_action", "select_across")
    chosen = [(name, value) for name in names for value in request.POST.getlist(name)]
    return [("action", action), *chosen]


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
