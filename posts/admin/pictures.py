"""The library of pictures: found, described, replaced and deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import day
from posts import access, pictures
from posts.admin.writing.pictures import ADDED, TYPES, SendingPictures, WordsForm
from posts.auditing import record
from posts.images import MAX_BYTES, ImageError
from posts.messages import Message
from posts.models import Picture, Post
from posts.numbers import number_in
from posts.translating import translated

REPLACED = Message(gettext_noop("Replaced."))
SHOWN = 100


class UsedFilter(admin.SimpleListFilter):
    """Pictures that issues have or other texts name, or that none names."""

    title = _("use")
    parameter_name = "used"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return (("yes", _("In use")), ("no", _("Unused")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> QuerySet[Picture]:
        if self.value() not in ("yes", "no"):
            return queryset
        used = Q(images__isnull=False) | Q(name__in=pictures.named_beside_issues())
        return queryset.filter(used if self.value() == "yes" else ~used).distinct()


class FileForm(forms.Form):
    """A picture from whoever's machine."""

    file = forms.FileField(
        label=_("picture"),
        widget=forms.ClearableFileInput(attrs={"accept": TYPES}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = gettext("PNG, JPEG, WebP, AVIF or GIF, up to %(n)d MB.") % {
            "n": MAX_BYTES // 1024**2
        }


@admin.register(Picture)
class PictureAdmin(SendingPictures):
    """What editors do with pictures; every write goes through ``posts.pictures``."""

    form = WordsForm
    list_display = ("thumbnail", "name_and_words", "credit", "use", "added")
    list_display_links = ("name_and_words",)
    list_filter = (UsedFilter,)
    search_fields = ("name", "alt", "caption", "credit", "images__path")
    search_help_text = _("Searches names, descriptions, captions and credits.")
    ordering = ("-added_at", "-pk")
    list_per_page = 50
    counted = ngettext_lazy("%(n)s picture", "%(n)s pictures", "n")
    nothing = _("Pictures that are put into issues, or come with them, stand here.")
    next_step = (_("Add a picture"), "admin:posts_picture_add")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("delete_selected",)
    fields = pictures.Words._fields
    change_form_template = "admin/posts/picture/change_form.html"
    delete_confirmation_template = "admin/posts/picture/delete.html"
    delete_selected_confirmation_template = "admin/posts/picture/delete.html"

    # Who may

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may see the library: whoever writes issues."""
        return access.may(request.user, access.WRITE)

    def has_view_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """Tell whether the user may see pictures."""
        return access.may(request.user, access.WRITE)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """Tell whether the user may take pictures from published issues."""
        return access.may(request.user, access.CHANGE_PICTURES)

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        """Return pictures with the number of issues that have them."""
        return super().get_queryset(request).with_uses()  # type: ignore[attr-defined, no-any-return]

    @admin.display(description=_("picture"))
    def thumbnail(self, picture: Picture) -> SafeString:
        return format_html(
            '<img class="thumbnail" src="{}" alt="" loading="lazy" width="{}" height="{}">',
            picture.thumbnail,
            picture.width,
            picture.height,
        )

    @admin.display(description=_("name"), ordering="name")
    def name_and_words(self, picture: Picture) -> SafeString:
        words = picture.alt or gettext("only decoration")
        if not picture.alt and not picture.is_decorative:
            words = gettext("Nobody described it.")
        return format_html(
            '<span class="title">{}</span> <span class="words">{}</span>', picture.name, words
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Ask at once who names the pictures of a page."""
        page = super().get_changelist_instance(request)
        named = pictures.who_names(page.result_list)
        for picture in page.result_list:
            picture.named = named[picture.name]
        return page

    @admin.display(description=_("use"), ordering="uses")
    def use(self, picture: Any) -> str:
        return said_of_use(picture.named)

    @admin.display(description=_("added"), ordering="added_at")
    def added(self, picture: Picture) -> SafeString | str:
        return day(picture.added_at)

    # Pages

    def get_urls(self) -> list[URLPattern]:
        """Add the page on which a picture is replaced."""
        view = self.admin_site.admin_view(self.replace_view)
        return [path("replace/", view, name="posts_picture_replace"), *super().get_urls()]

    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        """Take a picture, and ask what is to be seen in it."""
        access.check(request.user, access.WRITE)
        form = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid() and (picture := self._kept(request, form)):
            return HttpResponseRedirect(reverse("admin:posts_picture_change", args=[picture.pk]))
        return self._ask(request, form, gettext("Add a picture"), gettext("Add it"))

    def _kept(self, request: HttpRequest, form: FileForm) -> Picture | None:
        sent = form.cleaned_data["file"]
        try:
            picture, is_new = pictures.keep(
                sent.read(),
                sent.name,
                by=request.user,
                log=lambda row: record(request, [row], ADDED, ADDITION),
            )
        except (ImageError, pictures.NotStored) as error:
            form.add_error("file", translated(error.args[0]))
            return None
        known = gettext("The library has this picture already: here it is.")
        words = gettext("Added. Say what is to be seen in it.") if is_new else known
        self.message_user(request, words, messages.SUCCESS)
        return picture

    def replace_view(self, request: HttpRequest) -> HttpResponse:
        """Take another picture in the place of one, after saying what that changes."""
        access.check(request.user, access.CHANGE_PICTURES)
        key = request.GET.get("picture", "")
        picture = self.get_queryset(request).filter(pk=number_in(key)).first()
        if picture is None:
            return HttpResponseRedirect(reverse("admin:posts_picture_changelist"))
        uses = pictures.who_names([picture])[picture.name]
        back = reverse("admin:posts_picture_change", args=[picture.pk])
        form = FileForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid() and self._replaced(request, picture, form):
            return HttpResponseRedirect(back)
        title = gettext("Replace %(name)s") % {"name": picture.name}
        consequence = gettext(
            "The new picture stands in all issues that have this one (%(use)s), at once in what is"
            " written from now on and in a moment on the pages that readers have."
        ) % {"use": said_of_use(uses)}
        shown = {"picture": picture, "consequence": consequence, "back": back}
        return self._ask(request, form, title, gettext("Replace it"), **shown)

    def _replaced(self, request: HttpRequest, picture: Picture, form: FileForm) -> bool:
        sent = form.cleaned_data["file"]
        try:
            pictures.replace(
                picture,
                sent.read(),
                sent.name,
                by=request.user,
                log=lambda row: record(request, [row], REPLACED),
            )
        except (ImageError, pictures.NotStored) as error:
            form.add_error("file", translated(error.args[0]))
            return False
        self.message_user(request, gettext("Replaced; pages follow."), messages.SUCCESS)
        return True

    def _ask(
        self, request: HttpRequest, form: FileForm, title: str, button: str, **shown: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": title,
            "button": button,
            "back": reverse("admin:posts_picture_changelist"),
            **shown,
        }
        return render(request, "admin/posts/picture/file.html", context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show the picture, and the issues that have it."""
        picture = kwargs.get("obj")
        if picture is not None:
            context |= {
                "picture": picture,
                "use": said_of_use(pictures.who_names([picture])[picture.name]),
                "posts": used_in(picture),
                "more": max(0, picture.uses - SHOWN),
                "can_replace": access.may(request.user, access.CHANGE_PICTURES),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving and deleting

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        """Change what is said of the picture."""
        pictures.describe(obj, form.words(), by=request.user)

    def get_deleted_objects(
        self, objs: Iterable[Picture], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Say of each picture what lacks it then, old versions that name it among that."""
        named = pictures.who_names(objs, versions=True)
        rows = [f"{name}: {said_of_use(uses)}" for name, uses in named.items()]
        name = str(self.opts.verbose_name if len(rows) == 1 else self.opts.verbose_name_plural)
        denied = set() if self.has_delete_permission(request) else {name}
        return rows, {name: len(rows)}, denied, []

    def delete_model(self, request: HttpRequest, obj: Picture) -> None:
        """Delete a picture; the pages of its issues are made again."""
        pictures.delete(obj, by=request.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Picture]) -> None:
        """Delete pictures."""
        for picture in queryset:
            pictures.delete(picture, by=request.user)


IN: dict[pictures.Where, Any] = {
    pictures.Where.ISSUES: ngettext_lazy("in %(n)d issue", "in %(n)d issues", "n"),
    pictures.Where.TRASH: ngettext_lazy(
        "in %(n)d issue in the trash", "in %(n)d issues in the trash", "n"
    ),
    pictures.Where.PENDING: ngettext_lazy(
        "in %(n)d pending version", "in %(n)d pending versions", "n"
    ),
    pictures.Where.TYPED: ngettext_lazy(
        "in %(n)d text that is not saved", "in %(n)d texts that are not saved", "n"
    ),
    pictures.Where.TEMPLATES: ngettext_lazy("in %(n)d template", "in %(n)d templates", "n"),
    pictures.Where.VERSIONS: ngettext_lazy(
        "in old versions of %(n)d issue", "in old versions of %(n)d issues", "n"
    ),
}


def said_of_use(uses: pictures.Uses) -> str:
    """Return in words what names a picture, and how many of each."""
    said = [str(words % {"n": uses[where]}) for where, words in IN.items() if uses[where]]
    return ", ".join(said) or gettext("unused")


def used_in(picture: Picture) -> QuerySet[Post]:
    """Return issues that have a picture, the latest first, for their titles."""
    rows = Post.everything.filter(images__picture=picture).distinct()
    return rows.only("pk", "title", "published_at", "trashed_at").newest_first()[:SHOWN]
