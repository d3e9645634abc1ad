"""Search in an archive: judged queries, the same order on both engines, time, size, and saving.

The archive's rows are multiplied until there are so many. The same is done with PostgreSQL where an
empty database is named, and both orders are compared. Times are those of this process with its
database, so that PostgreSQL's are elapsed time, SQLite's too.

    python -m benchmarks.searching [ITEMS] [postgres://…] [PART …]

ITEMS are 100000 by default; PARTS are judged, saving, times (which needs many rows) and size: all,
unless some are named.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any
from unittest.mock import Mock, patch

from benchmarks.project import fresh_project
from tests.corpus import ROOT, issue_files

ITEMS = 100_000
FOLDERS = ("seed", "twir", "ainews")
QUERIES = (
    "rust", "the", "평가", "모델을", "구조예측", "rust async", "tokio console", "stabilizing",
    "llama 3",
)  # fmt: skip
KEYS_TARGET, SAVING_TARGET = 3.0, 1.3
SIZE_TARGETS = {"sqlite": 0.8, "postgresql": 2.5}
PARTS = ("judged", "saving", "times", "size")
ROUNDS, BATCH, SAVES = 15, 5_000, 25


def main(arguments: list[str]) -> int:
    """Print the figures; return 1 when a target is missed."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(measure(int(arguments[1]), arguments[2:])))
        return 0
    urls = [url for url in arguments if "://" in url]
    items = next((int(number) for number in arguments if number.isdigit()), ITEMS)
    parts = [part for part in PARTS if part in arguments] or list(PARTS)
    found, wrong = [], []
    for url in ("", *urls):
        found.append(_one(items, url, parts))
        wrong.append(_show(found[-1]))
    same = len({figures.get("order") for figures in found}) == 1
    if urls and "judged" in parts:
        print("the same hits in the same order" if same else "THE ORDERS DIFFER")
    return int(any(wrong) or not same)


def _one(items: int, url: str, parts: Sequence[str]) -> dict[str, Any]:
    """Measure in a process of its own, since settings are read once."""
    command = [sys.executable, "-m", "benchmarks.searching", "--one", str(items), *parts]
    environment = os.environ | ({"DATABASE_URL": url} if url else {})
    answer = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def _show(figures: dict[str, Any]) -> bool:
    """Print what was measured; tell whether a target was missed."""
    vendor, wrong = figures["vendor"], False
    print(f"{vendor}, {figures['rows']:,} rows")
    if "cases" in figures:
        print(f"  {figures['right']} of {figures['cases']} cases right")
        wrong |= bool(figures["right"] < figures["cases"])
    if "times" in figures:
        wrong |= _show_times(figures["times"])
    for part, what, target in (
        ("size", "index against the text", SIZE_TARGETS[vendor]),
        ("saving", "saving with the index against that without", SAVING_TARGET),
    ):
        if part in figures:
            print(f"  {what}: {figures[part]:.2f} times (target {target})", flush=True)
            wrong |= bool(figures[part] > target)
    return wrong


def _show_times(times: dict[str, list[float]]) -> bool:
    for query, (own, keys, hits, page) in times.items():
        print(
            f"  {query}: keys of 20 hits {keys:.2f} ms, the engine's own query {own:.2f} ms"
            f" ({keys / own:.1f} times), hits {hits:.1f} ms, with facets {page:.1f} ms"
        )
    ratio = statistics.median(keys / own for own, keys, _hits, _page in times.values())
    print(f"  keys against the engine's own query, median: {ratio:.1f} times")
    return ratio > KEYS_TARGET


def measure(items: int, parts: Collection[str]) -> dict[str, Any]:
    """Return the figures of the database that the environment names, else of a SQLite file."""
    url = os.environ.get("DATABASE_URL", "")
    with fresh_project(**({"DATABASE_URL": url} if url.startswith("postgres") else {})):
        from django.core.management import call_command  # noqa: PLC0415
        from django.db import connection  # noqa: PLC0415

        paths = [str(path) for folder in FOLDERS for path in issue_files(folder)]
        call_command("import_posts", *paths, verbosity=0, stdout=io.StringIO())
        figures: dict[str, Any] = {"vendor": connection.vendor}
        if "judged" in parts:
            figures["right"], figures["cases"] = judge()
            figures["order"] = digest()
        if "saving" in parts:
            figures["saving"] = save_ratio()
        figures["rows"] = multiply(items if "times" in parts else 0)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        if "times" in parts:
            figures["times"] = {query: time_query(query) for query in QUERIES}
        if "size" in parts:
            figures["size"] = size_ratio()
        return figures


# What is found


def cases() -> Iterator[list[str]]:
    """Yield the judged cases of the archive: query, file, found or not, why."""
    for line in (ROOT / "search-cases.tsv").read_text(encoding="utf-8").split("\n"):
        if line and line[0] != "#":
            yield line.split("\t")


