"""Key stored links anew after the rules about addresses changed: what becomes of which link.

What tells is the addresses as written, wherever they are stored: apps name the tables in
`links.decisions.REGISTRY`. The addresses of one link may now be those of several pages (a split),
those of several links one page (a merge), and a page may be somebody else's (another source).

`plan` only reads. `uniting` carries a plan out, group by group; groups share no link, so
that they can be done in any order, stopped anywhere and planned again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.utils import timezone

from links.decisions import REGISTRY
from links.models import Decision, Effect, Keying, Link, SourceRule
from links.normalizing import RULES_VERSION, source_key, source_name
from links.registering import canonical_or_none
from links.signals import links_changed

# Links that are looked at, and groups that are keyed anew, in one step.
CHUNK: Final = 500
BATCH: Final = 100
Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Move:
    """What becomes of one link.

    ``to`` is its canonical address under today's rules, ``parts`` are the pages that it was taken
    for as well, each with the addresses as written that lead there.
    """

    link: int
    url: str
    to: str
    parts: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def targets(self) -> list[str]:
        return [self.to, *(target for target, _urls in self.parts)]


Group = tuple[Move, ...]


def plan(progress: Progress = lambda _count: None) -> list[Group]:
    """Return what today's rules change, in groups that have no page and no link in common.

    ``progress`` is told how many links were looked at.
    """
    moves: list[Move] = []
    for rows in _all_links():
        written = _written(rows[0][0], rows[-1][0])
        found = (_move(pk, url, source, written.get(pk, ())) for pk, url, source in rows)
        moves += [move for move in found if move is not None]
        progress(len(rows))
    return _grouped(moves)


def _all_links() -> Iterator[Sequence[tuple[int, str, str]]]:
    """Give key, address and name of the source of every link, in the order of their keys."""
    last = 0
    links = Link.objects.order_by("pk").values_list("pk", "url", "source__name")
    while rows := list(links.filter(pk__gt=last)[:CHUNK]):
        yield rows
        last = rows[-1][0]


def _written(first: int, last: int) -> dict[int, set[str]]:
    """Return the addresses as written of links, by their keys."""
    found: dict[int, set[str]] = defaultdict(set)
    for model in REGISTRY.written:
        rows = model._base_manager.filter(link__gte=first, link__lte=last)
        for pk, address in rows.order_by().values_list("link_id", "url").distinct():
            found[pk].add(address)
    return found


def _move(pk: int, url: str, source: str, written: Iterable[str]) -> Move | None:
    """Return what becomes of a link, or None if it stays as it is."""
    pages: dict[str, list[str]] = defaultdict(list)
    for address in sorted(written):
        if page := canonical_or_none(address):
            pages[page].append(address)
    own = canonical_or_none(url) or url
    if pages and own not in pages:
        own = max(pages, key=lambda page: len(pages[page]))
    parts = tuple((page, tuple(urls)) for page, urls in pages.items() if page != own)
    if own == url and not parts and source_name(url) == (source or ""):
        return None
    return Move(pk, url, own, parts)


def _grouped(moves: Sequence[Move]) -> list[Group]:
    """Put moves that touch the same pages together."""
    lead = {move.link: move.link for move in moves}

    def leader(link: int) -> int:
        while lead[link] != link:
            lead[link] = link = lead[lead[link]]
        return link

    seen: dict[str, int] = {}
    for move in moves:
        for page in (move.url, *move.targets):
            lead[leader(move.link)] = leader(seen.setdefault(page, move.link))
    groups: dict[int, list[Move]] = defaultdict(list)
    for move in moves:
        groups[leader(move.link)].append(move)
    return [tuple(group) for group in groups.values()]


# In words


class Line(NamedTuple):
    """One thing that changes: merge, split, rename or source, and which addresses."""

    kind: str
    text: str


def in_batches(groups: Sequence[Group]) -> Iterator[Sequence[Group]]:
    """Cut a plan into what is looked up, and keyed anew, in one step."""
    return (groups[start : start + BATCH] for start in range(0, len(groups), BATCH))


def describe(groups: Sequence[Group]) -> Iterator[Line]:
    """Say what a plan changes; asks the database which pages have a link already."""
    for some in in_batches(groups):
        moved = {move.link for group in some for move in group}
        keys = [Link.key_for(page) for group in some for move in group for page in move.targets]
        there = Link.objects.filter(key__in=keys).exclude(pk__in=moved)
        settled = set(there.values_list("url", flat=True))
        for group in some:
            yield from _lines(group, settled)


def _lines(group: Group, settled: set[str]) -> Iterator[Line]:
    arrivals: dict[str, list[str]] = defaultdict(list)
    for move in group:
        for page in move.targets:
            arrivals[page].append(move.url)
        if move.parts:
            yield Line("split", f"{move.url} → {', '.join(move.targets)}")
    for page, urls in arrivals.items():
        urls += [page] * (page in settled)
        if len(urls) > 1:
            yield Line("merge", f"{page} ← {', '.join(urls)}")
    for move in group:
        if not move.parts and len(arrivals[move.to]) == 1:
            kind = "source" if move.to == move.url else "rename"
            yield Line(kind, f"{move.url} → {_place(move)}")


def _place(move: Move) -> str:
    return source_name(move.to) if move.to == move.url else move.to


def misplaced_rules() -> list[tuple[SourceRule, str]]:
    """Return active rules about a host that is no host of its own any more, with its host now."""
    found = []
    for rule in SourceRule.objects.filter(ended_at=None):
        host = source_key(canonical_or_none(f"https://{rule.host}/") or "")
        if host and host != rule.host:
            found.append((rule, host))
    return found


# By which rules


def keyed_by() -> int:
    """Return the version of the rules that the stored links follow.

    Links without a note of it are older than the notes.
    """
    keying = Keying.objects.first()
    if keying is not None:
        return keying.version
    return 1 if Link.objects.exists() else RULES_VERSION


def note_version(**_kwargs: Any) -> None:
    """Note by which rules links are keyed where there is no link or no note yet (after migrate)."""
    if Link.objects.exists():
        Keying.objects.get_or_create(pk=1, defaults={"version": 1})
    else:
        Keying.objects.update_or_create(
            pk=1, defaults={"version": RULES_VERSION, "at": timezone.now()}
        )


def finish() -> None:
    """Have the pages rebuilt on which something changed since the last run that finished, and
    note the version. Safe to repeat: until the note is written, it is all to do."""
    with transaction.atomic():
        keying = Keying.objects.select_for_update().first()
        decisions = Decision.objects.filter(action=Decision.Action.REKEY)
        if keying is not None:
            decisions = decisions.filter(at__gte=keying.at)
        touched = Effect.objects.filter(decision__in=decisions).values("object_id")
        links_changed.send(sender=Link, links=Link.objects.filter(pk__in=touched))
        Keying.objects.update_or_create(
            pk=1, defaults={"version": RULES_VERSION, "at": timezone.now()}
        )
