"""The manifest with which phones and desktops install the staff's pages as an app (W3C).

Only staff's pages link it: readers need no app, and a share menu that leads to a form of the staff
would puzzle them. It says nothing that is not public.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from posts import identity
from posts.identity.colours import LIGHT
from posts.identity.pictures import SIDES
from posts.site.api import as_json

SMALLEST = 192  # pixels, of an icon of an app


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Say what the app is called, how it looks, and that it takes what is shared."""
    now, desk = identity.current(), reverse("admin:index")
    said: dict[str, Any] = {
        "id": desk,
        "start_url": desk,
        "scope": "/",
        "name": now.name,
        "short_name": now.name[:24],
        "lang": now.language,
        "display": "minimal-ui",  # pages of staff lead on to others; one goes back
        "theme_color": LIGHT.paper,
        "background_color": LIGHT.paper,
        "icons": [_icon(side) for side in SIDES if side >= SMALLEST],
        "share_target": {
            "action": reverse("posts:collect"),
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
    }
    return HttpResponse(as_json(said), content_type="application/manifest+json")


def _icon(side: int) -> dict[str, str]:
    own = identity.current().icons.get(str(side))
    source = own or static(f"icons/icon-{side}.png")
    return {"src": source, "sizes": f"{side}x{side}", "type": "image/png"}
