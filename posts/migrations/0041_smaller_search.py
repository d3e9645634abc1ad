"""A smaller index of search: facets among the words, on PostgreSQL as their column says them."""

from __future__ import annotations

from collections.abc import Callable

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DROP = {"sqlite": "DROP TABLE posts_searchwords", "postgresql": "DROP INDEX posts_search_words"}
SQLITE = """
CREATE VIRTUAL TABLE posts_searchwords USING fts5(
    {}, content='', columnsize=0, tokenize="ascii tokenchars '+#.=_'"
)
"""
POSTGRESQL = """
CREATE INDEX posts_search_words ON posts_searchentry USING gin ({})
    WITH (gin_pending_list_limit = 1024)
"""


def made(columns: str, indexed: str) -> Callable[[Apps, BaseDatabaseSchemaEditor], None]:
    """Return what begins the index anew; the worker fills it, as after any change of its rules."""
    sql = {"sqlite": SQLITE.format(columns), "postgresql": POSTGRESQL.format(indexed)}

    def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        vendor = schema_editor.connection.vendor
        schema_editor.execute(DROP[vendor])
        schema_editor.execute(sql[vendor])
        apps.get_model("posts", "SearchIndex").objects.update(version=0)

    return make


create = made("body, title", "words, string_to_array(facets, ' ')")
undo = made("body, title, facets", "words")


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0040_lists_before_texts"),
    ]

    operations = [
        migrations.RunPython(create, undo),
    ]
