"""Publishing and withdrawing issues: what staff are asked before, and told after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from links.admin import SHOWN, ask, selection
from posts import access, publishing
from posts.admin.auditing import record
from posts.admin.states import state_of
from posts.models import Post


class PublishingPages(admin.ModelAdmin):
    """The pages and actions that publish or withdraw; each asks first, and works by POST alone."""

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may publish and withdraw."""
        return access.may(request.user, access.PUBLISH)

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/publish/", view(self.publish_view), name="posts_post_publish"),
            path("<int:pk>/withdraw/", view(self.withdraw_view), name="posts_post_withdraw"),
            *super().get_urls(),
        ]

    # One issue

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether readers are to see an issue, and publish it."""
        post = self._found(request, pk)
        if post.problem or post.is_public():
            return HttpResponseRedirect(_form_of(post))
        if request.method != "POST":
            return self._question(
                request,
                post,
                title=gettext("Publish “%(title)s”?") % {"title": post.title},
                consequence=what_publishing_does(post),
                button=gettext("Publish"),
            )
        before = state_of(post)
        with transaction.atomic():
            publishing.publish([post], by=request.user)
            record(request, [post], gettext("Published."))
        self.message_user(request, said(post, before), messages.SUCCESS)
        return HttpResponseRedirect(_form_of(post))

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether readers are to lose an issue, and make it a draft."""
        post = self._found(request, pk)
        if post.status == Post.Status.DRAFT:
            return HttpResponseRedirect(_form_of(post))
        if request.method != "POST":
            return self._question(
                request,
                post,
                title=gettext("Withdraw “%(title)s”?") % {"title": post.title},
                consequence=_what_withdrawing_does(post),
                button=gettext("Withdraw"),
            )
        was_public = post.is_public()
        with transaction.atomic():
            publishing.withdraw([post], by=request.user)
            record(request, [post], gettext("Withdrawn."))
        self.message_user(request, _said_of_withdrawn(post, was_public), messages.SUCCESS)
        return HttpResponseRedirect(_form_of(post))

    def _found(self, request: HttpRequest, pk: int) -> Post:
        access.check(request.user, access.PUBLISH)
        post = Post.objects.filter(pk=pk).first()
        if post is None:
            raise Http404
        return post

    def _question(self, request: HttpRequest, post: Post, **shown: Any) -> HttpResponse:
        return ask(self, request, form=None, back=_form_of(post), **shown)

    # Several issues

    @admin.action(description=_("Publish the selected issues…"), permissions=["publish"])
    def publish_selected(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> HttpResponse | None:
        """Publish issues, each at its own time, or now if it has none."""
        chosen = [post for post in queryset if post.status == Post.Status.DRAFT]
        if not chosen:
            self.message_user(request, gettext("They are published already."), messages.INFO)
            return None
        if "decide" not in request.POST:
            return self._question_about(request, chosen, "publish_selected")
        with transaction.atomic():
            published = publishing.publish(chosen, by=request.user)
            record(request, published, gettext("Published."))
        scheduled = sum(not post.is_public() for post in published)
        self._report(request, len(published) - scheduled, PUBLISHED)
        self._report(request, scheduled, SCHEDULED)
        self._report(request, len(chosen) - len(published), REFUSED, messages.WARNING)
        return None

    @admin.action(description=_("Withdraw the selected issues…"), permissions=["publish"])
    def withdraw_selected(
        self, request: HttpRequest, queryset: QuerySet[Post]
    ) -> HttpResponse | None:
        """Turn issues into drafts."""
        chosen = [post for post in queryset if post.status == Post.Status.PUBLISHED]
        if not chosen:
            self.message_user(request, gettext("They are drafts already."), messages.INFO)
            return None
        if "decide" not in request.POST:
            return self._question_about(request, chosen, "withdraw_selected")
        with transaction.atomic():
            withdrawn = publishing.withdraw(chosen, by=request.user)
            record(request, withdrawn, gettext("Withdrawn."))
        self._report(request, len(withdrawn), WITHDRAWN)
        return None

    def _question_about(
        self, request: HttpRequest, posts: Sequence[Post], action: str
    ) -> HttpResponse:
        title, consequence, button = QUESTIONS[action]
        return ask(
            self,
            request,
            title=title,
            form=None,
            back=request.get_full_path(),
            consequence=consequence,
            button=button,
            rows=[post.title for post in posts[:SHOWN]],
            more=max(0, len(posts) - SHOWN),
            hidden=selection(request, action),
        )

    def _report(
        self, request: HttpRequest, count: int, words: Any, level: int = messages.SUCCESS
    ) -> None:
        if count:
            self.message_user(request, ngettext(words[0], words[1], count) % {"n": count}, level)


def _form_of(post: Post) -> str:
    return reverse("admin:posts_post_change", args=[post.pk])


def _address(post: Post) -> str:
    """Return where readers find an issue, in its own letters."""
    return unquote(post.get_absolute_url())


# Words

QUESTIONS = {
    "publish_selected": (
        _("Publish these issues?"),
        _(
            "Readers see them at once, each with its own date, on the site and in the feeds; those"
            " whose time is still to come, from then on."
        ),
        _("Publish"),
    ),
    "withdraw_selected": (
        _("Withdraw these issues?"),
        _(
            "Readers lose them at once: their addresses answer 404, and they leave lists and feeds."
            " Their texts stay here as drafts."
        ),
        _("Withdraw"),
    ),
}
PUBLISHED = ("%(n)d issue is published.", "%(n)d issues are published.")
SCHEDULED = (
    "%(n)d issue is scheduled: its time is still to come.",
    "%(n)d issues are scheduled: their times are still to come.",
)
WITHDRAWN = (
    "%(n)d issue is withdrawn: it is a draft now, and its address answers 404.",
    "%(n)d issues are withdrawn: they are drafts now, and their addresses answer 404.",
)
REFUSED = (
    "%(n)d issue has a problem and stays a draft.",
    "%(n)d issues have problems and stay drafts.",
)


def what_publishing_does(post: Post | None, *, now: bool = False) -> str:
    """Return in words what readers see once an issue (None: a new one) is published.

    ``now``: it does not wait for a time that is still to come.
    """
    if post is None:
        return gettext("Readers see it at once, on the site and in the feeds.")
    if post.published_at is not None and post.published_at > timezone.now():
        words = (
            gettext("Readers see it at once, at %(address)s and in the feeds, not at %(moment)s.")
            if now
            else gettext("Readers see it from %(moment)s on, at %(address)s and in the feeds.")
        )
    elif post.published_at is not None:
        words = gettext(
            "Readers see it at once, at %(address)s and in the feeds, with its date, %(moment)s."
        )
    else:
        words = gettext("Readers see it at once, at %(address)s and in the feeds.")
    return words % {"address": _address(post), "moment": moment_words(post)}


def _what_withdrawing_does(post: Post) -> str:
    if not post.is_public():
        return gettext("It is not published at its time, and stays here as a draft.")
    words = gettext(
        "Readers lose it at once: its address %(address)s answers 404, and it leaves all lists and"
        " feeds. The text stays here as a draft."
    )
    return words % {"address": _address(post)}


def _said_of_withdrawn(post: Post, was_public: bool) -> SafeString:
    said = (
        gettext("Withdrawn. Its address answers 404 now.")
        if was_public
        else gettext("Withdrawn. It is a draft, and is not published at its time.")
    )
    back = reverse("admin:posts_post_publish", args=[post.pk])
    return format_html('{} <a href="{}">{}</a>', said, back, gettext("Publish it again…"))


def said(post: Post, before: str) -> SafeString | str:
    """Return what an editor is told after an issue was saved; ``before`` was its state."""
    state = state_of(post)
    if state == "problem":
        return gettext("The text is saved as a draft, because it cannot be shown: %(problem)s") % {
            "problem": post.problem
        }
    if state == "scheduled":
        return format_html(
            gettext("Saved. The issue is scheduled: readers will see it from {}."),
            moment_words(post),
        )
    if state == "published" and before != "published":
        words = gettext(
            "Published. Readers see it now, and feeds have it:"
            ' <a href="{}">view it on the site</a>.'
        )
        return format_html(words, post.get_absolute_url())
    if state == "published":
        return format_html(
            gettext('Saved. Readers see the change: <a href="{}">view it on the site</a>.'),
            post.get_absolute_url(),
        )
    return gettext("Saved as a draft: readers do not see it.")


def moment_words(post: Post) -> str:
    """Return the publish time of an issue in words; "" if it has none."""
    if post.published_at is None:
        return ""
    return date_format(timezone.localtime(post.published_at), "DATETIME_FORMAT")
