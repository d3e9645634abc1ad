"""What is known of an address that somebody pastes into the text of an issue."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.text import Truncator
from django.utils.translation import gettext

from links.models import InboxEntry, Link
from links.normalizing import AddressError, canonicalize, host_of, trace
from links.queue import deceptions, explain, is_short
from links.standing import active_rules, settle
from posts import access
from posts.access import Actor
from posts.places import Place, places_of, visible_places

NOTE: Final = 200
"""So many characters of a page's description make a note."""
_SEPARATOR: Final = re.compile(r"[&;#?]")


class Pasted(NamedTuple):
    """An address: what it should be, what that leaves out, where it stood, whether it waits in the
    inbox, and in words what speaks against it. The link is not stored where it is new."""

    canonical: str
    removed: list[str]
    places: list[Place]
    is_waiting: bool
    warnings: list[str]
    link: Link

    @property
    def may_be_asked(self) -> bool:
        """Whether its page should be asked for its title."""
        is_shown = self.link.standing != Link.Standing.BLOCKED
        return settings.LINKS_TITLES and is_shown and not self.link.title


def look_at(url: str, *, by: Actor) -> Pasted:
    """Return what is known of a web address as pasted. Raises AddressError, PermissionDenied."""
    access.check(by, access.WRITE)
    canonical = canonicalize(url)
    if not canonical.startswith("http"):
        raise AddressError("Only web addresses can be looked at.")
    link = Link.objects.filter(key=Link.key_for(canonical)).first()
    places, is_waiting = [], False
    if link is None:
        link = Link(url=canonical)
        settle(link, active_rules())
    else:
        places = places_of([link.pk]).get(link.pk, [])
        is_waiting = InboxEntry.objects.filter(link=link, done_at=None).exists()
    return Pasted(canonical, removed_from(url), places, is_waiting, list(_warnings(link)), link)


def title_before(link: Link) -> str:
    """Return what the latest issue that readers see called a link, "" if none gave it words."""
    items = visible_places().filter(link=link.pk, item__link=link.pk)
    titles = items.order_by("-post__published_at", "-post", "position")
    title = titles.values_list("item__title", flat=True).first() or ""
    return "" if title.startswith(("http://", "https://")) else title


def removed_from(url: str) -> list[str]:
    """Return what the canonical form of an address leaves out that only counts readers: names of
    parameters, and the host of what led on to it."""
    steps = trace(url)
    kept = {name for name, _equals, _value in _pieces(canonicalize(url))}
    dropped = [name for name, equals, _value in _pieces(steps["wrapper"]) if equals]
    names = [name for name in dict.fromkeys(dropped) if name not in kept]
    led_on = steps["wrapper"] != steps["spelling"]
    return [host_of(steps["spelling"])] * led_on + names


def _pieces(url: str) -> list[tuple[str, str, str]]:
    parts = urlsplit(url)
    return [piece.partition("=") for piece in _SEPARATOR.split(f"{parts.query}&{parts.fragment}")]


def note_of(description: str) -> str:
    """Return the description of a page as the note of an item: short, on one line."""
    return Truncator(" ".join(description.split())).chars(NOTE, truncate="…")


def _warnings(link: Link) -> list[str]:
    said = []
    if link.standing == Link.Standing.BLOCKED:
        reason = link.reason or (link.rule.reason if link.rule else "")
        said.append(gettext("This link is blocked: %(why)s") % {"why": reason or "–"})
    elif link.standing == Link.Standing.HELD:
        said.append(gettext("Readers get this link when somebody approves it."))
    if link.health in (Link.Health.BROKEN, Link.Health.GONE):
        said.append(gettext("It did not work when it was last checked."))
    if is_short(link.url):
        said.append(explain("shortener", host_of(link.url)))
    return [*said, *(explain(*found) for found in deceptions(link.url, ""))]
