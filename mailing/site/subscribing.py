"""Subscribing: the form, and the page that the link of its mail opens."""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from mailing import subscribing, wording
from mailing.models import MailSettings, SignUp, Subscriber
from mailing.site.answers import shown
from mailing.site.forms import PARTS, SubscribeForm
from mailing.subscribing import LIFETIME, TokenError, TokenExpired
from posts import identity
from posts.readers.answers import held_back, see_other
from posts.readers.forms import PublicForm
from posts.readers.tickets import comes_from_here
from posts.throttling import Limit

SUBSCRIPTIONS = (Limit(5, timedelta(minutes=10)), Limit(20, timedelta(days=1)))
FORM = ["GET", "HEAD", "POST"]


def if_open(view: Any) -> Any:
    """Make a view that is there only while readers can subscribe."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not MailSettings.current().is_open:
            raise Http404("Nobody can subscribe at present.")
        answer: HttpResponse = view(request, *args, **kwargs)
        return answer

    vars(opened)["takes_form"] = True  # for who may not let any be sent (READ_ONLY)
    return opened


@csrf_exempt  # no cookie: see posts.readers.tickets
@require_http_methods(FORM)
@if_open
def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask for mail. What small forms on kept pages send has no ticket, and is asked once more."""
    if request.method != "POST":
        given = request.GET
        return _form_page(SubscribeForm(initial={"follow": given.get("follow", "")[:500]}))
    if "ticket" not in request.POST or not comes_from_here(request):
        return _once_more(_typed(request))
    form = SubscribeForm(request.POST)
    if not form.is_valid():
        return _form_page(form)
    if held := held_back(request, form, SUBSCRIPTIONS, _form_page):
        return held
    answers = form.cleaned_data
    path = reverse("mailing:subscribe")
    subscribing.ask(
        answers["email"],
        language=get_language() or "",
        rhythm=answers["rhythm"],
        choices=form.wishes(),
        form=f"{path} ({answers['place']})" if answers["place"] else path,
    )
    return see_other(reverse("mailing:asked"))


@require_safe
@if_open
def asked(request: HttpRequest) -> HttpResponse:
    """Where to look now; the same for everybody."""
    most = [limit.times for limit in subscribing.CONFIRMATIONS]
    return shown("asked", {"days": LIFETIME.days, "hourly": most[0], "daily": most[1]})


@csrf_exempt  # the address of this page was mailed to whom it is about
@require_http_methods(FORM)
@if_open
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """One button that confirms what was asked for; after that, that it is so."""
    try:
        if request.method == "POST":
            subscribing.confirm(token)
            return see_other(request.path)
        row = subscribing.sign_up_of(token)
    except TokenError as error:
        return bad_link(error)
    subscriber: Subscriber = row.subscriber  # type: ignore[assignment]
    with translation.override(subscriber.language or identity.current().language):
        return _confirm_page(row, subscriber)


def bad_link(error: TokenError) -> HttpResponse:
    """Say that a link is too old, or none of ours."""
    is_old = isinstance(error, TokenExpired)
    context = {"is_old": is_old, "is_open": MailSettings.current().is_open}
    return shown("bad_link", context, status=410 if is_old else 404)


def _confirm_page(row: SignUp, subscriber: Subscriber) -> HttpResponse:
    if row.confirmed_at is None:
        return shown("confirm", {"subscriber": subscriber, "sign_up": row})
    is_getting = subscriber.status in subscribing.GETTING
    return shown("confirmed", {"subscriber": subscriber, "is_getting": is_getting})


def _typed(request: HttpRequest) -> dict[str, Any]:
    """Return what a small form brought, to be looked at once more."""
    names = {"email": 254, "follow": 500, "place": 20}
    given = {name: request.POST.get(name, "")[:most] for name, most in names.items()}
    return given | {"again": True}


def _once_more(typed: dict[str, Any]) -> HttpResponse:
    """Show what a small form brought, to be sent; or at once what is wrong with its address."""
    form = SubscribeForm({**typed, "rhythm": MailSettings.current().default_rhythm, "what": PARTS})
    if "email" not in form.errors:
        return _form_page(SubscribeForm(initial=typed), is_again=True)
    for name in form.errors.keys() - {"email"}:
        del form.errors[name]
    return _form_page(form, 422)


def _form_page(form: PublicForm, status: int = 200, *, is_again: bool = False) -> HttpResponse:
    language = get_language() or ""
    context = {"form": form, "is_again": is_again, "agreement": wording.agreement(language)}
    response = shown("subscribe", context, status)
    # With no-referrer browsers say "Origin: null", by which nobody can tell that it came from here.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
