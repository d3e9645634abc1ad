"""Who may do what with posts; see ``links.access``."""

from __future__ import annotations

from typing import Final

from links.access import Actor, Right, check, may

__all__ = [
    "ASK_REVIEW",
    "CHANGE",
    "CHANGE_PICTURES",
    "CHANGE_PUBLIC",
    "CHANGE_SETTINGS",
    "CLOSE_REVIEW",
    "CORRECT",
    "CURATE_SECTIONS",
    "DELETE",
    "DELETE_PAGES",
    "DELETE_REDIRECTS",
    "DESCRIBE_AUTHORS",
    "END_PREVIEWS",
    "EXPORT",
    "HIDE_ITEMS",
    "IMPORT",
    "MARK_NEWS",
    "MERGE_TAGS",
    "PUBLISH",
    "REDIRECT",
    "RENAME_TAGS",
    "REVISE",
    "WRITE",
    "WRITE_PAGES",
    "WRITE_TEMPLATES",
    "Actor",
    "Right",
    "check",
    "may",
    "of_issue",
]

_DRAFT: Final = "draft"  # Post.Status.DRAFT: rights know no rows
CHANGE_SETTINGS: Final[Right] = ("posts.change_sitesettings",)
WRITE_TEMPLATES: Final[Right] = ("posts.change_issuetemplate",)
WRITE_PAGES: Final[Right] = ("posts.change_page",)
DELETE_PAGES: Final[Right] = ("posts.delete_page",)
REDIRECT: Final[Right] = ("posts.change_redirect",)
DELETE_REDIRECTS: Final[Right] = ("posts.delete_redirect",)
WRITE: Final[Right] = ("posts.add_post",)
CHANGE: Final[Right] = ("posts.change_post",)
# What readers get, or will get once the site is updated.
CHANGE_PUBLIC: Final[Right] = ("posts.change_post", "posts.publish_post")
PUBLISH: Final[Right] = ("posts.publish_post",)
DELETE: Final[Right] = ("posts.delete_post",)
DESCRIBE_AUTHORS: Final[Right] = ("posts.change_author",)
# Of drafts: see ``of_issue``. Bringing an earlier text back, and naming what was said before.
REVISE: Final[Right] = ("posts.change_post",)
END_PREVIEWS: Final[Right] = ("posts.change_post",)
ASK_REVIEW: Final[Right] = ("posts.change_post",)
CLOSE_REVIEW: Final[Right] = ("posts.change_post", "posts.publish_post")
# Files may change posts, and publish them.
IMPORT: Final[Right] = ("posts.add_post", "posts.change_post", "posts.publish_post")
# Published issues show them.
CHANGE_PICTURES: Final[Right] = ("posts.change_post", "posts.publish_post")
EXPORT: Final[Right] = ("posts.change_post",)
HIDE_ITEMS: Final[Right] = ("posts.change_linkeditem",)
# Readers see it in issues that are published.
MARK_NEWS: Final[Right] = ("posts.change_post", "posts.publish_post")
RENAME_TAGS: Final[Right] = ("posts.change_tag",)
CORRECT: Final[Right] = ("posts.change_post", "posts.publish_post")
CURATE_SECTIONS: Final[Right] = ("posts.change_recurringsection",)
MERGE_TAGS: Final[Right] = ("posts.merge_tag",)


def of_issue(right: Right, status: str) -> Right:
    """Return the right it takes to do with an issue of a status what ``right`` is for in drafts:
    that to publish, too, unless it is one."""
    return right if status == _DRAFT else (*right, *PUBLISH)
