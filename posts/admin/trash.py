"""Deleting issues: into the trash, out of it again, and for good."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import ask
from posts import access, publishing
from posts.admin.publishing import DELETED, RECOVERED, PublishingPages, endings_of, with_endings
from posts.auditing import writing_down
from posts.messages import Message
from posts.models import Post, Revision
from posts.numbers import number_in

A_PAGE = 50
# The message of what Django writes down of a deleted row.
LEFT = Message(gettext_noop("Deleted: in the trash for 30 days."))
BACK = Message(gettext_noop("Taken out of the trash."))
GONE = Message(gettext_noop("Deleted for good."))


class TrashPages(PublishingPages):
    """The trash, and the pages that ask before something goes into it or leaves it."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("trash/", view(self.trash_view), name="posts_post_trash"),
            path("trash/recover/", view(self.untrash_view), name="posts_post_untrash"),
            path("trash/<int:pk>/recover/", view(self.recover_view), name="posts_post_recover"),
            path("trash/<int:pk>/erase/", view(self.erase_view), name="posts_post_erase"),
            *super().get_urls(),
        ]

    def trash_view(self, request: HttpRequest) -> HttpResponse:
        """List the issues that lie in the trash, the last deleted first."""
        access.check(request.user, access.DELETE)
        posts = Post.everything.trashed().order_by("-trashed_at", "-pk").defer("header")
        page = Paginator(posts, A_PAGE).get_page(request.GET.get("page"))
        who = _who_deleted(list(page))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Trash"),
            "opts": self.opts,
            "page": page,
            "rows": [(post, who.get(post.pk, ""), publishing.leaves_at(post)) for post in page],
        }
        return render(request, "admin/posts/post/trash.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form of an issue; of one in the trash, say that it lies there."""
        trashed = Post.everything.trashed().filter(pk=number_in(object_id))
        post = trashed.first() if request.method == "GET" else None
        if post is None or not self.has_view_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        said: str = gettext("“%(title)s” lies in the trash.") % {"title": post.title}
        if access.may(request.user, access.DELETE):
            said = _with_the_way_out(post, said)
        self.message_user(request, said, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:posts_post_changelist"))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask whether an issue is to be deleted, and put it into the trash."""
        access.check(request.user, access.DELETE)
        post = self.get_object(request, object_id)
        if post is None:
            raise Http404
        if request.method != "POST":
            return ask(
                self,
                request,
                form=None,
                back=reverse("admin:posts_post_change", args=[post.pk]),
                object=post,
                title=gettext("Delete “%(title)s”?") % {"title": post.title},
                consequence=with_endings([post], what_deleting_does(post)),
                button=gettext("Delete"),
            )
        log = writing_down(request, LEFT, action=DELETION)
        if not publishing.delete(post, by=request.user, log=log):
            raise Http404
        words = gettext("“%(title)s” lies in the trash now, for 30 days.") % {"title": post.title}
        self.message_user(request, _with_the_way_out(post, words), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_post_changelist"))

    def recover_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether an issue is to come back, and bring it back as a draft."""
        post = self._in_trash(request, pk)
        if post is None:
            return self._not_there(request, pk)
        if request.method != "POST":
            return self._ask(
                request,
                title=gettext("Take “%(title)s” out of the trash?") % {"title": post.title},
                consequence=gettext(
                    "It becomes a draft, with its text, pictures and items and what was decided"
                    " about those. It gets its address back, unless another issue has it now."
                    " Readers do not see it until somebody publishes it."
                ),
                button=gettext("Take it out"),
            )
        had = post.trash.get("slug")
        if not publishing.recover(post, by=request.user, log=writing_down(request, BACK)):
            raise Http404
        said = gettext("It is a draft again.")
        if post.slug != had:
            said = gettext(
                "It is a draft again. Another issue has its address now, so it got a new one:"
                " %(address)s."
            ) % {"address": unquote(post.get_absolute_url())}
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_post_change", args=[post.pk]))

    def untrash_view(self, request: HttpRequest) -> HttpResponse:
        """Ask whether issues that were deleted together are to come back, and bring them back."""
        access.check(request.user, access.DELETE)
        keys = list(filter(None, map(number_in, request.GET.get("of", "").split(",")[:A_PAGE])))
        posts = list(Post.everything.trashed().filter(pk__in=keys).order_by("trashed_at", "pk"))
        if not posts:
            self.message_user(request, gettext("They do not lie in the trash."), messages.INFO)
            return HttpResponseRedirect(reverse("admin:posts_post_changelist"))
        if request.method != "POST":
            return self._ask(
                request,
                title=gettext("Take these issues out of the trash?"),
                consequence=gettext(
                    "They become drafts, with their texts, pictures and items and what was decided"
                    " about those. Each gets its address back, unless another issue has it now."
                    " Readers do not see them until somebody publishes them."
                ),
                button=gettext("Take them out"),
                rows=[post.title for post in posts],
            )
        log = writing_down(request, BACK)
        back = [publishing.recover(post, by=request.user, log=log) for post in posts]
        self.report(request, sum(map(bool, back)), RECOVERED)
        return HttpResponseRedirect(reverse("admin:posts_post_changelist"))

    def erase_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether an issue is to be gone for good, and delete it."""
        post = self._in_trash(request, pk)
        if post is None:
            return self._not_there(request, pk)
        if request.method != "POST":
            return self._ask(
                request,
                title=gettext("Delete “%(title)s” for good?") % {"title": post.title},
                consequence=gettext(
                    "Its text and all that was said in it before, its items, what was decided"
                    " about those, its corrections and the files of its pictures are deleted now."
                    " Nothing brings them back but a backup. Links and tags stay."
                ),
                button=gettext("Delete for good"),
            )
        log = writing_down(request, GONE, action=DELETION)
        if not publishing.erase(post, by=request.user, log=log):
            raise Http404
        self.message_user(request, gettext("It is deleted for good."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:posts_post_trash"))

    def _in_trash(self, request: HttpRequest, pk: int) -> Post | None:
        access.check(request.user, access.DELETE)
        return Post.everything.trashed().filter(pk=pk).first()

    def _not_there(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to an issue that somebody took out of the trash before."""
        if not Post.objects.filter(pk=pk).exists():
            raise Http404
        self.message_user(request, gettext("It does not lie in the trash."), messages.INFO)
        return HttpResponseRedirect(reverse("admin:posts_post_change", args=[pk]))

    def _ask(self, request: HttpRequest, **shown: Any) -> HttpResponse:
        return ask(self, request, form=None, back=reverse("admin:posts_post_trash"), **shown)

    @admin.action(description=_("Delete the selected issues…"), permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> HttpResponse | None:
        """Put issues into the trash, once that is confirmed."""
        chosen = list(queryset)
        if "decide" not in request.POST:
            return self.question_about(
                request, chosen, "delete_selected", effects=endings_of(chosen)
            )
        log = writing_down(request, LEFT, action=DELETION)
        deleted = [post for post in chosen if publishing.delete(post, by=request.user, log=log)]
        if deleted:
            said = _with_their_way_out(deleted, DELETED % {"n": len(deleted)})
            self.message_user(request, said, messages.SUCCESS)
        return None


def what_deleting_does(post: Post) -> str:
    """Return in words what becomes of an issue that is deleted, and what readers lose."""
    kept = gettext(
        "It lies in the trash for 30 days, with its text, pictures and items and what was decided"
        " about those, and can be taken out of it. After that it is gone for good."
    )
    if not post.is_public():
        return kept
    lost = gettext("Readers lose it at once: its address answers 404, and it leaves all lists.")
    return f"{lost} {kept}"


def _with_the_way_out(post: Post, words: str) -> SafeString:
    """Return what is said of an issue in the trash, with the way to take it out."""
    undo = reverse("admin:posts_post_recover", args=[post.pk])
    return _linked(words, undo, gettext("Take it out again…"))


def _with_their_way_out(posts: list[Post], words: str) -> SafeString:
    """Return what is said of issues in the trash, with the way to take them out: the trash itself
    where they are more than an address can name."""
    if len(posts) == 1:
        return _with_the_way_out(posts[0], words)
    if len(posts) > A_PAGE:
        return _linked(words, reverse("admin:posts_post_trash"), gettext("See the trash"))
    keys = ",".join(str(post.pk) for post in posts)
    undo = f"{reverse('admin:posts_post_untrash')}?of={keys}"
    return _linked(words, undo, gettext("Take them out again…"))


def _linked(words: str, url: str, way: str) -> SafeString:
    return format_html('{} <a href="{}">{}</a>', words, url, way)


def _who_deleted(posts: list[Post]) -> dict[int, str]:
    """Return who deleted each of some posts, by key."""
    rows = Revision.objects.filter(post__in=posts, kind=Revision.Kind.TRASHED)
    return dict(rows.order_by("number").values_list("post", "who"))
