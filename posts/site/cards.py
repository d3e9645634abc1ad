"""Social cards (``posts.cards``) of issues, tags, the owner's pages and the site.

A card is drawn when it is first asked for, kept as a file, and drawn again when the file is gone.
What is on it is looked up, never told by the address, whose digest has to be that of just that: so
there are as many cards as there are public things, whatever addresses somebody invents.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe
from django_tasks import task

from posts import identity
from posts.cards import Card, can_draw, draw
from posts.models import Page, Post
from posts.naming import nfc
from posts.prepared import prepared
from posts.publishing.describing import absolute, card_digest
from posts.site import listing
from posts.site.shell import address_of, site_digest
from posts.storage import sweep as sweep_partial
from posts.storage import write_whole

KEPT = 30 * 24 * 3600  # seconds; drawn again when somebody asks
_drawing = Lock()  # one at a time in a process: it takes all of a core


class Subject(NamedTuple):
    """What a card is about."""

    title: str
    date: datetime | None = None

    @property
    def digest(self) -> str:
        """The digest that the address of its card has just now."""
        return f"{card_digest(self.title, self.date)}-{site_digest()}"


@require_safe
def card(request: HttpRequest, digest: str, kind: str, slug: str) -> HttpResponse:
    """The card of something public; under an older digest, a redirect to the one of today."""
    if kind not in SUBJECTS:
        raise Http404("There are no such cards.")
    subject = SUBJECTS[kind](nfc(slug), timezone.now())
    if not can_draw(subject.title):
        raise Http404("Its letters cannot be drawn.")
    if digest != subject.digest:
        return redirect("posts:card", subject.digest, kind, slug)
    response = HttpResponse(_png(subject), content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


def address_of_card(kind: str, slug: str, title: str, date: datetime | None = None) -> str:
    """Return where the card of a page is; "" where its title cannot be drawn."""
    if not can_draw(title):
        return ""
    return absolute(address_of("card", Subject(title, date).digest, kind, slug))


def _png(subject: Subject) -> bytes:
    """Return a card, from its file if there is one."""
    path = _folder() / f"{subject.digest}.png"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    with _drawing:
        if path.exists():  # somebody else was faster
            return path.read_bytes()
        image = draw(Card(identity.current().name, subject.title, _day(subject.date)))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, image)
        return image


def _day(date: datetime | None) -> str:
    if date is None:
        return ""
    return date_format(timezone.localtime(date), pgettext("short date, Django format", "j M Y"))


@task()
def sweep() -> int:
    """Delete cards that were drawn long ago, and what writers left that were killed."""
    old = [path for path in _folder().glob("*.png") if path.stat().st_mtime < time.time() - KEPT]
    for path in old:
        path.unlink(missing_ok=True)
    sweep_partial(_folder())
    return len(old)


def _folder() -> Path:
    return Path(settings.CARD_ROOT)


# What there are cards of; each raises Http404 for what readers do not see


@prepared
def _posts(slug: str, at: datetime) -> QuerySet[Post, Any]:
    return Post.objects.published(at).filter(slug=slug).values_list("title", "published_at")


def _post(slug: str, at: datetime) -> Subject:
    rows = _posts(slug, at)
    if not rows:
        raise Http404("There is no such issue.")
    return Subject(*rows[0])


def _tag(slug: str, at: datetime) -> Subject:
    return Subject(listing.public_row(listing.tag_named(slug, at))[2])


def _page(slug: str, _at: datetime) -> Subject:
    found = Page.objects.filter(slug=slug, status=Page.Status.PUBLISHED).values_list("title")
    for (title,) in found:
        return Subject(title)
    raise Http404("There is no such page.")


def _site(slug: str, _at: datetime) -> Subject:
    if slug != "home":
        raise Http404("There is no such page.")
    return Subject(identity.current().description)


SUBJECTS: dict[str, Callable[[str, datetime], Subject]] = {
    "post": _post,
    "tag": _tag,
    "page": _page,
    "site": _site,
}
