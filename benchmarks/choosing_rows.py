"""The rows that `benchmarks.choosing` measures with; only for import within a project."""

from __future__ import annotations

import io
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from links.models import Source
from links.rows import insert
from mailing.addresses import digest_of
from mailing.choosing import recipients_of, still
from mailing.choosing.searches import key_searches
from mailing.models import Choice, Chosen, Delivery, Mailing, SearchKey, Subscriber
from posts.models import Author, LinkedItem, Post, RecurringSection, Tag
from tests.mailing.builders import note_had

Wish = tuple[str, str]


def import_issues(paths: Sequence[str]) -> None:
    """Import files as published issues."""
    call_command("import_posts", *paths, "--publish", verbosity=0, stdout=io.StringIO())


def publish_last(ago: timedelta) -> Post:
    """Let the issue with most items that is not new appear some time ago, and return it."""
    new = timezone.now() - timedelta(days=1)
    post = Post.objects.filter(published_at__lt=new).order_by("-item_count")[0]
    Post.objects.filter(pk=post.pk).update(published_at=timezone.now() - ago)
    post.refresh_from_db()
    return post


def wishes(chance: random.Random, searches: int, readers: int) -> list[Wish]:
    """Return a choice for each reader; of so many a search that nobody else has."""
    named = {
        "tag": list(Tag.objects.values_list("slug", flat=True)),
        "section": list(
            RecurringSection.objects.filter(post_count__gt=1).values_list("slug", flat=True)
        ),
        "source": list(
            Source.objects.order_by("-post_count").values_list("name", flat=True)[:3000]
        ),
        "author": list(Author.objects.values_list("slug", flat=True)),
    }
    kinds = ["everything", "everything", *(kind for kind, values in named.items() if values)]
    found: list[Wish] = [("search", query) for query in _searches(chance, searches)]
    while len(found) < readers:
        kind = chance.choice(kinds)
        found.append((kind, "" if kind == "everything" else chance.choice(named[kind])))
    chance.shuffle(found)
    return found


def _searches(chance: random.Random, number: int) -> list[str]:
    """Return different searches, of words as titles have them: a few common, most of them rare."""
    titles = list(LinkedItem.objects.exclude(title="").values_list("title", flat=True)[:20_000])
    words = [w for w in Counter(w for t in titles for w in t.split()) if len(w) > 2 and w.isalnum()]
    hosts = list(Source.objects.values_list("name", flat=True)[:500])
    found: dict[str, None] = {}
    while len(found) < number:
        a, b = chance.choice(words), chance.choice(words)
        pair = " ".join(chance.choice(titles).split()[:2]).replace('"', "")
        host = chance.choice(hosts)
        forms = (
            a,
            f"{a} {b}",
            f'"{pair}"',
            f"{a} -{b}",
            f"source:{host} -{a}",
            f"{a} {b} kind:item",
        )
        found[chance.choice(forms)[:400]] = None
    return list(found)


@transaction.atomic
def add_readers(some: Sequence[Wish]) -> None:
    """Add a reader for each choice."""
    now, start = timezone.now(), Subscriber.objects.count()
    rows = []
    for number in range(start, start + len(some)):
        address = f"reader{number}@example.org"
        digest = digest_of(address)
        rows.append(Subscriber(address=address, digest=digest, status="active", confirmed_at=now))
    Subscriber.objects.bulk_create(rows, batch_size=500)
    insert(
        Choice,
        ("kind", "value", "keyed"),
        [(*wish, 0) for wish in dict.fromkeys(some)],
        ignore_conflicts=True,
    )
    choices = {
        (kind, value): pk for pk, kind, value in Choice.objects.values_list("pk", "kind", "value")
    }
    readers = Subscriber.objects.order_by("pk").values_list("pk", flat=True)[start:]
    insert(Chosen, ("choice_id", "subscriber_id", "since"), [
        (choices[wish], reader, now) for wish, reader in zip(some, readers, strict=True)
    ])  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def key() -> None:
    """Give new searches their keys, as happens when they are saved."""
    key_searches()


def timed(post: Post) -> tuple[float, float, int, int, int, int]:
    """Return CPU and elapsed seconds, queries, and readers, those of whole issues, and sets."""
    with CaptureQueriesContext(connection) as queries:
        wall, cpu = time.perf_counter(), time.process_time()
        found = list(recipients_of(post))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    whole = sum(row.items is None for row in found)
    sets = {row.items.pk for row in found if row.items}
    return round(cpu, 3), round(wall, 3), len(queries), len(found), whole, len(sets)


def send(post: Post) -> None:
    """Write an issue into the ledger, as accepted by all who get it."""
    mailing = Mailing.objects.create(post=post, title=post.title)
    recipients = recipients_of(post)
    while batch := list(islice(recipients, 5_000)):
        with transaction.atomic():
            rows = [
                Delivery(mailing=mailing, subscriber_id=row.subscriber_id, items=row.items,
                         is_whole=row.items is None, group="", status=Delivery.Status.ACCEPTED)
                for row in still(post, batch)
            ]  # fmt: skip
            note_had(rows)
            Delivery.objects.bulk_create(rows, batch_size=500)


def counts() -> dict[str, int]:
    return {"choices": Chosen.objects.count(),
            "searches": Choice.objects.filter(kind="search").count(),
            "keys": SearchKey.objects.count()}  # fmt: skip
