"""Mailings: the list, and the page of one, which says how it goes and what can be pressed."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import EMPTY, ReadOnly, ask, badge, moment
from mailing import access, sending
from mailing.admin import numbers
from mailing.admin.bases import CappedPaginator
from mailing.admin.buttons import (
    CANCELLED_LATER,
    VERBS,
    Verb,
    cancel,
    consequence_of_cancelling,
)
from mailing.admin.planning import PlanPages
from mailing.admin.progress import OVER, link_to, page_of, progress_of
from mailing.admin.words import STATES, hold_minutes, leaves_at
from mailing.models import Delivery, Mailing
from posts.auditing import writing_down
from posts.messages import Message
from posts.translating import translated

PROGRESS: Final = "admin/mailing/mailing/progress.html"


@admin.register(Mailing)
class MailingAdmin(ReadOnly, PlanPages):
    """Mailings, the newest first; the page of one says how it goes."""

    list_display = ("named", "state", "starts", "accepted", "planned_by")
    list_display_links = None
    list_filter = ("status", "kind")
    list_select_related = ("created_by", "post")
    paginator = CappedPaginator
    ordering = ("-pk",)
    search_fields = ("title",)
    counted = ngettext_lazy("%(n)s mailing", "%(n)s mailings", "n")
    nothing = _("Issues are sent from their form, under “Mail”; roll-ups leave by themselves.")

    def pages(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the page of numbers, for the menu."""
        return numbers.pages(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may change is pressed on the page of a mailing."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Those who may see mailings."""
        return access.may(request.user, access.SEE_MAILINGS)

    def get_urls(self) -> list[URLPattern]:
        """Add what shows and changes mailings."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/do/", view(require_POST(self.do_view)), name="mailing_mailing_do"),
            path("<int:pk>/cancel/", view(self.cancel_view), name="mailing_mailing_cancel"),
            path("<int:pk>/progress/", view(self.progress_view), name="mailing_mailing_progress"),
            *super().get_urls(),
        ]  # fmt: skip

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list, with what became of all its mailings by one query."""
        found = super().get_changelist_instance(request)
        rows = found.result_list = list(found.result_list)
        counts, hold = sending.counts_of(rows), cache(hold_minutes)
        for row in rows:
            row.counts, row.leaves = counts[row.pk], leaves_at(row, hold)
        return found

    # Columns

    @admin.display(description=_("subject"), ordering="title")
    def named(self, row: Mailing) -> SafeString | str:
        """The subject, which leads to the page."""
        return link_to(row)

    @admin.display(description=_("state"), ordering="status")
    def state(self, row: Mailing) -> SafeString:
        """How it stands."""
        return badge(STATES[row.status], row.get_status_display())

    @admin.display(description=_("leaves"), ordering="starts_at")
    def starts(self, row: Mailing) -> Any:
        """When it leaves, or left."""
        at = row.leaves  # type: ignore[attr-defined]
        return moment(at) if at else gettext("with publishing")

    @admin.display(description=_("accepted"))
    def accepted(self, row: Mailing) -> str:
        """How many mails servers took, of all that there are to be so far."""
        counts: dict[str, int] = row.counts  # type: ignore[attr-defined]
        if not (total := sum(counts.values())):
            return EMPTY
        words = gettext("%(got)d of %(all)d mails")
        return words % {"got": counts[Delivery.Status.ACCEPTED], "all": total}

    @admin.display(description=_("by"), ordering="created_by__username")
    def planned_by(self, row: Mailing) -> str:
        """Who planned it; roll-ups plan themselves."""
        return row.created_by.get_username() if row.created_by else EMPTY

    # One mailing

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show how a mailing goes."""
        access.check(request.user, access.SEE_MAILINGS)
        row = self._row(object_id)
        shown = {"title": row.title, "opts": self.opts, **progress_of(request, row)}
        context = {**self.admin_site.each_context(request), **shown}
        return render(request, "admin/mailing/mailing/page.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return the part of the page that changes, for its script."""
        access.check(request.user, access.SEE_MAILINGS)
        row = self._row(str(pk))
        html = render_to_string(PROGRESS, progress_of(request, row), request)
        return JsonResponse({"html": html, "over": row.status in OVER})

    def do_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Do what was pressed, named by the button."""
        access.check(request.user, access.SEND)
        row, verb = self._row(str(pk)), request.POST.get("verb", "")
        if verb not in VERBS:
            raise Http404
        act, done = VERBS[verb]
        return self._pressed(request, row, act, done)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask once more, saying who does not get it, before the rest is cancelled."""
        access.check(request.user, access.SEND)
        row = self._row(str(pk))
        if row.status not in CANCELLED_LATER:
            return HttpResponseRedirect(page_of(row))
        if request.method == "POST":
            return self._pressed(request, row, cancel, gettext_noop("Cancelled its mailing."))
        return ask(
            self,
            request,
            form=None,
            back=page_of(row),
            title=gettext("Cancel the rest of “%(title)s”") % {"title": row.title},
            consequence=consequence_of_cancelling(row),
            button=gettext("Cancel the rest"),
            stay=gettext("Back to the mailing"),
        )

    def _pressed(self, request: HttpRequest, row: Mailing, act: Verb, done: str) -> HttpResponse:
        """Do what was pressed, say what became of it, and lead back to the page."""
        try:
            said = act(row, by=request.user, log=writing_down(request, Message(done)))
        except sending.CannotSend as error:
            self.message_user(request, translated(error.words), messages.WARNING)
        else:
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(page_of(row))

    def _row(self, key: str) -> Mailing:
        rows = Mailing.objects.select_related("post", "created_by")
        row = rows.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
        if row is None:
            raise Http404
        return row
