"""Whatever changes what readers get gives the site another version, in the same transaction."""

import ast
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from links.decisions import decide, end_rule, make_rule, undo
from links.models import Decision, Link, SourceRule
from posts import curating, following, publication, publishing, retagging, sidefile
from posts.importing.restoring import restore_site
from posts.models import Post, Publication, RecurringSection, Tag
from posts.site.version import current
from tests.builders import item, make_draft, make_post, make_scheduled, parsed
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db
ROOT = Path(publication.__file__).parent


def tag(name: str) -> Tag:
    return Tag.objects.get(name=name)


def section(title: str) -> RecurringSection:
    return RecurringSection.objects.get(title=title)


def blocking() -> SourceRule:
    return SourceRule(host="one.example.org", action=SourceRule.Action.BLOCK, reason="spam")


def block() -> Decision:
    link = Link.objects.get(url="https://one.example.org/a")
    decide([link], Decision.Action.BLOCK, by=None, reason="spam")
    return Decision.objects.latest("pk")


def hide(post: Post) -> Decision:
    following.set_hidden([item(post, "First find")], True, reason="off topic")
    return Decision.objects.latest("pk")


# Up to `yield` they prepare something, afterwards they do what readers notice.
Verb = Callable[[Post], Iterator[None]]
VERBS: list[Verb] = []


def verb(steps: Verb) -> Verb:
    VERBS.append(steps)
    return steps


@verb
def save_a_new_issue(post: Post) -> Iterator[None]:
    yield
    make_post("New")


@verb
def save_an_issue(post: Post) -> Iterator[None]:
    yield
    publishing.save_document(post, parsed("Changed"))


@verb
def publish(post: Post) -> Iterator[None]:
    draft = make_draft()
    yield
    publishing.publish([draft])


@verb
def withdraw(post: Post) -> Iterator[None]:
    yield
    publishing.withdraw([post])


@verb
def delete(post: Post) -> Iterator[None]:
    yield
    publishing.delete(post)


@verb
def delete_a_row_in_a_shell(post: Post) -> Iterator[None]:
    yield
    Post.objects.filter(pk=post.pk).delete()


@verb
def rebuild(post: Post) -> Iterator[None]:
    yield
    publishing.rebuild(post)


@verb
def rebuild_all(post: Post) -> Iterator[None]:
    yield
    call_command("rebuild_posts")


@verb
def decide_about_a_link(post: Post) -> Iterator[None]:
    yield
    block()


@verb
def undo_a_decision(post: Post) -> Iterator[None]:
    decision = block()
    yield
    undo(decision, by=None)


@verb
def make_a_rule(post: Post) -> Iterator[None]:
    yield
    make_rule(blocking(), by=None)


@verb
def end_a_rule(post: Post) -> Iterator[None]:
    rule = blocking()
    make_rule(rule, by=None)
    yield
    end_rule(rule, by=None)


@verb
def hide_an_item(post: Post) -> Iterator[None]:
    yield
    hide(post)


@verb
def show_an_item(post: Post) -> Iterator[None]:
    decision = hide(post)
    yield
    undo(decision, by=None)


@verb
def rename_a_tag(post: Post) -> Iterator[None]:
    yield
    retagging.rename(tag("AI"), "A.I.")


@verb
def merge_tags(post: Post) -> Iterator[None]:
    yield
    retagging.merge([tag("AI")], tag("Llama 3 평가"))


@verb
def retag(post: Post) -> Iterator[None]:
    yield
    publishing.retag(post)


@verb
def hide_a_section(post: Post) -> Iterator[None]:
    yield
    curating.set_hidden([section("Preview")], True)


@verb
def rename_a_section(post: Post) -> Iterator[None]:
    yield
    curating.rename(section("Preview"), "Look ahead")


@verb
def merge_sections(post: Post) -> Iterator[None]:
    yield
    curating.merge([section("Preview")], section("Overview"))


@verb
def bring_back_what_an_export_says(post: Post) -> Iterator[None]:
    side = sidefile.SideFile({}, [sidefile.Tag("New", "new", "Said in the file.")])
    yield
    restore_site(side, None)


@verb
def bring_tables_up_to_date(post: Post) -> Iterator[None]:
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.parametrize("steps", VERBS, ids=lambda steps: steps.__name__)
def test_each_verb_gives_the_site_another_version(steps: Verb) -> None:
    act = steps(make_post("There already"))
    next(act)
    before = current()
    next(act, None)
    assert current() != before


def test_a_tag_that_is_described_gives_the_site_another_version(
    admin: User, sign_in: SignIn
) -> None:
    make_post()
    before = current()
    values = {"name": "AI", "slug": "ai", "description": "Machines that learn."}
    address = reverse("admin:posts_tag_change", args=[tag("AI").pk])
    assert sign_in(admin).post(address, values).status_code == 302
    assert current() != before


