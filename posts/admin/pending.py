"""What is saved for later of a published issue: the form shows it, readers see it when it is put
on the site."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any, Final

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin, ask, moment
from posts import access, drafting
from posts.admin.comparing import compared_texts
from posts.admin.forms import PostForm, PublicForm, differing_fields
from posts.auditing import writing_down
from posts.messages import Message
from posts.models import PendingVersion, Post

LATER_KEPT: Final = Message(gettext_noop("Saved for later."))
LATER_SAID: Final = _(
    "Saved for later. Readers see the issue as it was, until you press “Update the site”."
)
DISCARDED: Final = Message(gettext_noop("What was saved for later is discarded."))

Context = dict[str, Any]


class PendingPages(StaffAdmin):
    """What differs from the site, and throwing it away."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/pending/", view(self.pending_view), name="posts_post_pending"),
            path("<int:pk>/pending/drop/", view(self.drop_view), name="posts_post_drop"),
            *super().get_urls(),
        ]

    def pending_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what was saved for later beside what readers see."""
        access.check(request.user, access.CHANGE_PUBLIC)
        post = get_object_or_404(Post, pk=pk)
        pending = drafting.pending_of(post)
        if pending is None:
            return HttpResponseRedirect(_form_of(post))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Not on the site yet: %(title)s") % {"title": post.title},
            "opts": self.opts,
            "original": post,
            "saved": saved_words(pending),
            **compared(pending, post),
        }
        return render(request, "admin/posts/post/pending.html", context)

    def drop_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether what was saved for later is to be thrown away, and do so."""
        access.check(request.user, access.CHANGE_PUBLIC)
        post = get_object_or_404(Post, pk=pk)
        pending = drafting.pending_of(post)
        if pending is None:
            return HttpResponseRedirect(_form_of(post))
        if not self._drop(request, post):
            return ask(
                self,
                request,
                form=None,
                back=_form_of(post),
                object=post,
                title=gettext("Discard what was saved for later?"),
                consequence=gettext(
                    "Readers notice nothing: the issue stays as they see it. What was changed since"
                    " is gone."
                ),
                button=gettext("Discard"),
                rows=[saved_words(pending)],
                hidden=[("edition", pending.edition)],
            )
        self.message_user(request, gettext("The form shows what readers see."), messages.SUCCESS)
        return HttpResponseRedirect(_form_of(post))

    def _drop(self, request: HttpRequest, post: Post) -> bool:
        """Discard the edition that was seen; of another one, ask again."""
        with suppress(ValueError):
            edition = uuid.UUID(request.POST.get("edition", ""))
            log = writing_down(request, DISCARDED)
            return drafting.discard_pending(post, edition, by=request.user, log=log)
        return False

    def render_change_form(
        self,
        request: HttpRequest,
        context: Context,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Post | None = None,
    ) -> HttpResponse:
        """Say that the form shows what readers do not see yet."""
        form = context["adminform"].form
        if obj is not None and isinstance(form, PostForm) and form.pending:
            context["pending"] = form.pending
            context["pending_words"] = saved_words(form.pending)
            context["is_overtaken"] = drafting.is_overtaken(form.pending, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def saved_words(pending: PendingVersion) -> SafeString:
    """Return who saved a pending version, and when."""
    who = pending.saved_by
    name = (who.get_full_name() or who.get_username()) if who else gettext("Somebody")
    return format_html(gettext("{} saved it for later on {}."), name, moment(pending.saved_at))


def compared(pending: PendingVersion, post: Post) -> Context:
    """Return what a pending version changes: the fields beside the text, and lines of the text."""
    sent = _as_sent(PostForm(instance=post))
    public = PublicForm(sent, instance=post)
    return {
        "fields": differing_fields(public, sent),
        "diff": compared_texts(public.initial["text"], pending.body),
    }


def _as_sent(form: PostForm) -> QueryDict:
    """Return what a browser would send of a form in which nobody typed."""
    sent = QueryDict(mutable=True)
    for field in form:
        sent[field.name] = field.field.widget.format_value(field.value()) or ""
    return sent


def pending_now() -> Prefetch[str, Any, str]:
    """Return what has a list know which of its issues have a pending version."""
    return Prefetch("pending", PendingVersion.objects.only("post"))


def pending_note(post: Post) -> SafeString | str:
    """Return that something of an issue of a list is not public yet, below its title."""
    if not hasattr(post, "pending"):
        return ""
    return format_html('<span class="aside">{}</span>', gettext("Changes wait to be public"))


def _form_of(post: Post) -> str:
    return reverse("admin:posts_post_change", args=[post.pk])
