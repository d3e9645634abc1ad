"""How a form of readers is answered: turned away, held back for a while, taken."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext, ngettext

from posts.readers.forms import PublicForm
from posts.site.shell import page
from posts.throttling import Limit, client_of, wait

Show = Callable[..., HttpResponse]
"""Shows a form again, with a status."""


def refused() -> HttpResponse:
    """Turn away a form that another site sent."""
    return page("form_refused", {}, status=403)


def held_back(
    request: HttpRequest, form: PublicForm, limits: Sequence[Limit], show: Show
) -> HttpResponse | None:
    """Return the form again where its client, or all of them, sent too much, or it came before.

    What comes again counts for its client alone, or one could use up what is left for all.
    """
    if seconds := wait(form.name, client_of(request), limits):
        return _too_many(form, show, seconds)
    if not form.use_ticket():
        return show(form, status=409)
    everybody = Limit(settings.READERS_FORMS_HOURLY, timedelta(hours=1))
    if seconds := wait(f"{form.name}-all", "", [everybody]):
        form.renew()
        return _too_many(form, show, seconds)
    return None


def _too_many(form: PublicForm, show: Show, seconds: int) -> HttpResponse:
    form.add_error(None, too_many(seconds))
    response = show(form, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def too_many(seconds: int) -> str:
    """Return why something is not done now, and after how long it may be sent again."""
    return " ".join((gettext("That was a lot in a short time."), _when(seconds)))


def _when(seconds: int) -> str:
    """Say after how long something may be sent again: in minutes, or from two hours on in hours."""
    minutes = math.ceil(seconds / 60)
    if minutes < 120:
        words = ngettext(
            "Nothing is lost: send it again in %(n)d minute.",
            "Nothing is lost: send it again in %(n)d minutes.",
            minutes,
        )
        return words % {"n": minutes}
    hours = math.ceil(minutes / 60)
    return gettext("Nothing is lost: send it again in %(n)d hours.") % {"n": hours}


def see_other(path: str) -> HttpResponse:
    """Redirect so that reloading sends nothing again (RFC 9110, 303)."""
    response = HttpResponseRedirect(path)
    response.status_code = 303
    return response