# Transactions that readers do not notice, or that are part of one which moves the site.
QUIET = {
    "admin/authors.py: _merge",  # calls authors
    "admin/inbox.py: finish_selected",
    "admin/inbox.py: reopen_selected",
    "admin/checks.py: _store",  # of what is said to staff alone
    "admin/recurring.py: _merge",  # calls curating
    "admin/recurring.py: _set_hidden",
    "admin/redirects.py: _take",  # calls redirects
    "admin/settings.py: save_related",  # calls settling
    "admin/suggestions.py: _decline",
    "admin/suggestions.py: accept_selected",
    "admin/tags.py: _merge",  # calls retagging
    "admin/tokens.py: add_view",
    "admin/uploads.py: _import",  # calls verbs for each file
    "authors.py: merge",  # in name_anew
    "crediting.py: _create",  # of a save
    "drafting/copies.py: _create",  # nothing of it is public
    "drafting/pending.py: discard_pending",
    "starting/templates.py: delete_templates",
    "drafting/pending.py: save_for_later",
    "following.py: outdate",  # rebuilding moves
    "following.py: set_hidden",  # in _hide
    "importing/files.py: _mended",  # rebuilds
    "mirroring.py: _store",  # what shows it moves: a page made again
    "mirroring.py: mirror",
    "preflight/levels.py: set_levels",
    "publication.py: move_after_migrate",
    "publishing/saving.py: _save_row",  # of a save
    "publishing/trashing.py: erase",  # in a signal, whoever deletes
    "publishing/saving.py: end_previews",
    "pictures/keeping.py: _save_named",  # no issue has it yet
    "pictures/keeping.py: delete",  # what shows it moves: a page made again
    "pictures/keeping.py: describe",  # words for staff
    "pictures/keeping.py: replace",  # what shows it moves: a page made again
    "revising/keeping.py: name",
    "revising/sieving.py: _sieve",
    "retagging.py: merge",  # in name_anew
    "retagging.py: rename",
    "reviewing/asking.py: _close",  # of drafts
    "reviewing/asking.py: ask",
    "reviewing/commenting.py: comment",
    "reviewing/commenting.py: reply",
    "reviewing/commenting.py: resolve",
    "reviewing/sharing.py: share",
    "searching/building.py: prepare",  # of an index that is not built yet
    "searching/engines/postgresql.py: limited",  # reads
    "tagging.py: _create",  # of a save
    "tagging.py: find_or_create",
}


def transactions() -> Iterator[tuple[str, bool]]:
    """Yield the functions of this app that open a transaction, and whether they move the site."""
    for file in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                text = "\n".join(map(ast.unparse, (*node.decorator_list, *node.body)))
                if "transaction.atomic" in text:
                    yield (
                        f"{file.relative_to(ROOT)}: {node.name}",
                        "publication.move(" in text,
                    )


def test_a_transaction_moves_the_site_or_is_known_to_be_none_of_readers_business() -> None:
    """Add `publication.move()`, or a line to QUIET with the reason."""
    silent = {name for name, moves in transactions() if not moves}
    assert silent == QUIET


def test_a_scheduled_issue_gives_the_site_another_version_when_it_is_due() -> None:
    make_post()
    due = make_scheduled().published_at
    assert due
    moment = timedelta(microseconds=1)
    assert current(due - moment) == current()
    assert current(due) != current(due - moment)
    with time_machine.travel(due, tick=False):
        assert current() == current(due)


def test_what_is_not_committed_moves_nothing() -> None:
    before = current()
    with transaction.atomic():
        publication.move()
        transaction.set_rollback(True)
    assert current() == before


@pytest.mark.django_db(transaction=True)
def test_a_move_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        publication.move()


def test_many_moves_are_few_rows_and_no_version_comes_twice() -> None:
    versions = []
    for _ in range(3 * publication.FOLD):
        publication.move()
        versions.append(int(current().partition("-")[0]))
    assert versions == sorted(set(versions))
    assert Publication.objects.count() <= publication.FOLD


def test_the_version_is_one_query() -> None:
    with CaptureQueriesContext(connection) as captured:
        current()
    assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_two_that_move_the_site_and_fold_do_not_wait_for_each_other() -> None:
    for _ in range(publication.FOLD):
        with transaction.atomic():
            publication.move()
    done: list[str] = []

    def another() -> None:
        with transaction.atomic():
            for _ in range(2 * publication.FOLD):
                publication.move()
        done.append(current())
        connection.close()

    with transaction.atomic():
        for _ in range(2 * publication.FOLD):
            publication.move()
        rival = threading.Thread(target=another)
        if connection.vendor == "postgresql":  # SQLite writes one at a time
            rival.start()
            rival.join(10)
            assert done  # while this transaction is still open
    if not done:
        rival.start()
        rival.join(10)
    assert len({current(), done[0]}) == (2 if connection.vendor == "postgresql" else 1)
