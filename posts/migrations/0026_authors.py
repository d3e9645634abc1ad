"""Authors whom headers name, and their issues; those of issues there are, `rebuild_posts` finds."""

from __future__ import annotations

from importlib import import_module

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = {"Editor": ("change", "view"), "Owner": ("add", "change", "delete", "view")}


def permit(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Let the groups there are describe authors; owners add and delete them, too."""
    permission = import_module("posts.migrations.0002_groups").permission
    for group in apps.get_model("auth", "Group").objects.filter(name__in=RIGHTS):
        for verb in RIGHTS[group.name]:
            group.permissions.add(permission(apps, "posts", "author", verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0025_picture_sizes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Author",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "slug",
                    models.CharField(blank=True, max_length=200, unique=True, verbose_name="slug"),
                ),
                ("key", models.CharField(editable=False, max_length=400, unique=True)),
                ("bio", models.TextField(blank=True, verbose_name="about the author")),
                ("bio_html", models.TextField(blank=True, editable=False)),
                (
                    "url",
                    models.CharField(blank=True, max_length=1000, verbose_name="page elsewhere"),
                ),
                (
                    "account",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="author",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="account",
                    ),
                ),
            ],
            options={
                "verbose_name": "author",
                "verbose_name_plural": "authors",
                "ordering": ("name", "pk"),
            },
        ),
        migrations.CreateModel(
            name="AuthorAlias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=400, null=True, unique=True)),
                ("slug", models.CharField(max_length=200, null=True, unique=True)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aliases",
                        to="posts.author",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Authorship",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("date", models.DateTimeField(editable=False, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authorships",
                        to="posts.author",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="authorships",
                        to="posts.post",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["author", "-date", "-post"], name="posts_author_page")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("post", "author"), name="posts_author_once")
                ],
            },
        ),
        migrations.RunPython(permit, migrations.RunPython.noop),
    ]
