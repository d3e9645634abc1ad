"""The queue of links that wait for a decision: opened for a reason, closed by a decision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from links.models import Concern, Decision, Kind, QueueEntry, SourceRule
from links.models.queue import WEIGHTS
from links.standing import links_under


@dataclass(frozen=True, slots=True)
class Worry:
    """Why a link should be looked at: a kind, for suspicion the rule's word, and more in words."""

    kind: str
    rule: str = ""
    detail: str = ""


def raise_concerns(worries: Mapping[int, Sequence[Worry]]) -> None:
    """Put links (by key) into the queue, or add to why they wait there; call in a transaction.

    What is known of an open entry already is not said twice.
    """
    wanted = {pk: found for pk, found in worries.items() if found}
    if not wanted:
        return
    rows = [_entry(pk, found) for pk, found in sorted(wanted.items())]
    QueueEntry.objects.bulk_create(rows, ignore_conflicts=True)
    entries = _open(wanted).prefetch_related("concerns")
    concerns = []
    for entry in entries:
        known = {Worry(c.kind, c.rule, c.detail) for c in entry.concerns.all()}
        new = [worry for worry in wanted[entry.link_id] if worry not in known]
        concerns += [
            Concern(entry=entry, kind=worry.kind, rule=worry.rule, detail=worry.detail)
            for worry in new
        ]
        _weigh(entry, new)
    Concern.objects.bulk_create(concerns)


def _entry(link: int, worries: Sequence[Worry]) -> QueueEntry:
    kind = max((worry.kind for worry in worries), key=lambda kind: WEIGHTS[kind])
    return QueueEntry(link_id=link, kind=kind, weight=WEIGHTS[kind])


def _open(links: Iterable[int]) -> QuerySet[QueueEntry]:
    return QueueEntry.objects.filter(link__in=list(links), closed_at=None)


def _weigh(entry: QueueEntry, worries: Sequence[Worry]) -> None:
    heaviest = max((worry.kind for worry in worries), key=lambda kind: WEIGHTS[kind], default=None)
    if heaviest is not None and WEIGHTS[heaviest] > entry.weight:
        entry.kind, entry.weight = heaviest, WEIGHTS[heaviest]
        entry.save(update_fields=["kind", "weight"])


def close(links: Sequence[int], decision: Decision) -> None:
    """Close the entries of links (by key) that a decision was made about."""
    QueueEntry.objects.filter(link__in=links, closed_at=None).update(
        closed_at=decision.at, closed_by=decision, claimed_by=None, claimed_until=None
    )


def close_under(rule: SourceRule, decision: Decision) -> None:
    """Close the entries that a rule answers: all of a blocked source, of an allowed one those
    that asked about the source, and none of one that is held."""
    if rule.action == SourceRule.Action.HOLD:
        return
    entries = QueueEntry.objects.filter(link__in=links_under(rule).values("pk"), closed_at=None)
    if rule.action == SourceRule.Action.ALLOW:
        entries = entries.filter(kind__in=[Kind.NEW_SOURCE, Kind.HELD])
    entries.update(closed_at=decision.at, closed_by=decision, claimed_by=None, claimed_until=None)


def withdraw(links: Sequence[int], kind: str) -> None:
    """Take a kind of concern about links (by key) back, and close what waits for nothing else."""
    if not links:
        return
    waiting = Q(link__in=links, closed_at=None)
    Concern.objects.filter(entry__in=QueueEntry.objects.filter(waiting), kind=kind).delete()
    for entry in QueueEntry.objects.filter(waiting, kind=kind).prefetch_related("concerns"):
        kinds = [concern.kind for concern in entry.concerns.all()]
        if kinds:
            entry.kind = max(kinds, key=lambda other: WEIGHTS[other])
            entry.weight = WEIGHTS[entry.kind]
        else:
            entry.closed_at = timezone.now()
        entry.save(update_fields=["kind", "weight", "closed_at"])


def reopen(decision: Decision) -> None:
    """Put back what a decision closed, unless the link waits again already."""
    waiting = QueueEntry.objects.filter(closed_at=None).values("link")
    closed = QueueEntry.objects.filter(closed_by=decision).exclude(link__in=waiting)
    try:
        with transaction.atomic():
            closed.update(closed_at=None, closed_by=None)
    except IntegrityError:  # one came to wait at this moment, which is known now
        closed.update(closed_at=None, closed_by=None)