def judge() -> tuple[int, int]:
    """Return how many cases are right, of how many."""
    from posts.models import Post  # noqa: PLC0415
    from posts.searching import search  # noqa: PLC0415

    posts = {
        name.rpartition("/")[2]: pk for name, pk in Post.objects.values_list("source_name", "pk")
    }
    right = [
        any(hit.post_id == posts[name.rpartition("/")[2]] for hit in search(query).hits)
        == (expected == "found")
        for query, name, expected, _why in cases()
    ]
    return sum(right), len(right)


def digest() -> str:
    """Return what stands for all hits of all queries in their order."""
    from posts.searching import search  # noqa: PLC0415

    queries = [*(case[0] for case in cases()), *QUERIES]
    found = [[hit.key for hit in search(query).hits] for query in queries]
    return hashlib.sha256(repr(found).encode()).hexdigest()


# How long it takes


def multiply(items: int) -> int:
    """Copy the rows of the index into earlier years until there are so many; return how many."""
    from django.db import transaction  # noqa: PLC0415

    from posts.models import SearchEntry  # noqa: PLC0415
    from posts.searching.engines import engine  # noqa: PLC0415
    from posts.searching.engines.base import Entry  # noqa: PLC0415
    from posts.searching.keys import key_of, slot_of  # noqa: PLC0415

    rows = SearchEntry.objects.order_by("key").values_list(*Entry._fields)
    originals = [Entry(*values) for values in rows]
    copies = []
    for number in range(1, max(items // len(originals), 1)):
        for entry in originals:
            date = entry.date - timedelta(minutes=number)
            shift = entry.key - key_of(slot_of(entry.date, 0), 0)
            copies.append(entry._replace(date=date, key=key_of(slot_of(date, 0), 0) + shift))
    for start in range(0, len(copies), BATCH):
        with transaction.atomic():
            engine().insert(copies[start : start + BATCH])
    return len(originals) + len(copies)


def time_query(query: str) -> tuple[float, float, float, float]:
    """Return milliseconds: the engine's own query for 20 keys, ours, with the hits, and facets."""
    from django.utils import timezone  # noqa: PLC0415

    from posts.prepared import rows_of  # noqa: PLC0415
    from posts.searching import keys, search  # noqa: PLC0415
    from posts.searching.engines import Condition, engine  # noqa: PLC0415
    from posts.searching.filters import Chosen  # noqa: PLC0415
    from posts.searching.finding import RELEVANCE, Questions  # noqa: PLC0415
    from posts.searching.queries import parse  # noqa: PLC0415

    asked = parse(query)
    plain = engine().newest(Condition(tuple(term.full for term in asked.terms)), 20, keys.END)
    questions = Questions(asked, Chosen(), timezone.now())
    return (
        _median(lambda: rows_of(*plain)),
        _median(lambda: questions.places(RELEVANCE, (0, keys.END), 20)),
        _median(lambda: search(query, limit=20, with_facets=False)),
        _median(lambda: search(query, limit=20)),
    )


def _median(act: Callable[[], object]) -> float:
    spent = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        act()
        spent.append((time.perf_counter() - started) * 1000)
    return statistics.median(spent)


# What it costs


def size_ratio() -> float:
    """Return the bytes of what finds rows against those of the text it finds them by."""
    from django.db import connection  # noqa: PLC0415

    is_sqlite = connection.vendor == "sqlite"
    index = (
        "SELECT sum(length(block)) FROM posts_searchwords_data"
        if is_sqlite
        else "SELECT pg_relation_size('posts_search_words')"
        " + (SELECT sum(pg_column_size(words)) FROM posts_searchentry)"
    )
    size = "length(CAST({} AS BLOB))" if is_sqlite else "octet_length({})"
    text = " + ".join(size.format(name) for name in ("title", "text", "extra"))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1.0 * ({index}) / sum({text}) FROM posts_searchentry")  # noqa: S608
        return float(cursor.fetchone()[0])


def save_ratio() -> float:
    """Return the CPU time of saving new issues against that of saving them without the index."""
    from posts.documents import parse_issue  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import save_document  # noqa: PLC0415

    spent = {True: 0.0, False: 0.0}
    for number, path in enumerate(issue_files("twir")[-SAVES:]):
        # In turn, since what is saved first finds caches cold.
        for is_indexed in (True, False)[:: 1 if number % 2 else -1]:
            issue = parse_issue(path.read_bytes())
            with patch("posts.searching.index", _index() if is_indexed else Mock()):
                started = time.process_time()
                post = save_document(Post(), issue)
                spent[is_indexed] += time.process_time() - started
            post.delete()
    return spent[True] / spent[False]


def _index() -> Callable[..., None]:
    from posts import searching  # noqa: PLC0415

    return searching.index


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
