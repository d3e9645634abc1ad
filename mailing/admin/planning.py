"""Planning to send an issue by mail, and trying it first: the form and its pages."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language_info, gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from links.admin import moment_in_words
from mailing import access, sending
from mailing.admin.bases import MailAdmin
from mailing.admin.progress import mailings_of, page_of, shown_in_panel
from mailing.admin.trying import TestForm, taken_words, to_oneself
from mailing.admin.words import state_words
from mailing.counting import reached_by
from mailing.models import Mailing, MailSettings, Subscriber
from posts import identity
from posts.auditing import writing_down
from posts.messages import Message
from posts.models import Post
from posts.translating import translated

PUBLISHING, LATER, NOW = "publishing", "later", "now"
EVERYBODY: Final = ""


class PlanForm(forms.Form):
    """When an issue is sent, to whom, and what it is."""

    when = forms.ChoiceField(label=_("when it leaves"), widget=forms.RadioSelect)
    at = forms.SplitDateTimeField(
        label=_("date and time"),
        required=False,
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"},
            time_attrs={"type": "time"},
            date_format="%Y-%m-%d",
            time_format="%H:%M",
        ),
    )
    audience = forms.ChoiceField(label=_("to whom"), required=False)
    is_advertising = forms.BooleanField(
        label=_("this is advertising"),
        required=False,
        help_text=_("The subject begins with (광고), as Korean law wants it."),
    )
    again = forms.BooleanField(
        label=_("send it again to those who have got it"),
        required=False,
        help_text=_("Else only readers get it who have not got it, and those it was refused for."),
    )

    def __init__(self, data: Any, post: Post, *, was_sent: bool) -> None:
        later = (LATER, gettext("At a set time"))
        first = (NOW, gettext("Now")) if post.is_public() else (PUBLISHING, _publishing(post))
        super().__init__(data, initial={"when": first[0]})
        dates, times = self.fields["at"].widget.widgets
        dates.attrs["aria-label"], times.attrs["aria-label"] = gettext("Date"), gettext("Time")
        self.fields["at"].help_text = gettext("Only for “at a set time”. Time zone: %(zone)s.") % {
            "zone": identity.current().time_zone
        }
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


def _publishing(post: Post) -> str:
    if post.status == Post.Status.PUBLISHED:
        when = moment_in_words(post.published_at)
        return gettext("With publishing, %(moment)s") % {"moment": when}
    return gettext("With publishing, whenever that is")


def _audiences() -> list[tuple[str, str]]:
    """Return whom a mailing can be for: everybody, or the readers of one of their languages."""
    found = Subscriber.objects.receiving().order_by().values_list("language", flat=True).distinct()
    codes = sorted({code or identity.current().language for code in found})
    return [(EVERYBODY, gettext("Everybody who chose it")), *((code, _language(code))
            for code in codes)]  # fmt: skip


def _language(code: str) -> str:
    try:
        name = gettext(get_language_info(code)["name"])
    except KeyError:
        name = code
    return gettext("Readers of %(language)s") % {"language": name}


class PlanPages(MailAdmin):
    """The pages on which an issue is planned to be sent, and tried."""

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view = self.admin_site.admin_view
        return [
            path("plan/<int:post>/", view(self.plan_view), name="mailing_mailing_plan"),
            path("test/<int:post>/", view(require_POST(self.test_view)),
                 name="mailing_mailing_test"),
            *super().get_urls(),
        ]  # fmt: skip

    def plan_view(self, request: HttpRequest, post: int) -> HttpResponse:
        """Show the form that sends an issue, and plan it."""
        access.check(request.user, access.SEND)
        issue = self._issue(post)
        earlier = Mailing.objects.filter(post=issue).exclude(status=Mailing.Status.CANCELLED)
        sent = request.POST if request.method == "POST" else None
        form = PlanForm(sent, issue, was_sent=earlier.exists())
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
        self.message_user(request, taken_words(address), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:mailing_mailing_plan", args=[post]))

    def _issue(self, pk: int) -> Post:
        post = Post.objects.filter(pk=pk).first()
        if post is None or not MailSettings.current().is_open:
            raise Http404
        return post

    def _plan_page(
        self, request: HttpRequest, post: Post, form: PlanForm, test: TestForm | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Send “%(title)s” by mail") % {"title": post.title},
            "opts": self.opts,
            "issues": Post._meta,
            "post": post,
            "form": form,
            "test": test or to_oneself(request),
            "back": f"{reverse('admin:posts_post_change', args=[post.pk])}#panel-mail",
            "readers": Subscriber.objects.receiving().count(),
            "reached": reached_by(post),
            "is_draft": post.status != Post.Status.PUBLISHED,
            "hold": MailSettings.current().hold_minutes,
            "mailings": [shown_in_panel(row) for row in mailings_of(post)],
        }
        return render(request, "admin/mailing/mailing/plan.html", context)
