"""What a phone's share menu sends (Web Share Target, in the manifest), as an entry of the inbox."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

SENT: Final = ("title", "text", "url")
# Servers take some thousand bytes of an address, and Hangul is nine of them a letter.
LENGTHS: Final = {"url": 2000, "title": 150, "note": 200}
_ADDRESS: Final = re.compile(r"https?://[^\s<>\"]+")
_END: Final = re.compile(r"[.,;:!?'\"”’)\]…]+$")


def is_shared(request: HttpRequest) -> bool:
    """Tell whether a request comes from a share menu: what scripts send is a POST."""
    return request.method in {"GET", "HEAD"} and any(name in request.GET for name in SENT)


def confirm(request: HttpRequest) -> HttpResponse:
    """Lead to the form of the inbox, filled in: whoever is signed in there saves it, or not."""
    form = reverse("admin:links_inboxentry_add")
    response = HttpResponseRedirect(f"{form}?{urlencode(entry_of(request.GET))}")
    response.headers["Cache-Control"] = "no-store"
    return response


def entry_of(sent: QueryDict) -> dict[str, str]:
    """Return address, title and note of what was shared.

    Android has no field for an address: most apps put it into the text, at its end, and some repeat
    the title before it.
    """
    title, text, url = (" ".join(sent.get(name, "").split()) for name in SENT)
    if not url and (found := _address_in(text) or _address_in(title)):
        url = found
        title, text = (_without(words, url) for words in (title, text))
    note = "" if text in (title, url) else _without(text, title)
    given = {"url": url, "title": title, "note": note}
    return {name: value[: LENGTHS[name]] for name, value in given.items()}


def _without(words: str, part: str) -> str:
    """Return words without a part of them, and without what joined the two."""
    rest = words.replace(part, "", 1) if part else words
    return rest.replace("()", "").strip(" .:-–—|")


def _address_in(text: str) -> str:
    """Return the last address in a text, without what only ends the sentence; "" for none."""
    found = _ADDRESS.findall(text)
    if not found:
        return ""
    last = str(found[-1])
    # A bracket may belong to the address, as in those of Wikipedia.
    return last if last.count("(") == last.count(")") > 0 else _END.sub("", last)
