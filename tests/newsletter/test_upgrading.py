"""A database made before the first release goes on: its migrations count as today's first ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import StateApps

from links.models import Suggestion
from posts.models import Post, PostPage
from tests.builders import make_posts

SQUASHED = [("links", "0001_squashed"), ("posts", "0001_squashed"), ("posts", "0002_groups")]
LAST = [("links", "0001_squashed"), ("posts", "0002_groups")]


@pytest.fixture
def empty_database(transactional_db: None) -> Iterator[None]:
    """Have a database without tables where the site's was."""
    own = connections["default"]
    connections["default"] = another = own.copy()
    if own.vendor == "sqlite":
        another.settings_dict["NAME"] = "file:upgrading?mode=memory&cache=shared"
    else:
        _execute(own, "CREATE SCHEMA upgrading")
        another.settings_dict["OPTIONS"]["options"] = "-c search_path=upgrading"
    yield
    another.close()
    connections["default"] = own
    if own.vendor != "sqlite":
        _execute(own, "DROP SCHEMA upgrading CASCADE")


def _execute(own: BaseDatabaseWrapper, statement: str) -> None:
    with own.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def old_apps(empty_database: None) -> StateApps:
    """The database as the last commit before the squash left it, and its models."""
    executor = MigrationExecutor(connection)
    old_models = executor.migrate(LAST).apps
    recorder = MigrationRecorder(connection)
    for app, name in SQUASHED:
        recorder.record_unapplied(app, name)
        for replaced in import_module(f"{app}.migrations.{name}").Migration.replaces:
            recorder.record_applied(*replaced)
    return old_models


def test_a_database_from_before_goes_on_and_suggestions_know_the_decision_of_their_moment(
    old_apps: StateApps,
) -> None:
    posts = old_apps.get_model("posts", "Post").objects
    posts.bulk_create(posts.model(title="Before", slug=str(number)) for number in range(3))
    approved = _suggest(old_apps)

    call_command("migrate", verbosity=0)

    executor = MigrationExecutor(connection)
    assert set(SQUASHED) <= set(executor.loader.applied_migrations)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    assert [post.title for post in Post.objects.all()] == ["Before"] * 3
    assert len({post.uid for post in Post.objects.all()}) == 3
    # Two decisions decline on Monday, none answers on Tuesday.
    known = Suggestion.objects.order_by("token").values_list("answered_by", flat=True)
    assert list(known) == [approved, None, None, None]


def test_stored_pages_say_the_same_once_what_lists_read_stands_before_their_texts(
    transactional_db: None,
) -> None:
    executor = MigrationExecutor(connection)
    before = [("posts", "0039_earlier_editions")]
    executor.migrate(before)
    (post,) = make_posts(1)
    names = [field.attname for field in PostPage._meta.local_fields]
    stored = PostPage.objects.filter(post=post).values_list(*names).get()

    call_command("migrate", verbosity=0)

    assert PostPage.objects.values_list(*names).get() == stored
    with connection.cursor() as cursor:
        table = connection.introspection.get_table_description(cursor, PostPage._meta.db_table)
    if connection.vendor == "sqlite":
        assert [column.name for column in table] == names


def _suggest(old_apps: StateApps) -> int:
    """Make suggestions, and decisions at their moments; return the key of the one that approves."""
    decisions = old_apps.get_model("links", "Decision").objects
    suggestions = old_apps.get_model("links", "Suggestion").objects
    link = old_apps.get_model("links", "Link").objects.create(key="x", url="https://example.org/")
    monday, tuesday = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
    approved: int = decisions.create(action="approve", at=monday).pk
    for action in ("hide", "block", "rule"):
        decisions.create(action=action, at=monday)
    for number, (status, answered_at) in enumerate(
        [("accepted", monday), ("declined", monday), ("accepted", tuesday), ("waiting", None)]
    ):
        suggestions.create(token=number, link=link, status=status, answered_at=answered_at)
    return approved
