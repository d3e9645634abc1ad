"""Rules about sources: made, ended and undone, each on the record.

About one place (host, path, with or without sub-domains) there is one active rule at most; making
another, ending one and undoing either are one step: from one rule, or none, to another, or none.
What it means for links is settled from the rules that are active then, so that it may be done at
any time, and again.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django_tasks import task

from links import access, queue
from links.access import Actor
from links.decisions import answers
from links.decisions.links import DecisionError
from links.decisions.record import Change, record_decision, record_effects, tidy_reason
from links.models import Decision, Link, SourceRule
from links.normalizing import AddressError, canonicalize, path_of, source_key, source_name
from links.queue import ask_about_held
from links.signals import links_changed
from links.standing import related_rules, settle_all

LONGEST_PATH = 1000


class PlaceError(ValueError):
    """No place that a rule could be about; the message says why."""


class Place(NamedTuple):
    """What a rule is about: a host, the beginning of a path or "", and whether sub-domains too."""

    host: str
    path: str = ""
    subdomains: bool = False


def read_place(text: str) -> Place:
    """Return the place that somebody means by `*.example.org/blog`, `github.com/owner` or a URL.

    Hosts and paths come out as canonical addresses have them, which rules are compared with.
    Raises PlaceError.
    """
    text = text.strip()
    scheme, colon, rest = text.partition("://")
    if colon and scheme.lower() not in {"http", "https"}:
        raise PlaceError(gettext("A rule is about web addresses."))
    rest = (rest if colon else text).removesuffix("/*")
    subdomains, rest = rest.startswith("*."), rest.removeprefix("*.")
    if not rest or "@" in rest.partition("/")[0]:
        raise PlaceError(gettext("Name a host, such as example.org."))
    if "*" in rest:
        words = gettext("A star may stand at the beginning only, for sub-domains: *.example.org.")
        raise PlaceError(words)
    try:
        url = canonicalize(f"https://{rest}")
    except AddressError as error:
        raise PlaceError(gettext("Name a host, such as example.org.")) from error
    return _place_of(url, subdomains)


def _place_of(url: str, subdomains: bool) -> Place:
    if "?" in url or "#" in url:
        words = gettext(
            "A rule is about a host and the beginning of a path. To decide about one page, decide"
            " about its link."
        )
        raise PlaceError(words)
    host, path = source_key(url), path_of(url).rstrip("/")
    if "." not in host and ":" not in host:
        raise PlaceError(gettext("Name a host, such as example.org."))
    if len(path) > LONGEST_PATH:
        raise PlaceError(gettext("The path is too long."))
    source = source_name(url)
    # An owner's name means the owner, however it is spelled.
    if f"{host}{path}".lower() == source:
        path = source.removeprefix(host)
    return Place(host, path, subdomains)


def make_rule(rule: SourceRule, *, by: Actor, later: bool = False) -> Decision:
    """Make a rule, in place of the one about the same place, and return the record.

    ``rule`` is an unsaved row. It holds for links to come when this returns, and what readers get
    of those under it is settled; ``later`` leaves that to the worker. The pages follow, at once or
    by the worker. Raises ReasonMissing for a rule that holds or blocks without a reason, and
    PermissionDenied.
    """
    access.check(by, access.MAKE_RULES)
    takes_away = rule.action != SourceRule.Action.ALLOW
    rule.reason = tidy_reason(Decision.Action.BLOCK if takes_away else "", rule.reason)
    try:
        # About most places there is no rule yet; if there is one, the constraint says so.
        with transaction.atomic():
            return _make(rule, None, by, later)
    except IntegrityError:
        with transaction.atomic():
            return _make(rule, _active_about(rule), by, later)


def _make(rule: SourceRule, old: SourceRule | None, by: Actor, later: bool) -> Decision:
    decision = record_decision(Decision.Action.RULE, by=by, reason=rule.reason, subject=str(rule))
    _step(old, rule, decision)
    if later:
        follow.enqueue(decision.pk)
    else:
        _follow(rule, decision)
    return decision


@task()
def follow(decision_pk: int) -> None:
    """Settle what readers get of the links under a rule that was made; done again, does nothing."""
    with transaction.atomic():
        decision = Decision.objects.get(pk=decision_pk)
        rule = SourceRule.objects.get(pk=decision.effects.get().object_id)
        _follow(rule, decision)


def _follow(rule: SourceRule, decision: Decision) -> None:
    _settle(rule)
    if rule.ended_at is not None:
        return
    queue.close_under(rule, decision)
    answers.follow_rule(rule, decision)
    if rule.action == SourceRule.Action.HOLD:
        ask_about_held.enqueue(rule.pk)


def end_rule(rule: SourceRule, *, by: Actor, reason: str = "") -> Decision:
    """End a rule, so that its links are again what was decided about each; return the record.

    Raises DecisionError if it has ended already, and PermissionDenied.
    """
    access.check(by, access.END_RULES)
    with transaction.atomic():
        decision = record_decision(
            Decision.Action.END_RULE,
            by=by,
            reason=tidy_reason("", reason),
            subject=str(rule),
        )
        locked = _locked(rule.pk)
        _step(locked, None, decision)
        _settle(locked)
    return decision


def undo_rule(decision: Decision, undoing: Decision) -> None:
    """Put back the rule that a decision ended, if any, and end the one that it made."""
    effect = decision.effects.get()
    ending, starting = effect.after["rule"], effect.before["rule"]
    new = SourceRule.objects.get(pk=starting) if starting is not None else None
    made_since = gettext("Another rule was made about the same place since.")
    if new is not None and ending is None and _active_about(new):
        raise DecisionError(made_since)
    old = _locked(ending) if ending is not None else None
    try:
        place = _step(old, new, undoing)
    except IntegrityError as error:
        raise DecisionError(made_since) from error
    _settle(place)


def _step(ending: SourceRule | None, starting: SourceRule | None, decision: Decision) -> SourceRule:
    """End a rule, start another, write both down; return either, for the place they are about."""
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
    return place


def _settle(place: SourceRule) -> None:
    """Settle what readers get of the links under a place, and announce it if that differs."""
    links = settle_all(place, related_rules(place))
    if not links.query.is_empty():
        links_changed.send(sender=Link, links=links)


def _active_about(rule: SourceRule) -> SourceRule | None:
    same = SourceRule.objects.select_for_update().filter(
        host=rule.host, path=rule.path, subdomains=rule.subdomains, ended_at=None
    )
    return same.first()


def _locked(pk: int) -> SourceRule:
    rule = SourceRule.objects.select_for_update().filter(pk=pk, ended_at=None).first()
    if rule is None:
        raise DecisionError(gettext("The rule has ended already."))
    return rule
