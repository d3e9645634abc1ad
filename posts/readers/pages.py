"""Where readers take part: suggest a link, see what became of it, report one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from links import readers
from links.models import InboxEntry, Link, Suggestion
from links.normalizing import host_of
from links.registering import canonical_or_none
from posts.models import Appearance, LinkedItem, Post
from posts.naming import nfc
from posts.places import Place, covered, item_called, places_of
from posts.publishing.marks import CUT
from posts.readers.answers import held_back, refused, see_other
from posts.readers.forms import PublicForm, ReportForm, SuggestForm
from posts.readers.tickets import comes_from_here, make_ticket
from posts.site.shell import kept, page
from posts.throttling import Limit

SUGGESTIONS = (Limit(5, timedelta(minutes=10)), Limit(20, timedelta(days=1)))
REPORTS = (Limit(10, timedelta(minutes=10)), Limit(50, timedelta(days=1)))
PREFILLED = ("url", "title", "note")

View = Callable[[HttpRequest], HttpResponse]


def form_page(view: View) -> View:
    """Make a view that shows a form and takes it, unless the site takes none at present."""

    @wraps(view)
    def page_or_closed(request: HttpRequest) -> HttpResponse:
        return view(request) if settings.READERS_FORMS else _closed(request)

    vars(page_or_closed)["takes_form"] = True  # for who may not let any be sent
    return require_http_methods(["GET", "HEAD", "POST"])(page_or_closed)


# Suggesting


@csrf_exempt  # no cookie: see posts.readers.tickets
@form_page
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggest a link; what was covered before is answered at once, with the place."""
    if request.method != "POST":
        given = {name: request.GET.get(name, "")[:2000] for name in PREFILLED}
        if not any(given.values()):
            return _fresh("suggest", SuggestForm)
        return _suggest_page(SuggestForm(initial=given), given["url"])
    if not comes_from_here(request):
        return refused()
    form = SuggestForm(request.POST)
    if not form.is_valid():
        return _suggest_page(form)
    answers = form.cleaned_data
    if not answers.pop("again") and covered(answers["url"]):
        return _suggest_page(form, answers["url"])
    if held := held_back(request, form, SUGGESTIONS, _suggest_page):
        return held
    suggestion = readers.suggest(
        answers["url"],
        title=answers["title"],
        note=answers["note"],
        email=answers.get("email", ""),
        language=get_language() or "",
    )
    return see_other(reverse("posts:suggestion", args=[suggestion.token]))


@require_safe
def suggestion(request: HttpRequest, token: str) -> HttpResponse:
    """What became of a suggestion, for whoever has its unguessable address."""
    row = get_object_or_404(Suggestion.objects.select_related("link"), token=token)
    response = page("suggestion", {"suggestion": row, "places": _printed(row)})
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _printed(suggestion: Suggestion) -> list[Place]:
    """Return where an accepted suggestion was printed, the latest place; none while it waits.

    As long as the link is in the inbox, older places are not what became of the suggestion.
    """
    link = suggestion.link_id
    waits = suggestion.status != Suggestion.Status.ACCEPTED or (
        InboxEntry.objects.filter(link=link, done_at=None).exists()
    )
    return [] if waits else places_of([link]).get(link, [])[:1]


def _suggest_page(form: PublicForm, url: str = "", status: int = 200) -> HttpResponse:
    context = {"form": form, "places": covered(url) if url else []}
    return _form_page("suggest", context, status)


# Reporting


