"""Refusals that no view makes: in the site's design and language, or as JSON for programs."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from posts.readers import collect


class Refusal(NamedTuple):
    """Its status, a word for programs, and a title and a line for people; and whether the way on is
    back to the page where something was sent."""

    status: int
    code: str
    title: str
    words: str
    leads_back: bool = False


def refuse(request: HttpRequest, refusal: Refusal, retry_after: int = 0) -> HttpResponse:
    """Answer a request with a refusal; ``retry_after`` says in how many seconds to try again."""
    if speaks_json(request):
        words = f"{refusal.title} {refusal.words}"
        answer: HttpResponse = collect.refusal(refusal.status, refusal.code, words)
    else:
        shown = {**refusal._asdict(), "back": refusal.leads_back and page_before(request)}
        answer = render(request, "refused.html", shown, status=refusal.status)
    answer.headers["Cache-Control"] = "no-store"
    if retry_after:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def speaks_json(request: HttpRequest) -> bool:
    """Tell whether a program asks, which could do nothing with a page."""
    path = request.path_info
    if path == reverse("posts:collect") or path.startswith(reverse("posts:api:api-root")):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def page_before(request: HttpRequest) -> str:
    """Return the path of the page on this site that sent a request, as far as the browser says;
    else ""."""
    address = request.headers.get("Referer", "")
    try:
        is_ours = url_has_allowed_host_and_scheme(address, {request.get_host()})
    except DisallowedHost:
        is_ours = False
    if not is_ours:
        return ""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
