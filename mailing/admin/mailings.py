"""Mailings: planning one from the form of an issue, seeing how it goes, and what can be pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
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
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import EMPTY, ReadOnly, badge, moment, moment_in_words
from mailing import access, sending
from mailing.admin import numbers
from mailing.admin.bases import CappedPaginator, MailAdmin
from mailing.admin.words import STATES, reason_words, state_words
from mailing.models import Delivery, Mailing, MailSettings, Subscriber
from posts.admin.auditing import writing_down
from posts.messages import Message
from posts.models import Post
from posts.slots import PANELS, Panel
from posts.translating import translated

PUBLISHING, LATER, NOW = "publishing", "later", "now"
EVERYBODY: Final = ""
# Of those of whom nobody knows whether they got it, so many are named.
MOST_NAMED: Final = 100

Status = Mailing.Status


# The form


class PlanForm(forms.Form):
    """When an issue is sent, to whom, and what it is."""

    when = forms.ChoiceField(label=_("when"), widget=forms.RadioSelect)
    at = forms.SplitDateTimeField(
        label=_("time"),
        required=False,
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
        help_text=_("Of the site's time zone. Only for “at a time”."),
    )
    audience = forms.ChoiceField(label=_("to whom"), required=False)
    is_advertising = forms.BooleanField(
        label=_("it is advertising"),
        required=False,
        help_text=_("The subject begins with (광고), as Korean law wants it."),
    )
    again = forms.BooleanField(
        label=_("send it again to those who have got it"),
        required=False,
        help_text=_("Else only readers get it who have not got it, and those it was refused for."),
    )

    def __init__(self, data: Any, post: Post, *, was_sent: bool) -> None:
        later = (LATER, gettext("At a time"))
        first = (NOW, gettext("Now")) if post.is_public() else (PUBLISHING, _publishing(post))
        super().__init__(data, initial={"when": first[0]})
        dates, times = self.fields["at"].widget.widgets
        dates.attrs["aria-label"], times.attrs["aria-label"] = gettext("Date"), gettext("Time")
        self.fields["when"].choices = [first, later]  # type: ignore[attr-defined]
        self.fields["audience"].choices = _audiences()  # type: ignore[attr-defined]
        if not was_sent:
            del self.fields["again"]

    def clean(self) -> dict[str, Any]:
        """Ask for the time where one is meant."""
        found = super().clean() or {}
        if found.get("when") == LATER and not found.get("at") and "at" not in self.errors:
            self.add_error("at", gettext("Say at what time."))
        return found

    def values(self) -> dict[str, Any]:
        """Return what ``sending.plan`` takes."""
        found = self.cleaned_data
        moments = {PUBLISHING: None, NOW: timezone.now(), LATER: found["at"]}
        return {
            "when": moments[found["when"]],
            "audience": {"language": found["audience"]} if found["audience"] else {},
            "is_advertising": found["is_advertising"],
            "again": found.get("again", False),
        }


class TestForm(forms.Form):
    """Where a test mail goes."""

    address = forms.EmailField(label=_("address"), max_length=254)


def _publishing(post: Post) -> str:
    if post.status == Post.Status.PUBLISHED:
        when = moment_in_words(post.published_at)
        return gettext("With publishing, %(moment)s") % {"moment": when}
    return gettext("With publishing, whenever that is")


def _audiences() -> list[tuple[str, str]]:
    """Return whom a mailing can be for: everybody, or the readers of one of their languages."""
    found = Subscriber.objects.receiving().exclude(language="").order_by("language")
    codes = found.values_list("language", flat=True).distinct()
    return [(EVERYBODY, gettext("Everybody who chose it")), *((code, _language(code))
            for code in codes)]  # fmt: skip


def _language(code: str) -> str:
    try:
        name = gettext(get_language_info(code)["name"])
    except KeyError:
        name = code
    return gettext("Readers of %(language)s") % {"language": name}


# The pages


@admin.register(Mailing)
class MailingAdmin(ReadOnly, MailAdmin):
    """Mailings, the newest first; the page of one says how it goes."""

    list_display = ("named", "state", "starts", "accepted", "planned_by")
    list_display_links = None
    list_filter = ("status", "kind")
    list_select_related = ("created_by", "post")
    paginator = CappedPaginator
    ordering = ("-pk",)
    search_fields = ("title",)

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
        """Add the pages that plan, show and change mailings."""
        view = self.admin_site.admin_view
        return [
            path("plan/<int:post>/", view(self.plan_view), name="mailing_mailing_plan"),
            path("test/<int:post>/", view(require_POST(self.test_view)),
                 name="mailing_mailing_test"),
            path("<int:pk>/do/", view(require_POST(self.do_view)), name="mailing_mailing_do"),
            path("<int:pk>/progress/", view(self.progress_view), name="mailing_mailing_progress"),
            *super().get_urls(),
        ]  # fmt: skip

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Return the list, with what became of all its mailings by one query."""
        found = super().get_changelist_instance(request)
        rows = found.result_list = list(found.result_list)
        counts = sending.counts_of(rows)
        for row in rows:
            row.counts = counts[row.pk]
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
        at = row.held_until or row.starts_at
        return moment(at) if at else gettext("with publishing")

    @admin.display(description=_("accepted"))
    def accepted(self, row: Mailing) -> int:
        """How many mails servers took."""
        counts: dict[str, int] = row.counts  # type: ignore[attr-defined]
        return counts[Delivery.Status.ACCEPTED]

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

    # Planning

    def plan_view(self, request: HttpRequest, post: int) -> HttpResponse:
        """Show the form that sends an issue, and plan it."""
        access.check(request.user, access.SEND)
        issue = self._issue(post)
        was_sent = Mailing.objects.filter(post=issue).exclude(status=Status.CANCELLED).exists()
        sent = request.POST if request.method == "POST" else None
        form = PlanForm(sent, issue, was_sent=was_sent)
        if request.method == "POST" and form.is_valid():
            log = writing_down(request, Message(gettext_noop("Planned to be sent by mail.")))
            try:
                row = sending.plan(issue, by=request.user, log=log, **form.values())
            except sending.CannotSend as error:
                form.add_error(None, translated(error.words))
            else:
                self.message_user(request, state_words(row), messages.SUCCESS)
                return HttpResponseRedirect(page_of(row))
        return self._plan_page(request, issue, form)

    def test_view(self, request: HttpRequest, post: int) -> HttpResponse:
        """Send a test mail, and say whether the server took it."""
        access.check(request.user, access.SEND)
        issue, form = self._issue(post), TestForm(request.POST)
        plan = PlanForm(None, issue, was_sent=False)
        if not form.is_valid():
            return self._plan_page(request, issue, plan, form)
        address = form.cleaned_data["address"]
        log = writing_down(request, Message(gettext_noop("Sent as a test mail.")))
        try:
            sending.send_test(issue, address, by=request.user, log=log)
        except sending.CannotSend as error:
            form.add_error("address", translated(error.words))
            return self._plan_page(request, issue, plan, form)
        words = gettext("The test mail to %(address)s was taken by the server.")
        self.message_user(request, words % {"address": address}, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:mailing_mailing_plan", args=[post]))

    def _issue(self, pk: int) -> Post:
        post = Post.objects.filter(pk=pk).first()
        if post is None or not MailSettings.current().is_open:
            raise Http404
        return post

    def _plan_page(
        self, request: HttpRequest, post: Post, form: PlanForm, test: TestForm | None = None
    ) -> HttpResponse:
        email = getattr(request.user, "email", "")
        readers = Subscriber.objects.receiving().count()
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Send “%(title)s” by mail") % {"title": post.title},
            "opts": self.opts,
            "post": post,
            "form": form,
            "test": test or TestForm(initial={"address": email}),
            "back": f"{reverse('admin:posts_post_change', args=[post.pk])}#panel-mail",
            "readers": readers,
            "hold": MailSettings.current().hold_minutes,
            "mailings": [shown_in_panel(row) for row in mailings_of(post)],
        }
        return render(request, "admin/mailing/mailing/plan.html", context)


