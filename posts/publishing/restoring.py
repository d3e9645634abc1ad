"""Bring an earlier text of a post back: as a new version, so that nothing is lost by it."""

from __future__ import annotations

from posts import access, revising
from posts.access import Actor
from posts.documents import Issue
from posts.models import Post, Revision
from posts.publishing.saving import Log, save_document
from posts.publishing.texts import with_metadata
from posts.revising import Cause


def restore(
    post: Post,
    revision: Revision,
    *,
    by: Actor = None,
    expected_version: int | None = None,
    log: Log | None = None,
) -> Post:
    """Save what a post said in a revision, in its state and with the time it has now.

    Raises PermissionDenied, EditConflict, Post.DoesNotExist, and DocumentError for a text that was
    readable once and is no longer.
    """
    access.check(by, right_to_restore(post))
    return save_document(
        post,
        restored_issue(post, revision),
        status=post.status,
        published_at=post.published_at,
        expected_version=expected_version,
        log=log,
        cause=Cause(Revision.Kind.RESTORED, by),
    )


def right_to_restore(post: Post) -> access.Right:
    """Return the right it takes to restore a text of a post: that to publish, if readers get it."""
    return access.of_issue(access.REVISE, post.status)


def restored_issue(post: Post, revision: Revision) -> Issue:
    """Return the issue of a revision; its header says whether it is a draft as the post is.

    Raises DocumentError for a text that was readable once and is no longer.
    """
    issue = revising.issue_of(revision, post.source_name)
    is_draft = post.status == Post.Status.DRAFT
    if issue.metadata.draft is (not is_draft):
        holder = Post(header=issue.header, source_name=post.source_name)
        return with_metadata(holder, issue.body, {"draft": is_draft})
    return issue
