"""The queue: links that wait for a decision, decided one by one or many at once.

A GET changes nothing, and shows any entry with all that can be decided about it. Every POST works
as a form and as a request of `queue.js`, which asks for the desk alone (`X-Desk`) and puts it in
the place of the one before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeAlias, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext, ngettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from links import access
from links.admin import SEEN, Seen, read_seen, sign_seen
from links.decisions import (
    MOST,
    DecisionError,
    ReasonMissing,
    decide_entries,
    decide_entry,
    make_rule,
    undo,
)
from links.models import Decision, Link, QueueEntry
from links.queue import Part, Taken, claim, give_back, take, what_became_of, with_links
from links.standing import links_under
from posts.admin.queue.context import reach_of
from posts.admin.queue.desk import (
    LISTED,
    LISTED_MOST,
    Looking,
    desk_of,
    last_decision,
    put_aside,
    reach_in_words,
    sources_of,
    without_scheme,
)
from posts.admin.queue.forms import BulkForm, RuleForm
from posts.numbers import number_in

# How many entries are named that a decision left alone.
NAMED = 5
# How many entries a moderator may put aside in one session.
ASIDE = 500
# Where a decision about all links of a source leads: to the other sources.
SOURCES = Looking(Part(), by_source=True)
ACTIONS = ("approve", "block", "replace", "mark_broken")
Said: TypeAlias = tuple[int, str]
View: TypeAlias = Callable[..., HttpResponse]


def guarded(view: View) -> View:
    """Wrap a view as pages of staff are, for those alone who may work off the queue."""

    @wraps(view)
    def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
        access.check(request.user, access.WORK_OFF_QUEUE)
        return view(request, **kwargs)

    return admin.site.admin_view(wrapped)


def posted(view: View) -> View:
    """Wrap a guarded view that a POST alone reaches; a GET leads back to the desk."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return redirect("admin:links_queueentry_changelist")
        return view(request)

    return guarded(wrapped)


# Looking


@guarded
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk."""
    return _desk(request, Looking.at(request.GET))


@guarded
def entry_at_desk(_request: HttpRequest, object_id: str) -> HttpResponse:
    """Lead to an entry on the desk."""
    return HttpResponseRedirect(Looking(Part(), entry=number_in(object_id)).url)


def _desk(
    request: HttpRequest, looking: Looking, said: Said | None = None, **more: Any
) -> HttpResponse:
    """Render the desk: for scripts alone, else in its page."""
    context = {**desk_of(request, looking), "said": said, **more}
    if "X-Desk" in request.headers:
        return render(request, "admin/posts/queue/desk.html", context)
    if said is not None and said[1]:
        messages.add_message(request, *said)
    page = {**admin.site.each_context(request), "title": gettext("Queue"), **context}
    return render(request, "admin/posts/queue/page.html", page)


def _answer(
    request: HttpRequest, looking: Looking, words: str = "", level: int = messages.SUCCESS
) -> HttpResponse:
    """Go on to the desk after something was done: at once, or by way of a redirect."""
    if "X-Desk" in request.headers:
        return _desk(request, looking, (level, words))
    if words:
        messages.add_message(request, level, words)
    return HttpResponseRedirect(looking.url)


def _user(request: HttpRequest) -> User:
    """Return who is signed in: somebody is."""
    return cast("User", request.user)


# One entry


@posted
def decide(request: HttpRequest) -> HttpResponse:
    """Decide about one entry, and go on to the next."""
    looking, action = Looking.at(request.POST), request.POST.get("action", "")
    entry = with_links(QueueEntry.objects.filter(pk=looking.entry)).first()
    if entry is None or action not in ACTIONS:
        return _answer(request, _next(request, looking))
    shown = read_seen(request.POST.get("shown", ""))
    if shown and _with_news(shown).filter(pk=entry.pk).exists():
        words = gettext("There is news about this link since you looked. Read it, then decide.")
        return _answer(request, looking, words, messages.WARNING)
    typed = {
        name: request.POST.get(name, "")
        for name in ("reason", "replacement_url")
        if name in request.POST
    }
    try:
        decision = decide_entry(entry, action, by=_user(request), **typed)
    except Taken as error:
        return _answer(request, looking, str(error), messages.WARNING)
    except (ReasonMissing, DecisionError) as error:
        said = (messages.ERROR, _in_words(error))
        return _desk(request, looking, said, failed={"action": action, **typed})
    return _answer(request, _next(request, looking), _done(decision))


@posted
def open_entry(request: HttpRequest) -> HttpResponse:
    """Open an entry and claim it."""
    looking = Looking.at(request.POST)
    if not QueueEntry.objects.filter(pk=looking.entry).exists():
        return _answer(request, replace(looking, entry=0))
    try:
        take(looking.entry, _user(request))
    except Taken as error:
        return _answer(request, looking, str(error), messages.WARNING)
    return _answer(request, looking)


@posted
def skip(request: HttpRequest) -> HttpResponse:
    """Put an entry aside for this session, or bring back what was put aside."""
    looking = Looking.at(request.POST)
    if "back" in request.POST:
        request.session.pop("queue_aside", None)
        return _answer(request, _next(request, replace(looking, entry=0)))
    aside = [*put_aside(request), looking.entry] if looking.entry else put_aside(request)
    request.session["queue_aside"] = aside[-ASIDE:]
    words = gettext("Put aside for later.")
    return _answer(request, _next(request, looking), words, messages.INFO)


def _next(request: HttpRequest, looking: Looking) -> Looking:
    """Claim the entry that follows, or the first free one, and return the look at it."""
    user, wanted = _user(request), number_in(request.POST.get("next"))
    waiting = looking.part.entries().exclude(pk__in=put_aside(request))
    keys = waiting.values_list("pk", flat=True)[:LISTED]
    for pk in [*([wanted] if wanted else []), *keys]:
        if claim(pk, user):
            return replace(looking, entry=pk)
    give_back(user)
    return replace(looking, entry=0)


# Claims, as scripts ask for them


@posted
def keep(request: HttpRequest) -> JsonResponse:
    """Claim the entry that is shown, or keep it for longer."""
    pk = number_in(request.POST.get("entry"))
    if claim(pk, _user(request)):
        return JsonResponse({"mine": True})
    return JsonResponse({"mine": False, "said": what_became_of(pk)})


@posted
def release(request: HttpRequest) -> HttpResponse:
    """Give back what was claimed, when the page is left."""
    give_back(_user(request))
    return HttpResponse(status=204)


# Undoing


@posted
def undo_last(request: HttpRequest) -> HttpResponse:
    """Undo the user's last decision, and open what it brings back."""
    looking, decision = Looking.at(request.POST), last_decision(request)
    if decision is None:
        words = gettext("There is nothing to undo.")
        return _answer(request, looking, words, messages.INFO)
    closed = decision.closed_entries.order_by("pk").values_list("pk", flat=True).first()
    try:
        undo(decision, by=request.user)
    except DecisionError as error:
        return _answer(request, looking, str(error), messages.ERROR)
    if closed and claim(closed, _user(request)):
        looking = replace(looking, entry=closed)
    return _answer(request, looking, gettext("Undone: %s.") % decision)


