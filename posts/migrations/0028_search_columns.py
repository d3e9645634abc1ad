"""The text comes first in SQLite's index of words: of all other columns, each place says which."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SQLITE = """
CREATE VIRTUAL TABLE posts_searchwords USING fts5(
    body, title, facets, content='', columnsize=0, tokenize="ascii tokenchars '+#.=_'"
)
"""


def create(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Begin the index anew; the worker fills it, as after any change of its rules."""
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TABLE posts_searchwords")
        schema_editor.execute(SQLITE)
        apps.get_model("posts", "SearchIndex").objects.update(version=0)


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0027_translations"),
    ]

    operations = [
        migrations.RunPython(create, migrations.RunPython.noop),
    ]
