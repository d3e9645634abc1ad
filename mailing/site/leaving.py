"""Leaving: a page with one button, and what mail programs send by themselves (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from mailing import subscribing
from mailing.models import MailSettings, Subscriber
from mailing.site.answers import only, shown
from posts import identity
from posts.readers.answers import see_other
from posts.site.own_pages import private

# What mail programs send (RFC 8058, section 3.2).
FIELD, ONE_CLICK = "List-Unsubscribe", "One-Click"


@csrf_exempt  # mail programs send it, without a session
@only("GET", "HEAD", "POST")
def leave(request: HttpRequest, key: str) -> HttpResponse:
    """Leave by one button, or at once where a mail program asks for it. Only a POST changes
    something; it works for ever, also where nothing is known of the key any more."""
    subscriber = Subscriber.objects.filter(key=key).first()
    if request.method != "POST":
        return _page(subscriber)
    by_program = request.POST.get(FIELD) == ONE_CLICK
    if subscriber is not None:
        form = FIELD.lower() if by_program else "/mail/leave/"
        subscribing.leave(subscriber, form)
    # A mail program follows no redirect (RFC 8058, section 3.1).
    return private(HttpResponse()) if by_program else see_other(request.path)


def _page(subscriber: Subscriber | None) -> HttpResponse:
    language = (subscriber and subscriber.language) or identity.current().language
    is_left = subscriber is None or subscriber.status == Subscriber.Status.LEFT
    context = {
        "subscriber": subscriber,
        "is_left": is_left,
        "is_open": MailSettings.current().is_open,
        "days": MailSettings.current().keep_days,
    }
    with translation.override(language):
        return shown("leave", context)
