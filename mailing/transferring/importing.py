"""Subscribers brought in from a file: in batches, each whole or not at all.

Whoever is known here already stays as they are, so an import that was interrupted is begun again.
What a file says of somebody who left, bounced or complained always counts, also when another row
of it calls them active; what was said here counts more than any file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, Any, Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from links.rows import chunks
from mailing import access, rhythms, subscribing, wording
from mailing.access import Actor
from mailing.addresses import AddressError, checked, digest_of, group_of, normal
from mailing.models import (
    Choice,
    Chosen,
    Consent,
    MailSettings,
    Subscriber,
    Suppression,
    Wording,
)
from mailing.transferring import columns
from mailing.transferring.columns import Entry
from mailing.transferring.outcomes import Kind, Outcome
from mailing.transferring.reading import FileError, Line, lines
from posts import identity
from posts.models import Tag, TagAlias
from posts.naming import fold

BATCH: Final = 500
FORM: Final = subscribing.IMPORT
EVERYTHING: Final = (Choice.Kind.EVERYTHING.value, "")
Status = Subscriber.Status
# Of those states something was said; who waits said nothing yet, and a bounce is no wish.
SAID: Final = frozenset({Status.ACTIVE, Status.PAUSED, Status.LEFT, Status.COMPLAINED})
SAID_NO: Final = frozenset({Consent.Kind.WITHDRAWN, Consent.Kind.ERASED})
Keep = Callable[[Sequence[Outcome]], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to import. Who has no statement of consent to show may have everybody asked (``ask``);
    else those whom the file calls active are left out."""

    statement: str = ""
    ask: bool = False
    dry_run: bool = False
    by: Actor = None


