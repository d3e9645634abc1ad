"""The settings of the site, and the role of who may change them."""

from __future__ import annotations

from importlib import import_module

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models

from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def create_owner(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Create the group of owners: they may what editors and moderators may, and set the site up."""
    groups = apps.get_model("auth", "Group").objects
    owner, _created = groups.get_or_create(name="Owner")
    for group in groups.filter(name__in=("Editor", "Moderator")):
        owner.permissions.add(*group.permissions.all())
    permission = import_module("posts.migrations.0002_groups").permission
    for verb in ("change", "view"):
        owner.permissions.add(permission(apps, "posts", "sitesettings", verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0017_api"),
    ]

    operations = [
        migrations.CreateModel(
            name="SiteSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                (
                    "description",
                    models.CharField(blank=True, max_length=300, verbose_name="description"),
                ),
                ("language", models.CharField(blank=True, max_length=16, verbose_name="language")),
                (
                    "time_zone",
                    models.CharField(blank=True, max_length=64, verbose_name="time zone"),
                ),
                (
                    "accent",
                    models.CharField(
                        blank=True, max_length=7, verbose_name="accent on light pages"
                    ),
                ),
                (
                    "accent_dark",
                    models.CharField(blank=True, max_length=7, verbose_name="accent on dark pages"),
                ),
                (
                    "logo",
                    models.JSONField(blank=True, default=dict, editable=False, verbose_name="logo"),
                ),
                (
                    "icons",
                    models.JSONField(blank=True, default=dict, editable=False, verbose_name="icon"),
                ),
                ("ending", models.TextField(blank=True, verbose_name="text at the end of issues")),
                ("profiles", models.TextField(blank=True, verbose_name="your profiles elsewhere")),
                ("revision", models.CharField(default="", editable=False, max_length=32)),
                ("shown", models.JSONField(default=dict, editable=False)),
            ],
            options={
                "verbose_name": "site's settings",
                "verbose_name_plural": "site's settings",
                "default_permissions": ("change", "view"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="posts_settings_one_row"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MenuLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        choices=[("masthead", "Masthead"), ("footer", "Footer")],
                        default="footer",
                        max_length=16,
                        verbose_name="stands in",
                    ),
                ),
                ("label", models.CharField(max_length=60, verbose_name="words")),
                ("address", models.CharField(max_length=1000, verbose_name="address")),
                ("position", models.PositiveSmallIntegerField(default=10, verbose_name="order")),
                (
                    "settings",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="links",
                        to="posts.sitesettings",
                    ),
                ),
            ],
            options={
                "verbose_name": "link in masthead or footer",
                "verbose_name_plural": "links in masthead and footer",
                "ordering": ("position", "pk"),
                "default_permissions": (),
            },
        ),
        migrations.RunPython(create_owner, migrations.RunPython.noop),
    ]
