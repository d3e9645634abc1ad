"""Who is editing an issue just now: a hint from working copies, never a lock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser, User

from posts.models import WorkingCopy


def editors_at(
    posts: Iterable[int | None], *, besides: User | AnonymousUser
) -> dict[int, list[str]]:
    """Return the names of those who typed in issues in the last minutes, in one query."""
    rows = (
        WorkingCopy.objects.being_typed()
        .filter(post__in=list(posts))
        .exclude(editor=besides.pk)
        .order_by("-kept_at")
        .values_list("post", "editor__first_name", "editor__last_name", "editor__username")
    )
    names: dict[int, dict[str, None]] = defaultdict(dict)
    for post, first, last, username in rows:
        if post is not None:
            names[post][f"{first} {last}".strip() or username] = None
    return {post: list(found) for post, found in names.items()}
