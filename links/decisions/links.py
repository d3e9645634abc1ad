"""Decisions about links: made once, they hold wherever the link stands.

Every decision is one transaction: the record, the rows it changes, the entries of the queue it
closes, and word to whoever shows those links (`links.signals.links_changed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django_tasks import task

from links import access, queue
from links.access import Actor, Right
from links.decisions import answers
from links.decisions.record import (
    difference,
    plain,
    record_decision,
    record_effects,
    tidy_reason,
)
from links.decisions.registry import REGISTRY, Undoing
from links.models import Decision, Effect, Link, Undertaking
from links.normalizing import AddressError, canonicalize
from links.signals import links_changed
from links.standing import active_rules, settle

# More links than this are decided by the worker, in batches of this size.
BATCH = 200
# More posts than this are rebuilt by the worker.
FEW_POSTS = 10
# More than this in one decision are refused: nobody can have looked at them, and SQLite allows
# 32,766 parameters in one statement.
MOST = 30_000
FIELDS = (
    "status", "reason", "decided_at", "held", "rule_id", "standing", "replacement_url", "health",
    "due_at",
)  # fmt: skip
MOMENTS = {"decided_at", "due_at"}
# What rules and checks may have changed since, without anybody deciding about the link.
FOLLOWING = {"standing", "rule_id", "due_at"}
WRITTEN = [name.removesuffix("_id") for name in FIELDS]


class Reach(NamedTuple):
    """How many links, posts and items a decision touches, as far as they were counted."""

    links: int
    posts: int = 0
    items: int = 0

    @property
    def is_large(self) -> bool:
        """Whether some of it is left to the worker, so that the moderator gets an answer."""
        return self.posts > FEW_POSTS or self.links > BATCH


class DecisionError(ValueError):
    """A decision that cannot be made; the message says why."""


def decide(
    links: Iterable[Link] | Iterable[int],
    action: str,
    *,
    by: Actor,
    reason: str = "",
    replacement_url: str = "",
    right: Right = access.DECIDE,
) -> Decision:
    """Decide about links (rows or keys) and return the record.

    ``action`` is one of approve, block, replace, mark_broken, restore. Up to ``BATCH`` links are
    decided when this returns; more are decided by the worker, and the record's ``undertaking``
    says how far it is. Raises PermissionDenied for who has not the right, ReasonMissing where the
    action needs a reason, and DecisionError for no links, too many, or a replacement that is no
    web address or blocked itself.
    """
    access.check(by, right)
    reason = tidy_reason(action, reason)
    if action == Decision.Action.REPLACE:
        _check_replacement(replacement_url)
    pks = sorted({link.pk if isinstance(link, Link) else link for link in links})
    if not 0 < len(pks) <= MOST:
        raise DecisionError(gettext("Decide about 1 to %(most)d links at a time.") % {"most": MOST})
    with transaction.atomic():
        decision = record_decision(
            action,
            by=by,
            reason=reason,
            replacement_url=replacement_url.strip(),
            subject=_subject(pks),
        )
        _now_or_in_batches(decision, pks)
    return decision


def _now_or_in_batches(decision: Decision, pks: Sequence[int]) -> None:
    if len(pks) <= BATCH:
        _carry_out(decision, pks)
        return
    Undertaking.objects.create(decision=decision, todo=sorted(pks), total=len(pks))
    finish.enqueue(decision.pk)


@task()
def finish(decision_pk: int) -> None:
    """Carry out the next batch of a decision, and leave the rest to another run."""
    if go_on(decision_pk):
        finish.enqueue(decision_pk)


@task()
def finish_all() -> int:
    """Go on with every decision that is not carried out yet, whatever became of its task.

    Returns the number of decisions.
    """
    open_ones = list(Undertaking.objects.filter(finished_at=None).values_list("pk", flat=True))
    for pk in open_ones:
        finish.enqueue(pk)
    return len(open_ones)


def go_on(decision_pk: int) -> bool:
    """Carry out the next batch of an undertaking; return whether there is more to do.

    May be called by any number of workers and again after one was killed: each batch is applied,
    recorded and taken off the list in one transaction.
    """
    with transaction.atomic():
        rows = Undertaking.objects.select_for_update().filter(pk=decision_pk, finished_at=None)
        undertaking = rows.first()
        if undertaking is None:
            return False
        batch, rest = undertaking.todo[:BATCH], undertaking.todo[BATCH:]
        decision = Decision.objects.get(pk=decision_pk)
        undertaking.skipped += _carry_out(decision, batch)
        undertaking.todo = rest
        undertaking.finished_at = None if rest else timezone.now()
        undertaking.save()
    return bool(rest)


def _carry_out(decision: Decision, pks: Sequence[int]) -> int:
    """Apply a recorded decision to a few links, or undo one; return how many were left alone."""
    if decision.action == Decision.Action.UNDO:
        return _undo_batch(decision, pks)
    rows = _locked(pks)
    _write(decision, rows, lambda row: _ACTIONS[decision.action](row, decision))
    close([row.pk for row in rows], decision)
    return 0


def close(pks: Sequence[int], decision: Decision) -> None:
    """Close the entries of links that were decided about, and answer who suggested them."""
    queue.close(pks, decision)
    answers.follow(pks, decision)


def _locked(pks: Iterable[int]) -> list[Link]:
    """Return links locked in one order for all, so that two decisions do not deadlock.

    Nor does one with a save that writes where the links stand: keys do not change.
    """
    rows = Link.objects.select_for_update(no_key=True)
    return list(rows.filter(pk__in=pks).order_by("pk"))


def _write(decision: Decision, rows: Iterable[Link], act: Callable[[Link], None]) -> None:
    """Change rows, and write down and announce what changed."""
    rules = active_rules()
    changes = []
    for row in rows:
        before = _snapshot(row)
        act(row)
        settle(row, rules)
        if change := difference(row, before, _snapshot(row)):
            changes.append(change)
    if not changes:
        return
    Link.objects.bulk_update([change.row for change in changes], WRITTEN)
    record_effects(decision, changes)
    links_changed.send(
        sender=Link, links=Link.objects.filter(pk__in=[change.row.pk for change in changes])
    )


def _snapshot(link: Link) -> dict[str, Any]:
    """Return what a decision may change of a link."""
    return {name: getattr(link, name) for name in FIELDS}


# What each decision does to one link


def _approve(link: Link, decision: Decision) -> None:
    _set_status(link, Link.Status.APPROVED, Link.Standing.SHOWN, decision)
    link.held = False
    if link.is_marked_broken and not decision.replacement_url:
        _check_again(link, decision)


def _block(link: Link, decision: Decision) -> None:
    _set_status(link, Link.Status.BLOCKED, Link.Standing.BLOCKED, decision)


def _set_status(link: Link, status: str, standing: str, decision: Decision) -> None:
    """Set what was decided, unless it is so: deciding the same again changes nothing."""
    wanted = (status, standing, decision.reason)
    if (link.status, link.standing, link.reason) != wanted:
        link.status, link.reason, link.decided_at = status, decision.reason, decision.at


def _replace(link: Link, decision: Decision) -> None:
    _approve(link, decision)
    link.replacement_url = decision.replacement_url


def _mark_broken(link: Link, _decision: Decision) -> None:
    """Nobody asks it again: the moderator saw what a check does not see."""
    link.health, link.due_at = Link.Health.BROKEN, None


def _restore(link: Link, decision: Decision) -> None:
    """As if nobody had decided anything."""
    link.status, link.held, link.reason, link.decided_at = Link.Status.PENDING, False, "", None
    link.replacement_url = ""
    if link.is_marked_broken:
        _check_again(link, decision)


def _check_again(link: Link, decision: Decision) -> None:
    """Take a moderator's mark away; whoever can be asked is asked at once."""
    link.health = Link.Health.UNCHECKED
    link.due_at = decision.at if link.source_id else None


