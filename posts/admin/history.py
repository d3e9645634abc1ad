"""The history of an issue: who saved what when, two versions compared, earlier ones restored."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin, ask, verbatim
from posts import access, drafting, publishing, revising
from posts.admin.comparing import compared_texts
from posts.admin.pending import saved_words
from posts.admin.publishing import WhyForm, found_words
from posts.admin.states import STATES
from posts.auditing import words_of, writing_down
from posts.documents import DocumentError
from posts.messages import Message
from posts.models import Post, ReviewComment, Revision
from posts.models.revisions import NAME_LENGTH
from posts.numbers import number_in
from posts.preflight import Finding, check, held_by, levels, overridden, written_of
from posts.publishing import EditConflict
from posts.translating import translated

A_PAGE = 25
MOST_ENTRIES = 200


class NameForm(forms.Form):
    """What a version is called; nothing takes its name away."""

    name = forms.CharField(
        label=_("name"),
        max_length=NAME_LENGTH,
        required=False,
        help_text=_("Versions with a name are kept for good. Empty: it has none."),
    )


class RestoreForm(forms.Form):
    """The version that an editor saw when an earlier one was to come back."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class HistoryPages(StaffAdmin):
    """The pages about what an issue said before."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view, base = self.admin_site.admin_view, "<int:pk>/history/"
        number = f"{base}<int:number>/"
        return [
            path(f"{base}compare/", view(self.compare_view), name="posts_post_compare"),
            path(number, view(self.version_view), name="posts_post_version"),
            path(f"{number}restore/", view(self.restore_view), name="posts_post_restore"),
            path(f"{number}name/", view(self.name_view), name="posts_post_name"),
            *super().get_urls(),
        ]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """List the versions of an issue and what else was done to it, the last first."""
        post = self._readable(request, object_id)
        rows = post.revisions.order_by("-number").defer("pieces").select_related("entry")
        pending = drafting.pending_of(post)
        page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
        context = {
            "page": page,
            "entries": _merged(page, _other_entries(post, page), _verdicts(post, page)),
            "pending": saved_words(pending) if pending else "",
            "may_see_pending": access.may(request.user, access.CHANGE_PUBLIC),
        }
        return self._page(request, post, "history.html", gettext("History"), context)

    def compare_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what differs between two versions: below each other, or side by side. One alone
        is compared with what the issue says now."""
        post = self._readable(request, pk)
        numbers = {number_in(request.GET.get(name)) for name in ("from", "to")} - {0}
        if len(numbers) == 1:
            numbers.add(post.version)
        rows = {row.number: row for row in post.revisions.filter(number__in=numbers)}
        if len(rows) < 2:
            words = gettext("Choose two versions, or an earlier one to compare with the text now.")
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:posts_post_history", args=[pk]))
        old, new = (rows[number] for number in sorted(numbers))
        before, after = revising.read_documents([old, new])
        context = {
            "old": old,
            "new": new,
            **compared_texts(before, after),
            "is_beside": request.GET.get("view") == "beside",
        }
        title = gettext("Versions %(old)d and %(new)d") % {"old": old.number, "new": new.number}
        return self._page(request, post, "compare.html", title, context)

    def version_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Show what an issue said in a version."""
        post = self._readable(request, pk)
        revision = self._revision(post, number)
        context = {
            "revision": revision,
            "state_word": STATES[revision.state()],
            "document": verbatim(revising.text_of(revision)),
        }
        title = gettext("Version %(number)d") % {"number": number}
        return self._page(request, post, "version.html", title, context)

    def restore_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Ask whether an earlier text is to come back, and save it as a new version."""
        post = self._readable(request, pk)
        access.check(request.user, publishing.right_to_restore(post))
        revision = self._revision(post, number)
        sent = request.POST if request.method == "POST" else None
        holding = _held_if_restored(post, revision)
        form, why = RestoreForm(sent), WhyForm(sent, required=True) if holding else None
        if form.is_valid() and (why is None or why.is_valid()):
            reason = why.cleaned_data["why"] if why else ""
            said = [overridden(holding, reason)] if holding else []
            return self._restore(request, post, revision, form.cleaned_data["seen"], said)
        return ask(
            self,
            request,
            form=why,
            back=reverse("admin:posts_post_history", args=[pk]),
            title=gettext("Restore version %(number)d?") % {"number": number},
            object=post,
            consequence=what_restoring_does(post),
            button=gettext("Restore"),
            rows=found_words(holding) or [post.title],
            hidden=[("seen", post.version)],
        )

    def name_view(self, request: HttpRequest, pk: int, number: int) -> HttpResponse:
        """Ask what a version is to be called, and call it that."""
        post = self._readable(request, pk)
        access.check(request.user, access.of_issue(access.REVISE, post.status))
        revision = self._revision(post, number)
        form = NameForm(
            request.POST if request.method == "POST" else None, initial={"name": revision.name}
        )
        back = reverse("admin:posts_post_history", args=[pk])
        if form.is_valid():
            said = Message(gettext_noop("Version %(number)d named."), number=number)
            log = writing_down(request, said)
            revising.name(revision, form.cleaned_data["name"], by=request.user, log=log)
            self.message_user(request, gettext("The version has its name."), messages.SUCCESS)
            return HttpResponseRedirect(back)
        return ask(
            self,
            request,
            form=form,
            back=back,
            title=gettext("Name version %(number)d") % {"number": number},
            object=post,
            button=gettext("Save the name"),
        )

    # Steps

    def _restore(
        self,
        request: HttpRequest,
        post: Post,
        revision: Revision,
        seen: int,
        further: Sequence[Message],
    ) -> HttpResponse:
        back = reverse("admin:posts_post_history", args=[post.pk])
        said = Message(gettext_noop("Restored from version %(number)d."), number=revision.number)
        try:
            publishing.restore(
                post,
                revision,
                by=request.user,
                expected_version=seen,
                log=writing_down(request, said, *further),
            )
        except EditConflict:
            words = gettext("Somebody saved the issue just now. Look at it, and restore again.")
            self.message_user(request, words, messages.WARNING)
        except DocumentError as error:
            self.message_user(request, translated(error.message), messages.ERROR)
        else:
            words = gettext("Restored: version %(new)d says what version %(old)d said.")
            numbers = {"new": post.version, "old": revision.number}
            self.message_user(request, words % numbers, messages.SUCCESS)
        return HttpResponseRedirect(back)

    def _readable(self, request: HttpRequest, key: object) -> Post:
        """Return an issue for somebody who may look at it; raise PermissionDenied or Http404."""
        post = Post.objects.filter(pk=number_in(key)).first()
        if not self.has_view_or_change_permission(request, post):
            raise PermissionDenied
        if post is None:
            raise Http404
        return post

    def _revision(self, post: Post, number: int) -> Revision:
        return get_object_or_404(post.revisions, number=number)

    def _page(
        self,
        request: HttpRequest,
        post: Post,
        template: str,
        title: str,
        context: dict[str, Any],
    ) -> HttpResponse:
        around = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "post": post,
            "latest": post.version,
            "may_revise": access.may(request.user, publishing.right_to_restore(post)),
            "may_restore": access.may(request.user, publishing.right_to_restore(post)),
        }
        return render(request, f"admin/posts/post/{template}", around | context)


