"""Linked items: read only but for whether readers see them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, SHOWN, ReasonForm, StaffAdmin, ask, badge, day, selection
from links.decisions import ReasonMissing, tidy_reason
from links.models import Decision, Link
from posts import access, following
from posts.auditing import record
from posts.messages import Message
from posts.models import LinkedItem


class ItemForm(forms.ModelForm):
    """Whether readers see an item, and why not."""

    reason = forms.CharField(
        label=capfirst(_("reason")),
        max_length=500,
        required=False,
        widget=AdminTextInputWidget,
        help_text=_("Needed to hide the item. For other staff; readers do not see it."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason when the item gets hidden."""
        cleaned = super().clean() or self.cleaned_data
        if "hidden" in self.changed_data and cleaned["hidden"] and "reason" in cleaned:
            try:
                tidy_reason(Decision.Action.HIDE, cleaned["reason"])
            except ReasonMissing as error:
                self.add_error("reason", str(error))
        return cleaned


class ShownFilter(admin.SimpleListFilter):
    """Items by whether readers see them."""

    title = _("shown")
    parameter_name = "shown"
    conditions: dict[str, dict[str, Any]] = {
        "yes": {"hidden": False, "removed_at": None},
        "hidden": {"hidden": True},
        "removed": {"removed_at__isnull": False},
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return (
            ("yes", _("Shown")),
            ("hidden", _("Hidden")),
            ("removed", _("No longer in the text")),
        )

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[LinkedItem]
    ) -> QuerySet[LinkedItem]:
        return queryset.filter(**self.conditions.get(self.value() or "", {}))


