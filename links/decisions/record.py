"""Write decisions down: once, in the transaction of what they change, and never again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from links.access import Actor
from links.models import Decision, Effect

Values = dict[str, Any]


class ReasonMissing(ValueError):
    """Something is taken away from readers without saying why."""


# What takes something away, and so has to be explained.
MISSING = {
    Decision.Action.BLOCK: _("A blocked link needs a reason."),
    Decision.Action.REPLACE: _("A replaced link needs a reason."),
    Decision.Action.MARK_BROKEN: _("A link marked broken needs a reason."),
    Decision.Action.HIDE: _("A hidden item needs a reason."),
}
EXPLAINED = frozenset(MISSING)


class Change(NamedTuple):
    """One row before and after; only the values that differ."""

    row: Any
    before: Values
    after: Values


def tidy_reason(action: str, reason: str) -> str:
    """Return a reason on one line of at most 500 characters.

    Raises ReasonMissing where the action needs one and there is none.
    """
    reason = " ".join(reason.split())[:500]
    if action in EXPLAINED and not reason:
        raise ReasonMissing(str(MISSING[Decision.Action(action)]))
    return reason


def record_decision(action: str, *, by: Actor, subject: str, **values: Any) -> Decision:
    """Write a decision down; call it in the transaction of its effects."""
    user = by if isinstance(by, User) else None
    name = user.get_username() if user else ""
    return Decision.objects.create(action=action, by=user, by_name=name, subject=subject, **values)


def record_effects(decision: Decision, changes: Iterable[Change]) -> None:
    """Write down what a decision changed, row by row; datetimes as ISO 8601."""
    Effect.objects.bulk_create(
        Effect(
            decision=decision,
            content_type=ContentType.objects.get_for_model(change.row),
            object_id=change.row.pk,
            label=str(change.row),
            before=plain(change.before),
            after=plain(change.after),
        )
        for change in changes
    )


def plain(values: Values) -> Values:
    """Return values as JSON holds them."""
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def difference(row: Model, before: Values, after: Values) -> Change | None:
    """Return the change of a row, or None if nothing changed."""
    changed = {name: value for name, value in after.items() if before.get(name) != value}
    kept = {name: value for name, value in before.items() if name in changed}
    return Change(row, kept, changed) if changed else None
