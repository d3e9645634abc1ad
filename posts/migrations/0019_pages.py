"""Pages that are no issues, which editors and owners write."""

from __future__ import annotations

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.db import migrations, models

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = {"Editor": ("add", "change", "view"), "Owner": ("add", "change", "delete", "view")}


def permit(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Let the groups there are write pages; owners delete them, too."""
    permission = import_module("posts.migrations.0002_groups").permission
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for verb in RIGHTS[group.name]:
            group.permissions.add(permission(apps, "posts", "page", verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0018_site_settings"),
    ]

    operations = [
        migrations.CreateModel(
            name="Page",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="title")),
                (
                    "slug",
                    models.CharField(blank=True, max_length=200, unique=True, verbose_name="slug"),
                ),
                (
                    "description",
                    models.CharField(blank=True, max_length=300, verbose_name="description"),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published")],
                        default="draft",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "menu",
                    models.CharField(
                        blank=True,
                        choices=[("", "Nowhere"), ("masthead", "Masthead"), ("footer", "Footer")],
                        max_length=16,
                        verbose_name="link to it",
                    ),
                ),
                (
                    "label",
                    models.CharField(blank=True, max_length=60, verbose_name="words of the link"),
                ),
                ("position", models.PositiveSmallIntegerField(default=10, verbose_name="order")),
                ("version", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "modified_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                ("language", models.CharField(blank=True, editable=False, max_length=16)),
                ("body", models.BinaryField(default=b"")),
            ],
            options={
                "verbose_name": "page",
                "verbose_name_plural": "pages",
                "ordering": ("position", "title", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["draft", "published"])),
                        name="posts_page_status_valid",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OldPageSlug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=200, unique=True)),
                (
                    "page",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="old_slugs",
                        to="posts.page",
                    ),
                ),
            ],
        ),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
