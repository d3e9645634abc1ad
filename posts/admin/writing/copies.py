"""Working copies in the form of an issue: kept while somebody types, and offered afterwards."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.forms import ModelForm
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
    QueryDict,
)
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from links.admin import StaffAdmin, ask
from posts import access, drafting
from posts.admin.comparing import compared_texts
from posts.admin.forms import PostForm, differing_fields, form_for
from posts.documents.editing import plain
from posts.models import Post, PostQuerySet, WorkingCopy
from posts.models.drafting import AT_IT
from posts.numbers import number_in
from posts.throttling import Limit, Shares

# A form that is typed in sends something every two to five seconds.
LIMIT = Limit(3600, timedelta(hours=1))
# What is typed is sent so long after the last key, and after the first one while keys go on.
QUIET, MOST = timedelta(seconds=2), timedelta(seconds=3)
SHOWN = 5
# Of a text that is only named: lines, of so many, and characters of a line.
LINES, MOST_LINES, LONG = 4, 50, 200
MILLISECOND: Final = timedelta(milliseconds=1)
COPIES: Final = "working-copies/"
COPY: Final = "copy"
"""Names a working copy in the address of the form that goes on with it."""

_shares = Shares("working-copies")
Context = dict[str, Any]


class WorkingCopyPages(StaffAdmin):
    """What the form of an issue tells and asks of working copies; each editor sees their own."""

    def get_urls(self) -> list[URLPattern]:
        """Add what the scripts of the form ask, and the page that throws a copy away."""
        view = self.admin_site.admin_view
        return [
            path(COPIES, view(require_safe(self.copies_view)), name="posts_post_copies"),
            path(
                f"{COPIES}compare/",
                view(require_safe(self.compare_copy_view)),
                name="posts_post_copy",
            ),
            path(f"{COPIES}keep/", view(require_POST(self.keep_view)), name="posts_post_keep"),
            path(f"{COPIES}discard/", view(self.discard_view), name="posts_post_discard"),
            *super().get_urls(),
        ]

    def copies_view(self, request: HttpRequest) -> HttpResponse:
        """Answer what was not saved of an issue, as HTML; and a token to send forms with."""
        post = _post(request.GET)
        _check(request, post)
        if _is_of_another(request, request.GET):
            return _refused_to_another()
        html = render_to_string(
            "admin/posts/post/working_copies.html",
            {"copies": shown_copies(request, post), "post": post},
            request,
        )
        return JsonResponse({"token": get_token(request), "html": html})

    def compare_copy_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a copy has beside what is saved."""
        access.check(request.user, access.WRITE)
        copy = drafting.mine(request.GET.get(COPY, ""), by=request.user)
        if copy is None:
            return HttpResponseRedirect(reverse("admin:posts_post_changelist"))
        post = copy.post if copy.post_in_use else None
        _check(request, post)
        form, data = _form_with(copy, post, request.user)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("What differs"),
            "opts": self.opts,
            "original": post,
            "copy": _shown(copy, post, request.user),
            "fields": differing_fields(form, data),
            "diff": compared_texts(form.initial.get("text", ""), copy.text),
        }
        return render(request, "admin/posts/post/kept.html", context)

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep what stands in a form, and say so."""
        post = _post(request.POST, Post.everything.all())
        _check(request, post)
        if _is_of_another(request, request.POST):
            return _refused_to_another()
        if wait := _shares.wait(str(request.user.pk), LIMIT):
            return JsonResponse({"state": "later", "seconds": wait}, status=429)
        try:
            handle = drafting.Handle.read(request.POST.get("working_copy", ""))
            number = _number_of_write(request.POST)
            typed = _typed(request.POST)
            answer = drafting.keep(handle, number, post, typed, by=request.user)
        except ValueError:
            return JsonResponse({"state": "unreadable"}, status=400)
        except drafting.TooLarge:
            words = gettext("This is more than an issue may be: kept in this browser only")
            return JsonResponse({"state": "large", "words": words}, status=413)
        return JsonResponse(
            {
                "state": answer.state,
                "handle": str(answer.handle),
                "number": answer.number,
                "words": kept_words(request.POST, post, answer),
                "others": others_words(request, post),
            }
        )

    def discard_view(self, request: HttpRequest) -> HttpResponse:
        """Ask whether what somebody typed is to be thrown away, and do so."""
        access.check(request.user, access.WRITE)
        copy = drafting.mine(request.GET.get(COPY, ""), by=request.user)
        back = _form_of(copy) if copy else reverse("admin:posts_post_changelist")
        if copy and request.method != "POST":
            return ask(
                self,
                request,
                form=None,
                back=back,
                title=gettext("Discard what you typed?"),
                consequence=gettext("It was not saved, and nothing brings it back."),
                button=gettext("Discard"),
                rows=[line[:LONG] for line in opening(copy)],
            )
        if copy:
            drafting.discard(copy, by=request.user)
        if request.accepts("text/html"):
            return HttpResponseRedirect(back)
        return JsonResponse({"discarded": bool(copy)})

    def get_form(
        self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Post]]:
        """Return a form that shows a working copy where its address names one."""
        form = super().get_form(request, obj, change, **kwargs)
        if request.method == "GET" and (copy := _chosen(request, obj)):
            form.typed = {  # type: ignore[attr-defined]
                **copy.fields,
                "text": copy.text,
                "working_copy": drafting.standing(copy),
            }
        return form

    def render_change_form(
        self,
        request: HttpRequest,
        context: Context,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Post | None = None,
    ) -> HttpResponse:
        """Add what was not saved, and who else is at it."""
        context["quiet"], context["most"] = (time // MILLISECOND for time in (QUIET, MOST))
        context["copies"] = shown_copies(request, obj)
        context["others_editing"] = others_words(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def _post(sent: QueryDict, among: PostQuerySet | None = None) -> Post | None:
    """Return the issue that a page is about; None for a new one, and for one that is gone, which
    one in the trash is if nothing else is said."""
    posts = Post.objects.all() if among is None else among
    return posts.filter(pk=number_in(sent.get("post"))).first()


def _number_of_write(sent: QueryDict) -> int:
    """Return which write of its page this is. Raises ValueError."""
    if not (number := number_in(sent.get("number"))):
        raise ValueError("writes count from 1")
    return number


def _check(request: HttpRequest, post: Post | None) -> None:
    access.check(request.user, access.CHANGE if post else access.WRITE)


def _is_of_another(request: HttpRequest, sent: QueryDict) -> bool:
    """Tell whether a form was opened by somebody else than who is signed in by now."""
    return sent.get("user", "") != str(request.user.pk)


def _refused_to_another() -> HttpResponse:
    words = gettext("Somebody else is signed in here; your text is kept in this browser")
    return JsonResponse({"words": words}, status=409)


def _typed(sent: QueryDict) -> dict[str, str]:
    """Return the fields of the form as they stand in it."""
    names = [name for name in PostForm.base_fields if name != "working_copy" and name in sent]
    return {name: str(sent[name]) for name in names}


def _chosen(request: HttpRequest, post: Post | None) -> WorkingCopy | None:
    copy = drafting.mine(request.GET.get(COPY, ""), by=request.user)
    return copy if copy and copy.post_in_use == (post.pk if post else None) else None


# Words


def kept_words(sent: QueryDict, post: Post | None, answer: drafting.Answer) -> str:
    """Return what the line below the text says of a write."""
    at = date_format(timezone.localtime(answer.at), "TIME_FORMAT")
    if sent.get("post") and (post is None or post.trashed_at):
        words = gettext("Kept at %(time)s. Somebody deleted this issue: saving makes a new one.")
    else:
        words = gettext("Kept at %(time)s, not saved yet")
    return words % {"time": at}


def typing_now(request: HttpRequest) -> Prefetch[str, Any, str]:
    """Return what has a list know who else is editing its issues, for ``editing_note``."""
    copies = WorkingCopy.objects.being_typed().exclude(editor=request.user.pk)
    rows = copies.select_related("editor").only(
        "post", "editor__first_name", "editor__last_name", "editor__username"
    )
    return Prefetch("working_copies", rows, to_attr="typed_now")


def editing_note(post: Post) -> SafeString | str:
    """Return who else is editing an issue of a list, below its title."""
    copies: list[WorkingCopy] = getattr(post, "typed_now", [])
    if not copies:
        return ""
    names = {copy.editor.get_full_name() or copy.editor.username: None for copy in copies}
    return format_html('<span class="others-editing">{}</span>', editing_words(list(names)))


def others_words(request: HttpRequest, post: Post | None) -> str:
    """Return in words who else is editing an issue just now; "" if nobody is."""
    found = drafting.editors_at([post.pk], besides=request.user) if post else {}
    return editing_words(found[post.pk]) if post and found else ""


def editing_words(names: list[str]) -> str:
    """Return in words who is editing."""
    words = ngettext("%(names)s is editing", "%(names)s are editing", len(names))
    return words % {"names": ", ".join(names)}


# What was not saved


def shown_copies(request: HttpRequest, post: Post | None) -> list[Context]:
    """Return what somebody typed for an issue and did not save, as far as it says anything new.

    The one that the form goes on with comes first, however old it is, so that it can be compared.
    """
    try:
        _check(request, post)
    except PermissionDenied:
        return []
    opened = _chosen(request, post) if request.method == "GET" else None
    besides = [one.key for one in (opened, _handle_of(request)) if one]
    found = drafting.unsaved(request.user, post).exclude(key__in=besides)
    others = found[: SHOWN - 1 if opened else SHOWN]
    shown = [_shown(copy, post, request.user) for copy in others]
    first = [_shown(opened, post, request.user, is_open=True)] if opened else []
    return first + [one for one in shown if one["differs"]]


def _handle_of(request: HttpRequest) -> drafting.Handle | None:
    """Return the handle of a form that comes back because something was wrong in it."""
    with suppress(ValueError):
        return drafting.Handle.read(request.POST.get("working_copy", ""))
    return None


def _form_of(copy: WorkingCopy) -> str:
    if copy.post_in_use is None:
        return reverse("admin:posts_post_add")
    return reverse("admin:posts_post_change", args=[copy.post_in_use])


def address_of(copy: WorkingCopy) -> str:
    """Return the address of the form that goes on with a copy."""
    return f"{_form_of(copy)}?{COPY}={copy.key}"


def opening(copy: WorkingCopy) -> list[str]:
    """Return the title of what was typed, and how it begins."""
    lines = (line.strip() for line in (copy.title, *copy.text.split("\n")[:MOST_LINES]))
    return list(filter(None, lines))[:LINES]


def _form_with(copy: WorkingCopy, post: Post | None, user: Any) -> tuple[PostForm, QueryDict]:
    """Return the form of an issue, sent as it was typed."""
    data = QueryDict(mutable=True)
    data.update({**copy.fields, "text": copy.text})
    return form_for(user)(data, instance=post or Post()), data


def _shown(copy: WorkingCopy, post: Post | None, user: Any, *, is_open: bool = False) -> Context:
    form, data = _form_with(copy, post, user)
    is_same = plain(form.initial.get("text", "")) == plain(copy.text)
    seen = copy.fields.get("seen_version"), copy.fields.get("seen_pending", "")
    now = str(form.initial.get("seen_version")), form.initial.get("seen_pending", "")
    return {
        "key": copy.key,
        "address": address_of(copy),
        "compared_address": f"{reverse('admin:posts_post_copy')}?{COPY}={copy.key}",
        "saved_address": _form_of(copy),
        "is_live": copy.kept_at > timezone.now() - AT_IT,
        "title": copy.title if post is None else "",
        "is_new": post is None,
        "when": copy.kept_at,
        "is_open": is_open,
        "is_outdated": post is not None and seen != now,
        "was_of_deleted": post is None and bool(seen[0]),
        "differs": not is_same or bool(differing_fields(form, data)),
    }