_ACTIONS: dict[str, Callable[[Link, Decision], None]] = {
    Decision.Action.APPROVE: _approve,
    Decision.Action.BLOCK: _block,
    Decision.Action.REPLACE: _replace,
    Decision.Action.MARK_BROKEN: _mark_broken,
    Decision.Action.RESTORE: _restore,
}


def _check_replacement(url: str) -> None:
    try:
        canonical = canonicalize(url)
    except AddressError as error:
        raise DecisionError(str(error)) from error
    if not canonical.startswith(("http://", "https://")):
        raise DecisionError(gettext("The replacement must be a web address."))
    blocked = Link.objects.filter(
        key=Link.key_for(canonical), standing=Link.Standing.BLOCKED
    ).exists()
    if blocked:
        raise DecisionError(gettext("The replacement is blocked itself."))


def _subject(pks: Sequence[int]) -> str:
    if len(pks) == 1:
        return str(Link.objects.only("url").get(pk=pks[0]))
    return ngettext("%(n)d link", "%(n)d links", len(pks)) % {"n": len(pks)}


# Undoing


def right_to_undo(action: str) -> Right:
    """Return the right that undoing a decision takes."""
    return _undoing(action).right


def _undoing(action: str) -> Undoing:
    return REGISTRY.undoing.get(action) or Undoing(_undo_links, access.DECIDE)


