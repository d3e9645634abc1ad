"""Redirects from old addresses, and what robots may read."""

from __future__ import annotations

from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations, models

from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def permit(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Let owners redirect."""
    permission = import_module("posts.migrations.0002_groups").permission
    for group in apps.get_model("auth", "Group").objects.filter(name="Owner"):
        for verb in ("add", "change", "delete", "view"):
            group.permissions.add(permission(apps, "posts", "redirect", verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0020_recurring_links"),
    ]

    operations = [
        migrations.CreateModel(
            name="Redirect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "old",
                    models.CharField(
                        help_text="Such as /2019/05/first-issue.html or /index.php?id=12.",
                        max_length=1000,
                        unique=True,
                        verbose_name="old path",
                    ),
                ),
                (
                    "new",
                    models.CharField(
                        help_text="A path of this site, or a whole address.",
                        max_length=1000,
                        verbose_name="leads to",
                    ),
                ),
                (
                    "kind",
                    models.PositiveSmallIntegerField(
                        choices=[(301, "for good (301)"), (302, "for now (302)")],
                        default=301,
                        verbose_name="kind",
                    ),
                ),
            ],
            options={
                "verbose_name": "redirect",
                "verbose_name_plural": "redirects",
                "ordering": ("old",),
            },
        ),
        migrations.AddField(
            model_name="sitesettings",
            name="crawlers",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "All may read everything public"),
                    ("search", "Search engines only, no training of models"),
                    ("none", "None: keep the site out of search engines, too"),
                ],
                default="",
                max_length=16,
                verbose_name="robots",
            ),
        ),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
