"""Rules change: links are keyed anew, and nothing that hangs on them is lost."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from links.decisions import DecisionError, decide, make_rule, undo
from links.management.commands import rekey_links as command
from links.models import (
    Check,
    Concern,
    Decision,
    Effect,
    InboxEntry,
    Keying,
    Kind,
    Link,
    QueueEntry,
    Report,
    Source,
    SourceRule,
    Suggestion,
    Undertaking,
)
from links.normalizing import RULES_VERSION, canonicalize
from links.queue import Worry, raise_concerns
from links.rekeying import keyed_by, note_version, plan, planning, unite, uniting
from posts.models import Appearance, Citation, LinkedItem, ListCount, Post, RecurringLink
from posts.publishing import counting
from tests.builders import make_post

pytestmark = pytest.mark.django_db
SHORT = "https://youtu.be/dQw4w9WgXcQ"
LONG = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
NOW = timezone.now()


def raw(url: str) -> str:
    """The rules of the past, when every spelling was a page of its own."""
    return url


def without_query(url: str) -> str:
    """Worse rules of the past, which took pages for one that only their query tells apart."""
    return url.partition("?")[0]


@contextmanager
def rules(old: Callable[[str], str]) -> Iterator[None]:
    """Register links by older rules, and forget by which rules they are keyed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("links.registering.canonicalize", old)
        yield
    Keying.objects.update(version=RULES_VERSION - 1, at=NOW - timedelta(days=1))


def post_with(*urls: str, **header: Any) -> Post:
    lines = [f"- **Find {number}**: [here]({url})\n" for number, url in enumerate(urls, 1)]
    return make_post(body="## Finds\n" + "".join(lines), **header)


def rekey(**options: Any) -> list[str]:
    out = io.StringIO()
    call_command("rekey_links", stdout=out, **options)
    return out.getvalue().splitlines()


def link(url: str) -> Link:
    return Link.objects.get(url=url)


def two_as_one() -> tuple[Link, Link]:
    """A post of which two links are one page today."""
    with rules(raw):
        post_with(SHORT, LONG)
    return link(SHORT), link(LONG)


def judge(
    links: list[Link], action: str, old: Callable[[str], str] = raw, **values: Any
) -> Decision:
    """Decide while the older rules hold."""
    with rules(old):
        return decide(links, action, **values)


# Merging


def test_a_link_that_became_part_of_another_leads_to_that_and_counts_for_it(
    client: Client,
) -> None:
    with rules(raw):
        post_with(SHORT)
        post_with(LONG)
    old = link(SHORT).digest
    assert client.get(f"/links/{old}/").status_code == 200
    rekey()

    kept = link(LONG)
    assert client.get(f"/links/{old}/").headers["Location"] == f"/links/{kept.digest}/"
    assert RecurringLink.objects.get(link=kept).post_count == 2
    assert ListCount.objects.get(name="links").count == 1


def test_links_that_are_one_page_become_one_with_all_their_places() -> None:
    two_as_one()

    assert rekey() == [
        f"merge {LONG} ← {SHORT}, {LONG}",
        f"2 links, rules {RULES_VERSION - 1} → {RULES_VERSION}:"
        " 1 merged, 0 split, 0 renamed, 0 given another source",
    ]

    [only] = Link.objects.all()
    assert only.url == LONG
    assert only.key == Link.key_for(LONG)
    assert {place.link_id for place in Appearance.objects.all()} == {only.pk}
    assert {item.link_id for item in LinkedItem.objects.all()} == {only.pk}
    assert [place.url for place in Appearance.objects.all()] == [SHORT, LONG]


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    two_as_one()

    lines = rekey(dry_run=True)

    assert lines[0] == f"merge {LONG} ← {SHORT}, {LONG}"
    assert lines[-1].endswith("(dry run: nothing was written)")
    assert Link.objects.count() == 2
    assert not Decision.objects.exists()
    assert keyed_by() == RULES_VERSION - 1


def test_everything_that_hangs_on_a_link_moves_with_it() -> None:
    gone, kept = two_as_one()
    Check.objects.create(link=gone, health="ok")
    Report.objects.create(link=gone, kind="other", note="odd")
    Suggestion.objects.create(link=gone, url=SHORT, note="watch this")
    InboxEntry.objects.create(link=gone, url=SHORT, note="for Friday")

    rekey()

    for model in (Check, Report, Suggestion, InboxEntry):
        assert list(model.objects.values_list("link", flat=True)) == [kept.pk]