@admin.register(LinkedItem)
class LinkedItemAdmin(StaffAdmin):
    """Items of all issues: hidden and shown again by moderators."""

    form = ItemForm
    list_display = ("name", "post_title", "day", "host", "link_count", "shown")
    list_filter = (
        ShownFilter,
        "is_news",
        ("link__status", admin.ChoicesFieldListFilter),
        ("kind", admin.ChoicesFieldListFilter),
    )
    search_fields = ("title", "summary", "group", "url")
    search_help_text = _("Searches titles, summaries, groups and addresses.")
    # The newest issue first, each in its order: keys of sections rise as they follow each other.
    ordering = ("-post_id", F("section_id").asc(nulls_first=True), "position", "id")
    list_per_page = 50
    counted = ngettext_lazy("%(n)s item", "%(n)s items", "n")
    nothing = _("The entries of an issue's lists stand here once the issue is saved.")
    next_step = (_("See all issues"), "admin:posts_post_changelist")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("hide_selected", "show_selected", "mark_news", "unmark_news")
    acts_at_once = ("show_selected", "mark_news", "unmark_news")
    change_form_template = "admin/posts/linkeditem/change_form.html"
    readonly_fields = (
        "post_link", "section", "group", "title", "summary", "main_link", "place", "news",
        "removed_at",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: LinkedItem | None = None) -> tuple[str, ...]:
        """Ask for a reason beside the box, where somebody may tick it."""
        asked = ("reason",) if self.has_change_permission(request, obj) else ()
        return ("hidden", *asked, *self.readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[LinkedItem]:
        """Return items with what the list shows of their posts and links."""
        rows = super().get_queryset(request).filter(post__trashed_at=None)
        rows = rows.select_related("post", "section", "link__source")
        return rows.defer("post__header", "post__description", "section__source")

    @admin.display(description=_("title"), ordering="title")
    def name(self, item: LinkedItem) -> SafeString:
        return format_html(
            '<span class="title">{}</span><span class="aside">{}</span>',
            str(item) or EMPTY,
            Truncator(item.summary).chars(90) if item.title not in {"", item.summary} else "",
        )

    @admin.display(description=_("issue"))
    def post_title(self, item: LinkedItem) -> str:
        return Truncator(item.post.title).chars(60)

    @admin.display(description=_("issue"))
    def post_link(self, item: LinkedItem) -> SafeString:
        address = reverse("admin:posts_post_change", args=[item.post_id])
        return format_html('<a href="{}">{}</a>', address, item.post.title)

    @admin.display(description=_("date"), ordering="post__published_at")
    def day(self, item: LinkedItem) -> SafeString | str:
        return day(item.post.published_at)

    @admin.display(description=_("source"))
    def host(self, item: LinkedItem) -> str:
        return item.link.source.name if item.link and item.link.source else EMPTY

    @admin.display(description=_("shown"), ordering="hidden")
    def shown(self, item: LinkedItem) -> SafeString:
        if item.hidden:
            return badge("problem", _("Hidden"))
        if item.removed_at:
            return badge("draft", _("Not in the text"))
        if item.link and item.link.status == Link.Status.BLOCKED:
            return badge("problem", _("Link blocked"))
        return badge("published", _("Shown"))

    @admin.display(description=_("main link"))
    def main_link(self, item: LinkedItem) -> SafeString | str:
        if item.link is None:
            return EMPTY
        address = reverse("admin:links_link_change", args=[item.link_id])
        return format_html('<a href="{}">{}</a>', address, item.url)

    @admin.display(description=_("news"))
    def news(self, item: LinkedItem) -> str:
        return gettext("Yes") if item.is_news else gettext("No")

    @admin.display(description=_("lines"))
    def place(self, item: LinkedItem) -> str:
        if item.removed_at or item.section is None:
            return EMPTY
        if item.end_line == item.start_line + 1:
            return gettext("line %(number)d of the section") % {"number": item.end_line}
        return gettext("lines %(first)d to %(last)d of the section") % {
            "first": item.start_line + 1,
            "last": item.end_line,
        }

    def view_on_site(self, obj: LinkedItem) -> str | None:
        """Return the item's permalink, if readers can see it."""
        is_shown = obj.post.is_public() and not obj.hidden and obj.removed_at is None
        return obj.get_absolute_url() if is_shown else None

    # Actions

    @admin.action(description=_("Hide the selected items…"), permissions=["change"])
    def hide_selected(
        self, request: HttpRequest, queryset: QuerySet[LinkedItem]
    ) -> HttpResponse | None:
        """Leave items out of their pages and feeds, once somebody said why."""
        items = queryset.filter(hidden=False)
        if not items.exists():
            self.message_user(request, gettext("These items are hidden already."), messages.INFO)
            return None
        given = request.POST if "reason" in request.POST else None
        form = ReasonForm(given, needs_reason=True)
        if not form.is_valid():
            return self._ask_why(request, items, form)
        reason = form.cleaned_data["reason"]
        changed = following.set_hidden(items, True, by=request.user, reason=reason)
        words = ngettext("%(n)d item is hidden now.", "%(n)d items are hidden now.", len(changed))
        self.message_user(request, words % {"n": len(changed)}, messages.SUCCESS)
        return None

    def _ask_why(
        self, request: HttpRequest, items: QuerySet[LinkedItem], form: forms.Form
    ) -> HttpResponse:
        """Show what would be hidden, and ask for a reason."""
        count = items.count()
        words = '{}<br><span class="quiet">{}</span>'
        return ask(
            self,
            request,
            title=gettext("Hide items"),
            form=form,
            back=request.get_full_path(),
            consequence=gettext(
                "Readers will no longer find these items on pages and in feeds. The Markdown stays"
                " as it is, and the items can be shown again."
            ),
            button=ngettext("Hide %(n)s item", "Hide %(n)s items", count) % {"n": count},
            rows=[format_html(words, row, row.post.title) for row in items[:SHOWN]],
            more=max(0, count - SHOWN),
            hidden=selection("hide_selected", items.order_by().values_list("pk", flat=True)),
        )

    @admin.action(description=_("Show the selected items again"), permissions=["change"])
    def show_selected(self, request: HttpRequest, queryset: QuerySet[LinkedItem]) -> None:
        """Bring items back to their pages and feeds."""
        changed = following.set_hidden(queryset, False, by=request.user)
        words = ngettext("%(n)d item is shown again.", "%(n)d items are shown again.", len(changed))
        self.message_user(request, words % {"n": len(changed)}, messages.SUCCESS)

    @admin.action(description=_("Mark the selected items as news"), permissions=["mark"])
    def mark_news(self, request: HttpRequest, queryset: QuerySet[LinkedItem]) -> None:
        """Have issues not say that an earlier one had the links of these items."""
        self._set_news(request, queryset, True)

    @admin.action(description=_("Take the mark of news away"), permissions=["mark"])
    def unmark_news(self, request: HttpRequest, queryset: QuerySet[LinkedItem]) -> None:
        """Have issues say that again."""
        self._set_news(request, queryset, False)

    def _set_news(
        self, request: HttpRequest, queryset: QuerySet[LinkedItem], is_news: bool
    ) -> None:
        done = gettext_noop("Marked as news.") if is_news else gettext_noop("No longer news.")
        said = Message(done)
        changed = following.set_news(
            queryset, is_news, by=request.user, log=lambda rows: record(request, rows, said)
        )
        words = ngettext("%(n)d item was changed.", "%(n)d items were changed.", len(changed))
        self.message_user(
            request, f"{gettext(done)} {words % {'n': len(changed)}}", messages.SUCCESS
        )

    def has_mark_permission(self, request: HttpRequest) -> bool:
        """Those who publish issues: readers see the mark."""
        return access.may(request.user, access.MARK_NEWS)

    def save_model(
        self, request: HttpRequest, obj: LinkedItem, form: ItemForm, change: bool
    ) -> None:
        """Write the decision, and the page it concerns."""
        if "hidden" in form.changed_data:
            reason = form.cleaned_data["reason"]
            following.set_hidden([obj], obj.hidden, by=request.user, reason=reason)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: items follow from the text."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LinkedItem | None = None) -> bool:
        """Nobody: items follow from the text."""
        return False