# The whole source


@posted
def rule(request: HttpRequest) -> HttpResponse:
    """Show what a rule about the source would do, and make it once that is confirmed."""
    access.check(request.user, access.MAKE_RULES)
    looking = Looking.at(request.POST)
    entry = with_links(QueueEntry.objects.filter(pk=looking.entry)).first()
    form = RuleForm(request.POST, sources_of(entry.link)) if entry else None
    if form is None or not form.is_valid():
        refusal = (messages.ERROR, gettext("Choose a source and a rule."))
        return _desk(request, looking, refusal, rule_form=form)
    wanted = form.rule()
    said: Said | None = None
    if "confirmed" in request.POST:
        try:
            decision = make_rule(wanted, by=request.user)
        except (ReasonMissing, DecisionError) as error:
            said = (messages.ERROR, _in_words(error))
        else:
            return _answer(request, _next(request, looking), _done(decision))
    reach = reach_in_words(reach_of(links_under(wanted)))
    return _desk(request, looking, said, rule=wanted, rule_form=form, reach=reach)


# Many at once


@posted
def bulk(request: HttpRequest) -> HttpResponse:
    """Show what a decision about many entries would touch, and make it once confirmed."""
    looking = Looking.at(request.POST)
    seen = _selected(request, looking)
    entries = _still_so(seen)
    # All that waits was not seen before it was asked about.
    is_seen = "all" not in request.POST
    form = BulkForm(request.POST if "action" in request.POST and is_seen else None)
    if form.is_valid():
        try:
            decision, taken = decide_entries(entries, by=_user(request), **form.cleaned_data)
        except (ReasonMissing, DecisionError, Taken) as error:
            form.add_error(None, _in_words(error))
        else:
            words = _done(decision) + _left_alone(taken) + _meanwhile(seen, decision)
            on = SOURCES if "back" in request.POST else _next(request, looking)
            return _answer(request, on, words)
    elif not form.is_bound and not entries.exists():
        words = gettext("Select some entries first.")
        return _answer(request, looking, words, messages.WARNING)
    shown = {
        "form": form,
        "seen": sign_seen(entries.values_list("pk", flat=True)),
        "back": SOURCES.url if "back" in request.POST else "",
    }
    links = Link.objects.filter(pk__in=entries.order_by().values("link"))
    return _desk(request, looking, bulk=shown, reach=reach_in_words(reach_of(links)))


