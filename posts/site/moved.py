"""What had another address: issues, and tags and sections that were renamed or merged."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from links.models import FormerKey, Link
from posts.models import Author, AuthorAlias, OldSlug, Post, RecurringSection, Tag, TagAlias, public
from posts.naming import nfc


def post(slug: str) -> Post:
    """Return the public post that had a slug before, else raise Http404."""
    old = OldSlug.objects.filter(public(post="post"), slug=nfc(slug)).select_related("post").first()
    if old is None:
        raise Http404("There is no such issue.")
    return old.post


def tag(slug: str) -> Tag:
    """Return what became of a renamed or merged tag, else raise Http404."""
    alias = TagAlias.objects.filter(slug=nfc(slug)).select_related("tag").first()
    if alias is None:
        raise Http404("There is no such tag.")
    return alias.tag


def author(slug: str) -> Author:
    """Return what became of a renamed or merged author, else raise Http404."""
    alias = AuthorAlias.objects.filter(slug=nfc(slug)).select_related("author").first()
    if alias is None:
        raise Http404("There is no such author.")
    return alias.author


def section(slug: str) -> RecurringSection:
    """Return what became of a renamed or merged section, else raise Http404."""
    old = RecurringSection.objects.filter(slug=nfc(slug), merged_into__hidden=False)
    if (row := old.select_related("merged_into").first()) is None or row.merged_into is None:
        raise Http404("There is no such section.")
    return row.merged_into


def link(first: str, last: str) -> Link:
    """Return the link that one with a key between these became part of, else raise Http404."""
    former = FormerKey.objects.filter(key__range=(first, last), link__standing=Link.Standing.SHOWN)
    if (row := former.select_related("link").order_by("pk").first()) is None:
        raise Http404("There is no such link.")
    return row.link


def feed(request: HttpRequest, of: Tag | RecurringSection | Author) -> HttpResponse:
    """Redirect from a feed below an old address to the same below the one of today."""
    name = request.path.rpartition("/")[2]
    return redirect(f"{of.get_absolute_url()}{name}", permanent=True)
