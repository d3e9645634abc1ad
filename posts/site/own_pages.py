"""The owner's pages: about, imprint and the like, at the root of the site."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.urls.converters import StringConverter
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from posts import identity
from posts.models import Page
from posts.previewing import PreviewError, PreviewExpired, preview_ends, read_page_preview
from posts.site.cards import address_of_card
from posts.site.shell import page, with_bar


class PageConverter(StringConverter):
    """The slug of a page that readers see, or had before: everything else is no such address."""

    def to_python(self, value: str) -> str:
        if value not in identity.current().pages:
            raise ValueError("no page has this address")
        return value


@require_safe
def own_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page; one that is called otherwise now redirects."""
    rows = Page.objects.filter(pk=identity.current().pages[slug], status=Page.Status.PUBLISHED)
    found = rows.first()
    if found is None:
        raise Http404("This page was withdrawn just now.")
    if found.slug != slug:
        return redirect(found, permanent=True)
    return _shown(found, request.path)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A page as readers will see it, draft or not, for whoever holds its signed address."""
    try:
        found, until = read_page_preview(token), preview_ends(token)
    except PreviewExpired:
        return private(page("preview_over", {}, status=410))
    except PreviewError as error:
        raise Http404("No preview has this address.") from error
    bar = {
        "state": found.status,
        "published_at": found.modified_at,
        "saved_at": found.modified_at,
        "until": until,
        "address": request.build_absolute_uri(request.path),
        "form_url": reverse("admin:posts_page_change", args=[found.pk]),
        "public_url": found.get_absolute_url(),
    }
    return private(with_bar(_shown(found, ""), bar))


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page out of caches and search engines, and its address out of other sites' logs."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _shown(found: Page, path: str) -> HttpResponse:
    context = {
        "title": found.title,
        "description": found.description,
        "language": found.language,
        "card": address_of_card("page", found.slug, found.title),
        "body": SafeString(bytes(found.body).decode()),
    }
    return page("page", context, path=path)
