"""Publishing what no check holds, or what somebody publishes all the same and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from posts import access
from posts.access import Actor
from posts.messages import Message as _
from posts.models import Post
from posts.preflight.checking import check_post, held_by
from posts.preflight.findings import Finding
from posts.preflight.levels import levels
from posts.publishing import Log, publish
from posts.slots import CHECKS

WriteDown = Callable[[Sequence[_]], Log]
"""Of what is said of a post: what writes that down, in the transaction of publishing it."""
PUBLISHED = _("Published.")


class Released(NamedTuple):
    """The posts that are published, those that checks hold, and those that cannot be shown."""

    published: list[Post]
    held: list[Post]
    refused: list[Post]


def release(posts: Iterable[Post], write_down: WriteDown, *, why: str = "", by: Actor) -> Released:
    """Publish posts, each at the time it has, else now, unless a check holds it.

    With a reason ``why`` those are published, too, and it is written down with what held them.
    Raises PermissionDenied.
    """
    access.check(by, access.PUBLISH)
    done = Released([], [], [])
    chosen = levels()
    for post in posts:
        holding = held_by(check_post(post, chosen))
        if holding and not why:
            done.held.append(post)
            continue
        said = [PUBLISHED, *([overridden(holding, why)] if holding else [])]
        looked_at = post.version
        published = publish([post], by=by, log=write_down(said), version=looked_at)
        if not published and post.version != looked_at:
            done.held.append(post)  # somebody saved meanwhile what nobody looked at
        else:
            (done.published if published else done.refused).extend(published or [post])
    return done


def held_among(posts: Iterable[Post]) -> dict[int, list[Finding]]:
    """Return what holds posts back, by their keys; those that nothing holds are missing."""
    chosen = levels()
    holding = ((post.pk, held_by(check_post(post, chosen))) for post in posts)
    return {pk: found for pk, found in holding if found}


def overridden(holding: Iterable[Finding], why: str) -> _:
    """Return what is written down of publishing what checks hold."""
    kinds = ", ".join(sorted({finding.kind for finding in holding}))
    return _("Published although checks hold it (%(kinds)s): %(why)s", kinds=kinds, why=why)


def titles_of(kinds: str) -> str:
    """Return the titles of checks that such words name, in the language that is active; a check
    that is no more keeps its name."""
    titles = {check.name: str(check.title) for check in CHECKS}
    return ", ".join(titles.get(kind, kind) for kind in kinds.split(", "))
