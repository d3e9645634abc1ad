"""Refusals that no view makes: in the site's design and language, or as JSON for programs."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse


class Refusal(NamedTuple):
    """Its status, a word for programs, and a title and a line for people."""

    status: int
    code: str
    title: str
    words: str


def refuse(request: HttpRequest, refusal: Refusal, retry_after: int = 0) -> HttpResponse:
    """Answer a request with a refusal; ``retry_after`` says in how many seconds to try again."""
    if _speaks_json(request):
        message = f"{refusal.title} {refusal.words}"
        answer: HttpResponse = JsonResponse(
            {"error": {"code": refusal.code, "message": message}},
            status=refusal.status,
            json_dumps_params={"ensure_ascii": False},
        )
    else:
        answer = render(request, "refused.html", refusal._asdict(), status=refusal.status)
    answer.headers["Cache-Control"] = "no-store"
    if retry_after:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def _speaks_json(request: HttpRequest) -> bool:
    if request.path_info == reverse("posts:collect"):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"