def test_of_two_open_entries_one_is_left_with_the_concerns_of_both() -> None:
    gone, kept = two_as_one()
    QueueEntry.objects.all().delete()
    raise_concerns(
        {gone.pk: [Worry(Kind.REPORT, detail="spam")], kept.pk: [Worry(Kind.NEW_SOURCE)]}
    )

    rekey()

    entry = QueueEntry.objects.get(closed_at=None)
    assert (entry.link_id, entry.kind) == (kept.pk, Kind.REPORT)
    assert set(entry.concerns.values_list("kind", flat=True)) == {Kind.REPORT, Kind.NEW_SOURCE}
    assert Concern.objects.count() == 2
    closed = QueueEntry.objects.exclude(closed_at=None).get()
    assert closed.closed_by.action == Decision.Action.REKEY


def test_of_two_open_inbox_entries_one_is_left_with_both_notes() -> None:
    gone, kept = two_as_one()
    InboxEntry.objects.create(link=gone, url=SHORT, note="for Friday")
    InboxEntry.objects.create(link=kept, url=LONG, note="for Monday")

    rekey()

    entry = InboxEntry.objects.get(done_at=None)
    assert entry.note == "for Friday\n\nfor Monday"
    assert set(InboxEntry.objects.values_list("link", flat=True)) == {kept.pk}


@pytest.mark.parametrize("strict_one", [SHORT, LONG])
@pytest.mark.parametrize(
    ("stricter", "milder"), [("block", "approve"), ("block", ""), ("approve", "")]
)
def test_the_stricter_decision_holds(
    strict_one: str, stricter: str, milder: str, moderator: User
) -> None:
    links = dict(zip((SHORT, LONG), two_as_one(), strict=True))
    judge([links[strict_one]], stricter, by=moderator, reason="spam")
    other = LONG if strict_one == SHORT else SHORT
    if milder:
        judge([links[other]], milder, by=moderator)

    rekey()

    only = Link.objects.get()
    assert only.status == {"block": "blocked", "approve": "approved"}[stricter]
    assert only.standing == {"block": "blocked", "approve": "shown"}[stricter]
    assert only.reason == "spam"


def test_a_link_that_waits_for_approval_goes_on_waiting(settings: Any, moderator: User) -> None:
    settings.LINKS_PREMODERATION = True
    _gone, kept = two_as_one()
    judge([kept], "approve", by=moderator)

    rekey()

    assert Link.objects.get().standing == Link.Standing.HELD


def test_a_replacement_is_kept_unless_it_is_the_page_itself(moderator: User) -> None:
    gone, _kept = two_as_one()
    new = "https://new.example.org/"
    judge([gone], "replace", by=moderator, reason="moved", replacement_url=new)

    rekey()

    assert Link.objects.get().replacement_url == new


def test_a_page_does_not_replace_itself(moderator: User) -> None:
    gone, _kept = two_as_one()
    judge([gone], "replace", by=moderator, reason="moved", replacement_url=LONG)

    rekey()

    assert Link.objects.get().replacement_url == ""


def test_the_newer_check_speaks_for_both() -> None:
    gone, kept = two_as_one()
    Link.objects.filter(pk=gone.pk).update(health="gone", checked_at=NOW, title="", etag="new")
    Link.objects.filter(pk=kept.pk).update(
        health="ok", checked_at=NOW - timedelta(days=1), title="A song", etag="old"
    )

    rekey()

    only = Link.objects.get()
    assert (only.health, only.title, only.etag) == ("gone", "A song", "new")


def test_what_a_moderator_marked_broken_stays_broken(moderator: User) -> None:
    gone, kept = two_as_one()
    judge([gone], "mark_broken", by=moderator, reason="nothing there")
    Link.objects.filter(pk=kept.pk).update(health="ok", checked_at=NOW)

    rekey()

    only = Link.objects.get()
    assert (only.health, only.due_at) == ("broken", None)


def test_what_a_rule_kept_from_readers_stays_kept(moderator: User) -> None:
    two_as_one()
    with rules(raw):
        make_rule(SourceRule(host="youtu.be", action="block", reason="spam"), by=moderator)

    lines = io.StringIO()
    call_command("rekey_links", stdout=io.StringIO(), stderr=lines)

    only = Link.objects.get()
    assert (only.status, only.standing, only.reason) == ("blocked", "blocked", "spam")
    assert "the host is youtube.com now" in lines.getvalue()


# The record


