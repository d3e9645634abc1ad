"""Sections: read only, because they follow from the text; found by heading, text or series."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from links.admin import EMPTY, day, verbatim
from posts.admin.outlines import outline_section
from posts.models import RecurringSection, Section


class RecurringFilter(admin.SimpleListFilter):
    """Sections of one series: those that recur most, and the chosen one."""

    title = _("recurring section")
    parameter_name = "recurring"
    shown = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        series = RecurringSection.objects.order_by("-post_count").values_list("slug", "title")
        rows = list(series.filter(post_count__gt=1)[: self.shown])
        chosen = request.GET.get(self.parameter_name)
        if chosen and chosen not in dict(rows):
            rows += series.filter(slug=chosen)
        return rows

    def queryset(self, request: HttpRequest, queryset: QuerySet[Section]) -> QuerySet[Section]:
        return queryset.filter(recurring__slug=self.value()) if self.value() else queryset


@admin.register(Section)
class SectionAdmin(admin.ModelAdmin):
    """Sections of all issues, for looking things up."""

    list_display = ("name", "post_title", "day", "item_count")
    list_filter = (RecurringFilter,)
    search_fields = ("heading", "source")
    search_help_text = _("Searches headings and the Markdown below them.")
    ordering = ("-id",)
    list_per_page = 50
    counted = ngettext_lazy("%(n)s section", "%(n)s sections", "n")
    nothing = _("The headings of an issue stand here once the issue is saved.")
    next_step = (_("See all issues"), "admin:posts_post_changelist")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = ("name", "post_link", "day", "item_count", "series", "markdown")
    readonly_fields = fields
    change_form_template = "admin/posts/section/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Section]:
        """Return sections with what the list shows of their posts; their text only on demand."""
        rows = super().get_queryset(request).filter(post__trashed_at=None)
        rows = rows.select_related("post", "recurring")
        return rows.defer("source", "post__header", "post__description")

    @admin.display(description=_("heading"), ordering="heading")
    def name(self, section: Section) -> SafeString:
        return format_html('<span class="title">{}</span>', str(section))

    @admin.display(description=_("issue"))
    def post_title(self, section: Section) -> SafeString:
        address = reverse("admin:posts_post_change", args=[section.post_id])
        return format_html('<a href="{}" class="title">{}</a>', address, section.post.title)

    @admin.display(description=_("issue"))
    def post_link(self, section: Section) -> SafeString:
        address = reverse("admin:posts_post_change", args=[section.post_id])
        return format_html('<a href="{}">{}</a>', address, section.post.title)

    @admin.display(description=_("date"), ordering="date")
    def day(self, section: Section) -> SafeString | str:
        return day(section.post.published_at)

    @admin.display(description=_("recurring section"))
    def series(self, section: Section) -> SafeString | str:
        if section.recurring is None:
            return EMPTY
        address = reverse("admin:posts_section_changelist")
        return format_html(
            '<a href="{}?recurring={}">{}</a>',
            address,
            section.recurring.slug,
            section.recurring.title,
        )

    @admin.display(description=_("Markdown"))
    def markdown(self, section: Section) -> SafeString:
        return verbatim(section.source)

    def view_on_site(self, obj: Section) -> str | None:
        """Return the section's place on its page, if readers can see it."""
        return f"{obj.post.get_absolute_url()}#{obj.anchor}" if obj.post.is_public() else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Add the section's items and their links."""
        if (section := context.get("original")) is not None:
            context["outline"] = [outline_section(section)]
        return super().render_change_form(request, context, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: sections follow from the text."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Section | None = None) -> bool:
        """Nobody: sections follow from the text."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Section | None = None) -> bool:
        """Nobody: sections follow from the text."""
        return False
