"""The list of a recurring section has the items below its subheadings, too.

Who goes back before it runs ``rebuild_posts`` there: the column of items that it took away comes
back empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

POSTS = 500
BATCH = 2000


def enter_items(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Enter the items that readers see under their heading and those around it."""
    posts = apps.get_model("posts", "Post").objects.order_by("pk").values_list("pk", flat=True)
    entries = apps.get_model("posts", "SectionEntry").objects
    last = 0
    while some := list(posts.filter(pk__gt=last)[:POSTS]):
        new = _entries(apps, some[0], some[-1])
        while batch := list(itertools.islice(new, BATCH)):
            entries.bulk_create(batch)
        last = some[-1]


def _entries(apps: Apps, first: int, last: int) -> Iterator[models.Model]:
    """Yield the entries of some posts, whose headings fit into memory."""
    entry = apps.get_model("posts", "SectionEntry")
    sections = apps.get_model("posts", "Section").objects.order_by("post", "position")
    items = apps.get_model("posts", "LinkedItem").objects.filter(date__isnull=False, hidden=False)
    places = sections.filter(post__gte=first, post__lte=last)
    headings = dict(
        _headings_around(places.values_list("pk", "post", "level", "recurring").iterator())
    )
    rows = items.filter(post__gte=first, post__lte=last).exclude(section=None).order_by("pk")
    for item, section, date in rows.values_list("pk", "section", "date").iterator():
        for recurring in sorted(headings[section]):
            yield entry(recurring_id=recurring, item_id=item, date=date)


def _headings_around(
    places: Iterator[tuple[int, int, int, int | None]],
) -> Iterator[tuple[int, set[int]]]:
    """Yield of each section the recurring sections it is part of, as saving an issue does."""
    around: list[tuple[int, int, int | None]] = []
    for pk, post, level, recurring in places:
        around = [one for one in around if one[0] == post and one[1] < level]
        around.append((post, level, recurring))
        yield pk, {key for _post, _level, key in around if key}


def look_at_items(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """SQLite made the table of items anew, and knows nothing of it: it would read all of it."""
    has_items = apps.get_model("posts", "LinkedItem").objects.exists()
    if has_items and schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE posts_linkeditem")
            cursor.execute("ANALYZE posts_sectionentry")


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0013_preview_round"),
    ]

    operations = [
        migrations.CreateModel(
            name="SectionEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateTimeField()),
                (
                    "item",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="posts.linkeditem",
                    ),
                ),
                (
                    "recurring",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="entries",
                        to="posts.recurringsection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("item", "recurring"), name="posts_section_entry"
                    ),
                ],
                "indexes": [
                    models.Index(
                        fields=["recurring", "-date", "item"], name="posts_entries_of_a_section"
                    ),
                ],
            },
        ),
        migrations.RemoveIndex(model_name="linkeditem", name="posts_items_of_a_section"),
        migrations.RemoveField(model_name="linkeditem", name="recurring"),
        migrations.RunPython(enter_items, migrations.RunPython.noop),
        migrations.RunPython(look_at_items, migrations.RunPython.noop),
    ]
