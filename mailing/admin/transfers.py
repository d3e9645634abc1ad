"""Subscribers brought in from files, looked at before; and taken out, which is written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, Final

from django import forms
from django.db import transaction
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from links.admin import ask, badge
from mailing import access
from mailing.admin.numbers import NumberPages
from mailing.models import MailSettings, Transfer
from mailing.subscribing import tokens
from mailing.transferring import (
    FINE,
    REFUSED,
    WORDS,
    FileError,
    Kind,
    Options,
    Outcome,
    counted,
    describe,
    export_subscribers,
    import_subscribers,
    report_of,
    run_import,
)
from posts.auditing import record
from posts.importing import staging
from posts.messages import Message

# So many rows are gone through while somebody waits, and so many that are not fine are shown.
LOOKED_AT, SHOWN = 5000, 50
KEPT: Final = timedelta(seconds=staging.MAX_AGE)
HOW: Final = (
    ("statement", _("They agreed to get mail; the statement below says where and to what")),
    ("ask", _("Nothing shows it: a mail asks each of them, and who does not answer gets none")),
    ("none", _("Nothing shows it: leave them out, and take over only who must get no mail")),
)
WRONG: Final = {
    "encoding": _("The file is neither UTF-8 nor CP949: save it as CSV in UTF-8."),
    "empty": _("The file has no rows."),
    "address": _("No column of the file has e-mail addresses: name one of them “email”."),
    "key": _("ADDRESS_KEY is not the one with which addresses are stored: put it back first."),
    "gone": _("The file is not kept any more: send it again."),
    "denied": _("Whoever began it has no account any more, or may not import subscribers."),
}


class ImportForm(forms.Form):
    """The file, and what shows that those in it want mail."""

    file = forms.FileField(
        label=_("file"),
        required=False,  # where it came before, see ``TransferPages.import_view``
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
        help_text=_(
            "CSV as Ghost, Buttondown, Substack, Mailchimp, beehiiv, listmonk or this site export"
            " it; or any table with a column “email”."
        ),
    )
    consent = forms.ChoiceField(label=_("consent"), choices=HOW, widget=forms.RadioSelect)
    statement = forms.CharField(
        label=_("statement"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Is kept with each of them, such as: subscribed on example.org, confirmed."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for the statement where there is said to be one, and read the file's beginning."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("consent") == "statement" and not cleaned.get("statement"):
            self.add_error("statement", gettext("Say where they agreed, and to what."))
        return cleaned


class Look:
    """What an import would do, as the page shows it: of the first rows of a large file."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        counts: Counter[str] = Counter()
        self.rows: list[tuple[Any, Outcome]] = []
        for one in islice(outcomes, LOOKED_AT):
            counts[one.sum] += 1
            if one.kind not in {Kind.ADDED, Kind.KNOWN} and len(self.rows) < SHOWN:
                self.rows.append((state_of(one.kind), one))
        self.counts = counted(counts)
        self.is_part = counts.total() == LOOKED_AT


def state_of(kind: Kind) -> Any:
    """Return what became of a row, as a word with its colour."""
    colour = "published" if kind in FINE else "problem" if kind in REFUSED else "scheduled"
    return badge(colour, WORDS[kind])