def test_the_history_of_a_link_that_is_gone_can_be_read_on(moderator: User) -> None:
    gone, kept = two_as_one()
    judge([gone], "block", by=moderator, reason="spam")

    rekey()

    blocked, united = Effect.objects.filter(object_id=gone.pk).order_by("pk")
    assert (blocked.label, blocked.decision.reason) == (SHORT, "spam")
    assert united.after == {"url": LONG, "united_as": kept.pk}
    assert united.before["status"] == "blocked"
    changed = Effect.objects.get(object_id=kept.pk, decision__action="rekey")
    assert changed.after["united_with"] == [SHORT]
    assert (changed.before["status"], changed.after["status"]) == ("pending", "blocked")


def test_an_older_decision_about_a_united_link_undoes_nothing(moderator: User) -> None:
    gone, _kept = two_as_one()
    decision = judge([gone], "block", by=moderator, reason="spam")
    rekey()

    undo(decision, by=moderator)

    assert Link.objects.get().status == "blocked"


def test_keying_anew_cannot_be_undone(moderator: User) -> None:
    two_as_one()
    rekey()

    with pytest.raises(DecisionError):
        undo(Decision.objects.get(action="rekey"), by=moderator)


def test_a_decision_that_is_being_carried_out_goes_on_with_the_links_of_today(
    moderator: User,
) -> None:
    gone, kept = two_as_one()
    decision = Decision.objects.create(action="block", reason="spam", by=moderator)
    Undertaking.objects.create(decision=decision, todo=[gone.pk], total=1)

    rekey()

    assert Undertaking.objects.get().todo == [kept.pk]


# Splitting


def test_addresses_of_two_pages_become_two_links_with_the_decision_of_the_one(
    moderator: User,
) -> None:
    first, second = "https://example.org/?id=1", "https://example.org/?id=2"
    with rules(without_query):
        post_with(first, second)
    judge([link("https://example.org/")], "block", without_query, by=moderator, reason="spam")

    lines = rekey()

    assert lines[0] == f"split https://example.org/ → {first}, {second}"
    assert [place.link.url for place in Appearance.objects.all()] == [first, second]
    assert [item.link.url for item in LinkedItem.objects.order_by("position")] == [first, second]
    assert set(Link.objects.values_list("url", "status", "reason")) == {
        (first, "blocked", "spam"),
        (second, "blocked", "spam"),
    }
    parted = Effect.objects.get(object_id=link(second).pk)
    assert parted.after["parted_from"] == ["https://example.org/"]


def test_a_suggestion_goes_to_the_page_that_it_named() -> None:
    with rules(without_query):
        post_with("https://example.org/?id=1")
    there = link("https://example.org/")
    Suggestion.objects.create(link=there, url="https://example.org/?id=2")

    rekey()

    assert Suggestion.objects.get().link.url == "https://example.org/?id=2"
    assert Appearance.objects.get().link.url == "https://example.org/?id=1"


def test_a_part_may_join_a_page_that_is_known() -> None:
    with rules(without_query):
        post_with("https://example.org/?id=1", "https://example.org/?id=2")
    known = Link.objects.create(
        url="https://example.org/?id=2", key=Link.key_for("https://example.org/?id=2")
    )

    rekey()

    assert Appearance.objects.get(position=1).link_id == known.pk


# Renaming and sources


def test_two_links_may_change_places() -> None:
    one, two = "https://example.org/1", "https://example.org/2"
    swapped = {one: two, two: one}
    with rules(lambda url: swapped.get(url, url)):
        post_with(one, two)
    pks = {link(two).pk: one, link(one).pk: two}

    rekey()

    assert Link.objects.count() == 2
    assert [place.link.url for place in Appearance.objects.all()] == [one, two]
    assert {pk: Link.objects.get(pk=pk).url for pk in pks} == pks


def test_an_address_that_nobody_wrote_is_renamed_with_its_row() -> None:
    old = Link.objects.create(url=SHORT, key=Link.key_for(SHORT))

    assert rekey()[0] == f"rename {SHORT} → {LONG}"

    old.refresh_from_db()
    assert (old.url, old.source.name) == (LONG, "youtube.com")


def test_links_of_an_owner_get_the_owner_as_their_source_and_counters_follow() -> None:
    post_with("https://github.com/rust-lang/rust", "https://github.com/serde-rs/serde")
    host = Source.objects.get(name="github.com")
    Link.objects.update(source=host)
    Citation.objects.exclude(source=host).delete()
    counting.recount()

    lines = rekey()

    assert "source https://github.com/rust-lang/rust → github.com/rust-lang" in lines
    for name, links in {"github.com": 2, "github.com/rust-lang": 1}.items():
        source = Source.objects.get(name=name)
        assert (source.post_count, source.link_count) == (1, links)


