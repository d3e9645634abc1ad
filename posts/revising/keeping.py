"""Keep what an issue says, in the transaction of the save that made it so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from links.rows import insert
from posts import access
from posts.access import Actor
from posts.models import Post, Revision, RevisionPiece
from posts.models.revisions import NAME_LENGTH, NOTE_LENGTH
from posts.revising.pieces import Piece, cut, pack
from posts.revising.reading import read_pieces

NAMED: Final = 4
"""So many headings of changed sections are kept with a revision; of more, their number."""
_HEADING: Final = 80
_HEADING_LINE: Final = re.compile(r" {0,3}#{1,6}[ \t]+([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an issue gets another version: what is done, by whom, and what they said of it."""

    kind: str = Revision.Kind.SAVED
    by: Actor = None
    note: str = ""


def last_of(post: Post) -> Revision | None:
    """Return the last revision of a stored post, if there is one."""
    return Revision.objects.filter(post=post).order_by("-number").first()


def keep(
    post: Post,
    cause: Cause,
    before: Revision | None,
    sections: Iterable[tuple[str, str]] | None = None,
) -> Revision:
    """Keep the version that a post has now, after the last revision ``before``; ``sections`` are
    headings and sources, if known."""
    is_first = cause.kind == Revision.Kind.BEFORE
    pieces = cut(post.header, _sections_of(post) if sections is None else sections)
    digests = [piece.digest for piece in pieces]
    known = before.digests if before else []
    change = _change(post, known, pieces, digests) if before else {}
    _store(post, pieces, digests, known)
    revision = Revision(
        post=post,
        number=post.version,
        created_at=post.modified_at if is_first else timezone.now(),
        by=cause.by if isinstance(cause.by, User) else None,
        who=cause.by.get_username() if cause.by else "",
        kind=cause.kind,
        note=cause.note[:NOTE_LENGTH],
        status=post.status,
        slug=post.slug,
        published_at=post.published_at,
        turning=post.status != (before.status if before else Post.Status.DRAFT),
        size=sum(len(piece.text) for piece in pieces),
        pieces=b"".join(digests),
        change=change,
    )
    revision.save(force_insert=True)
    return revision


def keep_before(stored: Post) -> Revision:
    """Return the last revision, of what a stored post says now; if nobody kept that, keep it: it
    was last saved before there were revisions, or by somebody who keeps none."""
    last = last_of(stored)
    if last is not None and last.number == stored.version:
        return last
    return keep(stored, Cause(Revision.Kind.BEFORE), last)


def note_entry(revision: Revision, said: object) -> None:
    """Let a revision know the row of the record that says the same in other words, if there is
    one."""
    if isinstance(said, LogEntry):
        revision.entry = said
        revision.save(update_fields=["entry"])


def name(
    revision: Revision,
    words: str,
    *,
    by: Actor = None,
    log: Callable[[Post], object] | None = None,
) -> None:
    """Give a revision a name, by which it is kept for good, or take it away with an empty one.

    Raises PermissionDenied.
    """
    revision.name, revision.kept = words.strip()[:NAME_LENGTH], Revision.Kept.ALL
    with transaction.atomic():
        post = Post.objects.select_for_update().get(pk=revision.post_id)
        access.check(by, access.of_issue(access.REVISE, post.status))
        revision.save(update_fields=["name", "kept"])
        if log:
            log(revision.post)


def _sections_of(post: Post) -> Iterable[tuple[str, str]]:
    return post.sections.order_by("position").values_list("heading", "source")


def _store(
    post: Post, pieces: Sequence[Piece], digests: Sequence[bytes], known: Collection[bytes]
) -> None:
    """Store the pieces that no revision has yet; ``known`` are those of the one before."""
    there = set(known)
    both = zip(digests, pieces, strict=True)
    new = {digest: piece for digest, piece in both if digest not in there}
    if new and there:
        stored = RevisionPiece.objects.filter(post=post, digest__in=list(new))
        for digest in stored.values_list("digest", flat=True):
            del new[bytes(digest)]
    rows = [(post.pk, digest, pack(piece.text)) for digest, piece in new.items()]
    insert(RevisionPiece, ("post_id", "digest", "data"), rows)


# What changed


def _change(
    post: Post, before: Sequence[bytes], pieces: Sequence[Piece], digests: Sequence[bytes]
) -> dict[str, Any]:
    """Return what differs from the revision before: lines, sections by heading, the header."""
    if list(before) == list(digests):
        return {}
    gone = Counter(before) - Counter(digests)
    came = Counter(digests) - Counter(before)
    new = [piece for piece, digest in zip(pieces, digests, strict=True) if digest in came]
    old = read_pieces(post, gone) if gone else {}
    removed = Counter(line for text in old.values() for line in text.split("\n"))
    added = Counter(line for piece in new for line in piece.text.split("\n"))
    headings = list(dict.fromkeys(piece.heading for piece in new if piece is not pieces[0]))
    return {
        "added": (added - removed).total(),
        "removed": (removed - added).total(),
        "header": before[0] != digests[0],
        "sections": [heading[:_HEADING] for heading in headings[:NAMED]],
        "more": max(0, len(headings) - NAMED),
        "dropped": [one for one in map(_heading, old.values()) if one and one not in headings][
            :NAMED
        ],
    }


def _heading(text: str) -> str:
    """Return the heading that a piece begins with, if it is written with number signs."""
    found = _HEADING_LINE.match(text)
    return found[1].strip()[:_HEADING] if found else ""
