"""How many posts are in which language is counted; drafts and items have indexes for their lists."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def count_languages(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Count the published posts in each language."""
    posts = apps.get_model("posts", "Post").objects.filter(status="published")
    used = posts.exclude(language="").order_by().values_list("language")
    counts = apps.get_model("posts", "ListCount").objects
    for language, count in used.annotate(models.Count("pk")):
        counts.update_or_create(name="languages", part=language, defaults={"count": count})


def look_at_items(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite made the table of items anew, and knows nothing of it: it would read all of it."""
    has_items = apps.get_model("posts", "LinkedItem").objects.exists()
    if has_items and schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE posts_linkeditem")


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0011_measurements"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="post",
            index=models.Index(
                condition=models.Q(("status", "draft")),
                fields=["-modified_at", "-id"],
                name="posts_drafts",
            ),
        ),
        migrations.AlterField(
            model_name="linkeditem",
            name="post",
            field=models.ForeignKey(
                db_index=False,
                on_delete=models.deletion.CASCADE,
                related_name="items",
                to="posts.post",
            ),
        ),
        migrations.AddIndex(
            model_name="linkeditem",
            index=models.Index(
                fields=["-post", "section", "position"], name="posts_items_of_an_issue"
            ),
        ),
        migrations.RunPython(count_languages, migrations.RunPython.noop),
        migrations.RunPython(look_at_items, migrations.RunPython.noop),
    ]
