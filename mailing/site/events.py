"""Where providers tell what became of mails (webhooks)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from mailing import bounces


@csrf_exempt
@require_POST
def events(request: HttpRequest, provider: str) -> HttpResponse:
    """Take what a provider tells; nothing of it is read without the secret.

    The answer is empty: 200 for what is written down, new or not; 400 for what cannot be read.
    """
    if not bounces.is_known(provider):
        raise Http404
    given = request.headers.get("Authorization", "")
    if not bounces.is_trusted(given):
        return _turned_away(is_asked=not given)
    try:
        bounces.take_events(provider, bounces.read_events(provider, request))
    except bounces.Unreadable:
        return HttpResponse(status=400)
    return HttpResponse()


def _turned_away(*, is_asked: bool) -> HttpResponse:
    """Refuse; who brought no password is asked for one (RFC 9110, 11.6.1), as Amazon wants it."""
    if is_asked:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="events"'})
    return HttpResponse(status=403)
