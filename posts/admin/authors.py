"""Authors: described, renamed, merged, linked to accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, StaffAdmin, ask
from posts import access, authors, crediting
from posts.admin.addresses import WEB, check_address
from posts.admin.fields import check_markdown
from posts.auditing import record
from posts.messages import Message
from posts.models import Author
from posts.models.names import NameTaken
from posts.naming import fold, unicode_slug
from posts.numbers import number_in


class AuthorForm(forms.ModelForm):
    """What is said of an author."""

    class Meta:
        model = Author
        fields = ("name", "slug", "bio", "url", "account")
        widgets = {
            "name": forms.TextInput(attrs={"class": "vTextField"}),
            "url": forms.TextInput(attrs={"class": "vTextField"}),
            "bio": forms.Textarea(attrs={"rows": 6}),
        }
        help_texts = {
            "name": _("Issues that write the old name keep this author."),
            "slug": _("Empty: made from the name. The old address redirects."),
            "bio": _("Markdown, at the head of the author's page."),
            "account": _("Issues that this account begins name the author; guests have none."),
        }

    def clean_bio(self) -> str:
        """Refuse a text that cannot be rendered."""
        return check_markdown(self.cleaned_data["bio"])

    def clean_url(self) -> str:
        """Refuse what is no address of a web page."""
        text: str = self.cleaned_data["url"]
        return check_address(text, WEB) if text.strip() else ""

    def clean(self) -> dict[str, Any]:
        """Refuse a name or an address that another author has, or had."""
        cleaned = super().clean() or self.cleaned_data
        name, slug = " ".join((cleaned.get("name") or "").split()), cleaned.get("slug") or ""
        if name and not fold(name):
            self.add_error("name", gettext("A name needs letters."))
        if slug and unicode_slug(slug) != slug:
            self.add_error("slug", gettext("Use letters, digits and hyphens only."))
        if name and not self.errors:
            try:
                authors.check_free(self.instance, name, slug)
            except NameTaken as error:
                self.add_error(error.field, str(error))
            cleaned["name"], cleaned["slug"] = name, slug or crediting.free_slug(name)
        return cleaned


class MergeForm(forms.Form):
    """Which author the others become."""

    into = forms.ModelChoiceField(label=_("author to keep"), queryset=Author.objects.none())

    def __init__(self, *args: Any, rows: QuerySet[Author], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = rows  # type: ignore[attr-defined]


@admin.register(Author)
class AuthorAdmin(StaffAdmin):
    """What owners and editors do with authors."""

    form = AuthorForm
    list_display = ("name", "slug", "account", "other_names")
    list_select_related = ("account",)
    search_fields = ("name", "aliases__key")
    ordering = ("name", "pk")
    list_per_page = 100
    counted = ngettext_lazy("%(n)s author", "%(n)s authors", "n")
    nothing = _("Whom the header of an issue names as author stands here.")
    next_step = (_("See all issues"), "admin:posts_post_changelist")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("merge_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Author]:
        """Return authors with their other names."""
        return super().get_queryset(request).prefetch_related("aliases")

    @admin.display(description=_("also known as"))
    def other_names(self, author: Author) -> str:
        return ", ".join(alias.key for alias in author.aliases.all() if alias.key) or EMPTY

    def has_delete_permission(self, request: HttpRequest, obj: Author | None = None) -> bool:
        """Tell whether the user may delete an author: only one whom no issue names."""
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.authorships.exists()

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        """Store what is said of an author."""
        if not change:
            access.check(request.user, access.DESCRIBE_AUTHORS)
            obj.save()
        authors.describe(obj, by=request.user)

    def get_urls(self) -> list[URLPattern]:
        """Add the page of merging."""
        view = self.admin_site.admin_view(self.merge_view)
        return [path("merge/", view, name="posts_author_merge"), *super().get_urls()]

    @admin.action(description=_("Merge the selected authors…"), permissions=["change"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Author]) -> HttpResponse:
        """Go on to the page that asks which one they become."""
        query = "&".join(f"author={pk}" for pk in queryset.values_list("pk", flat=True)[:100])
        return HttpResponseRedirect(f"{reverse('admin:posts_author_merge')}?{query}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Ask which author the others become, and merge them when that is confirmed."""
        access.check(request.user, access.DESCRIBE_AUTHORS)
        values = request.POST if request.method == "POST" else request.GET
        pks = [number_in(value) for value in values.getlist("author")[:100]]
        rows = Author.objects.filter(pk__in=pks).order_by("name", "pk")
        back = reverse("admin:posts_author_changelist")
        if rows.count() < 2:
            self.message_user(request, gettext("Select two authors or more."), messages.WARNING)
            return HttpResponseRedirect(back)
        form = MergeForm(request.POST if request.method == "POST" else None, rows=rows)
        if form.is_valid():
            self._merge(request, list(rows), form.cleaned_data["into"])
            return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            form=form,
            back=back,
            title=gettext("Merge authors"),
            consequence=gettext("Their issues name the one you keep; old addresses redirect."),
            button=gettext("Merge"),
            rows=[str(row) for row in rows],
            hidden=[("author", row.pk) for row in rows],
        )

    def _merge(self, request: HttpRequest, rows: list[Author], into: Author) -> None:
        names = ", ".join(row.name for row in rows if row.pk != into.pk)
        with transaction.atomic():
            count = authors.merge(rows, into, by=request.user)
            record(request, [into], Message(gettext_noop("Merged with: %(names)s."), names=names))
        words = ngettext(
            "%(n)d issue names %(into)s now.", "%(n)d issues name %(into)s now.", count
        )
        self.message_user(request, words % {"n": count, "into": into.name}, messages.SUCCESS)