class TransferPages(NumberPages):
    """The pages of imports and exports, which belong to the list of subscribers."""

    def pages(self, request: HttpRequest) -> list[tuple[str, str]]:
        """Return the pages beside the list, for the menu."""
        ways = (
            (gettext("Import subscribers"), "import", access.IMPORT),
            (gettext("Export subscribers"), "export", access.EXPORT),
        )
        return [
            (words, reverse(f"admin:mailing_subscriber_{name}"))
            for words, name, right in ways
            if access.may(request.user, right)
        ]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages."""
        view, name = self.admin_site.admin_view, "mailing_subscriber"
        return [
            path("import/", view(self.import_view), name=f"{name}_import"),
            path("import/<int:pk>/", view(self.progress_view), name=f"{name}_progress"),
            path("import/<int:pk>/report/", view(self.report_view), name=f"{name}_report"),
            path("export/", view(self.export_view), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for a file, show what importing it would do, or begin to."""
        access.check(request.user, access.IMPORT)
        shown: dict[str, Any] = {}
        is_sent = request.method == "POST" and "ticket" not in request.POST
        form = ImportForm(*((request.POST, request.FILES) if is_sent else ()))
        try:
            if request.method == "POST" and "ticket" in request.POST:
                return self._begin(request, request.POST["ticket"])
            if is_sent:
                shown = _received(request, form)
        except staging.NotKept:
            shown = {"wrong": WRONG["gone"]}
        return self._page(request, {"form": form, "title": gettext("Import subscribers"), **shown})

    def _page(self, request: HttpRequest, shown: dict[str, Any]) -> HttpResponse:
        around = {**self.admin_site.each_context(request), "opts": self.opts}
        return render(request, "admin/mailing/subscriber/import.html", {**around, **shown})

    def _begin(self, request: HttpRequest, ticket: str) -> HttpResponse:
        """Have the worker import a file that was looked at. Raises NotKept."""
        given = _read(request, tokens.IMPORT, ticket)
        staging.place_of(given["key"])
        with transaction.atomic():
            how = {name: given[name] for name in ("name", "statement", "asks")}
            transfer, is_new = Transfer.objects.get_or_create(
                key=given["key"], defaults={**how, "by_id": request.user.pk}
            )
            if is_new:  # else the button was pressed twice
                said = Message(
                    gettext_noop("Imported subscribers from %(name)s."), name=given["name"]
                )
                record(request, [transfer], said)
                transaction.on_commit(partial(run_import.enqueue, transfer.pk))
        return HttpResponseRedirect(
            reverse("admin:mailing_subscriber_progress", args=[transfer.pk])
        )

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how far an import is, and what became of the rows."""
        access.check(request.user, access.IMPORT)
        transfer = get_object_or_404(Transfer, pk=pk)
        shown = {
            "title": gettext("Import of %(name)s") % {"name": transfer.name},
            "transfer": transfer,
            "counts": counted(transfer.counts),
            "wrong": WRONG.get(transfer.error, ""),
            "has_report": transfer.finished_at and _has_report(transfer),
        }
        return self._page(request, shown)

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Return what became of each row as a file, while it is kept."""
        access.check(request.user, access.IMPORT)
        transfer = get_object_or_404(Transfer, pk=pk)
        if not _has_report(transfer):
            raise Http404
        file = report_of(transfer).open("rb")
        return FileResponse(file, as_attachment=True, filename=f"import-{pk}.csv")

    def export_view(self, request: HttpRequest) -> HttpResponseBase:
        """Ask whether it is meant, write it down, and give out the list."""
        access.check(request.user, access.EXPORT)
        if request.method == "POST":
            said = Message(gettext_noop("Exported all subscribers with their addresses."))
            lines = export_subscribers(by=request.user)
            record(request, [MailSettings.current()], said)
            answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
            name = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
            answer["Content-Disposition"] = f'attachment; filename="{name}"'
            return answer
        return ask(
            self,
            request,
            form=None,
            back=reverse("admin:mailing_subscriber_changelist"),
            title=gettext("Export subscribers"),
            consequence=gettext(
                "The file holds the addresses of all readers. That you took it is written down."
            ),
            button=gettext("Download the file"),
        )


def _received(request: HttpRequest, form: ImportForm) -> dict[str, Any]:
    """Keep the file, which may have come before, and return what the page shows of it; where
    something else is missing, that it need not be chosen again. Raises NotKept."""
    is_valid = form.is_valid()
    upload = _upload(request, form.cleaned_data.get("file"))
    if upload is None:
        if "file" not in form.errors:
            form.add_error("file", form.fields["file"].error_messages["required"])
        return {}
    try:
        shown = _look(request, upload, form.cleaned_data) if is_valid else {}
    except FileError as error:
        staging.forget(upload["key"])
        form.add_error("file", str(WRONG[error.code]))
        return {}
    ticket = tokens.make(tokens.UPLOAD, {**upload, "user": request.user.pk})
    return shown or {"name": upload["name"], "upload": ticket}


def _upload(request: HttpRequest, file: Any) -> dict[str, str] | None:
    """Keep a file that came just now, or return the one that came before; None where neither did.
    Raises NotKept."""
    if file:
        return {"key": staging.keep([file]), "name": file.name[:200]}
    if ticket := request.POST.get("upload"):
        given = _read(request, tokens.UPLOAD, ticket)
        return {name: given[name] for name in ("key", "name")}
    return None


def _look(request: HttpRequest, upload: dict[str, str], given: dict[str, Any]) -> dict[str, Any]:
    """Return what importing a kept file would do. Raises FileError and NotKept."""
    statement = given["statement"] if given["consent"] == "statement" else ""
    asks = given["consent"] == "ask"
    options = Options(statement, asks, dry_run=True, by=request.user)
    with staging.opened(upload["key"]) as [(_name, file)]:
        look = Look(import_subscribers(file, options))
        service, names = describe(file)
    kept = {**upload, "statement": statement, "asks": asks}
    ticket = tokens.make(tokens.IMPORT, {**kept, "user": request.user.pk})
    return {"look": look, "service": service, "columns": names, "ticket": ticket, **kept}


def _read(request: HttpRequest, purpose: str, ticket: str) -> dict[str, Any]:
    """Return what a ticket of this user stands for. Raises NotKept."""
    try:
        given: dict[str, Any] = tokens.read(purpose, ticket, KEPT)
    except tokens.TokenError as error:
        raise staging.NotKept from error
    if given["user"] != request.user.pk:
        raise staging.NotKept
    return given


def _has_report(transfer: Transfer) -> bool:
    try:
        return report_of(transfer).is_file()
    except staging.NotKept:
        return False
