"""The roles: Editor and Moderator, each with what the work needs and nothing else."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# By role and (app, model): the verbs. "view" alone where a page is only for looking things up.
ROLES: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    # Writes, publishes and withdraws issues, and collects links for the next one; deletes no issue
    # and decides about no link, but sees why one is not shown.
    "Editor": {
        ("posts", "post"): ("add", "change", "view", "publish"),
        ("posts", "section"): ("view",),
        ("posts", "recurringsection"): ("change", "view"),
        ("posts", "linkeditem"): ("view",),
        ("posts", "tag"): ("change", "view"),
        ("links", "link"): ("view",),
        ("links", "source"): ("view",),
        ("links", "decision"): ("view",),
        ("links", "sourcerule"): ("view",),
        ("links", "suggestion"): ("view",),
        ("links", "inboxentry"): ("add", "change", "view"),
        ("links", "apitoken"): ("add", "delete", "view"),
    },
    # Decides about links, sources, items, tags and what readers send in; changes no text.
    "Moderator": {
        ("posts", "post"): ("view",),
        ("posts", "section"): ("view",),
        ("posts", "recurringsection"): ("change", "view"),
        ("posts", "linkeditem"): ("change", "view"),
        ("posts", "tag"): ("change", "view", "merge"),
        ("links", "link"): ("change", "view"),
        ("links", "source"): ("view",),
        ("links", "decision"): ("view",),
        ("links", "sourcerule"): ("add", "change", "view"),
        ("links", "queueentry"): ("change", "view"),
        ("links", "suggestion"): ("change", "view"),
        ("links", "inboxentry"): ("add", "change", "view"),
        ("links", "apitoken"): ("add", "delete", "view"),
    },
}
NAMES = {"publish_post": "Can publish and withdraw post", "merge_tag": "Can merge tag"}


def create_groups(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Create the groups with their permissions."""
    for role, models in ROLES.items():
        group, _created = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(
            *(
                permission(apps, app, model, verb)
                for (app, model), verbs in models.items()
                for verb in verbs
            )
        )


def permission(apps: Apps, app: str, model: str, verb: str) -> Any:
    """Return a permission, creating it if need be: Django does so after all migrations."""
    kinds = apps.get_model("contenttypes", "ContentType").objects
    kind, _created = kinds.get_or_create(app_label=app, model=model)
    codename = f"{verb}_{model}"
    verbose_name = apps.get_model(app, model)._meta.verbose_name
    found, _created = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind,
        codename=codename,
        defaults={"name": NAMES.get(codename, f"Can {verb} {verbose_name}")},
    )
    return found


class Migration(migrations.Migration):
    replaces = [
        ("posts", "0002_roles"),
        ("posts", "0004_desk_roles"),
    ]

    dependencies = [
        ("posts", "0001_squashed"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # The groups stay when the migration is undone: people may be in them.
    operations = [migrations.RunPython(create_groups, migrations.RunPython.noop)]
