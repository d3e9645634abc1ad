"""A database copied to another one holds the same, whatever came between."""

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from pytest_django.fixtures import Settings

from backups import copying
from backups.copying import Copy, claim, is_begun, tables
from backups.management.commands.copy_to import Command
from backups.progress import Progress
from newsletter.env import database_of
from posts.models import Post, Tag
from tests.builders import make_post

pytestmark = pytest.mark.django_db
SCHEMA = "copied"


def target_of(folder: Path) -> dict[str, Any]:
    """Return what a database of the same kind as the site's is reached by: empty, and ours."""
    if connection.vendor == "sqlite":
        return database_of("DATABASE_URL", f"sqlite:///{folder / 'copy.sqlite3'}")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
    return {**connection.settings_dict, "OPTIONS": {"options": f"-c search_path={SCHEMA}"}}


@pytest.fixture
def to(tmp_path: Path, transactional_db: None) -> Iterator[BaseDatabaseWrapper]:
    """Another database, with tables, as `migrate` leaves one."""
    defaults = connections["default"].settings_dict
    connections.settings["copy"] = {
        **{name: defaults[name] for name in ("TIME_ZONE", "AUTOCOMMIT", "TEST")},
        **target_of(tmp_path),
        "ATOMIC_REQUESTS": False,
    }
    there = connections["copy"]
    # Django's test cases let only databases be connected that they do not know yet.
    settings = connections.settings.pop("copy")
    there.ensure_connection()
    connections.settings["copy"] = settings
    make_tables(there)
    yield there
    there.close()
    del connections["copy"]
    del connections.settings["copy"]
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def make_tables(there: BaseDatabaseWrapper) -> None:
    there.disable_constraint_checking()
    with there.schema_editor() as editor:
        for model in tables():
            if not model._meta.auto_created:
                editor.create_model(model)
    there.disable_constraint_checking()


def copy(to: BaseDatabaseWrapper) -> int:
    return Copy(to, Progress()).run()


def titles(to: BaseDatabaseWrapper) -> list[str]:
    return list(Post.objects.using(to.alias).order_by("pk").values_list("title", flat=True))


def test_all_rows_are_copied_as_they_are_and_new_ones_get_keys_of_their_own(
    to: BaseDatabaseWrapper,
) -> None:
    post = make_post("하나", "- [글](https://example.org/1): 설명\n", tags=["라마 3"])
    copy(to)

    there = Post.objects.using(to.alias).get()
    assert there.created_at == post.created_at
    assert [tag.name for tag in there.tags.all()] == ["라마 3"]
    assert bytes(there.page.body) == bytes(post.page.body)
    assert Tag.objects.using(to.alias).create(name="Another").pk > Tag.objects.get().pk
    assert not is_begun(to)


def test_roles_given_after_a_copy_are_kept_beside_those_copied(
    editor: User, to: BaseDatabaseWrapper
) -> None:
    (role,) = editor.groups.all()
    copy(to)

    # A key that is taken is no error here: Django would leave the row out.
    another = User.objects.using(to.alias).create(username="another")
    another.groups.add(Group.objects.using(to.alias).get(pk=role.pk))

    assert another.groups.count() == 1


def test_relations_hold_again_after_a_copy(to: BaseDatabaseWrapper) -> None:
    post = make_post("One")
    copy(to)
    to.enable_constraint_checking()

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), to.cursor() as cursor:
        cursor.execute("UPDATE posts_section SET post_id = %s", [post.pk + 1000])


def test_an_interrupted_copy_goes_on_where_it_was(
    to: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    for number in range(5):
        make_post(f"Issue {number}")
    insert, batches = Copy._insert, []

    def break_off(self: Copy, cursor: Any, model: Any, rows: Any) -> None:
        batches.append((model._meta.db_table, len(rows)))
        if batches.count(("posts_post", 2)) == 2:
            raise OSError("gone")
        insert(self, cursor, model, rows)

    monkeypatch.setattr(Copy, "_insert", break_off)
    with pytest.raises(OSError, match="gone"):
        copy(to)
    assert is_begun(to)
    assert titles(to) == ["Issue 0", "Issue 1"]

    batches.clear()
    monkeypatch.setattr(Copy, "_insert", insert)
    copy(to)
    assert titles(to) == [f"Issue {number}" for number in range(5)]


def test_what_the_site_changed_meanwhile_is_copied_anew(
    to: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post("As it was")
    copied = Copy._copy

    def change_after(self: Copy, model: Any) -> None:
        copied(self, model)
        if model is Post:
            Post.objects.filter(pk=post.pk).update(title="As it is")

    monkeypatch.setattr(Copy, "_copy", change_after)
    copy(to)

    assert titles(to) == ["As it is"]


def test_a_copy_killed_while_tables_are_made_makes_them_anew_and_goes_on(
    to: BaseDatabaseWrapper, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATABASE_READER = f"{__name__}.other"
    make_post("One")
    # As Django leaves them when it is killed: some that it has not written down.
    found: list[list[str]] = []

    def migrate(_self: Command, _url: str, *command: str) -> None:
        if command[0] == "migrate":
            found.append(to.introspection.table_names())
            make_tables(to)

    monkeypatch.setattr(Command, "_connect", lambda _self, _url: to)
    monkeypatch.setattr(Command, "_there", migrate)
    claim(to)

    call_command("copy_to", "another", stdout=StringIO())

    assert found == [["copy_to_progress"]]
    assert titles(to) == ["One"]


def test_a_copy_whose_relations_do_not_hold_is_not_said_to_be_whole(
    to: BaseDatabaseWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(to, "check_constraints", refuse)
    with pytest.raises(IntegrityError):
        copy(to)
    assert is_begun(to)


def test_a_copy_whose_search_was_not_built_is_not_said_to_be_whole(to: BaseDatabaseWrapper) -> None:
    def killed() -> None:
        Tag.objects.using(to.alias).create(name="One more")  # what finishes may add rows
        raise SystemExit

    make_post("One", tags=["A tag"])
    with pytest.raises(SystemExit):
        Copy(to, Progress()).run(killed)

    assert is_begun(to)
    copy(to)
    assert Tag.objects.using(to.alias).count() == 1
    assert not is_begun(to)


def own(_name: str, _url: str) -> dict[str, Any]:
    return dict(connections["default"].settings_dict)


def other(_name: str, _url: str) -> dict[str, Any]:
    return dict(connections.settings["copy"])


def test_the_site_is_not_copied_over_itself(settings: Settings) -> None:
    settings.DATABASE_READER = f"{__name__}.own"
    with pytest.raises(CommandError, match="the database of the site itself"):
        call_command("copy_to", "its own")


def test_a_database_that_is_in_use_stays_as_it_is(
    to: BaseDatabaseWrapper, settings: Settings
) -> None:
    settings.DATABASE_READER = f"{__name__}.other"
    with pytest.raises(CommandError, match="they stay as they are"):
        call_command("copy_to", "another's")


def test_an_address_that_is_none_is_said_in_words() -> None:
    with pytest.raises(CommandError, match="must be sqlite:///path"):
        call_command("copy_to", "mysql://example.org/db")
