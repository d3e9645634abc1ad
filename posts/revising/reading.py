"""What revisions say: their documents, whole again."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from posts.documents import Issue, parse_issue
from posts.models import Post, Revision, RevisionPiece


def text_of(revision: Revision) -> str:
    """Return the document of a revision, header and all, to the character."""
    return read_documents([revision])[0]


def issue_of(revision: Revision, name: str = "") -> Issue:
    """Return the issue that a revision holds; raise DocumentError where it is no longer one."""
    data = text_of(revision).encode()
    return parse_issue(data, name, tag_keys=settings.NEWSLETTER_TAG_KEYS)


def read_documents(revisions: Iterable[Revision]) -> list[str]:
    """Return the documents of revisions of one post; what they share is read once."""
    rows = list(revisions)
    if not rows:
        return []
    wanted = {digest for row in rows for digest in row.digests}
    texts = read_pieces(rows[0].post, wanted)
    return ["".join(texts[digest] for digest in row.digests) for row in rows]


def read_pieces(post: Post, digests: Iterable[bytes]) -> dict[bytes, str]:
    """Return pieces of a post's revisions by digest."""
    rows = RevisionPiece.objects.filter(post=post, digest__in=list(digests))
    return {bytes(piece.digest): piece.text for piece in rows.only("digest", "data")}
