"""The role Writer: writes issues and asks for reviews; what readers get is an editor's to change."""

from __future__ import annotations

from importlib import import_module

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

RIGHTS: dict[tuple[str, str], tuple[str, ...]] = {
    # Without "publish" that is drafts alone, one's own and others'.
    ("posts", "post"): ("add", "change", "view"),
    ("posts", "section"): ("view",),
    ("posts", "recurringsection"): ("view",),
    ("posts", "linkeditem"): ("view",),
    ("posts", "tag"): ("view",),
    ("posts", "author"): ("view",),
    ("links", "link"): ("view",),
    ("links", "source"): ("view",),
    ("links", "decision"): ("view",),
    ("links", "sourcerule"): ("view",),
    ("links", "suggestion"): ("view",),
    ("links", "inboxentry"): ("add", "change", "view"),
    ("links", "apitoken"): ("add", "delete", "view"),
}


def create_writer(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Create the group of writers with its permissions."""
    permission = import_module("posts.migrations.0002_groups").permission
    writer, _created = apps.get_model("auth", "Group").objects.get_or_create(name="Writer")
    for (app, model), verbs in RIGHTS.items():
        for verb in verbs:
            writer.permissions.add(permission(apps, app, model, verb))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0033_reviews"),
    ]

    # The group stays when the migration is undone: people may be in it.
    operations = [migrations.RunPython(create_writer, migrations.RunPython.noop)]
