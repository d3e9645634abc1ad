"""The roles: Editor and Moderator, each with what the work needs and nothing else."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

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
NAMES = {
    "publish_post": "Can publish and withdraw post",
    "merge_tag": "Can merge tag",
}


def create_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the groups, and the permissions they hold: Django makes those after all migrations."""
    group_model = apps.get_model("auth", "Group")
    for role, rights in ROLES.items():
        group, _created = group_model.objects.get_or_create(name=role)
        group.permissions.add(
            *(
                _permission(apps, app, model, verb)
                for (app, model), verbs in rights.items()
                for verb in verbs
            )
        )


def _permission(apps: Apps, app: str, model: str, verb: str) -> object:
    kinds = apps.get_model("contenttypes", "ContentType").objects
    kind, _created = kinds.get_or_create(app_label=app, model=model)
    codename = f"{verb}_{model}"
    verbose_name = apps.get_model(app, model)._meta.verbose_name
    permission, _created = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind,
        codename=codename,
        defaults={"name": NAMES.get(codename, f"Can {verb} {verbose_name}")},
    )
    return permission


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