def undo(decision: Decision, *, by: Actor, reason: str = "") -> Decision:
    """Undo a decision from its record, and return the record of that.

    A link that was changed again since stays as it is and counts as skipped. Raises DecisionError
    if the decision is undone already, not finished or of a kind that is final; PermissionDenied.
    """
    access.check(by, right_to_undo(decision.action))
    with transaction.atomic():
        _check_undoable(decision)
        undoing = record_decision(
            Decision.Action.UNDO,
            by=by,
            reason=" ".join(reason.split())[:500],
            undoes=decision,
            subject=decision.subject,
        )
        _undoing(decision.action).act(decision, undoing)
        queue.reopen(decision)
        answers.go_back(decision)
    return undoing


def _check_undoable(decision: Decision) -> None:
    # The lock makes two who undo at once take turns.
    locked = Decision.objects.select_for_update().get(pk=decision.pk)
    if locked.action == Decision.Action.UNDO:
        raise DecisionError(gettext("Make the decision again instead of undoing its undoing."))
    if locked.action == Decision.Action.REKEY:
        words = gettext("Which addresses are one page follows from rules, not decisions.")
        raise DecisionError(words)
    if Decision.objects.filter(undoes=locked).exists():
        raise DecisionError(gettext("This decision is undone already."))
    if Undertaking.objects.filter(pk=locked.pk, finished_at=None).exists():
        raise DecisionError(gettext("This decision is still being carried out."))


def _undo_links(decision: Decision, undoing: Decision) -> None:
    _now_or_in_batches(undoing, list(decision.effects.values_list("object_id", flat=True)))


def _undo_batch(undoing: Decision, pks: Sequence[int]) -> int:
    """Give links back what a decision took; return how many were changed since and stay."""
    effects = Effect.objects.filter(decision=undoing.undoes, object_id__in=pks)
    by_link = {effect.object_id: effect for effect in effects}
    rows = _locked(by_link)
    kept = [row for row in rows if _is_as_left(row, by_link[row.pk].after)]
    _write(undoing, kept, lambda row: _put_back(row, by_link[row.pk].before))
    return len(rows) - len(kept)


def _is_as_left(link: Link, after: Mapping[str, Any]) -> bool:
    """Tell whether a link still is what the decision made of it, as far as people decide it."""
    now = plain(_snapshot(link))
    decided = {name: value for name, value in after.items() if name not in FOLLOWING}
    if decided.get("health") != Link.Health.BROKEN:
        decided.pop("health", None)  # checks go on, and say what they find
    return all(now[name] == value for name, value in decided.items())


def _put_back(link: Link, before: Mapping[str, Any]) -> None:
    for name, value in before.items():
        if name in MOMENTS and value is not None:
            value = datetime.fromisoformat(value)
        setattr(link, name, value)
