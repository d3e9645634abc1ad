"""A reader's own page, at an address that nobody guesses: what comes, how often, where to.

Who has its address may do what is on it: staff have no more power here, and need no account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from mailing import subscribing
from mailing.addresses import normal
from mailing.models import Choice, MailSettings, Subscriber
from mailing.site import things
from mailing.site.answers import only, shown
from mailing.site.forms import ALL, PARTS, MoveForm, PauseForm, WishesForm
from mailing.site.subscribing import FORM, bad_link
from mailing.subscribing import EVERYTHING, Suppressed, TokenError, TooManyMoves, Wish
from posts import identity
from posts.readers.answers import see_other, too_many
from posts.site.own_pages import private
from posts.throttling import Limit, wait

SAVES = (Limit(20, timedelta(hours=1)), Limit(100, timedelta(days=1)))
SEARCHES = (Limit(300, timedelta(days=1)),)
# Each is asked of each issue, and had by few.
NEW_SEARCHES = (Limit(200, timedelta(days=1)),)
HERE = "/mail/"  # what consents say of where it was
View = Callable[[HttpRequest, Subscriber], HttpResponse]


def for_reader(view: View) -> Callable[..., HttpResponse]:
    """Make a view of a key: in the language and zone of its reader; 404 for one of nobody, or of
    somebody who is erased at this moment."""

    @wraps(view)
    def found(request: HttpRequest, key: str) -> HttpResponse:
        subscriber = Subscriber.objects.filter(key=key).first()
        if subscriber is None:
            return _nobody()
        now = identity.current()
        with (
            translation.override(subscriber.language or now.language),
            timezone.override(subscriber.zone or now.time_zone),
        ):
            try:
                return view(request, subscriber)
            except Subscriber.DoesNotExist:
                return _nobody()

    return csrf_exempt(found)  # no cookie: who has the address may


def _nobody() -> HttpResponse:
    return shown("nobody", {"is_open": MailSettings.current().is_open}, status=404)


@only(*FORM)
@for_reader
def reader(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """What one gets, and how often; to be changed by one form."""
    if request.method != "POST":
        return _page(request, subscriber)
    form = WishesForm(subscriber, request.POST)
    wishes = _ticked(request, subscribing.wishes_of(subscriber))
    if "search" in request.POST:
        return _search(request, subscriber, form)
    if not form.is_valid():
        return _page(request, subscriber, wishes_form=form, status=422)
    if form.cleaned_data["what"] == PARTS and not wishes:
        form.add_error("what", gettext("Nothing is ticked: choose something, or all issues."))
        return _page(request, subscriber, wishes_form=form, status=422)
    wishes = [EVERYTHING] if form.wants_all(ticks=bool(wishes)) else wishes
    if seconds := _to_wait(subscriber, wishes):
        form.add_error(None, too_many(seconds))
        return _page(request, subscriber, wishes_form=form, status=429)
    subscribing.choose(subscriber, wishes, **form.how())
    return _back(subscriber, "saved")


def _search(request: HttpRequest, subscriber: Subscriber, form: WishesForm) -> HttpResponse:
    """Show what is called so, and what was ticked before; nothing is saved."""
    if seconds := wait("mail-find", subscriber.key, SEARCHES):
        form.add_error("find", too_many(seconds))
        return _page(request, subscriber, wishes_form=form, status=429)
    return _page(request, subscriber, wishes_form=form)


@only("POST")
@for_reader
def pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Send nothing until a day, or go on."""
    if "resume" in request.POST:
        subscribing.resume(subscriber)
        return _back(subscriber, "resumed")
    form = PauseForm(request.POST)
    if not form.is_valid():
        return _page(request, subscriber, pause_form=form, status=422)
    subscribing.pause(subscriber, form.cleaned_data["until"], HERE)
    return _back(subscriber, "paused")


