"""The roles: Editor and Moderator, each with what the work needs and nothing else."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from posts.roles import grant

# (app, model): what a role may do with it. "view" alone where a page is only for looking things up.
ROLES: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    # Writes, publishes and withdraws issues; deletes none, and decides about no link.
    "Editor": {
        ("posts", "post"): ("add", "change", "view", "publish"),
        ("posts", "section"): ("view",),
        ("posts", "linkeditem"): ("view",),
        ("posts", "tag"): ("change", "view"),
        ("links", "link"): ("view",),
        ("links", "source"): ("view",),
    },
    # Looks after links, items and tags; changes no text.
    "Moderator": {
        ("posts", "post"): ("view",),
        ("posts", "section"): ("view",),
        ("posts", "linkeditem"): ("change", "view"),
        ("posts", "tag"): ("change", "view", "merge"),
        ("links", "link"): ("change", "view"),
        ("links", "source"): ("view",),
    },
}


def create_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the groups with their permissions."""
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0001_initial"),
        ("links", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="post",
            options={
                "ordering": ("-published_at", "-id"),
                "permissions": (("publish_post", "Can publish and withdraw post"),),
                "verbose_name": "post",
                "verbose_name_plural": "posts",
            },
        ),
        migrations.AlterModelOptions(
            name="tag",
            options={
                "ordering": ("name",),
                "permissions": (("merge_tag", "Can merge tag"),),
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
            },
        ),
        # The groups stay when the migration is undone: people may be in them.
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
