"""Key a few groups of links anew in one transaction: unite what is one page, part what is two.

Nothing is lost. Whatever hangs on a link (places, items, checks, entries of the queue, suggestions)
moves with it or, where it has an address as written, with that. The strictest decision holds for
all that become one, the newest check speaks for them. Records stay as they are: one more says what
became of which row, so that the history of a link that is gone can be read on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import ngettext

from links.decisions import (
    FIELDS,
    REGISTRY,
    Change,
    Values,
    difference,
    record_decision,
    record_effects,
)
from links.models import (
    Concern,
    Decision,
    FormerKey,
    InboxEntry,
    Link,
    QueueEntry,
    SourceRule,
    Undertaking,
)
from links.normalizing import RULES_VERSION, source_name
from links.queue import ask_about_new
from links.registering import canonical_or_none, sources_of
from links.rekeying.planning import Group, Move
from links.signals import links_united
from links.standing import active_rules, settle

# What asking a link said; it goes together.
CHECKED: Final = (
    "health", "flag", "title", "description", "final_url", "archived_url", "archive_asked_at",
    "checked_at", "due_at", "claimed_until", "failures", "etag", "last_modified",
)  # fmt: skip
_WRITTEN: Final = sorted(
    {"key", "url", "source", "created_at", *CHECKED} | {name.removesuffix("_id") for name in FIELDS}
)
_STRICTNESS: Final = {
    Link.Standing.BLOCKED: 3,
    Link.Standing.HELD: 2,
}
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Batch:
    """Links before and after. ``rows`` are as they were, ``homes`` what each page ends up as."""

    moves: dict[int, Move]
    rows: dict[int, Link]
    homes: dict[str, Link] = field(default_factory=dict)
    arrivals: dict[str, list[Link]] = field(default_factory=dict)

    @property
    def gone(self) -> dict[int, int]:
        """The links that end, by key, each with the link that goes on."""
        homes = {pk: self.homes[move.to].pk for pk, move in self.moves.items()}
        return {pk: home for pk, home in homes.items() if pk != home}


def unite(groups: Iterable[Group]) -> None:
    """Key groups of a plan anew, in one transaction; what was changed since it was made is left."""
    with transaction.atomic():
        batch = _locked(groups)
        if not batch.moves:
            return
        _find_homes(batch)
        _decide(batch)
        _write(batch)
        decision = _record(batch)
        _fold_queue(batch, decision)
        _fold_inbox(batch)
        _move_references(batch)
        _keep_addresses(batch)
        _continue_undertakings(batch)
        Link.objects.filter(pk__in=batch.gone).delete()
        ask_about_new([home for home in batch.homes.values() if home.pk not in batch.rows], ())


def _locked(groups: Iterable[Group]) -> _Batch:
    moves = {move.link: move for group in groups for move in group}
    keys = [Link.key_for(page) for move in moves.values() for page in move.targets]
    wanted = models.Q(pk__in=moves) | models.Q(key__in=keys)
    locked = Link.objects.select_for_update(of=("self",)).filter(wanted).order_by("pk")
    rows = {row.pk: row for row in locked.select_related("rule", "source")}
    current = {pk: m for pk, m in moves.items() if pk in rows and rows[pk].url == m.url}
    return _Batch(current, rows)


def _find_homes(batch: _Batch) -> None:
    """Choose the row of each page: the one it has, else the oldest that becomes it, else a new one.

    Rows are copied, so that what they were stays at hand.
    """
    there = {row.url: row for row in batch.rows.values()}
    coming: dict[str, list[int]] = defaultdict(list)
    batch.arrivals = defaultdict(list)
    for pk, move in sorted(batch.moves.items()):
        coming[move.to].append(pk)
        for page in move.targets:
            batch.arrivals[page].append(batch.rows[pk])
    for page, arrivals in batch.arrivals.items():
        resident = there.get(page)
        stays = resident is not None and _stays(batch, resident)
        if resident is not None and stays and resident not in arrivals:
            arrivals.append(resident)
        kept = resident if stays else batch.rows[coming[page][0]] if coming[page] else None
        home = copy(kept or arrivals[0])
        if kept is None:
            home.pk, home._state.adding = None, True
        batch.homes[page] = home


def _stays(batch: _Batch, row: Link) -> bool:
    return row.pk not in batch.moves or batch.moves[row.pk].to == row.url


# What holds for a page


def _decide(batch: _Batch) -> None:
    rules = active_rules()
    sources, _new = sources_of({page: source_name(page) for page in batch.homes})
    for page, home in batch.homes.items():
        rows = batch.arrivals[page]
        home.url, home.key = page, Link.key_for(page)
        home.source = sources.get(source_name(page))
        home.created_at = min(row.created_at for row in rows)
        _take_checks(home, rows)
        _take_decision(home, rows, rules)


def _take_decision(home: Link, rows: Sequence[Link], rules: Iterable[SourceRule]) -> None:
    """Let the strictest decision hold. What a rule kept from readers, stays kept from them."""
    strictest = max(rows, key=_strictness)
    for name in ("status", "reason", "decided_at", "held"):
        setattr(home, name, getattr(strictest, name))
    home.replacement_url = _replacement([strictest, *rows], home.url)
    settle(home, rules)
    if strictest.rule is None or home.standing == strictest.standing:
        return
    if strictest.standing == Link.Standing.BLOCKED:
        home.status, home.reason = Link.Status.BLOCKED, strictest.rule.reason
        home.decided_at = timezone.now()
    elif strictest.standing == Link.Standing.HELD:
        home.held = True
    settle(home, rules)


def _strictness(row: Link) -> tuple[int, bool, datetime]:
    rank = _STRICTNESS.get(Link.Standing(row.standing), 0)
    return rank, row.status == Link.Status.APPROVED, row.decided_at or _NEVER


def _replacement(rows: Sequence[Link], page: str) -> str:
    """The first replacement, unless the page itself took the place of another."""
    urls = (row.replacement_url for row in rows if row.replacement_url)
    return next((url for url in urls if canonical_or_none(url) != page), "")


def _take_checks(home: Link, rows: Sequence[Link]) -> None:
    """What somebody marked broken stays so; else the newest check speaks."""
    newest = max(rows, key=lambda row: (row.is_marked_broken, row.checked_at or _NEVER))
    for name in CHECKED:
        setattr(home, name, getattr(newest, name))
    for name in ("title", "description", "archived_url"):
        found = (getattr(row, name) for row in (newest, *rows))
        setattr(home, name, next((value for value in found if value), ""))


# Rows


def _write(batch: _Batch) -> None:
    """Write the links. Keys are unique, so those to change make room first."""
    renamed = [pk for pk, move in batch.moves.items() if move.to != move.url]
    aside = Concat(Value("rekeying "), Cast("pk", CharField()), output_field=CharField())
    Link.objects.filter(pk__in=renamed).update(key=aside)
    Link.objects.bulk_update([home for home in batch.homes.values() if home.pk], _WRITTEN)
    Link.objects.bulk_create(home for home in batch.homes.values() if not home.pk)


def _move_references(batch: _Batch) -> None:
    """Point everything that points to a link at the one it belongs to now, a statement a table."""
    gone = batch.gone
    for relation in Link._meta.related_objects:
        link, model = relation.field.name, relation.related_model
        cases, concerned = [], set(gone)
        if link == "link" and model in REGISTRY.written:
            cases = _part_cases(batch)
            concerned |= {pk for pk, move in batch.moves.items() if move.parts}
        cases += [When(**{link: pk, "then": Value(home)}) for pk, home in gone.items()]
        if cases:
            rows = model._base_manager.filter(**{f"{link}__in": concerned})
            rows.update(
                **{link: Case(*cases, default=F(link), output_field=models.BigIntegerField())}
            )


def _keep_addresses(batch: _Batch) -> None:
    """Remember which link has the place of a key that none has any more, and tell who counts."""
    homes = {pk: batch.homes[move.to] for pk, move in batch.moves.items()}
    FormerKey.objects.bulk_create(
        [
            FormerKey(key=batch.rows[pk].key, link=home)
            for pk, home in homes.items()
            if batch.rows[pk].key != home.key
        ],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["link"],
    )
    concerned = {*batch.gone, *(home.pk for home in batch.homes.values())}
    links_united.send(sender=Link, links=concerned)


def _part_cases(batch: _Batch) -> list[When]:
    return [
        When(link=pk, url__in=urls, then=Value(batch.homes[page].pk))
        for pk, move in batch.moves.items()
        for page, urls in move.parts
    ]


def _fold_queue(batch: _Batch, decision: Decision | None) -> None:
    """Leave one open entry of those whose links become one: the heaviest, with all concerns."""
    folded: dict[int, QueueEntry] = {}
    for kept, others in _by_home(batch, QueueEntry.objects.filter(closed_at=None), "-weight"):
        kept.opened_at = min(entry.opened_at for entry in (kept, *others))
        folded |= {entry.pk: kept for entry in others}
    if not folded:
        return
    cases = [When(entry=pk, then=Value(kept.pk)) for pk, kept in folded.items()]
    Concern.objects.filter(entry__in=folded).update(
        entry=Case(*cases, output_field=models.BigIntegerField())
    )
    QueueEntry.objects.bulk_update(set(folded.values()), ["opened_at"])
    QueueEntry.objects.filter(pk__in=folded).update(
        closed_at=timezone.now(), closed_by=decision, claimed_by=None, claimed_until=None
    )


def _fold_inbox(batch: _Batch) -> None:
    """Leave one open entry of the inbox for each link: the oldest, with the notes of all."""
    folded: list[int] = []
    kept_ones = []
    for kept, others in _by_home(batch, InboxEntry.objects.filter(done_at=None), "added_at"):
        notes = dict.fromkeys(entry.note for entry in (kept, *others) if entry.note)
        kept.note = "\n\n".join(notes)
        kept_ones.append(kept)
        folded += [entry.pk for entry in others]
    InboxEntry.objects.bulk_update(kept_ones, ["note"])
    InboxEntry.objects.filter(pk__in=folded).update(done_at=timezone.now())


def _by_home(batch: _Batch, rows: models.QuerySet[Any], order: str) -> list[tuple[Any, list[Any]]]:
    """Return those rows of which a link may have one, but will have several: the first and others.

    An entry of the inbox goes with its address as written, like everything that has one.
    """
    gone = batch.gone
    homes = {**{home.pk: home.pk for home in batch.homes.values()}, **gone}
    parts = {
        (pk, url): batch.homes[page].pk
        for pk, move in batch.moves.items()
        for page, urls in move.parts
        for url in urls
    }
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows.filter(link__in=homes).order_by(order, "pk"):
        place = (row.link_id, getattr(row, "url", ""))
        found[parts.get(place, homes[row.link_id])].append(row)
    return [(first, others) for first, *others in found.values() if others]


def _continue_undertakings(batch: _Batch) -> None:
    """Let decisions that are being carried out go on with the links of today."""
    gone = batch.gone
    heirs = {
        pk: list(dict.fromkeys(batch.homes[page].pk for page in move.targets))
        for pk, move in batch.moves.items()
        if move.parts or pk in gone
    }
    if not heirs:
        return
    for undertaking in Undertaking.objects.select_for_update().filter(finished_at=None):
        todo = sorted({heir for pk in undertaking.todo for heir in heirs.get(pk, [pk])})
        if todo != undertaking.todo:
            undertaking.total += len(todo) - len(undertaking.todo)
            undertaking.todo = todo
            undertaking.save(update_fields=["todo", "total"])


# The record


def _record(batch: _Batch) -> Decision:
    """Write down what became of each row: one record for the batch, an effect for each link."""
    subject = ngettext(
        "%(n)d link keyed anew by rules %(version)d",
        "%(n)d links keyed anew by rules %(version)d",
        len(batch.moves),
    ) % {"n": len(batch.moves), "version": RULES_VERSION}
    decision = record_decision(Decision.Action.REKEY, by=None, subject=subject)
    record_effects(decision, _changes(batch))
    return decision


def _changes(batch: _Batch) -> list[Change]:
    changes = [_end(batch.rows[pk], batch, home) for pk, home in batch.gone.items()]
    for page, home in batch.homes.items():
        others = [row.url for row in batch.arrivals[page] if row.pk != home.pk]
        word = "united_with" if home.pk in batch.rows else "parted_from"
        before = _values(batch.rows[home.pk]) if home.pk in batch.rows else {}
        after: Values = _values(home) | ({word: others} if others else {})
        if change := difference(batch.rows.get(home.pk, home), before, after):
            changes.append(change)
    return changes


def _end(row: Link, batch: _Batch, home: int) -> Change:
    after = {"url": batch.moves[row.pk].to, "united_as": home}
    return Change(row, _values(row), after)


def _values(row: Link) -> Values:
    values = {name: getattr(row, name) for name in FIELDS}
    return values | {"url": row.url, "source": row.source.name if row.source else ""}