@only(*FORM)
@for_reader
def come_back(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Get mail again after leaving; who only opens the address gets the page with its button."""
    if request.method != "POST":
        return see_other(subscriber.own_path())
    if not MailSettings.current().is_open:
        raise Http404("Nobody can subscribe at present.")
    try:
        subscribing.come_back(subscriber, HERE)
    except Suppressed:
        return _page(request, subscriber, status=409)
    return _back(subscriber, "back")


@only("POST")
@for_reader
def address(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask at another address whether mail is to go there, or take that back."""
    if "stay" in request.POST:
        subscribing.stay(subscriber)
        return _back(subscriber, "stays")
    form = MoveForm(request.POST)
    if not form.is_valid():
        return _page(request, subscriber, move_form=form, status=422)
    if normal(form.cleaned_data["email"]) == normal(subscriber.address):
        form.add_error("email", gettext("Mail goes to this address already."))
        return _page(request, subscriber, move_form=form, status=422)
    try:
        subscribing.move(subscriber, form.cleaned_data["email"])
    except TooManyMoves as error:
        form.add_error("email", too_many(error.seconds))
        return _page(request, subscriber, move_form=form, status=429)
    return _back(subscriber, "moving")


@csrf_exempt  # the address of this page was mailed to whom it is about
@only(*FORM)
def move(request: HttpRequest, token: str) -> HttpResponse:
    """One button that lets mail go to the new address."""
    try:
        if request.method == "POST":
            subscribing.confirm_move(token)
            return see_other(request.path)
        subscriber, new = subscribing.moving(token)
    except TokenError as error:
        return bad_link(error)
    with translation.override(subscriber.language or identity.current().language):
        context = {
            "subscriber": subscriber,
            "new": new,
            "is_done": new == subscriber.address,
            "is_getting": subscriber.status in subscribing.GETTING,
        }
        return shown("move", context)


@only(*FORM)
@for_reader
def renew(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """One button that says that mail is still wanted."""
    if request.method == "POST":
        subscribing.renew(subscriber, HERE)
        return _back(subscriber, "renewed")
    is_getting = subscriber.status in subscribing.GETTING
    return shown("renew", {"subscriber": subscriber, "is_getting": is_getting})


@only("GET", "HEAD")
@for_reader
def data(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """All that is kept of a reader, as a file."""
    given = {"ensure_ascii": False, "indent": 2}
    response = JsonResponse(subscribing.data_of(subscriber), json_dumps_params=given)
    response.headers["Content-Disposition"] = 'attachment; filename="mail.json"'
    return private(response)


@only(*FORM)
@for_reader
def erase(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Forget a reader, after asking once."""
    if request.method != "POST":
        return shown("erase", {"subscriber": subscriber})
    subscribing.erase(subscriber, HERE)
    return shown("erased", {})


# The page


def _page(
    request: HttpRequest,
    subscriber: Subscriber,
    *,
    wishes_form: WishesForm | None = None,
    pause_form: PauseForm | None = None,
    move_form: MoveForm | None = None,
    status: int = 200,
) -> HttpResponse:
    chosen = subscribing.wishes_of(subscriber)
    form = wishes_form or WishesForm(subscriber)
    ticked = _ticked(request, chosen) if wishes_form else [*chosen, *_added(request)]
    ticked = [wish for wish in dict.fromkeys(ticked) if wish != EVERYTHING]
    form.initial["what"] = PARTS if ticked else ALL
    form.was = form.was or form.initial["what"]
    words = request.POST.get("find", "") if wishes_form and status != 429 else ""
    context = {
        "subscriber": subscriber,
        "state": subscriber.status,
        "is_getting": subscriber.status in subscribing.GETTING,
        "is_suppressed": subscribing.is_suppressed(subscriber.digest),
        "is_open": MailSettings.current().is_open,
        "form": form,
        "pause_form": pause_form or PauseForm(),
        "move_form": move_form or MoveForm(),
        "wrong": next((f for f in (wishes_form, pause_form, move_form) if f and f.errors), None),
        "done": request.GET.get("done", "") if request.method != "POST" else "",
        "searched": words.strip(),
        **_things(ticked, words),
    }
    return shown("reader", context, status)


def _things(ticked: list[Wish], words: str) -> dict[str, Any]:
    """Return what is ticked, what was found, and what else may be wanted, each once."""
    chosen = things.known(ticked, gone=True)
    seen = {thing.sent for thing in chosen}
    found = [thing for thing in things.found(words) if thing.sent not in seen]
    seen |= {thing.sent for thing in found}
    others = [thing for thing in things.proposed() if thing.sent not in seen]
    return {"chosen": chosen, "found": found, "others": others}


def _ticked(request: HttpRequest, before: list[Wish]) -> list[Wish]:
    """Return the choices that were ticked and that are there, or were chosen before."""
    texts = request.POST.getlist("wish")[: subscribing.MOST]
    wishes = [wish for wish in map(subscribing.wish_of, texts) if wish]
    there = {*subscribing.names_of(wishes), *before}
    return [wish for wish in dict.fromkeys(wishes) if wish in there]


def _to_wait(subscriber: Subscriber, wishes: list[Wish]) -> int:
    """Count that a reader saves, and the searches that are new to them; return after how many
    seconds they may, 0 for now."""
    new = set(wishes).difference(subscribing.wishes_of(subscriber))
    searches = sum(kind == Choice.Kind.SEARCH for kind, _value in new)
    seconds = wait("mail-wishes", subscriber.key, SAVES)
    if seconds or not searches:
        return seconds
    return wait("mail-searches", subscriber.key, NEW_SEARCHES, by=searches)


def _added(request: HttpRequest) -> list[Wish]:
    """Return the choices that an address proposes."""
    texts = request.GET.getlist("add")[:10]
    wishes = [wish for text in texts if (wish := subscribing.wish_of(text))]
    there = subscribing.names_of(wishes)
    return [wish for wish in wishes if wish in there]


def _back(subscriber: Subscriber, done: str) -> HttpResponse:
    return see_other(f"{subscriber.own_path()}?done={done}")
