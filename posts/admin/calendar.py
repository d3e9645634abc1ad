"""The calendar: what readers got, get and may get, day by day, and moving it to another day."""

from __future__ import annotations

import calendar
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import StaffAdmin, ask
from posts import access, publishing, starting
from posts.admin.fields import MinuteField, zone_in_words
from posts.admin.publishing import moment_words
from posts.admin.states import STATES
from posts.auditing import writing_down
from posts.documents import DocumentError
from posts.messages import Message
from posts.models import Post
from posts.preflight import held_among
from posts.publishing import EditConflict, NotToCome
from posts.templatetags.newsletter import month_and_year
from posts.translating import translated

MONTH = re.compile(r"(20[0-9]{2}|19[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII).fullmatch
# A weekday is usual when an issue came on it in half of the last weeks.
WEEKS, USUAL = 8, 4
# So far ahead a usual day without an issue is a gap.
AHEAD = timedelta(days=35)
UNDATED = 20
MOVABLE = ("draft", "review", "scheduled", "withdrawn")


@dataclass(slots=True)
class Entry:
    """An issue on its day."""

    title: str
    url: str
    state: str
    word: object
    at: datetime | None
    move_url: str


@dataclass(slots=True)
class Day:
    """A day of the page; ``gap`` where an issue would usually be and none is, and the address at
    which one is begun for it."""

    date: date
    is_inside: bool
    is_today: bool
    is_usual: bool
    gap: str = ""
    begin_url: str = ""
    entries: list[Entry] = field(default_factory=list)


class MoveForm(forms.Form):
    """When readers are to have an issue."""

    published_at = MinuteField(label=_("publish time"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["published_at"].help_text = zone_in_words()


class CalendarPages(StaffAdmin):
    """The calendar of issues, and the page that moves one."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("calendar/", view(self.calendar_view), name="posts_post_calendar"),
            path("<int:pk>/move/", view(self.move_view), name="posts_post_move"),
            *super().get_urls(),
        ]

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """Show a month: ``?month=2026-12``, else this one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        first = _month_of(request.GET.get("month", ""))
        may_move = access.may(request.user, access.PUBLISH)
        days = month(first, may_move, may_write=self.has_add_permission(request))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Calendar"),
            "month": month_and_year(first),
            "earlier": f"{_shifted(first, -1):%Y-%m}",
            "later": f"{_shifted(first, 1):%Y-%m}",
            "weekdays": [(day.date, day.is_usual) for day in days[:7]],
            "days": days,
            "undated": _undated(may_move),
            "may_move": may_move,
        }
        return render(request, "admin/posts/post/calendar.html", context)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask to which moment an issue is to be moved, and move it."""
        access.check(request.user, access.PUBLISH)
        post = get_object_or_404(Post, pk=pk)
        if post.is_public():
            words = gettext("Readers have it already: it stays on its day.")
            self.message_user(request, words, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:posts_post_change", args=[pk]))
        given = request.POST if request.method == "POST" else None
        form = MoveForm(given, initial={"published_at": post.published_at})
        if form.is_valid() and self._move(request, post, form):
            return HttpResponseRedirect(_page_of(form.cleaned_data["published_at"]))
        return ask(
            self,
            request,
            form=form,
            back=_page_of(post.published_at),
            title=gettext("Move “%(title)s”") % {"title": post.title},
            object=post,
            button=gettext("Move"),
        )

    def _move(self, request: HttpRequest, post: Post, form: MoveForm) -> bool:
        at = form.cleaned_data["published_at"]
        log = writing_down(request, Message(gettext_noop("Moved to another time.")))
        try:
            moved = publishing.reschedule(post, at, by=request.user, log=log)
        except NotToCome:
            form.add_error("published_at", gettext("Give a time that is still to come."))
        except EditConflict:
            form.add_error(None, gettext("Somebody saved it just now. Try it again."))
        except DocumentError as error:
            form.add_error(None, translated(error.message))
        else:
            words = gettext("“%(title)s” is moved to %(moment)s.")
            said = words % {"title": moved.title, "moment": moment_words(moved)}
            self.message_user(request, said, messages.SUCCESS)
            if moved.status == Post.Status.PUBLISHED and held_among([moved]):
                words = gettext(
                    "Readers get it then, although a check would hold it: see its form."
                )
                self.message_user(request, words, messages.WARNING)
            return True
        return False


def month(
    first: date, may_move: bool, now: datetime | None = None, may_write: bool = False
) -> list[Day]:
    """Return the days of a month and those that fill its first and last weeks."""
    moment = now or timezone.now()
    today = timezone.localdate(moment)
    weeks = calendar.Calendar((get_format("FIRST_DAY_OF_WEEK") - 1) % 7)
    shown = list(weeks.itermonthdates(first.year, first.month))
    entries = _entries(shown[0], shown[-1], may_move, moment)
    usual, oldest = _usual_weekdays(moment)
    starts = starting.keys_by_weekday() if may_write else {}
    days = []
    for one in shown:
        day = Day(one, one.month == first.month, one == today, one.weekday() in usual)
        day.entries = entries.get(one, [])
        if day.is_inside and day.is_usual and not day.entries and oldest:
            if oldest < one < today:
                day.gap = gettext("No issue")
            elif today <= one <= today + AHEAD:
                day.gap = gettext("No issue yet")
                day.begin_url = _begin_url(one, starts[one.weekday()]) if may_write else ""
        days.append(day)
    return days


def _begin_url(day: date, start: str) -> str:
    query = urlencode({"start": start, "day": day.isoformat()})
    return f"{reverse('admin:posts_post_add')}?{query}"


def _entries(first: date, last: date, may_move: bool, now: datetime) -> dict[date, list[Entry]]:
    found: dict[date, list[Entry]] = defaultdict(list)
    dated = Post.objects.filter(
        published_at__gte=_midnight(first), published_at__lt=_midnight(last + timedelta(days=1))
    )
    for post in _columns(dated).order_by("published_at", "pk"):
        if post.published_at:
            found[timezone.localdate(post.published_at)].append(_entry(post, may_move, now))
    return found


def _undated(may_move: bool) -> list[Entry]:
    """Return the drafts that have no date, the latest first."""
    drafts = Post.objects.filter(status=Post.Status.DRAFT, published_at=None)
    rows = _columns(drafts).order_by("-modified_at", "-pk")[:UNDATED]
    return [_entry(post, may_move, timezone.now()) for post in rows]


def _columns(posts: Any) -> Any:
    return posts.only("title", "status", "published_at", "review_since", "withdrawn_at", "problem")


def _entry(post: Post, may_move: bool, now: datetime) -> Entry:
    state = post.state(now)
    return Entry(
        title=post.title,
        url=reverse("admin:posts_post_change", args=[post.pk]),
        state=state,
        word=STATES[state],
        at=post.published_at,
        move_url=reverse("admin:posts_post_move", args=[post.pk])
        if may_move and state in MOVABLE
        else "",
    )


def _usual_weekdays(now: datetime) -> tuple[set[int], date | None]:
    """Return the weekdays on which issues usually come, and the day of the oldest that says so."""
    since = now - timedelta(weeks=WEEKS)
    moments: Iterable[Any] = Post.objects.published(now).filter(published_at__gt=since)
    days = {
        timezone.localdate(at)
        for at in moments.values_list("published_at", flat=True)  # type: ignore[attr-defined]
    }
    counts: dict[int, int] = defaultdict(int)
    for day in days:
        counts[day.weekday()] += 1
    usual = {weekday for weekday, count in counts.items() if count >= USUAL}
    return usual, min(days, default=None)


def _month_of(asked: str) -> date:
    """Return the first day of the month that is asked for, or of this one."""
    if not asked:
        return timezone.localdate().replace(day=1)
    if not (match := MONTH(asked)):
        raise Http404("There is no such month.")
    return date(int(match[1]), int(match[2]), 1)


def _shifted(first: date, by: int) -> date:
    number = first.year * 12 + first.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def _page_of(at: datetime | None) -> str:
    query = f"?month={timezone.localtime(at):%Y-%m}" if at else ""
    return reverse("admin:posts_post_calendar") + query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())
