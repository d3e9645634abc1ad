"""What waits in the queue: its parts, in the order of an index, and how much there is of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import IntegerField, Model, QuerySet, Subquery

from links.models import Kind, QueueEntry

# Nobody needs to know by how much more it is more than this, and counting on would take time.
MOST_COUNTED = 1000


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
