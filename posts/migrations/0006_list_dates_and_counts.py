"""Rows of lists carry their post's time only while it is published; lists know their length."""

from __future__ import annotations

import unicodedata

from django.apps.registry import Apps
from django.db import migrations, models

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LEADS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"
SYLLABLES_PER_LEAD = 588
DATED = (("section", "post"), ("citation", "post"), ("taggedpost", "content_object"))


def take_out_drafts(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Empty the dates of rows of drafts, which lists no longer tell apart by the post's status."""
    drafts = apps.get_model("posts", "Post").objects.exclude(status="published").order_by()
    for model, post in DATED:
        rows = apps.get_model("posts", model).objects.filter(date__isnull=False)
        rows.filter(**{f"{post}__in": drafts.values("pk")}).update(date=None)


def initial(name: str) -> str:
    """Return the initial of a tag as it was told when this was written."""
    first = unicodedata.normalize("NFKC", name).strip()[:1]
    if "가" <= first <= "힣":
        return LEADS[(ord(first) - ord("가")) // SYLLABLES_PER_LEAD]
    if first and first in LEADS:
        return first
    plain = unicodedata.normalize("NFD", first).upper()[:1]
    if "A" <= plain <= "Z":
        return plain
    return "0-9" if first.isdigit() else "*"


def set_initials(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every tag its initial."""
    for tag in apps.get_model("posts", "Tag").objects.only("pk", "name").iterator():
        tag.initial = initial(tag.name)
        tag.save(update_fields=["initial"])


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0005_call_a_post_issue"),
    ]

    # Counters and dates are filled in by `rebuild_posts`.
    operations = [
        migrations.CreateModel(
            name="ListCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=16)),
                ("part", models.CharField(blank=True, max_length=16)),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="recurringsection",
            name="posts_section_index_page",
        ),
        migrations.RemoveIndex(
            model_name="tag",
            name="posts_tag_index_page",
        ),
        migrations.AddField(
            model_name="recurringsection",
            name="first_seen",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="recurringsection",
            name="last_seen",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="tag",
            name="initial",
            field=models.CharField(default="", editable=False, max_length=4),
        ),
        migrations.AddIndex(
            model_name="recurringsection",
            index=models.Index(fields=["-post_count", "id"], name="posts_sections_by_use"),
        ),
        migrations.AddIndex(
            model_name="recurringsection",
            index=models.Index(fields=["-last_seen", "id"], name="posts_sections_by_date"),
        ),
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(fields=["-post_count", "id"], name="posts_tags_by_use"),
        ),
        migrations.AddIndex(
            model_name="tag",
            index=models.Index(fields=["initial", "key"], name="posts_tags_by_initial"),
        ),
        migrations.AddConstraint(
            model_name="listcount",
            constraint=models.UniqueConstraint(fields=("name", "part"), name="posts_list_part"),
        ),
        migrations.RunPython(take_out_drafts, migrations.RunPython.noop),
        migrations.RunPython(set_initials, migrations.RunPython.noop),
    ]
