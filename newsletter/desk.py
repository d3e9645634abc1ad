"""This week's desk: what lies there for whoever looks, by name, and what to do where nothing does.

One query for each pile, however much there is; one for the three piles of issues.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from django.contrib import admin
from django.db.models import (
    Case,
    Count,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from links.admin import HEALTH, badge, day, moment
from links.models import InboxEntry, Kind, Link, QueueEntry, Suggestion
from newsletter.doctor.pages import troubles_for
from posts.access import PUBLISH, WRITE, may
from posts.admin.starting import ways_to_start
from posts.admin.states import STATES
from posts.admin.writing.copies import address_of
from posts.admin.writing.unsaved import called, unsaved_of
from posts.models import Post, Review
from posts.places import visible_places
from posts.slots import DESK, Pile, Row

# So many rows of a pile are named.
SHOWN = 5
WEEK = timedelta(days=7)


Kinds: TypeAlias = Sequence[tuple[type[Model], Callable[[HttpRequest], Pile]]]
Issues: TypeAlias = dict[str, list[Any]]


def desk(request: HttpRequest) -> HttpResponse:
    """Show what is wrong to who looks after the site; then what is written and what is linked in
    two columns of piles, and all pages."""

    def may_see(model: type[Model]) -> bool:
        return bool(admin.site.get_model_admin(model).has_view_permission(request))

    found = _issues() if may_see(Post) else {}
    written: Kinds = (
        (Post, partial(_drafts, found)), (Post, _reviews), (Post, partial(_scheduled, found)),
    )  # fmt: skip
    linked: Kinds = (
        (QueueEntry, _queue), (InboxEntry, _inbox), (Suggestion, _suggestions), (Link, _broken),
    )  # fmt: skip
    may_write = may(request.user, WRITE)
    columns = (written, linked) if may_write else (linked, written)
    shown = [[pile(request) for model, pile in kinds if may_see(model)] for kinds in columns]
    issues = shown[columns.index(written)]
    issues += [pile for entry in DESK if (pile := entry.pile(request))]
    if may_see(Post):
        issues.append(_latest(found, request))
    if may_write and (unsaved := _unsaved(request)).number:
        shown[0].insert(0, unsaved)
    starts = ways_to_start() if may_write else []
    context = {
        "columns": list(filter(None, shown)),
        "may_write": may_write,
        "starts": starts,
        "troubles": troubles_for(request.user),
    }
    return admin.site.index(request, context)


def _first(rows: QuerySet[Any]) -> tuple[int, list[Any]]:
    """Return how many rows there are, and the first of them."""
    first = list(rows.annotate(in_all=Window(Count("pk")))[:SHOWN])
    return _number(first), first


def _page(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _list(model: str, query: str = "") -> str:
    return reverse(f"admin:{model}_changelist") + query


# Issues


def _issues() -> Issues:
    """Return the first drafts and scheduled issues, each with how many there are (``in_all``), and
    the latest issue."""
    now = timezone.now()
    is_draft, is_to_come = Q(status=Post.Status.DRAFT), Q(status="published", published_at__gt=now)
    latest = Post.objects.published(now).newest_first().values("pk")[:1]
    drafts, to_come = When(is_draft, Value("drafts")), When(is_to_come, Value("scheduled"))
    order = (Case(When(is_to_come, "published_at")), "-modified_at", "-pk")
    rows = Post.objects.filter(is_draft | is_to_come | Q(pk=Subquery(latest))).annotate(
        pile=Case(drafts, to_come, default=Value("latest")),
        in_all=Window(Count("pk"), partition_by="pile"),
        place=Window(RowNumber(), partition_by="pile", order_by=order),
    )
    found: Issues = {}
    for post in rows.filter(place__lte=SHOWN).order_by("place").only(
        "title", "status", "published_at", "review_since", "withdrawn_at", "modified_at", "problem",
        "link_count",
    ):  # fmt: skip
        found.setdefault(post.pile, []).append(post)  # type: ignore[attr-defined]
    return found


def _number(rows: Sequence[Any]) -> int:
    """Return how many rows there are in all, of which these are the first."""
    return rows[0].in_all if rows else 0


def _unsaved(request: HttpRequest) -> Pile:
    """Return what was typed and not saved by whoever looks; only they see it."""
    number, copies = _first(unsaved_of(request.user.pk))
    return Pile(
        "unsaved",
        gettext("Unsaved texts"),
        reverse("admin:posts_post_unsaved"),
        number,
        [Row(called(copy), address_of(copy), moment(copy.kept_at)) for copy in copies],
        "",
        ("", ""),
    )


def _drafts(found: Issues, request: HttpRequest) -> Pile:
    posts = found.get("drafts", [])
    return Pile(
        "drafts",
        gettext("Drafts"),
        _list("posts_post", f"?status__exact={Post.Status.DRAFT}"),
        _number(posts),
        [Row(post.title, _page(post), _changed(post)) for post in posts],
        gettext("Nothing is being written."),
        _step(request, gettext("Write a new issue"), reverse("admin:posts_post_add")),
    )


def _changed(post: Post) -> object:
    if post.problem:
        return format_html("{} {}", badge("problem", STATES["problem"]), post.problem)
    changed = format_html(gettext("changed {}"), moment(post.modified_at))
    state = post.state()
    word = "" if state == "draft" else badge(state, STATES[state])
    return format_html("{} {}", word, changed)


def _step(request: HttpRequest, words: str, url: str) -> tuple[str, str]:
    """Return what who writes may do next; others may look."""
    may_write = may(request.user, WRITE)
    return (words, url) if may_write else (gettext("See all issues"), _list("posts_post"))


def _reviews(request: HttpRequest) -> Pile:
    """Return the reviews that are open, and how those ended that whoever looks asked for."""
    mine = Q(asked_by=request.user.pk, closed_at__gt=timezone.now() - WEEK)
    mine &= ~Q(outcome=Review.Outcome.TAKEN_BACK)
    reviews = Review.objects.filter(Q(closed_at=None) | mine, post__trashed_at=None)
    reviews = reviews.select_related("post", "asked_by")
    number, rows = _first(reviews.order_by(F("closed_at").desc(nulls_first=True), "-asked_at"))
    return Pile(
        "reviews",
        gettext("Reviews"),
        _list("posts_post", "?state=review"),
        number,
        [Row(row.post.title, f"{_page(row.post)}#panel-review", _of_review(row)) for row in rows],
        gettext("Nothing waits for a review."),
        _step(request, gettext("Go to the drafts"), _list("posts_post", "?state=draft")),
    )


def _of_review(review: Review) -> object:
    if review.outcome == Review.Outcome.PUBLISHED:
        state = review.post.state()
        return badge(state, STATES[state])
    if review.closed_at:
        kind = "problem" if review.outcome == Review.Outcome.CHANGES else "published"
        word = badge(kind, review.get_outcome_display())
        return format_html("{} {}", word, review.answer[:100])
    asked = gettext("%(who)s asks %(whom)s") if review.whom else gettext("%(who)s asks")
    who = review.asked_by.get_username() if review.asked_by else "—"
    return format_html("{} {}", asked % {"who": who, "whom": review.whom}, day(review.asked_at))


def _scheduled(found: Issues, request: HttpRequest) -> Pile:
    nothing = gettext("Nothing is scheduled.")
    if may(request.user, PUBLISH):
        nothing = gettext("Nothing is scheduled: give a draft a time and press Schedule.")
    posts = found.get("scheduled", [])
    return Pile(
        "scheduled",
        gettext("Scheduled"),
        _list("posts_post", "?state=scheduled"),
        _number(posts),
        [Row(post.title, _page(post), moment(post.published_at)) for post in posts],
        nothing,
        _step(request, gettext("Go to the drafts"), _list("posts_post", "?state=draft")),
    )


def _latest(found: Issues, request: HttpRequest) -> Pile:
    posts = found.get("latest", [])
    return Pile(
        "latest",
        gettext("Latest issue"),
        _list("posts_post", "?state=published"),
        "",
        [Row(post.title, _page(post), _with_links(post)) for post in posts],
        gettext("Readers see no issue yet."),
        _step(request, gettext("Go to the drafts"), _list("posts_post", "?state=draft")),
    )


def _with_links(post: Post) -> object:
    links = ngettext("%(n)d link", "%(n)d links", post.link_count) % {"n": post.link_count}
    return format_html("{} · {}", day(post.published_at), links)


# Links


def _queue(request: HttpRequest) -> Pile:
    model_admin: Any = admin.site.get_model_admin(QueueEntry)
    (waiting,) = model_admin.waiting(request)
    return Pile(
        "queue",
        waiting.name,
        waiting.url,
        waiting.number,
        [Row(part["name"], part["url"], part["count"]) for part in waiting.parts],
        gettext("No link waits for a decision."),
        (gettext("See what was decided"), _list("links_decision")),
    )


def _inbox(_request: HttpRequest) -> Pile:
    number, entries = _first(InboxEntry.objects.filter(done_at=None).select_related("link"))
    return Pile(
        "inbox",
        gettext("For the next issue"),
        _list("links_inboxentry"),
        number,
        [Row(_named(entry), _page(entry), day(entry.added_at)) for entry in entries],
        gettext("Nothing is collected for the next issue. A bookmark does it from any page."),
        (gettext("Collect from anywhere"), reverse("admin:links_inboxentry_anywhere")),
    )


def _suggestions(_request: HttpRequest) -> Pile:
    waiting = Suggestion.objects.filter(status=Suggestion.Status.WAITING).select_related("link")
    number, suggestions = _first(waiting)
    return Pile(
        "suggestions",
        gettext("Suggested by readers"),
        _list("links_suggestion", f"?status__exact={Suggestion.Status.WAITING}"),
        number,
        [Row(_named(one), _page(one), day(one.created_at)) for one in suggestions],
        gettext("No suggestion waits for an answer."),
        (gettext("See the readers' form"), reverse("posts:suggest")),
    )


def _named(row: Any) -> str:
    return str(row.title or row.link.title or row.url)


def _broken(_request: HttpRequest) -> Pile:
    since = timezone.now() - WEEK
    open_ones = QueueEntry.objects.filter(kind=Kind.BROKEN, closed_at=None, opened_at__gte=since)
    places = visible_places().filter(link=OuterRef("link")).order_by("-post__published_at", "-post")
    rows = open_ones.annotate(issue=Subquery(places.values("post__title")[:1]))
    number, entries = _first(rows.select_related("link").order_by("-opened_at", "-pk"))
    return Pile(
        "broken",
        gettext("Broken this week"),
        _list("links_link", "?health__in=broken,gone"),
        number,
        [
            Row(entry.link.title or entry.link.url, _page(entry.link), _broken_in(entry))
            for entry in entries
        ],
        gettext("No link broke in the last seven days."),
        (gettext("Link health"), reverse("admin:links_link_health")),
    )


def _broken_in(entry: Any) -> object:
    word = badge(HEALTH.get(entry.link.health), entry.link.get_health_display())
    return format_html("{} {}", word, entry.issue or "")
