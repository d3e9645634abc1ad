"""Some months of issues, readers and moderators at random, and what each reader has to get of them.

`World` lives through days as the site does: issues appear, the ledger is filled and rolled up by
`mailing.choosing`, mails are handed over, readers and moderators change their minds, and whoever
fills the ledger is killed now and then. `Oracle` knows nothing of that package: for each reader it
keeps an inbox of the issues to come in the next roll-up, and asks the public pages and the search
what a choice has of an issue, item by item.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.contrib.auth.models import User
from django.db import transaction

from links.decisions import decide
from links.models import Link, Source
from mailing import rhythms
from mailing.choosing import due_rollups, items_of, recipients_of, roll_on, still
from mailing.models import Chosen, Delivery, Mailing, Subscriber
from posts.documents import parse_issue
from posts.following import set_hidden, set_news
from posts.models import Author, AuthorAlias, LinkedItem, Post, RecurringSection, Tag, TagAlias
from posts.publishing import publish, save_document, withdraw
from posts.searching import DATE, search
from posts.site import library
from tests.mailing.builders import make_choice, make_subscriber, note_had

Status = Delivery.Status
ZONES = ("UTC", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
QUARTER = timedelta(minutes=15)
SLICE = 7


class Killed(Exception):
    """Somebody ended the process just now."""


# The oracle


@dataclass
class Reader:
    """What somebody chose and what they got, as the oracle sees it."""

    pk: int
    choices: list[tuple[str, str]]
    rhythm: str
    hour: int
    zone: str
    confirmed: datetime
    paused: bool = False
    inbox: dict[int, datetime] = field(default_factory=dict)
    recent: dict[int, datetime] = field(default_factory=dict)
    closing: bool = False
    looked: datetime | None = None
    had_items: set[int] = field(default_factory=set)
    had_links: set[int] = field(default_factory=set)


class Oracle:
    """What every reader has to get, told by looking at everything."""

    def __init__(self) -> None:
        self.readers: dict[int, Reader] = {}
        self.appeared: set[int] = set()
        self.asked_at: datetime | None = None
        self.known: dict[Any, Any] = {}

    def appear(self, now: datetime) -> None:
        """Let issues that readers see for the first time come before them."""
        for post in Post.objects.all():
            if post.is_public(now) and post.pk not in self.appeared:
                self.appeared.add(post.pk)
                for reader in self.readers.values():
                    if not reader.paused:
                        kept = reader.recent if reader.rhythm == "each" else reader.inbox
                        kept[post.pk] = now

    def turn(self, reader: Reader, now: datetime, rhythm: str, hour: int, zone: str) -> None:
        before, reader.rhythm = reader.rhythm, rhythm
        reader.hour, reader.zone = hour, zone
        reader.looked = now
        if reader.paused or before == rhythm:
            return
        if rhythm == "each":
            reader.closing, reader.recent = bool(reader.inbox) or reader.closing, {}
        elif before == "each":
            days = timedelta(days=7 if rhythm == "weekly" else 31)
            again = {pk: at for pk, at in reader.recent.items() if at > now - days}
            reader.inbox, reader.recent, reader.closing = again | reader.inbox, {}, False

    def pause(self, reader: Reader) -> None:
        reader.paused, reader.recent = True, {}

    def resume(self, reader: Reader, now: datetime) -> None:
        reader.paused, reader.recent, reader.looked = False, {}, now
        reader.closing = reader.rhythm == "each" and bool(reader.inbox)

    def is_due(self, reader: Reader, now: datetime) -> bool:
        """Tell whether a first day's hour went by since this was last looked at."""
        if reader.paused:
            return False
        if reader.rhythm == "each":
            return reader.closing
        since = reader.looked or reader.confirmed
        moment = since.replace(minute=since.minute // 15 * 15, second=0, microsecond=0)
        while (moment := moment + QUARTER) <= now:
            if moment > since and self._is_hour(reader, moment):
                return True
        reader.looked = now
        return False

    def _is_hour(self, reader: Reader, moment: datetime) -> bool:
        zone = ZoneInfo(reader.zone)
        here, before = moment.astimezone(zone), (moment - QUARTER).astimezone(zone)
        is_first = here.weekday() == 0 if reader.rhythm == "weekly" else here.day == 1
        was_earlier = before.date() < here.date() or before.hour < reader.hour
        return is_first and here.hour >= reader.hour and was_earlier

    def issue_of(self, reader: Reader, post: Post, now: datetime) -> str | list[LinkedItem]:
        """Return what of an issue that is sent a reader gets: "whole", or items."""
        if reader.rhythm != "each" or reader.paused or post.pk not in reader.recent:
            return []
        if any(post.pk in self._whole_of(choice, now) for choice in reader.choices):
            return "whole"
        return self._new(reader, [post], now)

    def rollup_of(self, reader: Reader, now: datetime) -> list[LinkedItem]:
        """Return what is in the roll-up of a reader that is due."""
        posts = Post.objects.published(now).filter(pk__in=reader.inbox)
        reader.inbox, reader.closing, reader.looked = {}, False, now
        return self._new(reader, list(posts.order_by("published_at", "pk")), now)

    def note(self, reader: Reader, items: Iterable[LinkedItem]) -> None:
        for item in items:
            reader.had_items.add(item.pk)
            reader.had_links |= {item.link_id} - {None}

    def _new(self, reader: Reader, posts: Sequence[Post], now: datetime) -> list[LinkedItem]:
        found: list[LinkedItem] = []
        links: set[int | None] = set()
        for post in posts:
            matched = set().union(*(self._matches(c, now)[post.pk] for c in reader.choices))
            for item in (item for item in self.mailable(post, now) if item.pk in matched):
                old = item.link_id in reader.had_links or item.link_id in links
                if item.pk in reader.had_items or (item.link_id and old and not item.is_news):
                    links.add(item.link_id)
                    continue
                links.add(item.link_id)
                found.append(item)
        return found

    def _once(self, now: datetime, key: Any, ask: Callable[[], Any]) -> Any:
        """Return what was asked at this moment: nothing changes while one is looked at."""
        if self.asked_at != now:
            self.asked_at, self.known = now, {}
        if key not in self.known:
            self.known[key] = ask()
        return self.known[key]

    def mailable(self, post: Post, now: datetime) -> list[LinkedItem]:
        """Return the items of an issue that readers see and get somewhere by, in order."""

        def ask() -> list[LinkedItem]:
            items = post.items.filter(removed_at=None).select_related("link", "section")
            return sorted(filter(is_mailable, items), key=_place)

        found: list[LinkedItem] = self._once(now, post.pk, ask)
        return found

    def _matches(self, choice: tuple[str, str], now: datetime) -> dict[int, set[int]]:
        """Return the items that a choice brings, by issue, as the public pages say."""

        def ask() -> dict[int, set[int]]:
            found: dict[int, set[int]] = defaultdict(set)
            for post, item in self._pairs(choice, now):
                found[post].add(item)
            return found

        items: dict[int, set[int]] = self._once(now, choice, ask)
        return items

    def _whole_of(self, choice: tuple[str, str], now: datetime) -> set[int]:
        """Return the issues that a choice brings whole."""
        found: set[int] = self._once(now, ("whole", choice), lambda: set(_whole(*choice)))
        return found

    def _pairs(self, choice: tuple[str, str], now: datetime) -> Iterable[tuple[int, int]]:
        """Return the items that a choice brings, each with its issue."""
        kind, value = choice
        if kind == "section":
            row = RecurringSection.objects.filter(slug=value).first()
            row = row.merged_into or row if row else None
            if row is None or row.hidden:
                return ()
            return library.items_of(row.pk, now).values_list("item__post", "item")
        if kind == "source":
            source = Source.objects.filter(name=value).first()
            if source is None:
                return ()
            listed = library.links_of_owner if source.parent_id else library.links_of_host
            return listed(source.pk, now).filter(item__isnull=False).values_list("post", "item")
        if kind == "search":
            hits = search(value, order=DATE, limit=100_000, with_facets=False, at=now).hits
            return ((hit.post_id, hit.item_id) for hit in hits if hit.kind == "item")
        items = LinkedItem.objects.filter(post__in=self._whole_of(choice, now))
        return items.values_list("post", "pk")


def _whole(kind: str, value: str) -> Iterable[int]:
    """Return the issues that a choice brings whole."""
    posts = Post.objects.all()
    if kind == "tag":
        alias = TagAlias.objects.filter(slug=value).first()
        tag = alias.tag if alias else Tag.objects.filter(slug=value).first()
        posts = posts.filter(taggings__tag=tag) if tag else posts.none()
    elif kind == "author":
        old = AuthorAlias.objects.filter(slug=value).first()
        author = old.author if old else Author.objects.filter(slug=value).first()
        posts = posts.filter(authorships__author=author) if author else posts.none()
    elif kind != "everything":
        posts = posts.none()
    return posts.values_list("pk", flat=True)


def is_mailable(item: LinkedItem) -> bool:
    """Tell whether readers see an item, and get somewhere by it."""
    if item.hidden or item.removed_at or item.section is None:
        return False
    link = item.link
    return link is None or (
        link.standing == "shown"
        and (link.health not in ("broken", "gone") or link.replacement_url != "")
    )


def _place(item: LinkedItem) -> tuple[int, int, int]:
    return (item.section.position if item.section else -1, item.position, item.pk)


# The world


class World:
    """A site, its readers and moderators; all of it follows from a seed."""

    def __init__(
        self, documents: Sequence[bytes], readers: int, seed: int, start: datetime, hours: int = 3
    ) -> None:
        self.step = timedelta(hours=hours)
        self.chance = random.Random(seed)  # noqa: S311 (a simulation)
        self.documents = documents
        self.now = start
        self.oracle = Oracle()
        self.kills = 0
        self.counts: Counter[str] = Counter()
        self.to_send: list[tuple[datetime, Post]] = []
        self.moderator = User.objects.create_superuser("moderator-of-all", "m@example.org")
        with time_machine.travel(start, tick=False):
            self.drafts = [self._write(document) for document in documents]
            self.wishes = self._wishes()
            for _number in range(readers):
                self._join()

    def live(self, kills: int) -> None:
        """Live through a day for each issue, and some weeks more; raise AssertionError for a mail
        that is not as it has to be."""
        steps = int(timedelta(days=len(self.drafts) + 35) / self.step)
        self.kills_left = kills
        daily = int(timedelta(days=1) / self.step)
        for step in range(steps):
            self.now += self.step
            with time_machine.travel(self.now, tick=False):
                if step % daily == 2 and self.drafts:
                    self._publish(self.drafts.pop(0))
                self._send()
                self._roll()
                for _number in range(self.chance.randrange(3)):
                    self.chance.choice(self._whims())()
                self._look_at_all(step)

    def _whims(self) -> Sequence[Callable[[], None]]:
        turns = (self._turn, self._turn, self._choose, self._pause, self._resume)
        return (*turns, self._hide, self._block, self._kill_link, self._withdraw, self._mark_news)

    # Issues and moderators

    def _write(self, document: bytes) -> Post:
        return save_document(Post(), parse_issue(document), status=Post.Status.DRAFT)

    def _publish(self, post: Post) -> None:
        late = timedelta(hours=self.chance.choice((0, 0, 5, 20)))  # its own time is earlier
        publish([post], self.now - late)
        wait = self.step * self.chance.choice((0, 0, 0, 1, 9))
        self.to_send.append((self.now + wait, post))

    def _items(self) -> list[LinkedItem]:
        rows = list(LinkedItem.objects.filter(date__isnull=False).order_by("-pk")[:60])
        return self.chance.sample(rows, min(2, len(rows)))

    def _hide(self) -> None:
        hidden = self.chance.random() < 0.7
        if not hidden:
            rows = list(LinkedItem.objects.filter(hidden=True).order_by("-pk")[:2])
        else:
            rows = self._items()
        set_hidden(rows, hidden, by=self.moderator, reason="a whim")

    def _block(self) -> None:
        links = [item.link_id for item in self._items() if item.link_id]
        action = self.chance.choice(("block", "block", "restore"))
        if action == "restore":
            links = list(Link.objects.filter(status="blocked").values_list("pk", flat=True)[:1])
        if links:
            decide(links, action, by=self.moderator, reason="a whim")

    def _kill_link(self) -> None:
        links = [item.link_id for item in self._items() if item.link_id]
        dead = self.chance.choice(("broken", "gone", "ok"))
        Link.objects.filter(pk__in=links).update(health=dead)

    def _withdraw(self) -> None:
        posts = list(Post.objects.published().newest_first()[:6])
        gone = list(Post.objects.filter(withdrawn_at__isnull=False))
        if gone and self.chance.random() < 0.7:
            publish([self.chance.choice(gone)])
        elif posts:
            withdraw([self.chance.choice(posts)])

    def _mark_news(self) -> None:
        set_news(self._items(), self.chance.random() < 0.8)

    # Readers

    def _wishes(self) -> list[tuple[str, str]]:
        """Return what can be chosen: of each kind what the issues have most."""
        posts = [post.pk for post in self.drafts]
        tags = Counter(
            Tag.objects.filter(taggings__content_object__in=posts).values_list("slug", flat=True)
        )
        authors = Author.objects.values_list("slug", flat=True)[:6]
        sections = [slug for slug, _n in Counter(
            RecurringSection.objects.filter(sections__post__in=posts).values_list("slug", flat=True)
        ).most_common(10)]  # fmt: skip
        sources = [name for name, _n in Counter(
            Source.objects.filter(links__main_items__post__in=posts).values_list("name", flat=True)
        ).most_common(12)]  # fmt: skip
        titles = LinkedItem.objects.filter(post__in=posts).values_list("title", flat=True)
        words = Counter(word for title in titles for word in title.split() if len(word) > 2)
        common = [word for word, _n in words.most_common(60)]
        searches = [self.chance.choice(common) for _n in range(10)]
        searches += [f"{a} -{b}" for a, b in zip(searches, common[5:9], strict=False)]
        searches += [f"source:{name} {searches[0]}" for name in sources[:2]]
        searches += [f"source:{name}" for name in sources[2:4]] + [f"-{common[0]}", "kind:item"]
        kinds = {"tag": [slug for slug, _n in tags.most_common(8)], "author": authors,
                 "section": sections, "source": sources, "search": searches}  # fmt: skip
        return [("everything", "")] + [(kind, v) for kind, values in kinds.items() for v in values]

    def _some_wishes(self) -> list[tuple[str, str]]:
        if self.chance.random() < 0.35:
            return [("everything", "")]
        return self.chance.sample(self.wishes[1:], min(self.chance.choice((1, 1, 2, 4)), 4))

    def _how(self) -> dict[str, Any]:
        rhythm = self.chance.choice(("each", "each", "weekly", "weekly", "monthly"))
        return {
            "rhythm": rhythm,
            "hour": self.chance.randrange(24),
            "zone": self.chance.choice(ZONES),
        }

    def _join(self) -> None:
        how, wishes = self._how(), self._some_wishes()
        row = make_subscriber(choices=wishes, confirmed_at=self.now, **how)
        rhythms.begin(row, self.now)
        row.save()
        self.oracle.readers[row.pk] = Reader(row.pk, wishes, confirmed=self.now, **how)

    def _somebody(self, *, paused: bool = False) -> tuple[Reader, Subscriber] | None:
        there = [reader for reader in self.oracle.readers.values() if reader.paused == paused]
        if not there:
            return None
        reader = self.chance.choice(there)
        return reader, Subscriber.objects.get(pk=reader.pk)

    def _turn(self) -> None:
        found = self._somebody(paused=self.chance.random() < 0.1)
        if found:
            reader, row = found
            how = self._how()
            rhythms.turn(row, self.now, **how)
            row.save()
            self.oracle.turn(reader, self.now, how["rhythm"], how["hour"], how["zone"])

    def _choose(self) -> None:
        found = self._somebody()
        if found:
            reader, row = found
            reader.choices = self._some_wishes()
            row.chosen.all().delete()
            for wish in reader.choices:
                Chosen.objects.create(subscriber=row, choice=make_choice(*wish))

    def _pause(self) -> None:
        found = self._somebody()
        if found:
            reader, row = found
            rhythms.pause(row, self.now)
            row.status = Subscriber.Status.PAUSED
            row.save()
            self.oracle.pause(reader)

    def _resume(self) -> None:
        found = self._somebody(paused=True)
        if found:
            reader, row = found
            row.status = Subscriber.Status.ACTIVE
            rhythms.resume(row, self.now)
            row.save()
            self.oracle.resume(reader, self.now)

    # Sending

    def _send(self) -> None:
        ready = [entry for entry in self.to_send if entry[0] <= self.now]
        self.oracle.appear(self.now)
        for entry in ready:
            self.to_send.remove(entry)
            post = Post.objects.get(pk=entry[1].pk)
            expected: dict[int, Any] = {}
            if post.is_public(self.now):
                readers = self.oracle.readers.values()
                expected = {r.pk: self.oracle.issue_of(r, post, self.now) for r in readers}
            mailing = Mailing.objects.create(post=post, title=post.title)
            self._survive(lambda m=mailing: self._fill(m))
            self._check(mailing, expected)

    def _fill(self, mailing: Mailing) -> None:
        mailing.refresh_from_db()  # a new process knows what was committed
        recipients = recipients_of(mailing.post, mailing.filled_to)
        for some in _slices(recipients):
            with transaction.atomic():
                rows = still(mailing.post, some)
                _write(mailing, [(row.subscriber_id, row.items) for row in rows])
                mailing.filled_to = some[-1].subscriber_id
                mailing.save()
                self._maybe_die()
            self._maybe_die()

    def _roll(self) -> None:
        readers = [r for r in self.oracle.readers.values() if self.oracle.is_due(r, self.now)]
        expected = {reader.pk: self.oracle.rollup_of(reader, self.now) for reader in readers}
        mailing = Mailing.objects.create(kind=Mailing.Kind.ROLLUP, title=f"{self.now}")
        self._survive(lambda: self._fill_rollups(mailing))
        self._check(mailing, expected)

    def _fill_rollups(self, mailing: Mailing) -> None:
        for some in _slices(due_rollups(self.now)):
            with transaction.atomic():
                rows = roll_on(some, self.now)
                _write(mailing, [(row.subscriber_id, row.items) for row in rows])
                self._maybe_die()
            self._maybe_die()

    def _maybe_die(self) -> None:
        if self.kills_left and self.chance.random() < 0.3:
            self.kills_left -= 1
            raise Killed

    def _survive(self, act: Callable[[], None]) -> None:
        """Do something again and again until it was done without being killed."""
        while True:
            with suppress(Killed):
                return act()
            self.kills += 1

    # What came of it

    def _check(self, mailing: Mailing, expected: dict[int, Any]) -> None:
        """Compare the ledger with what readers have to get, then hand it over."""
        wanted = {
            pk: items if items == "whole" else sorted(item.pk for item in items)
            for pk, items in expected.items()
            if items
        }
        rows = list(mailing.deliveries.select_related("items", "mailing__post").order_by("pk"))
        of_sets = {row.items_id: row for row in rows if not row.is_whole}
        brought = {pk: _keys(items_of(row, self.now)) for pk, row in of_sets.items()}
        got = {
            row.subscriber_id: "whole" if row.is_whole else brought[row.items_id] for row in rows
        }
        assert got == wanted, (mailing, _difference(got, wanted))
        assert [] not in got.values()
        for pk, items in expected.items():
            if items == "whole":
                items = self.oracle.mailable(mailing.post, self.now)
            self.oracle.note(self.oracle.readers[pk], items)
        self._hand(mailing, rows)
        self.counts["mails"] += len(rows)
        self.counts["roll-ups"] += len(rows) * (mailing.kind == Mailing.Kind.ROLLUP)
        self.counts["items"] += sum(len(v) for v in got.values() if v != "whole")
        self.counts["whole issues"] += list(got.values()).count("whole")

    def _hand(self, mailing: Mailing, rows: list[Delivery]) -> None:
        note_had([row for row in rows if row.is_whole])
        for row in rows:
            row.status = Status.ACCEPTED
        Delivery.objects.bulk_update(rows, ["items", "status"])

    def _look_at_all(self, step: int) -> None:
        """See that the rows of readers say what the oracle thinks of them."""
        if step % 40 == 0:
            for reader in self.oracle.readers.values():
                row = Subscriber.objects.get(pk=reader.pk)
                assert row.rhythm == reader.rhythm
                assert (row.next_roll_at is None) == (
                    reader.paused or (reader.rhythm == "each" and not row.unrolled)
                )


def _slices(rows: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(rows)
    while some := list(islice(remaining, SLICE)):
        yield some


def _write(mailing: Mailing, rows: Sequence[tuple[int, Any]]) -> None:
    Delivery.objects.bulk_create(
        Delivery(mailing=mailing, subscriber_id=pk, items=items, is_whole=items is None, group="")
        for pk, items in rows
    )


def _keys(items: Sequence[LinkedItem] | None) -> list[int]:
    return sorted(item.pk for item in items or ())


def _difference(got: dict[int, Any], wanted: dict[int, Any]) -> dict[int, Any]:
    keys = got.keys() | wanted.keys()
    return {pk: (got.get(pk), wanted.get(pk)) for pk in keys if got.get(pk) != wanted.get(pk)}
