"""Tags: renamed and merged; old names and addresses keep working."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, StaffAdmin
from posts import access, publication
from posts.auditing import record
from posts.messages import Message
from posts.models import SLUG_LENGTH, Tag, TagAlias
from posts.models.names import NameTaken
from posts.naming import fold, tag_slug, unicode_slug
from posts.numbers import number_in
from posts.retagging import FEW, check_free, merge, posts_touched, rename

SUGGESTIONS = 10


class TagForm(forms.ModelForm):
    """A tag's name, address and description."""

    class Meta:
        model = Tag
        fields = ("name", "slug", "description")
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "name": _("Issues that write the old name keep this tag."),
            "slug": _("Empty: made from the name. The old address redirects."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a name or an address that another tag has."""
        cleaned = super().clean() or self.cleaned_data
        name = " ".join((cleaned.get("name") or "").split())
        slug = cleaned.get("slug") or ""
        if "name" in self.changed_data and "slug" not in self.changed_data:
            slug = ""
        if slug and unicode_slug(slug) != slug:
            self.add_error("slug", gettext("Use letters, digits and hyphens only."))
        cleaned["name"] = name
        cleaned["slug"] = slug = slug or tag_slug(name)[:SLUG_LENGTH]
        if name and not self.errors:
            try:
                check_free(self.instance, name, slug)
            except NameTaken as error:
                self.add_error(error.field, str(error))
        return cleaned


class MergeForm(forms.Form):
    """Which tag the others become part of."""

    into = forms.ModelChoiceField(label=_("tag to keep"), queryset=Tag.objects.none())

    def __init__(self, *args: Any, tags: QuerySet[Tag], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = tags  # type: ignore[attr-defined]


class UsedFilter(admin.SimpleListFilter):
    """Tags by whether a public post has them."""

    title = _("use")
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return (("many", _("On several issues")), ("once", _("On one issue")), ("no", _("On none")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> QuerySet[Tag]:
        conditions: dict[str, dict[str, int]] = {
            "many": {"post_count__gt": 1},
            "once": {"post_count": 1},
            "no": {"post_count": 0},
        }
        return queryset.filter(**conditions.get(self.value() or "", {}))


@admin.register(Tag)
class TagAdmin(StaffAdmin):
    """What staff do with tags."""

    form = TagForm
    list_display = ("name", "slug", "post_count", "alias_names")
    list_filter = (UsedFilter,)
    search_fields = ("name", "aliases__name")
    search_help_text = _("Searches names, and names that were merged or changed.")
    ordering = ("-post_count", "name")
    list_per_page = 100
    counted = ngettext_lazy("%(n)s tag", "%(n)s tags", "n")
    nothing = _("Tags come with issues: name some beside the text of an issue.")
    next_step = (_("See all issues"), "admin:posts_post_changelist")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("merge_selected",)
    fields = ("name", "slug", "description", "post_count", "alias_names")
    readonly_fields = ("post_count", "alias_names")
    change_form_template = "admin/posts/tag/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        """Return tags with their other names."""
        aliases = Prefetch("aliases", TagAlias.objects.order_by("name"))
        return super().get_queryset(request).prefetch_related(aliases)

    @admin.display(description=_("also known as"))
    def alias_names(self, tag: Tag) -> SafeString | str:
        names = list(dict.fromkeys(alias.name for alias in tag.aliases.all()))
        return ", ".join(names) or EMPTY

    def view_on_site(self, obj: Tag) -> str | None:
        """Return the tag's page, if it has one."""
        return obj.get_absolute_url() if obj.post_count else None

    # Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: a tag comes into being when an issue names it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tag | None = None) -> bool:
        """Tell whether the user may delete a tag: only one that no issue names.

        Deleted under an issue that names it, it would be back at the next save.
        """
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not obj.taggings.exists()

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may merge tags."""
        return access.may(request.user, access.MERGE_TAGS)

    def get_deleted_objects(
        self, objs: Iterable[Tag], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """List the tags with their other names, which go with them."""
        rows = [str(tag) for tag in objs]
        return rows, {str(self.opts.verbose_name_plural): len(rows)}, set(), []

    # Renaming

    def save_model(
        self, request: HttpRequest, obj: Tag, form: forms.ModelForm[Tag], change: bool
    ) -> None:
        """Write the description, and rename as that takes."""
        obj.save(update_fields=["description"])
        publication.move()
        count = rename(obj, form.cleaned_data["name"], form.cleaned_data["slug"], by=request.user)
        if count:
            words = ngettext(
                "%(n)d issue shows the new name.", "%(n)d issues show the new name.", count
            )
            self.message_user(request, words % {"n": count} + _meanwhile(count), messages.INFO)

    # Merging

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer to merge the tag with another."""
        context["may_merge"] = self.has_merge_permission(request)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of this noun to Django's."""
        view = self.admin_site.admin_view
        return [
            path("merge/", view(self.merge_view), name="posts_tag_merge"),
            path("suggest/", view(self.suggest_view), name="posts_tag_suggest"),
            *super().get_urls(),
        ]

    @admin.action(description=_("Merge the selected tags…"), permissions=["merge"])
    def merge_selected(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        """Go on to the page that asks which one they become."""
        pks = list(queryset.order_by("pk").values_list("pk", flat=True))
        if len(pks) < 2:
            self.message_user(request, gettext("Select two tags or more."), messages.WARNING)
            return None
        query = "&".join(f"tag={pk}" for pk in pks)
        return HttpResponseRedirect(f"{reverse('admin:posts_tag_merge')}?{query}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Ask which tag the others become part of, and merge them when that is confirmed."""
        access.check(request.user, access.MERGE_TAGS)
        tags = self._tags_to_merge(request)
        if tags.count() < 2:
            self.message_user(request, gettext("Select two tags or more."), messages.WARNING)
            return HttpResponseRedirect(reverse("admin:posts_tag_changelist"))
        form = MergeForm(
            request.POST if "merge" in request.POST else None,
            tags=tags,
            initial={"into": tags[0].pk},
        )
        if form.is_valid():
            return self._merge(request, list(tags), form.cleaned_data["into"])
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Merge tags"),
            "opts": self.opts,
            "form": form,
            "tags": [(tag, posts_touched([tag])) for tag in tags],
            "touched": posts_touched(tags),
        }
        return render(request, "admin/posts/tag/merge.html", context)

    @staticmethod
    def _tags_to_merge(request: HttpRequest) -> QuerySet[Tag]:
        values = request.POST if request.method == "POST" else request.GET
        pks = [number_in(value) for value in values.getlist("tag")[:100]]
        tags = Tag.objects.filter(pk__in=pks)
        if also := fold(values.get("also", "")):
            tags |= Tag.objects.filter(key=also)
        return tags.order_by("-post_count", "name")

    def _merge(self, request: HttpRequest, tags: list[Tag], into: Tag) -> HttpResponse:
        names = ", ".join(tag.name for tag in tags if tag.pk != into.pk)
        with transaction.atomic():
            count = merge(tags, into, by=request.user)
            record(request, [into], Message(gettext_noop("Merged with: %(names)s."), names=names))
        words = ngettext(
            "%(names)s: now %(into)s, on %(n)d issue.",
            "%(names)s: now %(into)s, on %(n)d issues.",
            count,
        )
        said = words % {"names": names, "into": into.name, "n": count}
        self.message_user(request, said + _meanwhile(count), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_tag_change", args=[into.pk]))

    # Suggesting

    def suggest_view(self, request: HttpRequest) -> JsonResponse:
        """Return the names of the most used tags that hold what was typed, or that have another
        name which does: that is given, too."""
        if not (self.has_view_permission(request) or access.may(request.user, access.WRITE)):
            raise PermissionDenied
        typed = fold(request.GET.get("q", "")[:100])
        tags = Tag.objects.filter(key__contains=typed) if typed else Tag.objects.all()
        rows = list(tags.order_by("-post_count", "name").values("name", "post_count")[:200])
        rows += _by_other_names(typed, {row["name"] for row in rows})
        rows.sort(key=lambda row: not fold(row.get("alias", row["name"])).startswith(typed))
        response = JsonResponse({"tags": rows[:SUGGESTIONS]})
        response.headers["Cache-Control"] = "private, max-age=60"
        return response


def _by_other_names(typed: str, has: set[str]) -> list[dict[str, Any]]:
    """Return tags that have another name which holds what was typed, with that name."""
    if not typed:
        return []
    aliases = TagAlias.objects.filter(key__contains=typed).select_related("tag")
    found: dict[str, dict[str, Any]] = {}
    for alias in aliases.order_by("-tag__post_count", "name")[:200]:
        tag = alias.tag
        row = {"name": tag.name, "post_count": tag.post_count, "alias": alias.name}
        if tag.name not in has:
            found.setdefault(tag.name, row)
    return list(found.values())


def _meanwhile(count: int) -> str:
    """Return what to say of pages that the worker is still to make."""
    return " " + gettext("Their pages follow in a moment.") if count > FEW else ""
