"""Decisions: one act, one record, the same wherever the link stands, and undone from the record."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from links.checking import archiving
from links.decisions import DecisionError, ReasonMissing, decide, end_rule, make_rule, undo
from links.decisions import links as moderating
from links.models import Decision, Link, QueueEntry, Source, SourceRule, Undertaking
from links.models.decisions import AppendOnlyError
from posts import publishing
from posts.following import look_after_pages, rebuild_stale
from posts.models import Post, PostPage
from posts.signals import pages_outdated
from tests.builders import make_post
from tests.reading import Page

pytestmark = pytest.mark.django_db
URL = "https://one.example.org/a"


def link(url: str = URL) -> Link:
    return Link.objects.get(url=url)


def page_of(post: Post) -> str:
    return Client().get(post.get_absolute_url()).content.decode()


def body_of(post: Post) -> bytes:
    post.page.refresh_from_db()
    return bytes(post.page.body)


def test_a_blocked_link_is_text_with_a_note(moderator: User) -> None:
    post = make_post()

    decide([link()], "block", by=moderator, reason="spam")

    page = page_of(post)
    assert URL not in page
    assert '<span class="blocked-link">Read more</span>' in page
    assert '<small class="link-note">(link removed)</small>' in page


def test_the_note_is_in_the_language_of_the_issue(moderator: User) -> None:
    post = make_post(language="ko")

    decide([link()], "block", by=moderator, reason="spam")

    assert '<small class="link-note">(링크 삭제됨)</small>' in page_of(post)


def test_a_replaced_link_leads_to_its_replacement_and_says_so(moderator: User) -> None:
    post = make_post()

    decide(
        [link()],
        "replace",
        by=moderator,
        reason="moved",
        replacement_url="https://new.example.org/",
    )

    page = page_of(post)
    assert 'href="https://new.example.org/"' in page
    assert URL not in page
    assert "(link replaced)" in page
    assert URL in post.document


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "mailto:a@example.org", "ftp://a.org/"])
def test_a_replacement_is_a_web_address(url: str, moderator: User) -> None:
    make_post()

    with pytest.raises(DecisionError):
        decide([link()], "replace", by=moderator, reason="moved", replacement_url=url)

    assert not Decision.objects.exists()


def test_a_link_is_not_replaced_by_a_blocked_one(moderator: User) -> None:
    make_post()
    decide([link("https://two.example.org/b")], "block", by=moderator, reason="spam")

    with pytest.raises(DecisionError, match="blocked itself"):
        decide(
            [link()],
            "replace",
            by=moderator,
            reason="x",
            replacement_url="https://two.example.org/b",
        )


def test_a_broken_link_offers_its_archived_copy(moderator: User) -> None:
    post = make_post()
    Link.objects.filter(url=URL).update(archived_url="https://web.archive.org/web/1/x")

    decide([link()], "mark_broken", by=moderator, reason="only an advertisement left")

    page = page_of(post)
    assert f'href="{URL}"' in page
    assert 'href="https://web.archive.org/web/1/x"' in page
    assert "archived copy" in page


@pytest.mark.parametrize(("language", "words"), [("en", "(link broken)"), ("ko", "(끊긴 링크)")])
def test_readers_see_at_once_what_somebody_marked_broken(
    language: str, words: str, moderator: User
) -> None:
    post = make_post(language=language)

    decide([link()], "mark_broken", by=moderator, reason="only an advertisement left")

    for address in (post.get_absolute_url(), "/feed.xml", "/atom.xml", "/feed.json"):
        assert words in Client().get(address).content.decode()


@pytest.mark.parametrize("action", ["restore", "approve"])
def test_a_mark_is_gone_at_once_when_somebody_decides_otherwise(
    action: str, moderator: User
) -> None:
    post = make_post()
    before = body_of(post)
    decide([link()], "mark_broken", by=moderator, reason="gone")

    decide([link()], action, by=moderator)

    assert body_of(post) == before
    assert link().health == "unchecked"
    assert link().due_at <= timezone.now()


def test_what_a_check_finds_broken_is_for_staff_until_somebody_decides() -> None:
    post = make_post()
    Link.objects.filter(url=URL).update(health="broken", failures=3)

    publishing.rebuild(post)

    assert "link broken" not in page_of(post)


def test_a_copy_is_looked_for_when_a_link_is_marked_broken(
    moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post()
    copy = "https://web.archive.org/web/1/x"
    monkeypatch.setattr(archiving, "_find_copy", lambda _url: copy)

    decide([link()], "mark_broken", by=moderator, reason="gone")

    notes = Page(page_of(post)).texts(".link-note")
    assert notes == ["(link broken · archived copy)"]


@pytest.mark.parametrize("action", ["block", "replace", "mark_broken"])
def test_what_takes_something_away_needs_a_reason(action: str, moderator: User) -> None:
    make_post()

    with pytest.raises(ReasonMissing):
        decide([link()], action, by=moderator, reason=" ", replacement_url="https://b.example/")


@pytest.mark.parametrize("action", ["approve", "block", "replace", "mark_broken"])
def test_every_decision_is_undone_from_its_record(action: str, moderator: User) -> None:
    post = make_post()
    Link.objects.filter(url=URL).update(archived_url="https://web.archive.org/web/1/x")
    before, page = Link.objects.values().get(url=URL), body_of(post)
    decision = decide(
        [link()], action, by=moderator, reason="why", replacement_url="https://b.example/"
    )

    undoing = undo(decision, by=moderator)

    assert Link.objects.values().get(url=URL) == before
    assert body_of(post) == page
    assert undoing.undoes == decision
    assert (decision.by_name, decision.action, decision.reason) == ("moderator", action, "why")


def test_restoring_takes_back_whatever_was_decided(moderator: User) -> None:
    post = make_post()
    page = body_of(post)
    decide([link()], "mark_broken", by=moderator, reason="gone")
    decide([link()], "block", by=moderator, reason="spam")

    decide([link()], "restore", by=moderator)

    assert (link().status, link().standing, link().health) == ("pending", "shown", "unchecked")
    assert body_of(post) == page


def test_a_decision_is_undone_once_and_an_undoing_not_at_all(moderator: User) -> None:
    make_post()
    decision = decide([link()], "block", by=moderator, reason="spam")
    undoing = undo(decision, by=moderator)

    with pytest.raises(DecisionError, match="already"):
        undo(decision, by=moderator)
    with pytest.raises(DecisionError):
        undo(undoing, by=moderator)


def test_restoring_is_undone_although_the_link_was_checked_since(moderator: User) -> None:
    make_post()
    decide([link()], "block", by=moderator, reason="spam")
    decide([link()], "mark_broken", by=moderator, reason="gone")
    restored = decide([link()], "restore", by=moderator)
    Link.objects.filter(url=URL).update(health="ok", due_at=timezone.now())

    undo(restored, by=moderator)

    assert (link().status, link().standing) == ("blocked", "blocked")


def test_undoing_leaves_alone_what_was_decided_anew(moderator: User) -> None:
    make_post()
    first = decide([link()], "block", by=moderator, reason="spam")
    decide([link()], "approve", by=moderator)

    undo(first, by=moderator)

    assert link().status == "approved"


def test_records_cannot_be_changed_or_deleted(moderator: User) -> None:
    make_post()
    decision = decide([link()], "block", by=moderator, reason="spam")

    for forbidden in (
        decision.save,
        decision.delete,
        Decision.objects.all().delete,
        lambda: Decision.objects.update(reason="another"),
        decision.effects.get().save,
        decision.effects.get().delete,
    ):
        with pytest.raises(AppendOnlyError):
            forbidden()


def test_a_record_outlives_the_account(moderator: User) -> None:
    make_post()
    decision = decide([link()], "block", by=moderator, reason="spam")

    moderator.delete()

    decision = Decision.objects.get(pk=decision.pk)
    assert (decision.by, decision.by_name) == (None, "moderator")


# Rules


def block_source(host: str, by: User, **values: object) -> Decision:
    return make_rule(SourceRule(host=host, action="block", reason="spam", **values), by=by)


def test_blocking_a_source_blocks_its_links_and_those_to_come(moderator: User) -> None:
    old = make_post("Old")

    block_source("one.example.org", moderator)
    new = make_post("New", "[Another](https://one.example.org/new) of theirs.\n")

    assert "https://one.example.org" not in page_of(old) + page_of(new)
    assert "https://two.example.org/b" in page_of(old)
    assert Source.objects.get(name="one.example.org").post_count == 0


def test_a_rule_covers_subdomains_only_where_it_says_so(moderator: User) -> None:
    post = make_post()

    decision = block_source("example.org", moderator)
    assert URL in page_of(post)
    undo(decision, by=moderator)
    block_source("example.org", moderator, subdomains=True)

    assert "example.org/" not in body_of(post).decode()


@pytest.mark.parametrize(
    ("url", "is_blocked"),
    [
        ("https://site.example/blog", True),
        ("https://site.example/blog/", True),
        ("https://www.site.example/blog/post", True),
        ("https://site.example/blog?page=2", True),
        ("http://site.example:8080/blog#top", True),
        ("https://site.example/blogger", False),
        ("https://site.example/Blog", False),
        ("https://site.example/", False),
        ("https://other.example/blog?at=//site.example/blog", False),
        ("https://a.site.example/blog", False),
    ],
)
@pytest.mark.parametrize("comes", ["before the rule", "after the rule"])
def test_a_rule_for_a_path_covers_what_is_below_it(
    url: str, is_blocked: bool, comes: str, moderator: User
) -> None:
    if comes == "before the rule":
        make_post(body=f"[x]({url})\n")
    block_source("site.example", moderator, path="/blog")
    if comes == "after the rule":
        make_post(body=f"[x]({url})\n")

    assert (Link.objects.get().standing == "blocked") is is_blocked


def test_the_narrower_rule_holds(moderator: User) -> None:
    post = make_post()
    make_rule(SourceRule(host="one.example.org", action="allow"), by=moderator)

    block_source("example.org", moderator, subdomains=True)

    page = page_of(post)
    assert URL in page
    assert "https://two.example.org/b" not in page


def test_what_was_decided_about_a_link_holds_against_earlier_rules_only(moderator: User) -> None:
    make_post()
    decide([link()], "approve", by=moderator)
    block_source("one.example.org", moderator)
    assert link().standing == "blocked"

    decide([link()], "approve", by=moderator)

    assert link().standing == "shown"


def test_ending_and_undoing_a_rule_bring_the_same_bytes_back(moderator: User) -> None:
    post = make_post()
    page = body_of(post)
    block_source("one.example.org", moderator)
    assert body_of(post) != page
    end_rule(SourceRule.objects.get(), by=moderator)
    assert body_of(post) == page
    again = block_source("one.example.org", moderator)

    undo(again, by=moderator)

    assert body_of(post) == page


def test_a_rule_takes_the_place_of_the_one_about_the_same_and_gives_it_back(
    moderator: User,
) -> None:
    make_post()
    block_source("one.example.org", moderator)
    allowed = make_rule(SourceRule(host="one.example.org", action="allow"), by=moderator)
    assert link().standing == "shown"

    undo(allowed, by=moderator)

    assert link().standing == "blocked"
    assert SourceRule.objects.get(ended_at=None).action == "block"


def test_held_links_wait_for_approval(moderator: User) -> None:
    make_rule(SourceRule(host="one.example.org", action="hold", reason="new"), by=moderator)
    post = make_post()
    assert "(link not reviewed yet)" in page_of(post)
    assert QueueEntry.objects.get(link=link()).kind == "held"

    decide([link()], "approve", by=moderator)

    assert URL in page_of(post)
    assert not QueueEntry.objects.filter(link=link(), closed_at=None).exists()


# Pre-moderation


def test_new_sources_wait_for_approval_where_the_site_says_so(
    settings: object, moderator: User
) -> None:
    make_post("Known", "[a](https://known.example/1)\n")
    settings.LINKS_PREMODERATION = True  # type: ignore[attr-defined]

    post = make_post("New", "[b](https://known.example/2) and [c](https://new.example/)\n")

    page = page_of(post)
    assert "https://known.example/2" in page
    assert "https://new.example/" not in page
    decide([link("https://new.example/")], "approve", by=moderator)
    assert "https://new.example/" in page_of(post)


# The queue


def test_undoing_puts_the_link_back_into_the_queue(moderator: User) -> None:
    make_post(body="[x](http://127.0.0.1/setup)\n")
    entry = QueueEntry.objects.get()
    assert entry.kind == "suspicious"
    decision = decide([entry.link], "block", by=moderator, reason="no")
    entry.refresh_from_db()
    assert entry.closed_by == decision

    undo(decision, by=moderator)

    entry.refresh_from_db()
    assert entry.closed_at is None


# Many


def test_many_links_are_decided_in_batches_that_survive_a_kill(
    moderator: User, monkeypatch: pytest.MonkeyPatch, run_waiting_tasks: Callable[[], int]
) -> None:
    monkeypatch.setattr(moderating, "BATCH", 2)
    posts = [make_post(f"Issue {n}", f"[x](https://many.example/{n})\n") for n in range(5)]

    decision = decide(Link.objects.all(), "block", by=moderator, reason="spam")

    undertaking = Undertaking.objects.get()
    assert (undertaking.total, undertaking.done) == (5, 0)
    moderating.go_on(decision.pk)
    undertaking.refresh_from_db()
    assert undertaking.done == 2  # and here the worker dies
    run_waiting_tasks()
    undertaking.refresh_from_db()
    assert undertaking.finished_at is not None
    assert decision.effects.count() == 5
    assert all("many.example" not in body_of(post).decode() for post in posts)
    undo(decision, by=moderator)
    run_waiting_tasks()
    assert not Link.objects.filter(standing="blocked").exists()


def test_many_posts_are_rebuilt_by_the_worker(
    moderator: User, monkeypatch: pytest.MonkeyPatch, run_waiting_tasks: Callable[[], int]
) -> None:
    monkeypatch.setattr("posts.following.FEW_POSTS", 1)
    monkeypatch.setattr("posts.following.A_RUN", 2)
    posts = [make_post(f"Issue {n}", f"[x](https://many.example/{n})\n") for n in range(5)]
    pages = [body_of(post) for post in posts]

    decision = block_source("many.example", moderator)

    assert [body_of(post) for post in posts] == pages
    assert Post.objects.filter(stale_since__isnull=False).count() == 5
    run_waiting_tasks()
    assert all("many.example" not in body_of(post).decode() for post in posts)
    assert not Post.objects.filter(stale_since__isnull=False).exists()
    undo(decision, by=moderator)
    run_waiting_tasks()
    assert [body_of(post) for post in posts] == pages


@pytest.mark.usefixtures("run_waiting_tasks")
def test_a_post_that_cannot_be_rebuilt_stops_no_other(
    moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("posts.following.FEW_POSTS", 1)
    posts = [make_post(f"Issue {n}", f"[x](https://many.example/{n})\n") for n in range(3)]
    rebuild = publishing.rebuild

    def fail_once(post: Post) -> None:
        if post == posts[0]:
            raise RuntimeError("no room")
        rebuild(post)

    monkeypatch.setattr(publishing, "rebuild", fail_once)
    block_source("many.example", moderator)
    with pytest.raises(RuntimeError, match="could not be rebuilt"):
        rebuild_stale.call()

    assert list(Post.objects.filter(stale_since__isnull=False)) == [posts[0]]
    monkeypatch.setattr(publishing, "rebuild", rebuild)
    rebuild_stale.call()
    assert "many.example" not in body_of(posts[0]).decode()


@pytest.mark.django_db(transaction=True)
def test_of_many_issues_that_are_outdated_each_by_itself_one_task_is_enough(
    run_waiting_tasks: Callable[[], int],
) -> None:
    for number in range(3):
        make_post(f"Issue {number}")
    run_waiting_tasks()
    for post in Post.objects.all():
        pages_outdated.send(sender=Post, posts=Post.objects.filter(pk=post.pk))
    assert run_waiting_tasks() == 3 + 1  # each is marked by itself, and all are made by one
    assert not Post.objects.filter(stale_since__isnull=False).exists()


def test_a_post_saved_at_the_moment_of_a_decision_is_made_once_more(moderator: User) -> None:
    post = make_post()
    decide([link()], "block", by=moderator, reason="spam")
    # As a save would leave it that began before the decision and ended after it.
    PostPage.objects.filter(post=post).update(body=b"as if nobody had decided")

    assert look_after_pages.call() == 1

    assert b"link removed" in body_of(post)


def test_a_post_saved_while_the_clock_was_ahead_is_not_made_again_and_again(
    moderator: User, time_machine
) -> None:
    now = timezone.now()
    time_machine.move_to(now + timedelta(days=365))
    make_post()
    decide([link()], "block", by=moderator, reason="spam")
    time_machine.move_to(now)

    assert look_after_pages.call() == 0


def test_links_that_a_new_rule_holds_come_into_the_queue(
    moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("links.queue.triage.A_RUN", 2)
    make_post(body="\n\n".join(f"[x](https://many.example/{n})" for n in range(5)))
    QueueEntry.objects.all().delete()

    make_rule(SourceRule(host="many.example", action="hold", reason="who?"), by=moderator)

    assert QueueEntry.objects.filter(kind="held", closed_at=None).count() == 5
