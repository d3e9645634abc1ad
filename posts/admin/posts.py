"""Posts: the list, and the form in which an issue is written."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.forms import ModelForm
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from links.admin import EMPTY, PeriodFilter, badge, day, verbatim
from posts import access, drafting
from posts.admin import uploads
from posts.admin.calendar import CalendarPages
from posts.admin.corrections import CorrectingPages
from posts.admin.forms import (
    GONE,
    PUBLISH,
    SCHEDULE,
    TAKEN,
    PostForm,
    form_for,
)
from posts.admin.history import HistoryPages
from posts.admin.meeting import MERGED, meet, refuse_outdated, said_of_merging
from posts.admin.pending import (
    LATER_KEPT,
    LATER_SAID,
    PendingPages,
    pending_note,
    pending_now,
)
from posts.admin.publishing import (
    PublishingPages,
    said,
    what_publishing_does,
    with_effects,
)
from posts.admin.reviewing import ReviewingPages, preview_of
from posts.admin.starting import StartingPages, ways_to_start
from posts.admin.states import NOW, STATES, StateFilter, state_of
from posts.admin.trash import TrashPages
from posts.admin.writing import (
    InboxPages,
    PreflightPages,
    ProofPages,
    UnsavedPages,
    WorkingCopyPages,
    query_after,
    shown_panels,
)
from posts.admin.writing.copies import COPY, editing_note, typing_now
from posts.auditing import kept
from posts.documents import DocumentError
from posts.importing.staging import NotKept
from posts.models import Author, ListCount, Post, Revision, Tag, TaggedPost
from posts.preflight import overridden
from posts.publishing import EditConflict
from posts.publishing.counting import LANGUAGES
from posts.revising import Cause
from posts.translating import translated

HIDDEN_FIELDS = ("seen_version", "seen_pending", "clash_sign", "working_copy")
PUBLISHING_BUTTONS = (PUBLISH, SCHEDULE)


class TagFilter(admin.SimpleListFilter):
    """Posts by tag: the most used tags, and the chosen one."""

    title = _("tag")
    parameter_name = "tag"
    shown = 20

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        tags = Tag.objects.order_by("-post_count", "name").values_list("slug", "name")
        rows = list(tags.filter(post_count__gt=0)[: self.shown])
        chosen = request.GET.get(self.parameter_name)
        if chosen and chosen not in dict(rows):
            rows += tags.filter(slug=chosen)
        return rows

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        return queryset.filter(taggings__tag__slug=self.value()) if self.value() else queryset


class LanguageFilter(admin.SimpleListFilter):
    """Posts by the languages of those that are published."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        used = ListCount.objects.filter(name=LANGUAGES, count__gt=0).order_by("part")
        return [(language, language) for language in used.values_list("part", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> QuerySet[Post]:
        return queryset.filter(language=self.value()) if self.value() else queryset


class PublishedFilter(PeriodFilter):
    """Posts by their publish time."""

    title = _("date")
    parameter_name = "date"
    column = index = "published_at"


@admin.register(Post)
class PostAdmin(
    ReviewingPages,
    CalendarPages,
    StartingPages,
    UnsavedPages,
    WorkingCopyPages,
    PendingPages,
    HistoryPages,
    CorrectingPages,
    InboxPages,
    PreflightPages,
    ProofPages,
    TrashPages,
    PublishingPages,
):
    """What editors do with issues; every write goes through ``posts.publishing``."""

    form = PostForm
    list_display = ("title_and_problem", "state", "date", "tag_names", "item_count", "link_count")
    list_filter = (StateFilter, TagFilter, LanguageFilter, PublishedFilter)
    search_fields = ("title", "slug", "description", "taggings__tag__name")
    search_help_text = _("Searches titles, addresses, descriptions and tags.")
    ordering = ("-published_at", "-id")
    list_per_page = 50
    counted = ngettext_lazy("%(n)s issue", "%(n)s issues", "n")
    nothing = _("Drafts and published issues stand here.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("publish_selected", "withdraw_selected", "export_selected", "delete_selected")
    change_list_template = "admin/posts/post/change_list.html"
    change_form_template = "admin/posts/post/change_form.html"
    fieldsets = (
        ("text", {"fields": ("title", "text", *HIDDEN_FIELDS)}),
        (_("Publishing"), {"fields": ("published_at", "slug", "note")}),
        (
            _("About the issue"),
            {
                "fields": (
                    "description",
                    "tags",
                    "authors",
                    "cover",
                    "language",
                    "translationkey",
                    "updated",
                )
            },
        ),
    )
    viewed_fields = ("title", "state", "date", "slug", "description", "tag_names", "document_shown")

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Return posts with their tags, for lists without their large columns."""
        taggings = TaggedPost.objects.select_related("tag").order_by("position")
        posts = super().get_queryset(request).prefetch_related(Prefetch("taggings", taggings))
        if not self._is_list(request):
            return posts
        return posts.defer("header", "source_digest").prefetch_related(
            typing_now(request), pending_now()
        )

    @staticmethod
    def _is_list(request: HttpRequest) -> bool:
        match = request.resolver_match
        return bool(match and match.url_name and match.url_name.endswith("_changelist"))

    @admin.display(description=_("title"), ordering="title")
    def title_and_problem(self, post: Post) -> SafeString:
        title = format_html(
            '<span class="title">{}</span>{}{}', post.title, editing_note(post), pending_note(post)
        )
        if not post.problem:
            return title
        return format_html('{}<span class="trouble">{}</span>', title, post.problem)

    @admin.display(description=_("status"), ordering="status")
    def state(self, post: Post) -> SafeString:
        state = state_of(post)
        return badge(state, STATES[state])

    @admin.display(description=_("date"), ordering="published_at")
    def date(self, post: Post) -> SafeString | str:
        return day(post.published_at)

    @admin.display(description=_("tags"))
    def tag_names(self, post: Post) -> str:
        return ", ".join(tagging.tag.name for tagging in post.taggings.all()) or EMPTY

    @admin.display(description=_("Markdown"))
    def document_shown(self, post: Post) -> SafeString:
        return verbatim(post.document)

    # Who may

    def has_change_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """Tell whether the user may write; what is published or scheduled is for editors."""
        may_write = super().has_change_permission(request, obj)
        is_draft = obj is None or obj.status == Post.Status.DRAFT
        return may_write and (is_draft or self.has_publish_permission(request))

    def has_upload_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may import files: that adds, changes and publishes posts."""
        return access.may(request.user, access.IMPORT)

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may download posts as files: those who write them."""
        return access.may(request.user, access.EXPORT)

    # Files

    def pages(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the pages beside the list: the way in for files."""
        may_upload = self.has_upload_permission(request)
        days = [(gettext("Calendar"), reverse("admin:posts_post_calendar"))]
        return days + [(gettext("Upload issues"), reverse("admin:posts_post_upload"))] * may_upload

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of this noun to Django's."""
        view = self.admin_site.admin_view
        return [
            path("upload/", view(self.upload_view), name="posts_post_upload"),
            path("export/", view(self.export_view), name="posts_post_export"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Add the ways to and from files."""
        tools = {
            "can_upload": self.has_upload_permission(request),
            "can_export": self.has_export_permission(request),
            "can_see_trash": access.may(request.user, access.DELETE),
            "starts": ways_to_start() if access.may(request.user, access.WRITE) else [],
        }
        return super().changelist_view(request, tools | (extra_context or {}))

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take files, show what importing them would do, and import them when confirmed."""
        access.check(request.user, access.IMPORT)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = uploads.UploadForm(*sent)
        shown: dict[str, Any] = {"form": form}
        try:
            if "confirm" in request.POST:
                shown["report"] = uploads.carry_out(request, request.POST.get("ticket", ""))
            elif request.method == "POST" and form.is_valid():
                shown["ticket"] = ticket = uploads.stage(request, form)
                shown["report"] = uploads.rehearse(request, ticket)
        except NotKept:
            self.message_user(
                request, gettext("The files are gone. Choose them again."), messages.ERROR
            )
            return HttpResponseRedirect(reverse("admin:posts_post_upload"))
        except DocumentError as error:
            form.add_error("documents", translated(error.message))
            shown = {"form": form}
        title = gettext("Upload issues")
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return render(request, "admin/posts/post/upload.html", context | shown)

    def export_view(self, request: HttpRequest) -> FileResponse:
        """Send all posts as files."""
        access.check(request.user, access.EXPORT)
        return uploads.download(Post.objects.order_by("pk"))

    @admin.action(description=_("Download the selected issues"), permissions=["export"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Post]) -> FileResponse:
        """Send posts as files."""
        return uploads.download(Post.objects.filter(pk__in=queryset.values("pk")).order_by("pk"))

    # The form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin an issue in the name of the author who is linked to the account."""
        given = super().get_changeform_initial_data(request)
        names = Author.objects.filter(account=request.user.pk).values_list("name", flat=True)
        return {"authors": list(names), **given}

    def get_fieldsets(self, request: HttpRequest, obj: Post | None = None) -> Any:
        """Show the stored text to those who may not change it."""
        if obj is not None and not self.has_change_permission(request, obj):
            return ((None, {"fields": self.viewed_fields}),)
        return self.fieldsets

    def get_form(
        self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Post]]:
        """Return the form; its time is fixed for those who may not publish, and what waits to be
        public is not for them."""
        form = super().get_form(request, obj, change, form=form_for(request.user), **kwargs)
        if not self.has_publish_permission(request):
            # A copy: the fields belong to the class that all requests share.
            field = copy.copy(form.base_fields["published_at"])
            field.disabled = True
            form.base_fields["published_at"] = field
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form; a save that lost a race is merged with the one that won."""
        if any(button in request.POST for button in PUBLISHING_BUTTONS):
            access.check(request.user, access.PUBLISH)
        if self._is_taken(request, object_id):
            return self._offer_anew(request, TAKEN, gettext("This issue is published"))
        try:
            refuse_outdated(request.POST, object_id, request.user)
            return self._form_view(request, object_id, form_url, extra_context)
        except EditConflict as conflict:
            if self._is_taken(request, object_id):
                return self._offer_anew(request, TAKEN, gettext("This issue is published"))
            return self._meet(request, conflict.current, object_id, form_url, extra_context)
        except Post.DoesNotExist:
            return self._offer_anew(request, GONE, gettext("This issue was deleted"))

    def _meet(
        self,
        request: HttpRequest,
        current: Post,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        """Merge what was written with what somebody else saved first, or show both."""
        meeting = meet(request.POST, current, request.user)
        request.POST = meeting.data  # type: ignore[assignment]
        context = {**(extra_context or {}), "conflict": meeting.context(request.user)}
        if meeting.is_settled:
            return self.changeform_view(request, object_id, form_url, context)
        response = self._form_view(request, object_id, form_url, context)
        response.status_code = 409
        return response

    def _is_taken(self, request: HttpRequest, object_id: str | None) -> bool:
        """Tell whether who wrote may write drafts alone, and this is none any more."""
        if not object_id or request.method != "POST" or self.has_publish_permission(request):
            return False
        public = Post.objects.filter(status=Post.Status.PUBLISHED)
        return access.may(request.user, access.CHANGE) and public.filter(pk=object_id).exists()

    def _offer_anew(self, request: HttpRequest, why: str, title: str) -> HttpResponse:
        """Show what was written for an issue that cannot be saved, to be saved as a new one."""
        data = request.POST.copy()
        data[why] = "1"
        if why == TAKEN:
            data["slug"] = ""  # which is the published one's
        request.POST = data  # type: ignore[assignment]
        context = {"title": title}
        response = self._form_view(request, None, reverse("admin:posts_post_add"), context)
        response.status_code = 403 if why == TAKEN else 409
        return response

    def _form_view(self, *args: Any) -> HttpResponse:
        """Show or save the form, without Django's transaction around all of it.

        In that, nobody else could write to SQLite while the form is read and its text is parsed.
        """
        response: HttpResponse = self._changeform_view(*args)  # type: ignore[attr-defined]
        return response

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Post | None = None,
    ) -> HttpResponse:
        """Add what the form's page shows around the fields."""
        request.checked = getattr(context["adminform"].form, "checked", None)  # type: ignore[attr-defined]
        context |= {
            "has_file_field": True,  # multipart: one megabyte of Hangul is three when URL-encoded
            "can_publish": self.has_publish_permission(request),
            "state": state_of(obj) if obj else "draft",
            "state_word": STATES[state_of(obj) if obj else "draft"],
            "panels": shown_panels(request, obj),
        }
        if context["can_publish"]:
            context["publishing"] = with_effects(obj, what_publishing_does(obj, now=True))
        if add and request.method != "POST":
            context["starts"] = ways_to_start()
        if obj is not None:
            context |= {
                "preview_url": preview_of(obj),
                "can_correct": obj.is_public() and access.may(request.user, access.CORRECT),
                "can_withdraw": context["can_publish"] and obj.status == Post.Status.PUBLISHED,
                "public_url": obj.get_absolute_url() if obj.is_public() else "",
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def view_on_site(self, obj: Post) -> str | None:
        """Return the address of a post that readers can see."""
        return obj.get_absolute_url() if obj.is_public() else None

    def save_model(
        self, request: HttpRequest, obj: Post, form: ModelForm[Post], change: bool
    ) -> None:
        """Save the document; the row follows from it, and so does the one of Django's log."""
        if not isinstance(form, PostForm):
            raise TypeError("posts are saved by PostForm alone")
        form.state_before = state_of(obj) if change else ""
        write_down = super().log_change if change else super().log_addition

        def log(post: Post) -> object:
            if handle := form.cleaned_data.get("working_copy"):
                drafting.finish(handle, by=request.user)
            message = self.construct_change_message(request, form, [], not change)
            return write_down(request, post, message)

        opened = form.data.get(MERGED)
        kind = Revision.Kind.MERGED if opened else Revision.Kind.SAVED
        form.write(log, Cause(kind, request.user, form.cleaned_data["note"]))
        level = messages.WARNING if obj.problem else messages.SUCCESS
        words = LATER_SAID if form.is_for_later else said(obj, form.state_before)
        self.message_user(request, words, level)
        until = obj.version - (not form.is_for_later)
        if opened and (merged := said_of_merging(obj, (opened, until), request.user)):
            self.message_user(request, merged, messages.INFO)

    def log_addition(self, request: HttpRequest, obj: Post, message: Any) -> Any:
        """Nothing: ``save_model`` wrote it down, in the transaction of what was done."""

    log_change = log_addition

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Write down the fields that changed, and the status if it did."""
        message = super().construct_change_message(request, form, formsets, add)
        if form.is_for_later:
            message.append(kept(LATER_KEPT))
        after = state_of(form.instance)
        if form.state_before != after:
            message.append(kept(NOW[after]))
        if form.overridden:
            message.append(kept(overridden(form.overridden, form.cleaned_data["override"])))
        return message

    # What happened

    def response_add(
        self, request: HttpRequest, obj: Post, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead to the issue's own page, where it is said what happened."""
        return self._answer(request, obj)

    def response_change(self, request: HttpRequest, obj: Post) -> HttpResponse:
        """Lead to the issue's own page, where it is said what happened."""
        return self._answer(request, obj)

    def _answer(self, request: HttpRequest, post: Post) -> HttpResponse:
        kept = request.GET.copy()
        for name in (COPY, "start"):
            kept.pop(name, None)
        kept.update(query_after(request))
        address = reverse("admin:posts_post_change", args=[post.pk])
        return HttpResponseRedirect(f"{address}?{kept.urlencode()}" if kept else address)