def what_restoring_does(post: Post) -> str:
    """Return in words what becomes of an issue whose earlier text comes back."""
    kept = gettext(
        "What the issue says now stays in its history. The earlier text, with its title and tags,"
        " is saved as a new version; the issue stays published, scheduled or a draft as it is."
    )
    at_once = gettext("Readers see the change at once.")
    return f"{kept} {at_once}" if post.is_public() else kept


def _held_if_restored(post: Post, revision: Revision) -> list[Finding]:
    """Return what holds an earlier text back that readers would get; of one that cannot be read
    nothing: it is not restored."""
    if post.status == Post.Status.DRAFT:
        return []
    with suppress(DocumentError):
        written = written_of(post, publishing.restored_issue(post, revision))
        return held_by(check(written, post, levels()))
    return []


def _other_entries(post: Post, page: Page[Revision]) -> list[LogEntry]:
    """Return what the record says of an issue in the time of a page, but of its versions."""
    rows = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Post), object_id=str(post.pk)
    ).exclude(pk__in=post.revisions.filter(entry__isnull=False).values("entry"))
    rows = _of_page(rows, page, "action_time")
    return list(rows.select_related("user").order_by("-action_time", "-pk")[:MOST_ENTRIES])


def _verdicts(post: Post, page: Page[Revision]) -> list[dict[str, Any]]:
    """Return what who has no account said of an issue as a whole in the time of a page."""
    rows = ReviewComment.objects.filter(post=post, user=None).exclude(verdict="")
    said = _of_page(rows, page, "made_at").order_by("-made_at")[:MOST_ENTRIES]
    who = gettext("%(name)s (at the share address)")
    return [
        {
            "revision": None,
            "at": row.made_at,
            "who": who % {"name": row.name},
            "words": f"{row.get_verdict_display()}: {row.text}"
            if row.text
            else f"{row.get_verdict_display()}.",
        }
        for row in said
    ]


def _of_page(rows: Any, page: Page[Revision], moment: str) -> Any:
    """Return those of some rows of which the moment falls into the time of a page."""
    shown = list(page)
    if page.has_previous() and shown:
        rows = rows.filter(**{f"{moment}__lte": shown[0].created_at})
    if page.has_next() and shown:
        rows = rows.filter(**{f"{moment}__gt": shown[-1].created_at})
    return rows


def _merged(
    page: Page[Revision], entries: Sequence[LogEntry], verdicts: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return versions, entries of the record and verdicts in one order, the last first."""
    numbers = [row.number for row in page]
    rows = [
        {
            "revision": row,
            "place": place,
            "state_word": STATES[row.state()],
            "before": before,
            "at": row.created_at,
            "words": _words(row),
        }
        for place, (row, before) in enumerate(zip(page, [*numbers[1:], _before(page)], strict=True))
    ]
    others = [
        {
            "revision": None,
            "at": entry.action_time,
            "who": entry.user.get_username(),
            "words": words_of(entry),
        }
        for entry in entries
    ]
    return sorted((*rows, *others, *verdicts), key=lambda row: row["at"], reverse=True)


def _words(row: Revision) -> str:
    """Return what was done, in the words of the record where those say it."""
    said = words_of(row.entry) if row.entry else ""
    return (
        said if said and row.kind != Revision.Kind.MERGED else f"{row.get_kind_display()}. {said}"
    )


def _before(page: Page[Revision]) -> int | None:
    """Return the number of the version before the last one of a page; None for the first."""
    if not page.has_next():
        return None
    following = page.paginator.object_list[page.end_index() : page.end_index() + 1]
    return next((row.number for row in following), None)