# What can be pressed

PROGRESS: Final = "admin/mailing/mailing/progress.html"
# Shown even where there are none.
SHOWN: Final = (Delivery.Status.QUEUED, Delivery.Status.ACCEPTED)
OVER: Final = (Status.DONE, Status.CANCELLED)
Verb = Callable[..., str]


def _stop(row: Mailing, **who: Any) -> str:
    if sending.stop(row, **who):
        return gettext("Stopped. Nothing of it has left.")
    return gettext("It had begun: what has left is gone, the rest is paused.")


def _pause(row: Mailing, **who: Any) -> str:
    sending.pause(row, **who)
    return gettext("Paused. Nothing more leaves until somebody goes on.")


def _resume(row: Mailing, **who: Any) -> str:
    sending.resume(row, **who)
    return gettext("It goes on.")


def _cancel(row: Mailing, **who: Any) -> str:
    count = sending.cancel(row, **who)
    words = ngettext("Cancelled: %(n)d reader does not get it.",
                     "Cancelled: %(n)d readers do not get it.", count)  # fmt: skip
    return words % {"n": count}


def _repeat(row: Mailing, **who: Any) -> str:
    count = sending.repeat_unknown(row, **who)
    words = ngettext("%(n)d mail is handed over once more.",
                     "%(n)d mails are handed over once more.", count)  # fmt: skip
    return words % {"n": count}


