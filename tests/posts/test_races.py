"""Two people at the same moment: nobody gets a fault, and no word is lost."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from links import inbox
from links.decisions import DecisionError, decide, end_rule, make_rule, undo
from links.inbox import gathering
from links.models import InboxEntry, SourceRule
from links.registering import register
from posts import curating, following, publishing, retagging, tagging
from posts.admin import tags
from posts.models import OldSlug, Post, RecurringSection, Tag
from posts.publishing import deriving, saving, texts
from tests.builders import LONG_AGO, make_draft, make_post, parsed
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in: SignIn, admin: User) -> Client:
    return sign_in(admin)


def just_before(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, rival: Callable[[], object]
) -> None:
    """Let a rival act once, right after a function of a module has answered."""
    answer = getattr(module, name)
    acted: list[bool] = []

    def answer_and_be_overtaken(*args: Any, **kwargs: Any) -> Any:
        found = answer(*args, **kwargs)
        if not acted:
            acted.append(True)
            rival()
        return found

    monkeypatch.setattr(module, name, answer_and_be_overtaken)


# What is new and unique


def test_two_new_issues_of_one_title_get_an_address_each(monkeypatch: pytest.MonkeyPatch) -> None:
    just_before(monkeypatch, saving, "_assign", lambda: make_draft("One title"))
    make_draft("One title")
    assert set(Post.objects.values_list("slug", flat=True)) == {"one-title", "one-title-2"}


def test_an_address_that_another_issue_left_just_now_still_leads_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = make_draft("First")
    just_before(monkeypatch, saving, "_assign", lambda: make_draft("Second"))
    moved = publishing.save_document(first, parsed("First", slug="second"))
    assert moved.slug == "second-2"
    assert OldSlug.objects.get().slug == "first"


def test_two_issues_with_one_new_tag_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    just_before(monkeypatch, tagging, "_free_slug", lambda: tagging.find_or_create(["New One"]))
    (tag,) = tagging.find_or_create(["new one"])
    assert Tag.objects.get() == tag


def test_two_new_tags_with_one_address_get_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    just_before(monkeypatch, tagging, "_free_slug", lambda: tagging.find_or_create(["a b"]))
    tagging.find_or_create(["a-b"])
    assert set(Tag.objects.values_list("slug", flat=True)) == {"a-b", "a-b-2"}


def test_two_new_sections_with_one_address_get_one_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def rival() -> None:
        RecurringSection.objects.create(key="another", slug="news", title="News?")

    just_before(monkeypatch, deriving, "unicode_slug", rival)
    post = make_draft(body="## News\n- a [b](https://example.org/)\n")
    assert post.sections.get(heading="News").recurring is not None


def test_a_link_that_is_collected_just_now_is_in_the_inbox_once(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://example.org/a"
    inbox.gather(url, by=admin)
    inbox.put_aside(InboxEntry.objects.all(), by=admin)
    reopen = gathering._is_reopened

    def overtaken(entry: InboxEntry) -> bool:
        inbox.gather(url, by=admin)
        return reopen(entry)

    monkeypatch.setattr(gathering, "_is_reopened", overtaken)
    assert inbox.reopen(InboxEntry.objects.exclude(done_at=None), by=admin) == []
    assert InboxEntry.objects.filter(done_at=None).count() == 1


def test_undoing_meets_a_rule_that_was_made_just_now(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rule() -> SourceRule:
        return SourceRule(host="example.org", action="block", reason="spam")

    made = make_rule(rule(), by=admin)
    ended = end_rule(SourceRule.objects.get(pk=made.effects.get().object_id), by=admin)

    def asked_too_early(_rule: SourceRule) -> None:
        make_rule(rule(), by=admin)

    monkeypatch.setattr("links.decisions.rules._active_about", asked_too_early)
    with pytest.raises(DecisionError, match="Another rule was made"):
        undo(ended, by=admin)


def test_a_name_that_somebody_took_after_it_was_checked_is_asked_for_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_post(tags=["One", "Two"])
    tag = Tag.objects.get(name="One")
    check, checked = tags.check_free, []

    def blind_at_first(*names: Any) -> None:
        checked.append(names)
        if len(checked) > 1:
            check(*names)

    monkeypatch.setattr(tags, "check_free", blind_at_first)
    address = reverse("admin:posts_tag_change", args=[tag.pk])
    page = Page(client.post(address, {"name": "Two", "slug": "other", "description": "Long words"}))
    assert "Another tag is called so." in page.one(".errorlist").text()
    assert page.one("textarea[name=description]").text().strip() == "Long words"


@pytest.mark.django_db(transaction=True)
def test_savers_of_one_title_at_once_all_save() -> None:
    """With threads where the database lets several write at once, else one after the other."""
    faults: list[Exception] = []
    ready = threading.Barrier(4)

    def save(number: int) -> None:
        try:
            ready.wait(timeout=60)
            make_draft(
                "The same", f"## News {number}\n- [a](https://e.org/{number})\n", tags=["N", "M"]
            )
        except Exception as error:  # noqa: BLE001
            faults.append(error)
        finally:
            connection.close()

    if connection.vendor == "postgresql":
        threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    else:
        for _ in range(4):
            make_draft("The same", tags=["N", "M"])
    assert not faults
    slugs = {"the-same", "the-same-2", "the-same-3", "the-same-4"}
    assert set(Post.objects.values_list("slug", flat=True)) == slugs
    assert Tag.objects.count() == 2


# What is deleted meanwhile


def opened(client: Client, post: Post) -> tuple[str, dict[str, str]]:
    address = reverse("admin:posts_post_change", args=[post.pk])
    return address, Page(client.get(address)).fields("#post_form") | {"_save": "1"}


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_the_text_of_an_issue_that_was_deleted_can_be_saved_as_a_new_one(
    client: Client, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    post = make_draft("A title")
    address, sent = opened(client, post)
    sent["text"] = "Hours of work.\r\n"
    sent["description"] = "In short."
    if when == "before":
        publishing.delete(post)
    else:
        just_before(monkeypatch, saving, "read", Post.objects.get(pk=post.pk).delete)
    answer = client.post(address, sent)
    assert answer.status_code == 409
    page = Page(answer)
    assert "Somebody deleted this issue" in page.one("#content").text()
    assert page.value("#post_form", "action") == reverse("admin:posts_post_add")
    again = page.fields("#post_form") | {"_save": "1"}
    assert again["text"] == sent["text"]
    assert client.post(page.value("#post_form", "action"), again).status_code == 302
    saved = Post.objects.get()
    assert (saved.title, saved.slug, saved.description) == ("A title", "a-title", "In short.")
    assert "Hours of work." in saved.body


@pytest.mark.parametrize("verb", ["publish", "withdraw"])
def test_an_issue_that_is_deleted_just_now_is_neither_published_nor_withdrawn(
    client: Client, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    post = make_draft() if verb == "publish" else make_post()
    just_before(monkeypatch, saving, "read", Post.objects.get(pk=post.pk).delete)
    answer = client.post(reverse(f"admin:posts_post_{verb}", args=[post.pk]))
    assert answer.status_code == 409
    assert "Somebody deleted this" in Page(answer).one("h1").text()


def test_several_are_published_though_one_of_them_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone, kept = make_draft("Gone"), make_draft("Kept")
    just_before(monkeypatch, saving, "read", Post.objects.get(pk=gone.pk).delete)
    assert publishing.publish([gone, kept]) == [kept]


def test_sections_merged_into_one_that_was_merged_away_stay(client: Client) -> None:
    make_post()
    one, two, three = RecurringSection.objects.order_by("pk")
    curating.merge([three], two)
    with pytest.raises(RecurringSection.DoesNotExist):
        curating.merge([one], three)
    with pytest.raises(RecurringSection.DoesNotExist):
        curating.rename(three, "Another")


def test_tags_merged_into_one_that_was_merged_away_stay() -> None:
    make_post(tags=["One", "Two", "Three"])
    one, two, three = (Tag.objects.get(name=name) for name in ("One", "Two", "Three"))
    key = three.pk
    retagging.merge([three], two)
    three.pk = key
    with pytest.raises(Tag.DoesNotExist):
        retagging.merge([one], three)
    assert Tag.objects.filter(name="One").exists()


# Texts are read outside of transactions


def test_a_text_that_is_saved_while_it_is_rebuilt_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post = make_post()

    def rival() -> None:
        mine = Post.objects.get(pk=post.pk)
        publishing.save_document(mine, parsed(body="Other words.\n"))

    just_before(monkeypatch, saving, "read", rival)
    assert publishing.rebuild(post)
    post.refresh_from_db()
    assert b"Other words." in bytes(post.page.body)
    assert not post.items.filter(removed_at=None).exists()


@pytest.mark.parametrize("verb", ["rebuild", "publish", "withdraw", "save"])
@pytest.mark.django_db(transaction=True)
def test_nobody_is_kept_from_writing_while_a_text_is_read(
    monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    post = make_draft(draft="true") if verb == "publish" else make_post(draft="false")
    inside: list[bool] = []
    just_before(monkeypatch, texts, "read_issue", lambda: inside.append(connection.in_atomic_block))
    acts: dict[str, Callable[[], object]] = {
        "rebuild": lambda: publishing.rebuild(post),
        "publish": lambda: publishing.publish([post]),
        "withdraw": lambda: publishing.withdraw([post]),
        "save": lambda: publishing.save_document(post, parsed()),
    }
    acts[verb]()
    assert inside == [False]


@pytest.mark.django_db(transaction=True)
def test_a_save_in_the_form_reads_the_text_outside_of_its_transaction(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_draft()
    address, sent = opened(client, post)
    inside: list[bool] = []
    just_before(monkeypatch, texts, "read_issue", lambda: inside.append(connection.in_atomic_block))
    assert client.post(address, sent | {"text": "Other words.\n"}).status_code == 302
    assert inside == [False]
    assert LogEntry.objects.filter(object_id=str(post.pk)).count() == 1


def test_a_save_and_its_row_in_the_log_stand_or_fall_together(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_draft()
    address, sent = opened(client, post)

    def fail(*_args: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("posts.admin.posts.PostAdmin.construct_change_message", fail)
    with pytest.raises(RuntimeError, match="no room"):
        client.post(address, sent | {"text": "Other words.\n"})
    assert "Other words." not in Post.objects.get().body


@pytest.mark.django_db(transaction=True)
def test_pages_follow_a_decision_once_it_is_committed(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post()
    rebuilt: list[bool] = []
    just_before(
        monkeypatch,
        following.publishing,
        "rebuild",
        lambda: rebuilt.append(connection.in_atomic_block),
    )
    link = register(["https://one.example.org/a"])["https://one.example.org/a"]
    decide([link], "block", by=admin, reason="spam")
    assert rebuilt == [False]
    post.refresh_from_db()
    assert post.stale_since is None
    assert b"one.example.org/a" not in bytes(post.page.body)


# Saves that concern each other's issues


def at_once(*acts: Callable[[], object]) -> list[Exception]:
    """Do several things, each on a connection of its own; return what went wrong.

    SQLite writes one at a time: there, one after the other.
    """
    faults: list[Exception] = []
    if connection.vendor == "sqlite":
        for act in acts:
            act()
        return faults

    def run(act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def two_hold_their_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two saves go on only when each has written the row of its own issue."""
    if connection.vendor == "sqlite":
        return
    both, derive = threading.Barrier(2), deriving.derive

    def wait_and_derive(*args: Any) -> Any:
        both.wait(timeout=20)
        return derive(*args)

    monkeypatch.setattr(saving, "derive", wait_and_derive)


