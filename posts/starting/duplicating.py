"""An issue once more: another identity and no date, the same text, links and pictures."""

from __future__ import annotations

from django.utils.translation import gettext

from posts import access, publishing
from posts.access import Actor
from posts.models import Image, Post
from posts.publishing import Log
from posts.revising import Cause

# What says of an issue which one it is, and when: keys of a header that a duplicate has not.
OF_ONE = ("date", "slug", "updated", "translationkey")


def duplicate(post: Post, *, by: Actor = None, log: Log | None = None) -> Post:
    """Make a draft of what an issue says. Raises PermissionDenied, and DocumentError for a header
    that cannot be changed."""
    access.check(by, access.WRITE)
    stored = publishing.stored_issue(post).metadata
    title = gettext("%(title)s (copy)") % {"title": post.title}
    changes: dict[str, object] = {"title": title, **dict.fromkeys(OF_ONE)}
    if stored.draft is False:
        changes["draft"] = True
    issue = publishing.with_metadata(Post(header=post.header), post.body, changes)
    return publishing.save_document(
        Post(),
        issue,
        status=Post.Status.DRAFT,
        images=[_again(image) for image in post.images.all()],
        log=log,
        cause=Cause(by=by),
    )


def _again(image: Image) -> Image:
    """Return the row that shows a picture in another issue: the file is the same."""
    names = ("picture", "path", "file", "width", "height", "digest", "sizes")
    return Image(**{name: getattr(image, name) for name in names})