def _selected(request: HttpRequest, looking: Looking) -> Seen:
    """Return the entries that were shown before this is confirmed; else, to be shown, all of the
    part, or those that are ticked."""
    if seen := read_seen(request.POST.get(SEEN, "")):
        return seen
    keys = [number_in(value) for value in request.POST.getlist("selected")[:LISTED_MOST]]
    if "all" in request.POST:
        keys = list(looking.part.entries().values_list("pk", flat=True)[: MOST + 1])
    return Seen(timezone.now(), keys)


def _still_so(seen: Seen) -> QuerySet[QueueEntry]:
    """Return those entries that are open, and of which nothing became known that was not shown."""
    entries = QueueEntry.objects.filter(pk__in=seen.keys, closed_at=None)
    return entries.exclude(pk__in=_with_news(seen).values("pk"))


def _with_news(seen: Seen) -> QuerySet[QueueEntry]:
    """Return the open entries that wait for one more reason since they were shown."""
    return QueueEntry.objects.filter(closed_at=None, concerns__created_at__gt=seen.at).distinct()


@guarded
def progress(request: HttpRequest) -> JsonResponse:
    """Tell how far the user's last large decision is carried out."""
    decision = last_decision(request)
    undertaking = getattr(decision, "undertaking", None)
    if undertaking is None or undertaking.finished_at is not None:
        return JsonResponse({"finished": True})
    done = {"done": undertaking.done, "total": undertaking.total}
    return JsonResponse({"finished": False, **done})


# Words


def _in_words(error: ValueError) -> str:
    return gettext("Say why first.") if isinstance(error, ReasonMissing) else str(error)


# What readers get from now on, where the word for the decision does not say it.
WHAT_READERS_GET: dict[str, Any] = {
    Decision.Action.BLOCK: _("Readers get the words without the link."),
    Decision.Action.REPLACE: _("Readers are led to the other address, and told so."),
    Decision.Action.MARK_BROKEN: _("Readers see “link broken” beside it."),
}


def _done(decision: Decision) -> str:
    done = f"{decision.get_action_display()}: {decision.subject}."
    meaning = WHAT_READERS_GET.get(decision.action)
    return f"{done} {meaning}" if meaning else done


DECIDED_MEANWHILE = ngettext_lazy(
    "%(n)d was decided by somebody else meanwhile: %(names)s.",
    "%(n)d were decided by somebody else meanwhile: %(names)s.",
    "n",
)
NEWS = ngettext_lazy(
    "%(n)d is left alone, because there is news about it: %(names)s.",
    "%(n)d are left alone, because there is news about them: %(names)s.",
    "n",
)


def _left_alone(taken: int) -> str:
    if not taken:
        return ""
    words = ngettext(
        "%(n)d entry is left alone: somebody else is deciding about it.",
        "%(n)d entries are left alone: somebody else is deciding about them.",
        taken,
    )
    return " " + words % {"n": taken}


def _meanwhile(seen: Seen, decision: Decision) -> str:
    """Name the entries that others decided about, or that have news, since they were seen."""
    asked = with_links(QueueEntry.objects.filter(pk__in=seen.keys))
    decided = asked.filter(closed_at__gt=seen.at).exclude(closed_by=decision)
    news = asked.filter(pk__in=_with_news(seen).values("pk"))
    return _named(decided, DECIDED_MEANWHILE) + _named(news, NEWS)


def _named(entries: QuerySet[QueueEntry], words: Any) -> str:
    count = entries.count()
    if not count:
        return ""
    names = ", ".join(without_scheme(entry.link.url) for entry in entries.order_by("pk")[:NAMED])
    more = ", …" if count > NAMED else ""
    return f" {words % {'n': count, 'names': names + more}}"


urlpatterns = [
    path("", desk, name="links_queueentry_changelist"),
    path("<path:object_id>/change/", entry_at_desk, name="links_queueentry_change"),
    path("decide/", decide, name="links_queueentry_decide"),
    path("open/", open_entry, name="links_queueentry_open"),
    path("skip/", skip, name="links_queueentry_skip"),
    path("claim/", keep, name="links_queueentry_claim"),
    path("release/", release, name="links_queueentry_release"),
    path("undo/", undo_last, name="links_queueentry_undo"),
    path("rule/", rule, name="links_queueentry_rule"),
    path("bulk/", bulk, name="links_queueentry_bulk"),
    path("progress/", progress, name="links_queueentry_progress"),
]
