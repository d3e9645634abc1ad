"""What all pages about links have in common: facts to read, and one way of asking before acting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from links.access import DECIDE, Right, may
from links.decisions import Reach
from links.models import Link, SourceRule

EMPTY = "—"
# So many links, of a selection or a source, are shown before somebody decides about them.
SHOWN = 100
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


class Desk(ReadOnly):
    """Rows that nobody edits: staff read them and, with the ``right`` to, decide about them."""

    right: Right = DECIDE

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may change is decided, with a reason and on the record."""
        return False

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may decide about rows of this kind."""
        return may(request.user, self.right)

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

    def ask(
        self,
        request: HttpRequest,
        *,
        title: object,
        form: forms.Form | None,
        back: str,
        **context: Any,
    ) -> HttpResponse:
        """Show what something touches, and ask for a reason and a confirmation.

        ``context``: consequence (a sentence), button, reach, rows (some of what is touched),
        hidden (name, value) fields; see the template.
        """
        around = self.admin_site.each_context(request)
        shown = {"title": title, "opts": self.opts, "form": form, "back": back, **context}
        return render(request, "admin/links/decision/ask.html", {**around, **shown})


def badge(kind: str | None, word: object) -> SafeString:
    """Return a word with the colour of its kind."""
    return format_html('<span class="state state-{}">{}</span>', kind or "draft", word)


def moment(value: datetime | None) -> SafeString | str:
    """Return a moment as staff read it, in the site's time zone."""
    return _time(value, pgettext("short date and time, Django format", "j M Y, H:i"))


def day(value: datetime | None) -> SafeString | str:
    """Return the day of a moment as staff read it, in the site's time zone."""
    return _time(value, pgettext("short date, Django format", "j M Y"))


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


def with_values(names: Iterable[str], row: Model) -> list[str]:
    """Return the names of those fields of a row that are not empty, for a page of facts."""
    return [name for name in names if getattr(row, name, True)]