VERBS: dict[str, tuple[Verb, str]] = {
    "stop": (_stop, gettext_noop("Stopped its mailing.")),
    "pause": (_pause, gettext_noop("Paused its mailing.")),
    "resume": (_resume, gettext_noop("Went on with its mailing.")),
    "cancel": (_cancel, gettext_noop("Cancelled its mailing.")),
    "repeat": (_repeat, gettext_noop("Sent again what nobody knew of.")),
}
_STOP, _CANCEL = ("stop", _("Stop"), True), ("cancel", _("Cancel the rest"), False)
BUTTONS: Final = {
    Status.PLANNED: (_STOP,),
    Status.HELD: (_STOP,),
    Status.SENDING: (("pause", _("Pause"), True), _CANCEL),
    Status.PAUSED: (("resume", _("Go on"), True), _CANCEL),
}


# What pages show


def page_of(row: Mailing) -> str:
    """Return the address of a mailing's page."""
    return reverse("admin:mailing_mailing_change", args=[row.pk])


def link_to(row: Mailing) -> SafeString:
    """Return a mailing as a link to its page."""
    return format_html('<a href="{}">{}</a>', page_of(row), row.title)


def progress_of(request: HttpRequest, row: Mailing) -> dict[str, Any]:
    """Return what the page of a mailing shows of how it goes."""
    counts = sending.counts(row)
    total = sum(counts.values())
    settled = (Delivery.Status.ACCEPTED, Delivery.Status.FAILED, Delivery.Status.DROPPED)
    done = sum(counts[status] for status in (*settled, Delivery.Status.UNKNOWN))
    may_send = access.may(request.user, access.SEND)
    unknown = counts[Delivery.Status.UNKNOWN]
    has_reasons = any(counts[status] for status in sending.WITH_REASONS)
    may_repeat = may_send and unknown and row.status != Status.CANCELLED
    may_plan = may_send and counts[Delivery.Status.FAILED] and row.status in OVER and row.post_id
    return {
        "mailing": row,
        "state": badge(STATES[row.status], row.get_status_display()),
        "words": state_words(row),
        "counts": [
            (label, counts[status])
            for status, label in Delivery.Status.choices
            if counts[status] or status in SHOWN
        ],
        "total": total,
        "done": done,
        "reasons": _reasons(row) if has_reasons else (),
        "repeats": sending.repeats(row),
        "buttons": BUTTONS.get(Status(row.status), ()) if may_send else (),
        "may_repeat": may_repeat,
        "plan": reverse("admin:mailing_mailing_plan", args=[row.post_id]) if may_plan else "",
        "unknown": _unknown(request, row) if unknown else (),
        "is_over": row.status in OVER,
    }


def _reasons(row: Mailing) -> list[tuple[str, int]]:
    return [(reason_words(*found[:3]), found[3]) for found in sending.reasons(row)]


def _unknown(request: HttpRequest, row: Mailing) -> list[str]:
    """Return of whom nobody knows whether they got it: addresses, for those who may see some."""
    if not access.may(request.user, access.SEE_ADDRESSES):
        return []
    rows = Delivery.objects.filter(mailing=row, status=Delivery.Status.UNKNOWN)
    found = rows.order_by("pk").values_list("subscriber__address", flat=True)
    return [address or gettext("erased") for address in found[:MOST_NAMED]]


def mailings_of(post: Post) -> list[Mailing]:
    """Return the last mailings of an issue."""
    return list(Mailing.objects.filter(post=post).order_by("-pk")[:5])


def shown_in_panel(row: Mailing) -> dict[str, Any]:
    """Return a mailing as the form of its issue shows it."""
    return {
        "address": page_of(row),
        "state": badge(STATES[row.status], row.get_status_display()),
        "words": state_words(row),
        "at": row.created_at,
    }


def _panel(request: HttpRequest, post: Post | None) -> dict[str, Any] | None:
    """Return what the panel shows: nothing while mail is off, or to who may not see mailings."""
    if post is None or not access.may(request.user, access.SEE_MAILINGS):
        return None
    if not MailSettings.current().is_open:
        return None
    may_send = access.may(request.user, access.SEND)
    return {
        "mailings": [shown_in_panel(row) for row in mailings_of(post)],
        "plan": reverse("admin:mailing_mailing_plan", args=[post.pk]) if may_send else "",
        "is_broken": bool(post.problem),
    }


PANELS.add(Panel("mail", _("Mail"), "admin/mailing/mailing/panel.html", _panel, place=70))