def test_citations_and_counters_are_right_afterwards() -> None:
    with rules(raw):
        post = post_with("https://m.blog.naver.com/a/1", "https://blog.naver.com/a/1")

    rekey()

    cited = {c.source.name: c.link_count for c in post.citations.all()}
    assert cited == {"blog.naver.com": 1, "blog.naver.com/a": 1}
    counted = Source.objects.filter(post_count__gt=0).values_list("name", "link_count")
    assert dict(counted) == cited


def test_pages_follow(moderator: User) -> None:
    with rules(raw):
        post = post_with(SHORT, LONG)
    judge([link(LONG)], "block", by=moderator, reason="spam")
    assert SHORT in bytes(post.page.body).decode()

    rekey()

    post.page.refresh_from_db()
    assert SHORT not in bytes(post.page.body).decode()


# Stopping and starting again


def test_a_run_that_was_stopped_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with rules(raw):
        posts = [post_with(f"https://www.reddit.com/r/{n}/?rdt=1") for n in range(4)]
    monkeypatch.setattr(planning, "BATCH", 1)
    done: list[Any] = []

    def stopped(groups: Any) -> None:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(groups)
        unite(groups)

    monkeypatch.setattr(command, "unite", stopped)
    with pytest.raises(KeyboardInterrupt):
        rekey()
    assert keyed_by() == RULES_VERSION - 1
    monkeypatch.undo()

    lines = rekey()

    assert len([line for line in lines if line.startswith("rename")]) == 2
    assert keyed_by() == RULES_VERSION
    for post in posts:
        assert post.appearances.get().link.url == canonicalize(post.appearances.get().url)


def test_pages_of_a_stopped_run_follow_when_the_next_one_ends(moderator: User) -> None:
    with rules(raw):
        post = post_with(SHORT, LONG)
    judge([link(LONG)], "block", by=moderator, reason="spam")
    unite(plan())
    assert SHORT in bytes(post.page.body).decode()

    rekey()

    post.page.refresh_from_db()
    assert SHORT not in bytes(post.page.body).decode()


def test_what_cannot_be_keyed_anew_stops_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with rules(raw):
        post_with("https://www.reddit.com/r/a/?rdt=1", "https://www.reddit.com/r/b/?rdt=1")

    def unite(groups: Any) -> None:
        if any("/a/" in move.url for group in groups for move in group):
            raise DatabaseError("no")
        uniting.unite(groups)

    monkeypatch.setattr(command, "unite", unite)

    with pytest.raises(CommandError, match="1 changes failed"):
        rekey()

    assert {place.link.url for place in Appearance.objects.all()} == {
        "https://www.reddit.com/r/a/?rdt=1",
        "https://www.reddit.com/r/b",
    }
    assert keyed_by() == RULES_VERSION - 1


def test_a_second_run_finds_nothing_to_do() -> None:
    two_as_one()
    rekey()
    decisions = Decision.objects.count()

    assert len(rekey()) == 1
    assert Decision.objects.count() == decisions


def test_a_link_that_was_changed_since_the_plan_is_left_for_the_next_one() -> None:
    gone, _kept = two_as_one()
    groups = plan()
    Link.objects.filter(pk=gone.pk).update(url="https://other.example.org/")

    unite(groups)

    assert Link.objects.get(pk=gone.pk).url == "https://other.example.org/"


# By which rules


def test_a_database_without_links_follows_the_rules_of_today() -> None:
    assert keyed_by() == RULES_VERSION
    assert run_checks(databases=["default"], tags=["database"]) == []


def test_links_of_older_rules_are_warned_of_until_they_are_keyed_anew() -> None:
    two_as_one()

    [warning] = run_checks(databases=["default"], tags=["database"])
    assert warning.id == "links.W001"

    rekey()
    assert run_checks(databases=["default"], tags=["database"]) == []


def test_links_without_a_note_follow_the_first_rules() -> None:
    post_with(LONG)
    Keying.objects.all().delete()

    assert keyed_by() == 1
    note_version()
    assert keyed_by() == 1


def test_ten_times_the_links_take_the_same_number_of_statements() -> None:
    post_with(LONG)  # its source is known
    counts = []
    for size in (2, 20):
        with rules(raw):
            for n in range(size):
                pair = [f"{url}{size}x{n}" for url in (SHORT, LONG)]
                for url in pair:
                    Link.objects.create(url=url, key=Link.key_for(url))
        groups = plan()
        assert len(groups) == size
        with CaptureQueriesContext(
            connection,
        ) as captured:
            unite(groups)
        counts.append(len(captured))
    assert counts[0] == counts[1]
