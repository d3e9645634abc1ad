"""The queue's page with many links against the same page with few: queries and CPU time.

    python -m benchmarks.queue_page [FEW MANY]      (default: 2000 200000)

Both databases are asked in turn by the same moderator in the same process, so that whatever slows
the machine down slows both. Every link waits; each stands in an issue and has a reason to wait. The
list of one source is no page of the target: it reads all that waits from there to sort it.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.project import fresh_project, use_database

PAGES = {
    "most urgent first": "",
    "oldest first": "?order=oldest",
    "one kind": "?kind=report",
    "one source": "?source={source}",
    "an entry far down": "?entry={entry}",
}
WITHOUT_TARGET = "one source"
QUERIES_TARGET = 12
GROWTH_TARGET = 1.2
ROUNDS = 15
CALLS = 8
ISSUES = 600
# So few that the shortest list, of one source, is as long with few links as with many.
SOURCES = 60
START = datetime(2024, 1, 1, tzinfo=UTC)
CHUNK = 5_000


def main(few: int, many: int) -> int:
    """Measure; return 1 when a target is missed."""
    with fresh_project(LINKS_PREMODERATION="false") as folder:
        files = {count: folder / f"{count}.sqlite3" for count in (few, many)}
        for count, file in files.items():
            use_database(file)
            started = time.perf_counter()
            fill(count)
            print(f"filled {count} links in {time.perf_counter() - started:.0f} s", flush=True)
        return _compare(files)


def _compare(files: dict[int, Path]) -> int:
    """Ask both databases in turn; print the table."""
    few, many = files
    missed = []
    print(f"\n{'page':20}{'queries':>8}{few:>10}{many:>10}  ms{'ratio':>8}")
    for name, query in PAGES.items():
        calls = {count: Caller(file, query) for count, file in files.items()}
        queries = max(call.queries() for call in calls.values())
        pairs = [(calls[few].cpu(), calls[many].cpu()) for _ in range(ROUNDS)]
        low, high = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(second / first for first, second in pairs)
        print(f"{name:20}{queries:>8}{low:>10.2f}{high:>10.2f}{ratio:>12.2f}", flush=True)
        if queries > QUERIES_TARGET or (ratio > GROWTH_TARGET and name != WITHOUT_TARGET):
            missed.append(name)
    print(f"targets: {QUERIES_TARGET} queries, ratio {GROWTH_TARGET}")
    print("missed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


class Caller:
    """Asks for one page of one database as a moderator who is signed in."""

    def __init__(self, file: Path, query: str) -> None:
        from django.conf import settings  # noqa: PLC0415 (only after django.setup)
        from django.test import Client  # noqa: PLC0415

        self.file = file
        self._connect()
        settings.SECURE_SSL_REDIRECT = False
        self.client = Client(headers={"host": "127.0.0.1"})
        self.client.force_login(_moderator())
        source, entry = _somewhere()
        self.path = "/admin/links/queueentry/" + query.format(source=source, entry=entry)
        self._get()

    def queries(self) -> int:
        """Return how many queries the page takes."""
        from django.db import connection  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        self._connect()
        with CaptureQueriesContext(connection) as captured:
            self._get()
        return len(captured)

    def cpu(self) -> float:
        """Return CPU milliseconds a request, over ``CALLS`` requests."""
        self._connect()
        self._get()
        started = time.process_time()
        for _ in range(CALLS):
            self._get()
        return (time.process_time() - started) * 1000 / CALLS

    def _connect(self) -> None:
        from django.db import connection  # noqa: PLC0415

        if connection.settings_dict["NAME"] != str(self.file):
            connection.close()
            connection.settings_dict["NAME"] = str(self.file)

    def _get(self) -> None:
        response = self.client.get(self.path)
        assert response.status_code == 200, response.status_code
        assert b"desk-row-title" in response.content


def _moderator() -> Any:
    from django.contrib.auth.models import Group, User  # noqa: PLC0415

    user, _created = User.objects.get_or_create(username="moderator", is_staff=True)
    user.groups.add(Group.objects.get(name="Moderator"))
    return user


def _somewhere() -> tuple[int, int]:
    """Return a source and an entry in the middle of the queue."""
    from links.models import QueueEntry  # noqa: PLC0415

    waiting = QueueEntry.objects.filter(closed_at=None, kind="new_source").order_by("opened_at")
    entry = waiting.select_related("link")[waiting.count() // 2]
    return entry.link.source_id or 0, entry.pk


def fill(count: int) -> None:
    """Make it ``count`` links that wait, beside those of the issues of `benchmarks.filling`."""
    from django.db import connection, transaction  # noqa: PLC0415

    from benchmarks import filling  # noqa: PLC0415

    if not _count_of("posts.Post"):
        filling.fill(ISSUES)
    chance = random.Random(count)  # noqa: S311
    sources = _sources()
    places = _places()
    for first in range(_count_of("links.QueueEntry"), count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        with transaction.atomic():
            _add(numbers, chance, sources, places)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _add(
    numbers: range, chance: random.Random, sources: list[Any], places: list[tuple[int, int, int]]
) -> None:
    from links.models import Concern, Link, QueueEntry  # noqa: PLC0415
    from links.models.queue import WEIGHTS, Kind  # noqa: PLC0415
    from posts.models import Appearance  # noqa: PLC0415

    made = Link.objects.bulk_create(_links(numbers, sources, Link))
    kinds = chance.choices(list(Kind), k=len(numbers))
    entries = QueueEntry.objects.bulk_create(
        QueueEntry(
            link=link,
            kind=kind,
            weight=WEIGHTS[kind],
            opened_at=START + timedelta(minutes=number),
        )
        for number, link, kind in zip(numbers, made, kinds, strict=True)
    )
    Concern.objects.bulk_create(
        Concern(entry=entry, kind=entry.kind, detail="a reason") for entry in entries
    )
    Appearance.objects.bulk_create(
        Appearance(
            post_id=post, section_id=section, item_id=item, link=link,
            position=1_000 + number, url=link.url, anchor_text="here",
        )
        for number, link, (post, section, item) in zip(
            numbers, made, chance.choices(places, k=len(numbers)), strict=True
        )
    )  # fmt: skip


def _links(numbers: range, sources: list[Any], make: Callable[..., Any]) -> Iterator[Any]:
    from links.models import Link  # noqa: PLC0415

    for number in numbers:
        source = sources[number % len(sources)]
        url = f"https://{source.host}/waits/{number}"
        yield make(key=Link.key_for(url), url=url, source=source)


def _sources() -> list[Any]:
    from links.models import Source  # noqa: PLC0415

    return list(Source.objects.order_by("pk")[:SOURCES])


def _places() -> list[tuple[int, int, int]]:
    from posts.models import LinkedItem  # noqa: PLC0415

    rows = LinkedItem.objects.filter(section__isnull=False)
    return list(rows.values_list("post", "section", "pk"))


def _count_of(model: str) -> int:
    from django.apps import apps  # noqa: PLC0415

    rows = apps.get_model(model)._default_manager.all()
    return int(rows.filter(closed_at=None).count() if "Queue" in model else rows.count())


if __name__ == "__main__":
    sizes = [int(value) for value in sys.argv[1:]] or [2_000, 200_000]
    sys.exit(main(*sizes))
