"""Staff decide which headings that come back are sections of the site."""

from __future__ import annotations

from importlib import import_module

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models

from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def permit(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let the groups there are do so; a new database has them right from the start."""
    permission = import_module("posts.migrations.0002_groups").permission
    for group in apps.get_model("auth", "Group").objects.filter(name__in=("Editor", "Moderator")):
        for verb in ("change", "view"):
            group.permissions.add(permission(apps, "posts", "recurringsection", verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0007_library"),
    ]

    operations = [
        migrations.AddField(
            model_name="recurringsection",
            name="hidden",
            field=models.BooleanField(
                default=False,
                help_text="Not a section of the site; issues keep the heading.",
                verbose_name="hidden",
            ),
        ),
        migrations.AddField(
            model_name="recurringsection",
            name="merged_into",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="merged",
                to="posts.recurringsection",
            ),
        ),
        migrations.AlterField(
            model_name="recurringsection",
            name="first_seen",
            field=models.DateTimeField(editable=False, null=True, verbose_name="first seen"),
        ),
        migrations.AlterField(
            model_name="recurringsection",
            name="key",
            field=models.CharField(editable=False, max_length=400, unique=True),
        ),
        migrations.AlterField(
            model_name="recurringsection",
            name="last_seen",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last seen"),
        ),
        migrations.AlterField(
            model_name="recurringsection",
            name="post_count",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="issues"),
        ),
        migrations.AlterField(
            model_name="recurringsection",
            name="slug",
            field=models.CharField(blank=True, max_length=200, unique=True, verbose_name="slug"),
        ),
        migrations.AlterField(
            model_name="recurringsection",
            name="title",
            field=models.TextField(verbose_name="title"),
        ),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
