"""What crawlers may read (RFC 9309), as the owner wants it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from posts import identity
from posts.models import SiteSettings
from posts.publishing.describing import absolute
from posts.slots import OFFERS

# By which those who collect texts for models say that they do. Sources: their own documentation.
AI_CRAWLERS: Final = tuple(
    "AI2Bot Amazonbot anthropic-ai Applebot-Extended Bytespider CCBot ChatGPT-User Claude-User"
    " Claude-Web ClaudeBot cohere-ai cohere-training-data-crawler Diffbot DuckAssistBot FacebookBot"
    " Google-Extended GPTBot ImagesiftBot Meta-ExternalAgent Meta-ExternalFetcher MistralAI-User"
    " OAI-SearchBot omgili omgilibot PanguBot Perplexity-User PerplexityBot Timpibot YouBot".split()
)
Crawlers = SiteSettings.Crawlers


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Everything public, no forms but the entrance to one; less where the owner says so."""
    text = "\n".join(_lines(identity.current().crawlers)) + "\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _lines(crawlers: str) -> Iterator[str]:
    if crawlers == Crawlers.NONE:
        yield from ("User-agent: *", "Disallow: /")
        return
    if crawlers == Crawlers.SEARCH:
        yield from (f"User-agent: {name}" for name in AI_CRAWLERS)
        yield from ("Disallow: /", "")
    suggest = reverse("posts:suggest")
    yield "User-agent: *"
    if crawlers == Crawlers.SEARCH:
        yield "Content-Signal: search=yes, ai-input=no, ai-train=no"  # https://contentsignals.org/
    yield f"Disallow: {reverse('admin:index')}"
    yield from (f"Allow: {suggest}$", f"Disallow: {suggest}")
    for name in ("report", "random-link", "search"):
        yield f"Disallow: {reverse(f'posts:{name}')}"
    yield f"Disallow: {reverse('posts:links')}item/"
    yield from (f"Disallow: {path}" for offer in OFFERS for path in offer.private)
    yield f"Sitemap: {absolute(reverse('posts:sitemap'))}"
