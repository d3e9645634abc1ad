"""What stands around an issue that is being written, where it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from posts import identity
from posts.languages import detect_language, reading_minutes
from posts.models import Post
from posts.proofs.parts import Proof
from posts.publishing.composing import contents, feed_body
from posts.rendering import ImageSize
from posts.slots import PREVIEWS, Draft, PreviewForm


def web_frame() -> str:
    """Return the page in whose frame an issue is shown as on the site, without its text."""
    return render_to_string("posts/proofs/frame.html", {"identity": identity.current()})


def language_of(text: str, named: str) -> str:
    """Return the language of an issue: the one named, or that of its text."""
    return named[:16] or detect_language(text, identity.current().language)


def around(
    proof: Proof,
    post: Post,
    tags: Sequence[str],
    authors: Sequence[str],
    images: Mapping[str, ImageSize],
) -> str:
    """Return an article without its body: title, description, tags, contents."""
    sections = proof.parsed.sections
    urls = {link.url for section in sections for link in section.links}
    context: dict[str, Any] = {
        "post": post,
        "url": "",
        "reading_minutes": reading_minutes(" ".join(section.text for section in sections)),
        "link_count": sum(url.startswith(("https:", "http:")) for url in urls),
        "tags": [(name, "#") for name in tags],
        "authors": [(name, "#") for name in authors],
        "cover": _cover(post.cover, images),
        "body": "",
        "forms": "",
    }
    with translation.override(identity.current().language):
        if listed := _contents(proof):
            context["contents_list"] = listed
        return render_to_string("posts/proofs/around.html", context)


def _contents(proof: Proof) -> SafeString | None:
    rows: list[Any] = [
        SimpleNamespace(
            level=section.level,
            heading=section.heading,
            anchor=section.anchor,
            item_count=len(section.items),
        )
        for section in proof.parsed.sections
    ]
    listed = contents(rows, proof.parsed.title_place)
    if len(listed) < 2:
        return None
    return SafeString(render_to_string("posts/contents.html", {"contents": listed}))


def _cover(path: str, images: Mapping[str, ImageSize]) -> dict[str, Any] | None:
    if image := images.get(path):
        size = {"width": image.width, "height": image.height}
        return {"url": image.url, "sources": image.sources, "alt": "", **size}
    if path.startswith("https://") and not settings.MIRROR_IMAGES:
        return {"url": path, "alt": ""}
    return None


def as_feed(draft: Draft) -> str:
    """Return an issue as programs that read feeds show it: its plain HTML in their own style."""
    body = feed_body(draft.html, settings.SITE_URL + "/")
    return render_to_string(
        "posts/proofs/feed.html", {"post": draft.post, "body": SafeString(body)}
    )


PREVIEWS.add(PreviewForm("feed", translation.gettext_lazy("Feed"), as_feed, place=20))
