"""The inbox: links collected for the next issue, until they are printed or put aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import quote

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links import inbox
from links.access import MAKE_TOKENS, may
from links.admin import EMPTY, badge, day
from links.models import InboxEntry, Link
from links.normalizing import AddressError
from links.registering import canonical_or_none
from posts.admin.covered import Covered, named, summary
from posts.auditing import record
from posts.inserting import HouseForm, house_form_of
from posts.messages import Message
from posts.numbers import number_in
from posts.places import places_of

# So many entries at most are copied at once.
COPIED = 500
PREFILLED = {"url": 2000, "title": 300, "note": 2000}
BOOKMARKLET = (
    "javascript:void(window.open('{}?url='+encodeURIComponent(location.href)"
    "+'&title='+encodeURIComponent(document.title)"
    "+'&note='+encodeURIComponent(String(getSelection()).slice(0,1000))))"
)


class OpenFilter(admin.SimpleListFilter):
    """Entries by whether they wait to be printed; those that do, unless asked otherwise."""

    title = _("printed or put aside")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return (("yes", _("Done")), ("all", _("All")))

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name the first choice after what it shows."""
        for choice in super().choices(changelist):
            if choice["display"] == gettext("All") and "done=all" not in choice["query_string"]:
                choice["display"] = _("To be printed")
            yield choice

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[InboxEntry]
    ) -> QuerySet[InboxEntry]:
        if self.value() == "all":
            return queryset
        return queryset.filter(done_at__isnull=self.value() != "yes")


