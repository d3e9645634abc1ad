"""Reviews of an issue: asking, what was said at which lines, the share address, and the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeGuard, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import StaffAdmin
from posts import access, publishing, reviewing
from posts.admin.states import STATES
from posts.auditing import writing_down
from posts.messages import Message
from posts.models import Post, Review, ReviewComment
from posts.numbers import number_in
from posts.previewing import sign_preview
from posts.publishing.describing import absolute
from posts.slots import PANELS, Panel
from posts.throttling import Limit, wait

WORDS = 2000
# Each may send mail to somebody else.
ASKED = [Limit(20, timedelta(hours=1))]
SHOWN_DONE = timedelta(days=30)
PANEL = "admin/posts/post/panels/review.html"

Said = str
Verb = Callable[[HttpRequest, Post, str], Said]


class AskedTooOften(Exception):
    """Somebody asked for more reviews in an hour than anybody reads."""


class NothingSaid(ValueError):
    """A step that needs words has none; what is missing is the message."""


class ReviewingPages(StaffAdmin):
    """Where the panel of a review sends what is pressed in it."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address."""
        view = self.admin_site.admin_view(require_POST(self.review_view))
        return [path("<int:pk>/review/", view, name="posts_post_review"), *super().get_urls()]

    def review_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a step of a review, named by the button, with what it is about behind a colon."""
        access.check(request.user, access.ASK_REVIEW)
        post = get_object_or_404(Post, pk=pk)
        access.check(request.user, access.of_issue(access.ASK_REVIEW, post.status))
        verb, _colon, about = request.POST.get("verb", "").partition(":")
        said, level = "", messages.SUCCESS
        try:
            said = VERBS[verb](request, post, about) if verb in VERBS else ""
        except tuple(REFUSED) as error:
            said, level = REFUSED[type(error)], messages.WARNING
        except NothingSaid as error:
            said, level = str(error), messages.ERROR
        return _answer(request, post, str(said), level)


def _answer(request: HttpRequest, post: Post, said: str, level: int) -> HttpResponse:
    """Lead back to the panel, or return it anew to who has a script."""
    if request.headers.get("Accept") == "application/json":
        html = render_to_string(PANEL, {"panel": shown(request, post)}, request)
        return JsonResponse({"html": html, "said": said, "failed": level != messages.SUCCESS})
    if said:
        messages.add_message(request, level, said)
    form = reverse("admin:posts_post_change", args=[post.pk])
    return HttpResponseRedirect(f"{form}#panel-review")


# Steps


def _ask(request: HttpRequest, post: Post, _about: str) -> Said:
    log = writing_down(request, Message(gettext_noop("Asked for a review.")))
    user = _user(request)
    if wait("review", str(user.pk), ASKED):
        raise AskedTooOften
    whom = _words(request, "whom")[:200]
    reviewing.ask(post, by=user, whom=whom, words=_words(request, "words"), log=log)
    return gettext("You are told here when the review has ended.")


def _take_back(request: HttpRequest, post: Post, _about: str) -> Said:
    log = writing_down(request, Message(gettext_noop("Took the review back.")))
    reviewing.take_back(post, by=_user(request), log=log)
    return gettext("It is a draft again.")


def _approve(request: HttpRequest, post: Post, _about: str) -> Said:
    words = _words(request, "answer")
    done = Message(gettext_noop("Approved."))
    if words:
        done = Message(gettext_noop("Approved: %(words)s"), words=words)
    log = writing_down(request, done)
    reviewing.approve(post, by=_user(request), words=words, log=log)
    return gettext("Approved. Who asked is told; it can be scheduled or published now.")


def _send_back(request: HttpRequest, post: Post, _about: str) -> Said:
    words = _words(request, "answer")
    if not words:
        raise NothingSaid(gettext("Say what has to change: who wrote it is told."))
    log = writing_down(request, Message(gettext_noop("Sent back: %(words)s"), words=words))
    reviewing.send_back(post, by=_user(request), words=words, log=log)
    return gettext("Sent back. Who asked is told.")


def _share(request: HttpRequest, post: Post, _about: str) -> Said:
    asked = request.POST.get("days", "")
    days = next((days for days in reviewing.DAYS if str(days) == asked), 14)
    log = writing_down(request, Message(gettext_noop("Shared.")))
    reviewing.share(post, by=_user(request), days=days, log=log)
    return gettext("Whoever has the address sees the issue as it is saved.")


def _end_share(request: HttpRequest, post: Post, _about: str) -> Said:
    log = writing_down(request, Message(gettext_noop("Previews ended.")))
    publishing.end_previews(post, by=_user(request), log=log)
    return gettext("The address shows nothing any more.")


def _reply(request: HttpRequest, post: Post, about: str) -> Said:
    words = _words(request, f"reply-{about}")
    if not words:
        raise NothingSaid(gettext("Write an answer."))
    reviewing.reply(_comment(post, about), words, by=_user(request))
    return gettext("Answered.")


def _resolve(request: HttpRequest, post: Post, about: str) -> Said:
    reviewing.resolve(_comment(post, about), by=_user(request))
    return gettext("Done.")


def _reopen(request: HttpRequest, post: Post, about: str) -> Said:
    reviewing.resolve(_comment(post, about), by=_user(request), done=False)
    return gettext("It is open again.")


def _remark(request: HttpRequest, post: Post, _about: str) -> Said:
    words, user = _words(request, "remark"), _user(request)
    if not words:
        raise NothingSaid(gettext("Write what you have to say."))
    name = user.get_full_name()[:100]
    reviewing.comment(post, words, name=name, quote=_words(request, "quote"), by=user)
    return gettext("It is said.")


VERBS: dict[str, Verb] = {
    "ask": _ask,
    "take_back": _take_back,
    "approve": _approve,
    "send_back": _send_back,
    "share": _share,
    "end_share": _end_share,
    "reply": _reply,
    "resolve": _resolve,
    "reopen": _reopen,
    "remark": _remark,
}
REFUSED: dict[type[Exception], Any] = {
    AskedTooOften: _("You asked for many reviews in the last hour. Try again later."),
    reviewing.AlreadyInReview: _("It is in review, or published, already."),
    reviewing.NoReview: _("The review has ended already."),
    reviewing.TooMany: _("So much was said about this issue that no more is taken."),
}


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _words(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()[:WORDS]


def _comment(post: Post, about: str) -> ReviewComment:
    return get_object_or_404(ReviewComment, post=post, pk=number_in(about))


# What the form shows


def preview_of(post: Post) -> str:
    """Return where an issue is seen as readers will see it: its share address, if it has one."""
    if post.problem:
        return ""
    share = reviewing.open_share(post)
    return share.get_absolute_url() if share else sign_preview(post)


def shown(request: HttpRequest, post: Post) -> dict[str, Any]:
    """Return what the panel shows of an issue's review."""
    share = reviewing.open_share(post)
    comments = reviewing.comments_on(post, post.body)
    review, last = reviewing.open_review(post), _last(post)
    is_draft = post.status == Post.Status.DRAFT
    may_close = access.may(request.user, access.CLOSE_REVIEW)
    return {
        "address": reverse("admin:posts_post_review", args=[post.pk]),
        "share": share,
        "share_url": absolute(share.get_absolute_url()) if share else "",
        "days": reviewing.DAYS,
        "review": review,
        "last": last,
        "last_word": _outcome(last) if last else "",
        "is_overtaken": _is_approved(last) and reviewing.is_overtaken(last, post),
        "is_own": review is not None and review.asked_by_id == request.user.pk,
        "can_ask": is_draft and not post.review_since and not post.problem,
        "can_share": not post.problem,
        "can_close": may_close,
        "people": _editors() if is_draft and not post.review_since else [],
        "comments": comments,
        "open": sum(row.resolved_at is None and bool(row.text) for row in comments),
    }


