"""The style of mails as a file, for previews: they are shown under the policy of the site."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mailing.composing.drafts import preview_style


@require_safe
def style(_request: HttpRequest) -> HttpResponse:
    """The rules of a mail's style; they say nothing of any issue or reader."""
    return HttpResponse(preview_style(), content_type="text/css; charset=utf-8")