class InboxForm(forms.ModelForm):
    """A link to collect; of a collected one its words can be changed."""

    url = forms.CharField(label=_("Address"), max_length=2000, widget=forms.URLInput)

    class Meta:
        model = InboxEntry
        fields = ("url", "title", "note")
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    def clean_url(self) -> str:
        """Return the address; raise ValidationError for one that cannot be collected."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            inbox.check(url)
        except AddressError as error:
            raise forms.ValidationError(
                gettext("This is no web address. One looks like https://example.org/article.")
            ) from error
        except inbox.Blocked as error:
            words = gettext("This link is blocked: %(why)s") % {"why": error.link.reason or EMPTY}
            raise forms.ValidationError(words) from error
        return url


@admin.register(InboxEntry)
class InboxEntryAdmin(Covered):
    """Collected links, the latest first."""

    form = InboxForm
    list_display = ("name", "covered", "who", "day", "state")
    list_filter = (OpenFilter, "added_by")
    search_fields = ("url", "title", "note", "link__url")
    search_help_text = _("Searches addresses, titles and notes.")
    ordering = ("-added_at", "-id")
    list_per_page = 50
    counted = ngettext_lazy("%(n)s link", "%(n)s links", "n")
    nothing = _("No link waits for the next issue.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("copy_selected", "finish_selected", "reopen_selected")
    acts_at_once = ("finish_selected", "reopen_selected")
    change_list_template = "admin/links/inboxentry/change_list.html"
    change_form_template = "admin/links/inboxentry/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxEntry]:
        """Return entries with what the list shows of them."""
        rows: QuerySet[InboxEntry] = super().get_queryset(request)
        return rows.select_related("link", "added_by", "suggestion")

    @admin.display(description=_("link"), ordering="title")
    def name(self, row: InboxEntry) -> SafeString:
        return summary(row)

    @admin.display(description=_("added by"), ordering="added_by__username")
    def who(self, row: InboxEntry) -> str:
        name = row.added_by.get_username() if row.added_by else EMPTY
        return gettext("%(name)s, for a reader") % {"name": name} if row.suggestion else name

    @admin.display(description=_("added"), ordering="added_at")
    def day(self, row: InboxEntry) -> SafeString | str:
        return day(row.added_at)

    @admin.display(description=_("status"), ordering="done_at")
    def state(self, row: InboxEntry) -> SafeString:
        return badge("draft", _("Done")) if row.done_at else badge("scheduled", _("To be printed"))

    def pages(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the pages beside the list: how to collect from elsewhere."""
        may_add = self.has_add_permission(request)
        return [
            (gettext("Collect from anywhere"), reverse("admin:links_inboxentry_anywhere"))
        ] * may_add

    # Collecting

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the bookmarklet fills in, cut to what fits."""
        return {name: request.GET.get(name, "")[:most] for name, most in PREFILLED.items()}

    def get_readonly_fields(
        self, request: HttpRequest, obj: InboxEntry | None = None
    ) -> tuple[str, ...]:
        """Keep the address of a collected link: another one is another entry."""
        return ("url",) if obj else ()

    def save_model(
        self,
        request: HttpRequest,
        obj: InboxEntry,
        form: forms.ModelForm[InboxEntry],
        change: bool,
    ) -> None:
        """Collect a link, or change its words."""
        if change:
            obj.save(update_fields=["title", "note"])
            return
        given = form.cleaned_data
        entry, is_new = inbox.gather(
            given["url"], by=cast(User, request.user), title=given["title"], note=given["note"]
        )
        obj.pk, obj.link = entry.pk, entry.link
        if not is_new:
            said = gettext("This link was in the inbox already; it is there once.")
            self.message_user(request, said, messages.WARNING)
        if places := places_of([entry.link_id]).get(entry.link_id):
            said = format_html("{} {}", gettext("Covered before:"), named(places))
            self.message_user(request, said, messages.WARNING)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the Markdown of the entry."""
        if (entry := context.get("original")) is None:
            context["covered"] = covered_before(request.GET.get("url", ""))
        else:
            context["markdown"] = as_item(entry, house_form_of(None))
        return super().render_change_form(request, context, *args, **kwargs)

    # Printing

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of this noun to Django's."""
        view = self.admin_site.admin_view
        return [
            path("copy/", view(self.copy_view), name="links_inboxentry_copy"),
            path("anywhere/", view(self.anywhere_view), name="links_inboxentry_anywhere"),
            *super().get_urls(),
        ]

    def copy_view(self, request: HttpRequest) -> HttpResponse:
        """Show entries as the Markdown of an issue: those asked for, else all that wait."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_queryset(request).order_by("added_at", "pk")
        if chosen := [number_in(pk) for pk in request.GET.getlist("entry")[:COPIED]]:
            rows = rows.filter(pk__in=chosen)
        else:
            rows = rows.filter(done_at=None)
        entries = list(rows[:COPIED])
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Copy as Markdown"),
            "opts": self.opts,
            "count": len(entries),
            "markdown": as_markdown(entries, house_form_of(None)),
        }
        return render(request, "admin/links/inboxentry/copy.html", context)

    def anywhere_view(self, request: HttpRequest) -> HttpResponse:
        """Explain how to collect from anywhere: the bookmarklet, and the endpoint for scripts."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        # Where somebody is signed in, whatever SITE_URL says.
        add = request.build_absolute_uri(reverse("admin:links_inboxentry_add"))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Collect from anywhere"),
            "opts": self.opts,
            "bookmarklet": BOOKMARKLET.format(quote(add, safe=":/")),
            "may_make_tokens": may(request.user, MAKE_TOKENS),
            "endpoint": request.build_absolute_uri(reverse("posts:collect")),
        }
        return render(request, "admin/links/inboxentry/anywhere.html", context)

    @admin.action(description=_("Copy the selected links as Markdown"), permissions=["view"])
    def copy_selected(self, request: HttpRequest, queryset: QuerySet[InboxEntry]) -> HttpResponse:
        """Go on to the page that shows them."""
        query = "&".join(f"entry={pk}" for pk in queryset.values_list("pk", flat=True)[:COPIED])
        return HttpResponseRedirect(f"{reverse('admin:links_inboxentry_copy')}?{query}")

    @admin.action(description=_("Put the selected links aside"), permissions=["change"])
    def finish_selected(self, request: HttpRequest, queryset: QuerySet[InboxEntry]) -> None:
        """Take links off the list that will not be printed, or were printed elsewhere."""
        with transaction.atomic():
            rows = inbox.put_aside(queryset, by=request.user)
            record(request, rows, Message(gettext_noop("Put aside.")))
        words = ngettext("%(n)d link is put aside.", "%(n)d links are put aside.", len(rows))
        self.message_user(request, words % {"n": len(rows)}, messages.SUCCESS)

    @admin.action(description=_("Put the selected links back"), permissions=["change"])
    def reopen_selected(self, request: HttpRequest, queryset: QuerySet[InboxEntry]) -> None:
        """Have links printed after all; one link is in the inbox once."""
        with transaction.atomic():
            rows = inbox.reopen(queryset, by=request.user)
            record(request, rows, Message(gettext_noop("Put back.")))
        words = ngettext("%(n)d link is put back.", "%(n)d links are put back.", len(rows))
        self.message_user(request, words % {"n": len(rows)}, messages.SUCCESS)


# As the items of an issue


def covered_before(url: str) -> SafeString | str:
    """Return where an address that somebody may collect was covered before; "" for nowhere."""
    canonical = canonical_or_none(url)
    link = Link.objects.filter(key=Link.key_for(canonical)).first() if canonical else None
    places = places_of([link.pk]).get(link.pk, []) if link else []
    return named(places) if places else ""


def as_markdown(entries: Iterable[InboxEntry], form: HouseForm) -> str:
    """Return a list with an item for each entry: its title as the link, then its note."""
    return "".join(f"{as_item(entry, form)}\n" for entry in entries)


def as_item(entry: InboxEntry, form: HouseForm | None = None) -> str:
    """Return one list item with the canonical address: ``- [Title](address): note``, unless the
    form of the house is another."""
    title = entry.title or entry.link.title
    return (form or HouseForm()).item(title, entry.link.url, entry.note)