@csrf_exempt  # no cookie: see posts.readers.tickets
@form_page
def report(request: HttpRequest) -> HttpResponse:
    """Report a link of an item (``?item=``, the end of its permalink), or of an ``?issue=``."""
    if "issue" in request.GET:
        return _choose(request.GET["issue"])
    item = _item(request.GET.get("item", ""))
    links = _links_of(item)
    # The page says what the item is called, above its links.
    title = str(item) if len(links) == 1 else ""
    choices = [
        (str(pk), _named(link, "" if label == title else label))
        for pk, (link, label) in links.items()
    ]
    if request.method != "POST":
        main = {"link": str(item.link_id)} if item.link_id in links else {}
        return _report_page(item, ReportForm(choices, initial=main))
    if not comes_from_here(request):
        return refused()
    form = ReportForm(choices, request.POST)
    if not form.is_valid():
        return _report_page(item, form)
    if held := held_back(request, form, REPORTS, partial(_report_page, item)):
        return held
    answers = form.cleaned_data
    link, _label = links[int(answers["link"])]
    readers.report(link, answers["kind"], note=answers["note"], place=item.get_absolute_url())
    return see_other(f"{reverse('posts:reported')}?item={item.uid.hex[:12]}")


@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    """Thanks for a report, and the way back to the item."""
    item = _item(request.GET.get("item", ""))
    return page("reported", {"item": item})


def _report_page(item: LinkedItem, form: PublicForm, status: int = 200) -> HttpResponse:
    choices = form.fields["link"].choices  # type: ignore[attr-defined]
    context = {"form": form, "item": item, "only_link": choices[0] if len(choices) == 1 else None}
    return _form_page("report", context, status)


def _choose(slug: str) -> HttpResponse:
    """Return a page that leads from each item of an issue that has a link to its form."""
    issue = get_object_or_404(Post.objects.published(), slug=nfc(slug))
    rows = issue.items.filter(
        link__source__isnull=False,
        link__standing=Link.Standing.SHOWN,
        hidden=False,
        removed_at=None,
    )
    items = [(_form_of(row), str(row)) for row in rows.order_by("section__position", "position")]
    return page("report_choose", {"issue": issue, "items": items})


def _form_of(item: LinkedItem) -> str:
    return f"{reverse('posts:report')}?item={item.anchor.removeprefix('item-')}"


def _item(anchor: str) -> LinkedItem:
    """Return the item that readers see under ``#item-<anchor>``, or raise Http404."""
    item = item_called(anchor)
    if item is None:
        raise Http404("There is no such item.")
    return item


def _links_of(item: LinkedItem) -> dict[int, tuple[Link, str]]:
    """Return the web links of an item by key, each with its text, the main link first."""
    rows = (
        Appearance.objects.filter(~Q(link__source=None), item=item)
        .select_related("link")
        .order_by("position")
    )
    links: dict[int, tuple[Link, str]] = {}
    for row in sorted(rows, key=lambda row: row.link_id != item.link_id):
        links.setdefault(row.link_id, (row.link, row.anchor_text or row.url))
    if not links:
        raise Http404("This item has no link.")
    return links


def _named(link: Link, words: str) -> SafeString:
    """Return the words of a link, and beside them the host where it leads readers."""
    host = host_of(canonical_or_none(link.shown_url) or "")
    if not host:
        return escape(words or link.shown_url)
    return format_html('{} <span class="host">{}</span>', words, host)


# Answers


def _form_page(name: str, context: dict[str, Any], status: int) -> HttpResponse:
    """Return a page with a form: its ticket is for the one who asked, so no cache may share it."""
    response = page(name, context, path=reverse(f"posts:{name}"), status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _fresh(name: str, form: type[PublicForm]) -> HttpResponse:
    """Return the page of an empty form, rendered once but for its ticket."""
    before, after = kept(_around_ticket, name, form, bool(settings.EMAIL))
    response = HttpResponse(f"{before}{make_ticket(form.name)}{after}")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _around_ticket(name: str, form: type[PublicForm], _asks_for_mail: bool) -> list[str]:
    empty = form()
    empty.initial["ticket"] = CUT
    return _form_page(name, {"form": empty}, 200).content.decode().split(CUT)


def _closed(request: HttpRequest) -> HttpResponse:
    """Say that no forms are taken at present."""
    return page("forms_closed", {}, status=403 if request.method == "POST" else 200)