@dataclass(slots=True)
class _Batch:
    """Rows of a file by the digest of their address, and what is known of those here."""

    entries: dict[str, tuple[int, Entry]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    known: dict[str, Subscriber] = field(default_factory=dict)
    suppressed: dict[str, str] = field(default_factory=dict)
    left: set[str] = field(default_factory=set)


def import_subscribers(
    file: IO[bytes], options: Options, *, after: int = 0, keep: Keep | None = None
) -> Iterator[Outcome]:
    """Import a CSV file; yield what became of each row, a batch after it is stored.

    The first ``after`` rows were imported before. ``keep`` gets what became of a batch in the
    transaction that stores it. Raises FileError for what is no table of addresses, before anything
    is stored, and PermissionDenied.
    """
    access.check(options.by, access.IMPORT)
    ours = MailSettings.current()
    if not ours.knows_addresses:
        raise FileError("key")
    barred = _barred(file)
    if not options.dry_run and not ours.key_fingerprint:
        MailSettings.note_key()
    for rows in chunks(islice(lines(file), after, None), BATCH):
        batch = _read(rows, barred)
        try:
            yield from _carry_out(batch, options, keep)
        except IntegrityError:  # somebody subscribed just now: look again
            batch.outcomes = [o for o in batch.outcomes if o.digest == ""]
            yield from _carry_out(batch, options, keep)


def describe(file: IO[bytes]) -> tuple[str, list[str]]:
    """Return whose export a file is ("" for nobody's that is known), and its columns."""
    first = next(lines(file), Line(0, {}))
    names = frozenset(first.cells or {})
    return columns.service_of(names), list(first.cells or {})


# Reading


def _short(address: str) -> bytes:
    return hashlib.blake2b(normal(address).encode(), digest_size=8).digest()


def _barred(file: IO[bytes]) -> set[bytes]:
    """Return those of whom some row says that they want, or can get, no mail.

    Eight bytes each, so that a file of 100,000 rows needs some megabytes at most. Raises FileError.
    """
    barred, is_first = set(), True
    for line in lines(file):
        if line.cells is None:
            continue
        if is_first and not columns.has_address(frozenset(line.cells)):
            raise FileError("address")
        is_first = False
        entry = _entry(line)
        if entry is None:
            continue
        if entry.state is None or entry.state.weight >= columns.LEAVER.weight:
            barred.add(_short(entry.address))
    if is_first:
        raise FileError("empty")
    return barred


def _entry(line: Line) -> Entry | None:
    """Return what a row says; None for one that cannot be read."""
    if line.cells is None:
        return None
    try:
        return columns.read(line.cells)
    except (ArithmeticError, RecursionError, TypeError, ValueError):
        return None


def _read(rows: Iterable[Line], barred: set[bytes]) -> _Batch:
    batch = _Batch()
    for line in rows:
        entry = _entry(line)
        if entry is None:
            batch.outcomes.append(Outcome(line.number, "", Kind.UNREADABLE))
            continue
        try:
            entry = replace(entry, address=checked(entry.address))
        except AddressError:
            batch.outcomes.append(Outcome(line.number, entry.address, Kind.NO_ADDRESS))
            continue
        kind = _wrong(entry, barred)
        digest = digest_of(entry.address)
        if kind is None and digest in batch.entries:
            kind = Kind.REPEATED
        if kind:
            word = entry.state_word if kind == Kind.UNKNOWN_STATE else ""
            batch.outcomes.append(Outcome(line.number, entry.address, kind, detail=word))
        else:
            batch.entries[digest] = (line.number, entry)
    return batch


def _wrong(entry: Entry, barred: set[bytes]) -> Kind | None:
    """Return why a row cannot be imported, whoever is known here."""
    if entry.state is None:
        return Kind.UNKNOWN_STATE
    is_barred = _short(entry.address) in barred
    return Kind.BARRED if is_barred and entry.state.weight < columns.LEAVER.weight else None


# Storing


def _carry_out(batch: _Batch, options: Options, keep: Keep | None) -> list[Outcome]:
    with transaction.atomic():
        _look_up(batch, lock=not options.dry_run)
        plan = [
            (number, digest, entry, _decide(digest, entry, batch, options))
            for digest, (number, entry) in batch.entries.items()
        ]
        batch.outcomes += [
            Outcome(number, entry.address, kind, digest=digest, detail=_status(entry))
            for number, digest, entry, kind in plan
        ]
        if not options.dry_run:
            _store([(d, e) for _n, d, e, kind in plan if kind == Kind.ADDED], options)
            _follow([batch.known[d] for _n, d, _e, kind in plan if kind == Kind.NOW_LEFT], plan)
            _ask([e for _n, _d, e, kind in plan if kind == Kind.ASKED])
        outcomes = sorted(batch.outcomes, key=lambda outcome: outcome.number)
        if keep:
            keep(outcomes)
    return outcomes


def _status(entry: Entry) -> str:
    return entry.state.status.value if entry.state else ""


def _look_up(batch: _Batch, *, lock: bool) -> None:
    """Find what is known of a batch, in three queries."""
    digests = list(batch.entries)
    rows = Subscriber.objects.filter(digest__in=digests)
    rows = rows.select_for_update() if lock else rows
    batch.known = {row.digest: row for row in rows}
    suppressed = Suppression.objects.filter(digest__in=digests)
    batch.suppressed = dict(suppressed.values_list("digest", "reason"))
    said = Consent.objects.filter(digest__in=digests).order_by("pk").values_list("digest", "kind")
    batch.left = {digest for digest, kind in dict(said).items() if kind in SAID_NO}


def _decide(digest: str, entry: Entry, batch: _Batch, options: Options) -> Kind:
    """Return what becomes of a row; the first that holds does."""
    gets_mail = entry.state is not None and entry.state.weight <= columns.WAITING.weight
    if known := batch.known.get(digest):
        is_ours_to_change = known.source == Subscriber.Source.IMPORT
        is_getting = known.status in {Status.ACTIVE, Status.PAUSED, Status.WAITING}
        return Kind.NOW_LEFT if is_ours_to_change and is_getting and not gets_mail else Kind.KNOWN
    if not gets_mail:
        return Kind.ADDED
    if digest in batch.suppressed:
        return Kind.SUPPRESSED
    if digest in batch.left:
        return Kind.LEFT_BEFORE
    is_waiting = entry.state == columns.WAITING
    if is_waiting and entry.is_ours and not options.ask:
        return Kind.ADDED
    if not is_waiting and options.statement:
        return Kind.ADDED
    if options.ask:
        return Kind.ASKED
    return Kind.UNCONFIRMED if is_waiting else Kind.NO_CONSENT


def _store(entries: Sequence[tuple[str, Entry]], options: Options) -> None:
    if not entries:
        return
    language, rhythm = identity.current().language, MailSettings.current().default_rhythm
    rows = [_row(digest, entry, language, rhythm) for digest, entry in entries]
    Subscriber.objects.bulk_create(rows)
    _store_choices(rows, [entry for _digest, entry in entries])
    words = wording.keep(options.statement, language) if options.statement else None
    Consent.objects.bulk_create(_consent(row, words, options) for row in rows if row.status in SAID)
    Suppression.objects.bulk_create(
        [
            Suppression(digest=digest, reason=entry.reason)
            for digest, entry in entries
            if entry.reason
        ],
        ignore_conflicts=True,
    )


def _row(digest: str, entry: Entry, language: str, rhythm: str) -> Subscriber:
    now = timezone.now()
    row = Subscriber(
        address=entry.address,
        digest=digest,
        group=group_of(entry.address),
        name=entry.name,
        status=_status(entry),
        source=entry.source,
        language=entry.language or language,
        rhythm=entry.rhythm or rhythm,
        zone=entry.zone,
        hour=entry.hour,
        created_at=entry.created_at or now,
    )
    if row.status in {Status.ACTIVE, Status.PAUSED}:
        row.confirmed_at = entry.confirmed_at or row.created_at
        row.consented_at = entry.consented_at or row.confirmed_at
        rhythms.begin(row, now)
    else:
        row.confirmed_at, row.consented_at = entry.confirmed_at, entry.consented_at
        row.left_at = entry.left_at or (now if row.status == Status.LEFT else None)
    row.paused_until = entry.paused_until
    return row


def _consent(row: Subscriber, words: Wording | None, options: Options) -> Consent:
    """Return what is written down of a row: the statement, or that they had left."""
    gets_mail = row.status in {Status.ACTIVE, Status.PAUSED}
    kind = Consent.Kind.IMPORTED if gets_mail else Consent.Kind.WITHDRAWN
    return Consent(
        subscriber=row,
        digest=row.digest,
        kind=kind,
        wording=words if gets_mail else None,
        form=FORM,
        by_id=getattr(options.by, "pk", None),
    )


def _store_choices(rows: Sequence[Subscriber], entries: Sequence[Entry]) -> None:
    """Let each get what its file says: choices of ours, tags that exist here, else everything."""
    slugs = _slugs({name for entry in entries for name in entry.tags})
    wanted = [_wanted(entry, slugs) for entry in entries]
    keys = subscribing.keys_of(pair for pairs in wanted for pair in pairs)
    Chosen.objects.bulk_create(
        Chosen(subscriber=row, choice_id=keys[pair])
        for row, pairs in zip(rows, wanted, strict=True)
        for pair in pairs
    )


def _wanted(entry: Entry, slugs: dict[str, str]) -> list[tuple[str, str]]:
    tags = [(Choice.Kind.TAG.value, slugs[key]) for key in map(fold, entry.tags) if key in slugs]
    return list(dict.fromkeys([*entry.choices, *tags]))[: subscribing.MOST] or [EVERYTHING]


def _slugs(names: set[str]) -> dict[str, str]:
    """Return the slugs of those tags that exist, by their folded names and aliases."""
    keys = {fold(name) for name in names}
    aliases = TagAlias.objects.filter(key__in=keys).values_list("key", "tag__slug")
    return dict(aliases) | dict(Tag.objects.filter(key__in=keys).values_list("key", "slug"))


def _follow(rows: Sequence[Subscriber], plan: Sequence[Any]) -> None:
    """Let those who came by an import, too, get no more mail, since this file says so."""
    entries = {digest: entry for _number, digest, entry, _kind in plan}
    for row in rows:
        entry = entries[row.digest]
        row.status, row.left_at = _status(entry), entry.left_at or timezone.now()
        row.paused_until = row.next_roll_at = None
        row.save()
        Consent.objects.create(
            subscriber=row, digest=row.digest, kind=Consent.Kind.WITHDRAWN, form=FORM
        )
        if entry.reason:
            subscribing.suppress(row.digest, entry.reason)


def _ask(entries: Sequence[Entry]) -> None:
    """Have those without a statement of consent asked whether they want mail."""
    slugs = _slugs({name for entry in entries for name in entry.tags})
    language, rhythm = identity.current().language, MailSettings.current().default_rhythm
    asked = [
        subscribing.Asked(
            entry.address,
            entry.language or language,
            entry.rhythm or rhythm,
            _wanted(entry, slugs),
        )
        for entry in entries
    ]
    if asked:
        subscribing.ask_all(asked, FORM)
