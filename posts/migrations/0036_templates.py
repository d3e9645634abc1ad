"""Templates of issues, and who writes them."""

from __future__ import annotations

from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ALL = ("add", "change", "delete", "view")
RIGHTS = {"Editor": ALL, "Owner": ALL, "Writer": ("view",)}


def permit(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Let editors and owners write templates, and writers see them."""
    permission = import_module("posts.migrations.0002_groups").permission
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for verb in RIGHTS[group.name]:
            group.permissions.add(permission(apps, "posts", "issuetemplate", verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0035_preflight_levels"),
    ]

    operations = [
        migrations.CreateModel(
            name="IssueTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                ("title", models.CharField(blank=True, max_length=300, verbose_name="title")),
                ("text", models.TextField(blank=True, verbose_name="Markdown")),
                ("tags", models.TextField(blank=True, verbose_name="tags")),
                ("authors", models.TextField(blank=True, verbose_name="authors")),
                ("language", models.CharField(blank=True, max_length=16, verbose_name="language")),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ],
                        null=True,
                        verbose_name="day of the week",
                    ),
                ),
                ("time", models.TimeField(blank=True, null=True, verbose_name="time")),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "ordering": ("name",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("weekday__isnull", True), ("weekday__lte", 6), _connector="OR"
                        ),
                        name="posts_template_weekday_valid",
                    )
                ],
            },
        ),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