@pytest.mark.django_db(transaction=True)
def test_translations_that_are_saved_at_once_know_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two_hold_their_rows(monkeypatch)
    posts = {"en": Post(), "ko": Post()}

    def save(language: str, title: str) -> None:
        header = {"language": language, "translationKey": "one", "tags": []}
        issue = parsed(f"{title} {language}", f"Words {language}.\n", **header)
        publishing.save_document(posts[language], issue, published_at=LONG_AGO)

    for title in ("New", "Changed"):
        assert at_once(*(partial(save, language, title) for language in posts)) == []
        told = Post.objects.values_list("language", "translations")
        assert {language: [other["title"] for other in others] for language, others in told} == {
            "en": [f"{title} ko"],
            "ko": [f"{title} en"],
        }


@pytest.mark.django_db(transaction=True)
def test_a_save_does_not_wait_for_an_issue_that_its_links_came_before(
    run_waiting_tasks: Callable[[], int],
) -> None:
    link = "- [a](https://e.org/a)\n"
    earlier = make_post("Earlier", "Words.\n")
    later = make_post("Later", link, at=LONG_AGO + timedelta(days=1))

    def save() -> None:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
        publishing.save_document(earlier, parsed("Earlier", link))

    with transaction.atomic():
        Post.objects.select_for_update().get(pk=later.pk)  # as who saves it does
        assert at_once(save) == []
    run_waiting_tasks()
    page = Page(Client().get("/posts/later/"))
    assert page.all(".body .again")
