"""The queue: links that wait for a decision, decided one by one or many at once.

A GET changes nothing, and shows any entry with all that can be decided about it. Every POST works
as a form and as a request of `queue.js`, which asks for the desk alone (`X-Desk`) and puts it in
the place of the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from links import access
from links.admin import ReadOnly, Waiting
from links.decisions import (
    DecisionError,
    ReasonMissing,
    decide_entries,
    decide_entry,
    make_rule,
    undo,
)
from links.models import Decision, Link, QueueEntry, Source, SourceRule
from links.queue import (
    Part,
    Taken,
    claim,
    count_by_kind,
    give_back,
    take,
    what_became_of,
    with_links,
)
from links.standing import links_under
from posts.admin.queue.context import reach_of
from posts.admin.queue.desk import (
    LISTED,
    LISTED_MOST,
    Looking,
    desk_of,
    last_decision,
    number,
    put_aside,
    reach_in_words,
    sources_of,
    tabs,
)

# How many entries a moderator may put aside in one session.
ASIDE = 500
ACTIONS = ("approve", "block", "replace", "mark_broken")
Said = tuple[int, str]


class RuleForm(forms.Form):
    """A rule about the source of an entry."""

    place = forms.TypedChoiceField(coerce=int)
    subdomains = forms.BooleanField(required=False)
    action = forms.ChoiceField(choices=SourceRule.Action.choices)
    reason = forms.CharField(required=False, max_length=500)

    def __init__(self, data: Any, sources: Sequence[Source]) -> None:
        super().__init__(data)
        self.sources = {source.pk: source for source in sources}
        place = cast("forms.TypedChoiceField", self.fields["place"])
        place.choices = [(source.pk, source.name) for source in sources]

    def rule(self) -> SourceRule:
        """Return the rule, unsaved; the form is valid."""
        source = self.sources[self.cleaned_data["place"]]
        values = {name: self.cleaned_data[name] for name in ("action", "reason", "subdomains")}
        return SourceRule(host=source.host, path=source.path, **values)


class BulkForm(forms.Form):
    """One decision about many entries."""

    action = forms.ChoiceField(
        label=_("decision"),
        choices=[
            ("approve", _("Approve")),
            ("block", _("Block")),
            ("mark_broken", _("Mark broken")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("reason"),
        required=False,
        max_length=500,
        help_text=_("Needed to block or to mark broken. For other staff; readers do not see it."),
    )


@admin.register(QueueEntry)
class QueueAdmin(ReadOnly):
    """The desk where moderators decide, in place of a list of rows."""

    def has_change_permission(self, request: HttpRequest, obj: QueueEntry | None = None) -> bool:
        """Those who may decide about links and look after the queue."""
        return access.may(request.user, access.WORK_OFF_QUEUE)

    def has_view_permission(self, request: HttpRequest, obj: QueueEntry | None = None) -> bool:
        """The same: who cannot decide has no use for it."""
        return self.has_change_permission(request, obj)

    def waiting(self, request: HttpRequest) -> list[Waiting]:
        """Return how many links wait for a decision, and how many of each kind."""
        every, *kinds = tabs(Looking(Part()), count_by_kind(cast("User", request.user)))
        return [Waiting(gettext("Links to decide"), every["count"], every["url"], "links", kinds)]

    def get_urls(self) -> list[URLPattern]:
        """Add what is done on the desk to Django's pages."""
        views: dict[str, Callable[[HttpRequest], HttpResponse]] = {
            "decide": self.decide_view,
            "open": self.open_view,
            "skip": self.skip_view,
            "claim": self.claim_view,
            "release": self.release_view,
            "undo": self.undo_view,
            "rule": self.rule_view,
            "bulk": self.bulk_view,
            "progress": self.progress_view,
        }
        wrapped = [
            path(f"{name}/", self._guarded(view, name), name=f"links_queueentry_{name}")
            for name, view in views.items()
        ]
        return [*wrapped, *super().get_urls()]

    def _guarded(self, view: Callable[[HttpRequest], HttpResponse], name: str) -> Any:
        """Let only those in who may decide, and only by POST; a GET leads back to the desk."""

        def guarded(request: HttpRequest) -> HttpResponse:
            if not self.has_change_permission(request):
                raise PermissionDenied
            if request.method != "POST" and name != "progress":
                return HttpResponseRedirect(reverse("admin:links_queueentry_changelist"))
            return view(request)

        return self.admin_site.admin_view(guarded)

    # Looking

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the desk."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        return self._desk(request, Looking.at(request.GET))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the entry on the desk."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(Looking(Part(), entry=number(object_id)).url)

    def _desk(
        self, request: HttpRequest, looking: Looking, said: Said | None = None, **more: Any
    ) -> HttpResponse:
        """Render the desk: for scripts alone, else in its page."""
        context = {**desk_of(request, looking), "said": said, **more}
        if "X-Desk" in request.headers:
            return render(request, "admin/posts/queue/desk.html", context)
        if said is not None and said[1]:
            messages.add_message(request, *said)
        page = {**self.admin_site.each_context(request), "title": gettext("Queue"), **context}
        return render(request, "admin/posts/queue/page.html", page)

    def _answer(
        self, request: HttpRequest, looking: Looking, words: str = "", level: int = messages.SUCCESS
    ) -> HttpResponse:
        """Go on to the desk after something was done: at once, or by way of a redirect."""
        if "X-Desk" in request.headers:
            return self._desk(request, looking, (level, words))
        if words:
            messages.add_message(request, level, words)
        return HttpResponseRedirect(looking.url)

    # One entry

    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Decide about one entry, and go on to the next."""
        looking, action = Looking.at(request.POST), request.POST.get("action", "")
        entry = with_links(QueueEntry.objects.filter(pk=looking.entry)).first()
        if entry is None or action not in ACTIONS:
            return self._answer(request, self._next(request, looking))
        typed = {
            name: request.POST.get(name, "")
            for name in ("reason", "replacement_url")
            if name in request.POST
        }
        user = cast("User", request.user)
        try:
            decision = decide_entry(entry, action, by=user, **typed)
        except Taken as error:
            return self._answer(request, looking, str(error), messages.WARNING)
        except (ReasonMissing, DecisionError) as error:
            said = (messages.ERROR, _in_words(error))
            return self._desk(request, looking, said, failed={"action": action, **typed})
        return self._answer(request, self._next(request, looking), _done(decision))

    def open_view(self, request: HttpRequest) -> HttpResponse:
        """Open an entry and claim it."""
        looking = Looking.at(request.POST)
        entry = QueueEntry.objects.filter(pk=looking.entry).first()
        if entry is None:
            return self._answer(request, replace(looking, entry=0))
        try:
            take(entry.pk, cast("User", request.user))
        except Taken as error:
            return self._answer(request, looking, str(error), messages.WARNING)
        return self._answer(request, looking)

    def skip_view(self, request: HttpRequest) -> HttpResponse:
        """Put an entry aside for this session, or bring back what was put aside."""
        looking = Looking.at(request.POST)
        if "back" in request.POST:
            request.session.pop("queue_aside", None)
            return self._answer(request, self._next(request, replace(looking, entry=0)))
        aside = [*put_aside(request), looking.entry] if looking.entry else put_aside(request)
        request.session["queue_aside"] = aside[-ASIDE:]
        return self._answer(
            request, self._next(request, looking), gettext("Put aside for later."), messages.INFO
        )

    def _next(self, request: HttpRequest, looking: Looking) -> Looking:
        """Claim the entry that follows, or the first free one, and return the look at it."""
        user = cast("User", request.user)
        wanted = number(request.POST.get("next"))
        keys = (
            looking.part.entries().exclude(pk__in=put_aside(request)).values_list("pk", flat=True)
        )
        for pk in ([wanted] if wanted else []) + list(keys[:LISTED]):
            if claim(pk, user):
                return replace(looking, entry=pk)
        give_back(user)
        return replace(looking, entry=0)

    # Claims, as scripts ask for them

    def claim_view(self, request: HttpRequest) -> JsonResponse:
        """Claim the entry that is shown, or keep it for longer."""
        pk = number(request.POST.get("entry"))
        if claim(pk, cast("User", request.user)):
            return JsonResponse({"mine": True})
        return JsonResponse({"mine": False, "said": what_became_of(pk)})

    def release_view(self, request: HttpRequest) -> HttpResponse:
        """Give back what was claimed, when the page is left."""
        give_back(cast("User", request.user))
        return HttpResponse(status=204)

    # Undoing

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        """Undo the user's last decision, and open what it brings back."""
        looking = Looking.at(request.POST)
        decision = last_decision(request)
        if decision is None:
            words = gettext("There is nothing to undo.")
            return self._answer(request, looking, words, messages.INFO)
        pks = list(decision.closed_entries.order_by("pk").values_list("pk", flat=True)[:1])
        try:
            undo(decision, by=request.user)
        except DecisionError as error:
            return self._answer(request, looking, str(error), messages.ERROR)
        if pks and claim(pks[0], cast("User", request.user)):
            looking = replace(looking, entry=pks[0])
        return self._answer(request, looking, gettext("Undone: %s.") % decision)

    # The whole source

    def rule_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a rule about the source would do, and make it once that is confirmed."""
        access.check(request.user, access.MAKE_RULES)
        looking = Looking.at(request.POST)
        entry = with_links(QueueEntry.objects.filter(pk=looking.entry)).first()
        form = RuleForm(request.POST, sources_of(entry.link)) if entry else None
        if form is None or not form.is_valid():
            said = (messages.ERROR, gettext("Choose a source and a rule."))
            return self._desk(request, looking, said, rule_form=form)
        rule = form.rule()
        if "confirmed" not in request.POST:
            reach = reach_in_words(reach_of(links_under(rule)))
            return self._desk(request, looking, rule=rule, rule_form=form, reach=reach)
        try:
            decision = make_rule(rule, by=request.user)
        except (ReasonMissing, DecisionError) as error:
            said = (messages.ERROR, _in_words(error))
            reach = reach_in_words(reach_of(links_under(rule)))
            return self._desk(request, looking, said, rule=rule, rule_form=form, reach=reach)
        return self._answer(request, self._next(request, looking), _done(decision))

    # Many at once

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """Show what a decision about many entries would touch, and make it once confirmed."""
        looking = Looking.at(request.POST)
        entries = _selected(request, looking)
        form = BulkForm(request.POST if "action" in request.POST else None)
        if form.is_valid():
            try:
                decision, taken = decide_entries(
                    entries, by=cast("User", request.user), **form.cleaned_data
                )
            except (ReasonMissing, DecisionError, Taken) as error:
                form.add_error(None, _in_words(error))
            else:
                words = _done(decision) + _left_alone(taken)
                return self._answer(request, self._next(request, looking), words)
        elif not form.is_bound and not entries.exists():
            words = gettext("Select some entries first.")
            return self._answer(request, looking, words, messages.WARNING)
        bulk = {
            "form": form,
            "entries": request.POST.getlist("selected")[:LISTED_MOST],
            "all": "all" in request.POST,
        }
        links = Link.objects.filter(pk__in=entries.order_by().values("link"))
        reach = reach_in_words(reach_of(links))
        return self._desk(request, looking, bulk=bulk, reach=reach)

    def progress_view(self, request: HttpRequest) -> JsonResponse:
        """Tell how far the user's last large decision is carried out."""
        decision = last_decision(request)
        undertaking = getattr(decision, "undertaking", None)
        if undertaking is None or undertaking.finished_at is not None:
            return JsonResponse({"finished": True})
        done = {"done": undertaking.done, "total": undertaking.total}
        return JsonResponse({"finished": False, **done})


# Many at once


def _selected(request: HttpRequest, looking: Looking) -> QuerySet[QueueEntry]:
    """Return the selected entries: all of the part, or those that are ticked."""
    if "all" in request.POST:
        return looking.part.entries()
    ticked = [number(value) for value in request.POST.getlist("selected")[:LISTED_MOST]]
    return QueueEntry.objects.filter(pk__in=ticked, closed_at=None)


# Words


def _in_words(error: ValueError) -> str:
    return gettext("Say why first.") if isinstance(error, ReasonMissing) else str(error)


def _done(decision: Decision) -> str:
    return f"{decision.get_action_display()}: {decision.subject}."


def _left_alone(taken: int) -> str:
    if not taken:
        return ""
    words = ngettext(
        "%(n)d entry is left alone: somebody else is deciding about it.",
        "%(n)d entries are left alone: somebody else is deciding about them.",
        taken,
    )
    return " " + words % {"n": taken}
