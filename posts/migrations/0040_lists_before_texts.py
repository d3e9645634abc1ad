"""What lists read of an issue comes before its text, also in tables that were made otherwise."""

from typing import Any

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PARTS = (
    ("card", "One row of a list."),
    ("api", "The issue as the API lists it, as JSON."),
    ("newer", "The link to it from the issue before."),
    ("older", "The link to it from the issue after."),
    ("rss", "RSS item without its content."),
    ("atom", "Atom entry without its content."),
    ("json", "JSON Feed item without its content."),
    ("markdown_head", "What the issue as Markdown says of itself."),
    ("head", "Metadata for the page's head."),
    ("intro", "The article up to its body."),
    ("outro", "The article after its body."),
    ("opening", "The issue as the home page opens it."),
    ("body", "Sanitised HTML of the whole issue."),
    ("feed_body", "The body as feeds send it, where it is another."),
    ("markdown", "The Markdown that readers get, with what was decided."),
)
MAY_BE_NULL = {"api", "markdown_head", "feed_body", "markdown"}


def _fields() -> list[tuple[str, models.Field[Any, Any]]]:
    post = models.OneToOneField(
        on_delete=django.db.models.deletion.CASCADE,
        primary_key=True,
        related_name="page",
        serialize=False,
        to="posts.post",
    )
    digest = models.CharField(max_length=64, help_text="Of what feeds send; their ETag.")
    parts = [
        (name, models.BinaryField(help_text=words, null=name in MAY_BE_NULL))
        for name, words in PARTS
    ]
    return [("post", post), ("digest", digest), *parts]


def lay_out(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Copy the rows into a table with its columns in this order; of SQLite alone.

    SQLite goes through all of a row that stands before what it reads; others keep large values
    elsewhere.
    """
    if schema_editor.connection.vendor != "sqlite":
        return
    model = apps.get_model("posts", "PostPage")
    table, old = model._meta.db_table, f"{model._meta.db_table}_old"
    schema_editor.alter_db_table(model, table, old)
    schema_editor.create_model(model)
    columns = ", ".join(field.column for field in model._meta.local_fields)
    schema_editor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {old}")  # noqa: S608
    schema_editor.execute(f"DROP TABLE {old}")


class Migration(migrations.Migration):
    dependencies = [("posts", "0039_earlier_editions")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("PostPage"),
                migrations.CreateModel("PostPage", fields=_fields()),
            ]
        ),
        migrations.RunPython(lay_out, migrations.RunPython.noop, elidable=True),
    ]