def _last(post: Post) -> Review | None:
    """Return the review that ended last, while it may still matter."""
    ended = Review.objects.filter(post=post, closed_at__gt=timezone.now() - SHOWN_DONE)
    return ended.select_related("closed_by", "post").order_by("-closed_at").first()


def _is_approved(last: Review | None) -> TypeGuard[Review]:
    return last is not None and last.outcome == Review.Outcome.APPROVED


def _outcome(review: Review) -> Any:
    """Return how a review ended; of an issue that went on without it, what became of that."""
    if review.outcome == Review.Outcome.PUBLISHED:
        return STATES[review.post.state()]
    return review.get_outcome_display()


def _editors() -> list[str]:
    """Return the names of those who may approve, to be chosen from."""
    (right,) = access.PUBLISH
    people = User.objects.with_perm(right, backend="django.contrib.auth.backends.ModelBackend")
    named = people.filter(is_staff=True).order_by("username")
    return list(named.values_list("username", flat=True))


def _panel(request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    if post is None:
        return None
    right = access.of_issue(access.ASK_REVIEW, post.status)
    return shown(request, post) if access.may(request.user, right) else None


PANELS.add(
    Panel(
        "review",
        _("Review"),
        PANEL,
        _panel,
        place=60,
        scripts=("js/admin/copy.js", "js/admin/writing/review.js"),
        styles=("css/admin/writing-review.css",),
    )
)
