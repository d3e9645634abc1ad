"""What moderators decide, brought to the pages it concerns: at once, or by the worker.

The transaction of a decision marks the posts that it concerns as stale. A few are rebuilt when it
is committed, more by the worker, one by one, each in a transaction that takes the mark away. So
nothing is lost however often anybody is killed, and a page is never half new.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django_tasks import task

from links.decisions import (
    FEW_POSTS,
    Change,
    record_decision,
    record_effects,
    tidy_reason,
)
from links.models import Decision, Link
from posts import access, identity, publication, publishing
from posts.access import Actor
from posts.models import Appearance, LinkedItem, Post
from posts.publishing.turns import let_others_write

Log = Callable[[Sequence[LinkedItem]], object]
"""Writes down what was done to items, in the transaction of it."""

logger = logging.getLogger(__name__)

# Posts that the worker rebuilds in one run: seconds, so that it can be stopped between two.
A_RUN = 25
A_MINUTE = timedelta(minutes=1)
HIDDEN = {Decision.Action.HIDE: True, Decision.Action.SHOW: False}


# Items


def set_hidden(
    items: Iterable[LinkedItem], hidden: bool, *, by: Actor = None, reason: str = ""
) -> list[LinkedItem]:
    """Hide items from their pages and feeds, or show them again; return those that changed.

    Raises ReasonMissing when items are hidden without saying why, and PermissionDenied.
    """
    access.check(by, access.HIDE_ITEMS)
    action = Decision.Action.HIDE if hidden else Decision.Action.SHOW
    reason = tidy_reason(action, reason)
    with transaction.atomic():
        wanted = [item.pk for item in items]
        rows = LinkedItem.objects.select_for_update().filter(pk__in=wanted).exclude(hidden=hidden)
        changed = list(rows.order_by("pk"))
        if changed:
            subject = str(changed[0]) if len(changed) == 1 else f"{len(changed)} ×"
            decision = record_decision(action, by=by, reason=reason, subject=subject)
            _hide(decision, changed, hidden)
    return changed


def _hide(decision: Decision, rows: list[LinkedItem], hidden: bool) -> None:
    LinkedItem.objects.filter(pk__in=[row.pk for row in rows]).update(hidden=hidden)
    for row in rows:
        row.hidden = hidden
    values: tuple[dict[str, Any], dict[str, Any]] = ({"hidden": not hidden}, {"hidden": hidden})
    record_effects(decision, [Change(row, *values) for row in rows])
    _rebuild(Post.objects.filter(pk__in={row.post_id for row in rows}))
    publication.move(())


def undo_hiding(decision: Decision, undoing: Decision) -> None:
    """Show again what was hidden, or hide again what was shown; what is gone stays gone."""
    was_hidden = HIDDEN[Decision.Action(decision.action)]
    keys = list(decision.effects.values_list("object_id", flat=True))
    rows = LinkedItem.objects.select_for_update().filter(pk__in=keys, hidden=was_hidden)
    _hide(undoing, list(rows.order_by("pk")), not was_hidden)


def set_news(
    items: Iterable[LinkedItem], is_news: bool, *, by: Actor = None, log: Log | None = None
) -> list[LinkedItem]:
    """Mark items as news, so that their pages do not say that their links were covered before, or
    take the mark away; return those that changed. ``log`` writes it down. Raises PermissionDenied.
    """
    access.check(by, access.MARK_NEWS)
    with transaction.atomic():
        wanted = [item.pk for item in items]
        rows = LinkedItem.objects.select_for_update().filter(pk__in=wanted)
        changed = list(rows.exclude(is_news=is_news).order_by("pk"))
        LinkedItem.objects.filter(pk__in=[row.pk for row in changed]).update(is_news=is_news)
        if log:
            log(changed)
        _rebuild(Post.objects.filter(pk__in={row.post_id for row in changed}))
        publication.move(())
    return changed


# Links


def follow_links(sender: type[Link], links: QuerySet[Link], **_kwargs: Any) -> None:
    """Bring the pages in line on which links stand (receiver of ``links_changed``)."""
    places = Appearance.objects.filter(link__in=links.order_by().values("pk"))
    _rebuild(Post.objects.filter(pk__in=places.order_by().values("post")))
    publication.move(())


# Issues


def follow_posts(sender: type[Post], posts: QuerySet[Post], **_kwargs: Any) -> None:
    """Have pages made again that another issue came before (receiver of ``pages_outdated``).

    Always by the worker: who imports an archive, the latest first, does not wait for them. It marks
    them, too: who saves one holds its row, and may wait for what this save holds.
    """
    outdate.enqueue(list(posts.order_by("pk").values_list("pk", flat=True)))


@task()
def outdate(keys: list[int]) -> int:
    """Mark posts as stale, and have them rebuilt; return how many there are."""
    with transaction.atomic():
        posts = Post.objects.filter(pk__in=keys)
        locked = posts.order_by("pk").select_for_update(no_key=True)
        found = list(locked.values_list("pk", flat=True))
        posts.update(stale_since=timezone.now())
        transaction.on_commit(rebuild_stale.enqueue)
    return len(found)


# Pages


def _rebuild(posts: QuerySet[Post]) -> None:
    """Mark posts; rebuild a few as soon as that is committed, and leave many to the worker."""
    # Locked in one order for all, so that two decisions do not deadlock.
    locked = posts.order_by("pk").select_for_update(of=("self",), no_key=True)
    keys = list(locked.values_list("pk", flat=True))
    posts.order_by().update(stale_since=timezone.now())
    if len(keys) > FEW_POSTS:
        rebuild_stale.enqueue()
    elif keys:
        transaction.on_commit(partial(_rebuild_now, keys))


def _rebuild_now(keys: list[int]) -> None:
    """Rebuild a few posts; what fails is left to the worker, since the decision is made."""
    if [pk for pk in keys if not _is_rebuilt(pk)]:
        rebuild_stale.enqueue()


@task()
@identity.speaking()
def rebuild_stale(after: int = 0) -> int:
    """Rebuild the next stale posts, in the order of their keys, starting behind one; return how
    many were tried. While there are more, leave them to another run.

    May run any number of times, at once or after it was killed. One that cannot be rebuilt stops
    no other, and keeps its mark for the periodic run. Raises RuntimeError for those.
    """
    stale = Post.objects.filter(stale_since__isnull=False, pk__gt=after).order_by("pk")
    keys = list(stale.values_list("pk", flat=True)[:A_RUN])
    failed = []
    for pk in keys:
        started = time.monotonic()
        if not _is_rebuilt(pk):
            failed.append(pk)
        let_others_write(time.monotonic() - started)
    if len(keys) == A_RUN:
        rebuild_stale.enqueue(keys[-1])
    if failed:
        raise RuntimeError(f"These posts could not be rebuilt: {failed}")
    return len(keys)


@task()
def look_after_pages() -> int:
    """Rebuild what is stale, whatever became of its task, and what a decision may have missed.

    A post that is saved at the very moment of a decision may not see it, and the decision not yet
    the post: where they met within a minute, the post is rebuilt. Returns their number.
    """
    now = timezone.now()
    near = {"gte": F("modified_at") - A_MINUTE, "lte": F("modified_at") + A_MINUTE}
    times = ("appearances__link__decided_at", "appearances__link__rule__made_at")
    met = [Q(**{f"{time}__{bound}": value for bound, value in near.items()}) for time in times]
    lately = (now - 10 * A_MINUTE, now + A_MINUTE)  # not what a clock that was ahead wrote
    recent = Post.objects.filter(met[0] | met[1], modified_at__range=lately)
    missed = Post.objects.filter(pk__in=recent.order_by().values("pk")).update(stale_since=now)
    rebuild_stale.enqueue()
    return missed


def _is_rebuilt(pk: int) -> bool:
    """Rebuild a post unless somebody else did so since; tell whether it worked."""
    try:
        if post := Post.objects.filter(pk=pk, stale_since__isnull=False).first():
            publishing.rebuild(post)
    except Exception:
        logger.exception("Post %d could not be rebuilt.", pk)
        return False
    return True
