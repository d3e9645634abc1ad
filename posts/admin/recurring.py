"""Recurring sections: which headings are sections of the site; hidden, renamed and merged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, StaffAdmin, badge, day
from posts import access
from posts.auditing import record
from posts.curating import check_free, issues_touched, merge, rename, set_hidden
from posts.messages import Message
from posts.models import SLUG_LENGTH, RecurringSection
from posts.models.names import NameTaken
from posts.naming import heading_key, unicode_slug
from posts.numbers import number_in
from posts.publishing.counting import RECURS

LISTED = 100


class SectionForm(forms.ModelForm):
    """A section's title and address, and whether it is one of the site's."""

    class Meta:
        model = RecurringSection
        fields = ("title", "slug", "hidden")
        widgets = {"title": forms.TextInput(attrs={"class": "vTextField"})}
        help_texts = {
            "title": _("Issues keep the heading as it is written there."),
            "slug": _("Empty: made from the title. The old address redirects."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a title or an address that another section has."""
        cleaned = super().clean() or self.cleaned_data
        title, slug = cleaned.get("title") or "", cleaned.get("slug") or ""
        if "title" in self.changed_data and "slug" not in self.changed_data:
            slug = ""
        if slug and unicode_slug(slug) != slug:
            self.add_error("slug", gettext("Use letters, digits and hyphens only."))
        slug = slug or unicode_slug(heading_key(title))[:SLUG_LENGTH] or self.instance.slug
        cleaned["slug"] = slug
        if title and not self.errors:
            try:
                check_free(self.instance, title, slug)
            except NameTaken as error:
                self.add_error(error.field, str(error))
        return cleaned


