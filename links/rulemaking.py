"""Rules about sources: made, ended and undone, each on the record.

About one place (host, path, with or without sub-domains) there is one active rule at most; making
another, ending one and undoing either are one step: from one rule, or none, to another, or none.
"""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from links import queueing
from links.models import Decision, Link, SourceRule
from links.moderating import UNDOING, DecisionError
from links.recording import Actor, Change, record_decision, record_effects, tidy_reason
from links.ruling import related_rules, settle_all
from links.signals import links_changed
from links.triaging import ask_about_held


def make_rule(rule: SourceRule, *, by: Actor) -> Decision:
    """Make a rule, in place of the one about the same place, and return the record.

    ``rule`` is an unsaved row. What readers get of the links under it is settled when this
    returns; the pages follow, at once or by the worker. Raises ReasonMissing for a rule that
    holds or blocks without a reason.
    """
    takes_away = rule.action != SourceRule.Action.ALLOW
    rule.reason = tidy_reason(Decision.Action.BLOCK if takes_away else "", rule.reason)
    with transaction.atomic():
        decision = record_decision(
            Decision.Action.RULE, by=by, reason=rule.reason, subject=str(rule)
        )
        _step(_active_about(rule), rule, decision)
        queueing.close_under(rule, decision)
        if rule.action == SourceRule.Action.HOLD:
            ask_about_held.enqueue(rule.pk)
    return decision


def end_rule(rule: SourceRule, *, by: Actor, reason: str = "") -> Decision:
    """End a rule, so that its links are again what was decided about each; return the record.

    Raises DecisionError if it has ended already.
    """
    with transaction.atomic():
        decision = record_decision(
            Decision.Action.END_RULE,
            by=by,
            reason=tidy_reason("", reason),
            subject=str(rule),
        )
        _step(_locked(rule.pk), None, decision)
    return decision


def _undo(decision: Decision, undoing: Decision) -> None:
    effect = decision.effects.get()
    ending, starting = effect.after["rule"], effect.before["rule"]
    if starting is not None and ending is None and _is_taken(starting):
        raise DecisionError(gettext("Another rule was made about the same place since."))
    _step(
        _locked(ending) if ending is not None else None,
        SourceRule.objects.get(pk=starting) if starting is not None else None,
        undoing,
    )


def _step(ending: SourceRule | None, starting: SourceRule | None, decision: Decision) -> None:
    """End a rule, start another, write both down, and settle what readers get of their links."""
    if ending is not None:
        ending.ended_at = timezone.now()
        ending.save(update_fields=["ended_at"])
    if starting is not None:
        starting.ended_at = None
        starting.save()
    place = starting or ending
    assert place is not None  # noqa: S101 (a step without rules is none)
    keys = [{"rule": rule.pk if rule else None} for rule in (ending, starting)]
    record_effects(decision, [Change(place, *keys)])
    links_changed.send(sender=Link, links=settle_all(place, related_rules(place)))


def _active_about(rule: SourceRule) -> SourceRule | None:
    same = SourceRule.objects.select_for_update().filter(
        host=rule.host, path=rule.path, subdomains=rule.subdomains, ended_at=None
    )
    return same.first()


def _is_taken(pk: int) -> bool:
    return _active_about(SourceRule.objects.get(pk=pk)) is not None


def _locked(pk: int) -> SourceRule:
    rule = SourceRule.objects.select_for_update().filter(pk=pk, ended_at=None).first()
    if rule is None:
        raise DecisionError(gettext("The rule has ended already."))
    return rule


UNDOING |= {Decision.Action.RULE: _undo, Decision.Action.END_RULE: _undo}
