"""The owner's pages: written, published and withdrawn in one form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin, badge, day
from posts import pages
from posts.admin.comparing import compared_texts
from posts.admin.states import STATES
from posts.markdown.limits import MarkdownLimitError
from posts.models import Page
from posts.naming import unicode_slug
from posts.pages import PageConflict
from posts.previewing import sign_page_preview
from posts.translating import translated

CONFLICT = "_conflict"


class PageForm(forms.ModelForm):
    """A page: its text first, then where it stands."""

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Page
        fields = ("title", "text", "status", "slug", "description", "menu", "label", "position")
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "text": forms.Textarea(attrs={"rows": 24, "class": "document"}),
            "description": forms.TextInput(attrs={"class": "vTextField"}),
        }
        help_texts = {
            "text": _("Markdown, as in issues."),
            "slug": _("Empty: made from the title. The old address redirects."),
            "description": _("For search engines, and below the title."),
            "label": _("Empty: the title."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "text" in self.fields:
            self.fields["text"].strip = False  # type: ignore[attr-defined]
        if "seen_version" in self.fields:
            self.initial["seen_version"] = self.instance.version

    def clean_text(self) -> str:
        """Keep the line endings of the web out of the text."""
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n")

    def clean_slug(self) -> str:
        """Refuse what is no slug, an address of the site's own, or that of another page."""
        wish: str = self.cleaned_data["slug"].strip()
        slug = wish or pages.slug_of(self.cleaned_data.get("title") or "")
        if not slug:
            raise ValidationError(gettext("A page needs an address."))
        if (made := unicode_slug(slug)) != slug:
            message = gettext("Use letters, digits and hyphens only")
            raise ValidationError(f"{message}: {made}" if made else f"{message}.")
        if slug in pages.RESERVED:
            words = gettext("/%(slug)s/ belongs to the site itself. Choose another address.")
            raise ValidationError(words % {"slug": slug})
        if pages.slug_taken(self.instance, slug):
            raise ValidationError(gettext("Another page has this address, or had it."))
        return slug

    def clean(self) -> dict[str, Any]:
        """Refuse a text that cannot be rendered, and a save that lost a race."""
        cleaned = super().clean() or self.cleaned_data
        try:
            pages.render(Page(title=cleaned.get("title") or "", text=cleaned.get("text") or ""))
        except MarkdownLimitError as error:
            words = gettext("Line %(line)d: %(error)s")
            said = words % {"line": error.line, "error": translated(error.reason)}
            self.add_error("text", said)
        if CONFLICT in self.data:
            self.add_error(
                None, gettext("This page was saved elsewhere while you were editing it here.")
            )
        return cleaned


@admin.register(Page)
class PageAdmin(StaffAdmin):
    """What owners and editors do with pages; every write goes through ``posts.pages``."""

    form = PageForm
    list_display = ("title", "address", "state", "menu", "position", "changed")
    ordering = ("position", "title", "pk")
    counted = ngettext_lazy("%(n)s page", "%(n)s pages", "n")
    nothing = _("Pages such as About, Imprint and Privacy stand here.")
    next_step = (_("Write a page"), "admin:posts_page_add")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    change_form_template = "admin/posts/page/change_form.html"
    fieldsets = (
        (None, {"fields": ("title", "text", "seen_version")}),
        (_("Publishing"), {"fields": ("status", "slug", "description")}),
        (_("In the menus"), {"fields": ("menu", "label", "position")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return pages without what readers get of them."""
        return super().get_queryset(request).defer("body")

    @admin.display(description=_("address"), ordering="slug")
    def address(self, page: Page) -> str:
        return f"/{page.slug}/"

    @admin.display(description=_("status"), ordering="status")
    def state(self, page: Page) -> SafeString:
        return badge(page.status, STATES[page.status])

    @admin.display(description=_("modified"), ordering="modified_at")
    def changed(self, page: Page) -> SafeString | str:
        return day(page.modified_at)

    def view_on_site(self, obj: Page) -> str | None:
        """Return the address of a page that readers can see."""
        return obj.get_absolute_url() if obj.is_public() else None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form; a save that lost a race is shown beside the one that won."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PageConflict as conflict:
            current = conflict.current
            data = request.POST.copy()
            data["seen_version"], data[CONFLICT] = str(current.version), "1"
            request.POST = data  # type: ignore[assignment]
            rows = compared_texts(current.text, data.get("text", ""))
            theirs = {"theirs": current.text, "diff": rows, "when": current.modified_at}
            context = {**(extra_context or {}), "conflict": theirs}
            response = super().changeform_view(request, object_id, form_url, context)
            response.status_code = 409
            return response

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer the preview of what is stored."""
        if (row := context.get("original")) is not None:
            context |= {"preview_url": sign_page_preview(row), "title": str(row), "subtitle": ""}
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(
        self, request: HttpRequest, obj: Page, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say what readers see of a new page, and lead on."""
        return self._saved(request, obj)

    def response_change(self, request: HttpRequest, obj: Page) -> HttpResponse:
        """Say what readers see of a page, and lead on."""
        return self._saved(request, obj)

    def _saved(self, request: HttpRequest, page: Page) -> HttpResponse:
        said: str = gettext("Saved as a draft: readers do not see it.")
        if page.is_public():
            words = gettext('Saved. Readers see it now: <a href="{}">view it on the site</a>.')
            said = format_html(words, page.get_absolute_url())
        self.message_user(request, said, messages.SUCCESS)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(reverse("admin:posts_page_add"))
        if "_continue" in request.POST:
            return HttpResponseRedirect(reverse("admin:posts_page_change", args=[page.pk]))
        return HttpResponseRedirect(reverse("admin:posts_page_changelist"))

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        """Save the page, unless somebody did since the form was opened."""
        seen = form.cleaned_data.get("seen_version") if change else None
        pages.save(obj, expected_version=seen, by=request.user)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask whether the page is to be deleted, and delete it."""
        page = self.get_object(request, object_id)
        said = what_deleting_does(page) if page else ""
        return super().delete_view(request, object_id, {"consequence": said})

    def delete_model(self, request: HttpRequest, obj: Page) -> None:
        """Delete the page, and its place in the menus."""
        pages.delete(obj, by=request.user)


def what_deleting_does(page: Page) -> str:
    """Return in words what becomes of a page that is deleted, and what readers lose."""
    if not page.is_public():
        return gettext("Its text is gone for good.")
    return gettext(
        "Readers lose it at once: its address answers 404, and it leaves the menus. Its text is"
        " gone for good; to take it off the site and keep the text, make it a draft instead."
    )
