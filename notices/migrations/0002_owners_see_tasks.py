"""Let owners see failed tasks and run them again: they are told of them."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS = {"view_storedtask": "Can view task", "change_storedtask": "Can change task"}


def give_rights(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Give owners the rights, which Django creates only after all migrations."""
    types, permissions = (
        apps.get_model("contenttypes", "ContentType").objects,
        apps.get_model("auth", "Permission").objects,
    )
    owners, _created = apps.get_model("auth", "Group").objects.get_or_create(name="Owner")
    kind, _created = types.get_or_create(app_label="tasks", model="storedtask")
    for codename, words in RIGHTS.items():
        right, _created = permissions.get_or_create(
            content_type=kind, codename=codename, defaults={"name": words}
        )
        owners.permissions.add(right)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("posts", "0018_site_settings"),  # the roles
        ("tasks", "0001_initial"),
        ("notices", "0001_initial"),
    ]

    # Groups and rights stay when the migration is undone: people may be in them.
    operations = [migrations.RunPython(give_rights, migrations.RunPython.noop)]
