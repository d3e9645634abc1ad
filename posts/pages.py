"""Pages that are no issues, saved and deleted: every verb is one transaction.

They stand at the root of the site, where owners expect `/about/`. So no address of the site's own
may be theirs, nor one that the site may have some day: ``RESERVED``.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from posts import access, identity, publication, searching
from posts.access import Actor
from posts.languages import detect_language
from posts.markdown.document import Document
from posts.models import SLUG_LENGTH, OldPageSlug, Page
from posts.naming import unicode_slug
from posts.publishing.marks import stored
from posts.rendering import read_issue

RESERVED: Final = frozenset(
    "account accounts admin ads api archive assets auth author authors billing blog cards"
    " collect comments css email favicon feed feeds follow healthz images issue issues item"
    " items js link links llms login logout mail manifest media members metrics newsletter"
    " oembed page pages post posts preview readyz report reports robots rss search section"
    " sections sitemap source sources static status style subscribe subscription subscriptions"
    " suggest tag tags theme topics unsubscribe user users webhook webhooks well-known".split()
)
"""First parts of addresses that are the site's, or may become so."""


class PageConflict(Exception):
    """Somebody saved the page after this editor opened it; ``current`` is the stored row."""

    def __init__(self, current: Page) -> None:
        super().__init__("The page was changed since you opened it.")
        self.current = current


def slug_of(title: str) -> str:
    """Return the slug that a title makes."""
    return unicode_slug(title)[:SLUG_LENGTH].strip("-")


def slug_taken(page: Page, slug: str) -> bool:
    """Tell whether another page has this slug, or had it: its old address still redirects."""
    others = Page.objects.filter(slug=slug).exclude(pk=page.pk)
    return others.exists() or OldPageSlug.objects.filter(slug=slug).exclude(page=page.pk).exists()


def render(page: Page) -> bytes:
    """Return the text of a page as readers get it. Raises ``MarkdownLimitError``."""
    document = Document(page.text, cut=False)
    foreign = not settings.MIRROR_IMAGES
    return stored("".join(read_issue(document, page.title).to_html(foreign=foreign)))


def index(page: Page) -> None:
    """Put a page into the search index if readers see it, else take it out."""
    found = read_issue(Document(page.text, cut=False), page.title).sections
    text = "\n".join((page.description, *(section.text for section in found))).strip()
    seen = page.modified_at if page.is_public() else None
    searching.index_page(page.get_absolute_url(), page.pk, seen, page.title, text)


def save(page: Page, *, expected_version: int | None = None, by: Actor = None) -> Page:
    """Save a page, compose what readers get of it, and let its place in the menus hold.

    Raises PermissionDenied; PageConflict when the stored version is another, Page.DoesNotExist when
    somebody deleted it, MarkdownLimitError when its text cannot be rendered: nothing is written.
    """
    access.check(by, access.WRITE_PAGES)
    body = render(page)
    with transaction.atomic():
        before = Page.objects.select_for_update().get(pk=page.pk) if page.pk else None
        if before and expected_version not in (None, before.version):
            raise PageConflict(before)
        page.body = body
        page.language = detect_language(page.text, identity.current().language)
        page.version = before.version + 1 if before else 1
        page.modified_at = timezone.now()
        page.save()
        if before and before.slug != page.slug:
            OldPageSlug.objects.update_or_create(slug=before.slug, defaults={"page": page})
            searching.remove_page(before.get_absolute_url())
        OldPageSlug.objects.filter(slug=page.slug).delete()
        index(page)
        identity.compose()
        publication.move()
    return page


def delete(page: Page, *, by: Actor = None) -> None:
    """Delete a page. Raises PermissionDenied."""
    access.check(by, access.DELETE_PAGES)
    with transaction.atomic():
        searching.remove_page(page.get_absolute_url())
        Page.objects.filter(pk=page.pk).delete()
        identity.compose()
        publication.move()
