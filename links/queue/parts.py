"""What waits in the queue: its parts, in the order of an index, and how much there is of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Count, IntegerField, Model, QuerySet, Subquery

from links.models import Kind, QueueEntry, Source

# Nobody needs to know by how much more it is more than this, and counting on would take time.
MOST_COUNTED = 1000
# As many entries are put into groups, and as many groups are shown.
MOST_GROUPED, MOST_SOURCES = 5000, 50


class CappedCount(Subquery):
    """The number of rows of a sliced QuerySet, as a column: those beyond the slice cost nothing."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the queue: entries of a kind ("" for all) and a source (0 for all), in an order."""

    kind: str = ""
    source: int = 0
    oldest_first: bool = False

    def entries(self) -> QuerySet[QueueEntry]:
        """Return the open entries of this part in its order."""
        entries = QueueEntry.objects.filter(closed_at=None)
        if self.kind:
            entries = entries.filter(kind=self.kind)
        if self.source:
            entries = entries.filter(link__source=self.source)
        return entries.order_by(*self._order())

    def first(self, count: int, *, without: Iterable[int] = ()) -> list[QueueEntry]:
        """Return the first entries with their links and sources, leaving some keys out.

        Their keys are found in the index alone; joining first would sort all that waits.
        """
        keys = self.entries().exclude(pk__in=list(without)).values("pk")[:count]
        return list(with_links(QueueEntry.objects.filter(pk__in=keys)).order_by(*self._order()))

    def _order(self) -> tuple[str, ...]:
        # All entries of a kind weigh the same.
        if self.oldest_first or self.kind:
            return ("opened_at", "id")
        return ("-weight", "opened_at", "id")


@dataclass(frozen=True, slots=True)
class Group:
    """What waits of one source: how many entries of each kind."""

    source: Source
    kinds: dict[str, int]

    @property
    def count(self) -> int:
        """How many entries wait."""
        return sum(self.kinds.values())


def group_by_source(part: Part) -> list[Group]:
    """Return the sources of which most waits in a part, among its first ``MOST_GROUPED``."""
    keys = part.entries().values("pk")[:MOST_GROUPED]
    rows = QueueEntry.objects.filter(pk__in=keys, link__source__isnull=False).order_by()
    kinds: dict[int, dict[str, int]] = {}
    for source, kind, count in rows.values_list("link__source", "kind").annotate(Count("pk")):
        kinds.setdefault(source, {})[kind] = count
    most = sorted(kinds, key=lambda pk: (-sum(kinds[pk].values()), pk))[:MOST_SOURCES]
    sources = Source.objects.in_bulk(most)
    return [Group(sources[pk], kinds[pk]) for pk in most]


def with_links(entries: QuerySet[QueueEntry]) -> QuerySet[QueueEntry]:
    """Return entries with what is shown of each: its link and source, and who has claimed it."""
    return entries.select_related("link__source__parent", "claimed_by")


def count_by_kind(user: User) -> dict[str, int]:
    """Return how many entries of each kind wait, up to ``MOST_COUNTED`` + 1, in one statement.

    ``user`` only lends the row that the counts hang on.
    """
    columns = {kind.value: _capped(Part(kind.value).entries()) for kind in Kind}
    row = User.objects.filter(pk=user.pk).values_list(*columns.values())[0]
    return dict(zip(columns, row, strict=True))


def _capped(rows: QuerySet[Model]) -> CappedCount:
    return CappedCount(rows.order_by().values("pk")[: MOST_COUNTED + 1])