class RecurringFilter(admin.SimpleListFilter):
    """Headings by whether the site has a section of them."""

    title = _("use")
    parameter_name = "use"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return (("shown", _("Shown")), ("hidden", _("Hidden")), ("once", _("In one issue or none")))

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RecurringSection]
    ) -> QuerySet[RecurringSection]:
        conditions: dict[str, dict[str, Any]] = {
            "shown": {"hidden": False, "post_count__gte": RECURS},
            "hidden": {"hidden": True},
            "once": {"post_count__lt": RECURS},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


@admin.register(RecurringSection)
class RecurringSectionAdmin(StaffAdmin):
    """What staff do with the headings that come back."""

    form = SectionForm
    list_display = ("title", "slug", "post_count", "first_day", "last_day", "shown")
    list_filter = (RecurringFilter,)
    search_fields = ("title",)
    counted = ngettext_lazy("%(n)s section", "%(n)s sections", "n")
    nothing = _("A heading that comes back in a second issue stands here.")
    next_step = (_("See all issues"), "admin:posts_post_changelist")
    ordering = ("-post_count", "pk")
    list_per_page = LISTED
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("hide_selected", "show_selected", "merge_selected")
    acts_at_once = ("hide_selected", "show_selected")
    fields = ("title", "slug", "hidden", "post_count", "first_day", "last_day", "other_names")
    readonly_fields = ("post_count", "first_day", "last_day", "other_names")

    def get_queryset(self, request: HttpRequest) -> QuerySet[RecurringSection]:
        """Return sections without those that lead to another."""
        return super().get_queryset(request).filter(merged_into=None)

    @admin.display(description=_("first seen"))
    def first_day(self, section: RecurringSection) -> SafeString | str:
        return day(section.first_seen)

    @admin.display(description=_("last seen"), ordering="last_seen")
    def last_day(self, section: RecurringSection) -> SafeString | str:
        return day(section.last_seen)

    @admin.display(description=_("shown"), ordering="hidden")
    def shown(self, section: RecurringSection) -> SafeString:
        if section.hidden:
            return badge("problem", _("Hidden"))
        if section.post_count < RECURS:
            return badge("draft", _("In one issue or none"))
        return badge("published", _("Shown"))

    @admin.display(description=_("also known as"))
    def other_names(self, section: RecurringSection) -> str:
        rows = section.merged.order_by("title").values_list("title", flat=True)
        return ", ".join(dict.fromkeys(title for title in rows if title != section.title)) or EMPTY

    def view_on_site(self, obj: RecurringSection) -> str | None:
        """Return the section's page, if it has one."""
        return obj.get_absolute_url() if obj.post_count and not obj.hidden else None

    # Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: a section comes into being when an issue has the heading."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: RecurringSection | None = None
    ) -> bool:
        """Nobody: it would be back at the next save of an issue; it is hidden instead."""
        return False

    # Hiding and renaming

    def save_model(
        self, request: HttpRequest, obj: RecurringSection, form: Any, change: bool
    ) -> None:
        """Rename and hide as that takes."""
        rename(obj, form.cleaned_data["title"], form.cleaned_data["slug"], by=request.user)
        set_hidden([obj], form.cleaned_data["hidden"], by=request.user)

    @admin.action(description=_("Hide the selected sections"), permissions=["change"])
    def hide_selected(self, request: HttpRequest, queryset: QuerySet[RecurringSection]) -> None:
        """Keep sections from the public site."""
        self._set_hidden(request, queryset, True)

    @admin.action(description=_("Show the selected sections"), permissions=["change"])
    def show_selected(self, request: HttpRequest, queryset: QuerySet[RecurringSection]) -> None:
        """Let hidden sections be sections of the site again."""
        self._set_hidden(request, queryset, False)

    def _set_hidden(
        self, request: HttpRequest, queryset: QuerySet[RecurringSection], hidden: bool
    ) -> None:
        done = gettext_noop("Hidden.") if hidden else gettext_noop("Shown.")
        with transaction.atomic():
            changed = set_hidden(queryset, hidden, by=request.user)
            record(request, changed, Message(done))
        words = ngettext("%(n)d section changed.", "%(n)d sections changed.", len(changed))
        self.message_user(request, words % {"n": len(changed)}, messages.SUCCESS)

    # Merging

    def get_urls(self) -> list[URLPattern]:
        """Add the page of merging to Django's."""
        view = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", view, name="posts_recurringsection_merge"), *super().get_urls()]

    @admin.action(description=_("Merge the selected sections…"), permissions=["change"])
    def merge_selected(
        self, request: HttpRequest, queryset: QuerySet[RecurringSection]
    ) -> HttpResponse:
        """Go on to the page that asks which one they become."""
        query = "&".join(f"section={pk}" for pk in queryset.values_list("pk", flat=True))
        return HttpResponseRedirect(f"{reverse('admin:posts_recurringsection_merge')}?{query}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Ask which section the others become, and merge them when that is confirmed."""
        access.check(request.user, access.CURATE_SECTIONS)
        values = request.POST if request.method == "POST" else request.GET
        pks = [number_in(value) for value in values.getlist("section")[:LISTED]]
        rows = list(self.get_queryset(request).filter(pk__in=pks).order_by("-post_count", "pk"))
        if len(rows) < 2:
            self.message_user(request, gettext("Select two sections or more."), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:posts_recurringsection_changelist"))
        chosen = next((row for row in rows if str(row.pk) == request.POST.get("into")), None)
        if chosen is not None:
            return self._merge(request, rows, chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Merge sections"),
            "opts": self.opts,
            "sections": rows,
            "touched": issues_touched(rows),
        }
        return render(request, "admin/posts/recurringsection/merge.html", context)

    def _merge(
        self, request: HttpRequest, rows: list[RecurringSection], into: RecurringSection
    ) -> HttpResponse:
        names = ", ".join(row.title for row in rows if row.pk != into.pk)
        with transaction.atomic():
            count = merge(rows, into, by=request.user)
            record(request, [into], Message(gettext_noop("Merged with: %(names)s."), names=names))
        words = ngettext(
            "%(names)s: now %(into)s, in %(n)d issue.",
            "%(names)s: now %(into)s, in %(n)d issues.",
            count,
        )
        said = words % {"names": names, "into": into.title, "n": count}
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_recurringsection_changelist"))
