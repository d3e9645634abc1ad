"""Who may do what with mail, and which key the digests of addresses were made with."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_LIST = {
    "mailsettings": (),
    "mailing": ("view_mailing",),
    "subscriber": (
        "view_subscriber",
        "see_addresses",
        "add_subscriber",
        "change_subscriber",
        "export_subscribers",
    ),
    "consent": ("view_consent",),
    "suppression": ("view_suppression", "add_suppression", "delete_suppression"),
}
# By role and model: codenames. Writers and moderators have nothing to do with mail.
ROLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Owner": {
        **_LIST,
        "mailsettings": ("view_mailsettings", "change_mailsettings"),
        "mailing": ("view_mailing", "send_mailing"),
        "subscriber": (*_LIST["subscriber"], "delete_subscriber"),
    },
    "Editor": {"mailing": ("view_mailing", "send_mailing")},
    # Looks after the list: sees, changes, imports and exports; sends nothing, erases nobody.
    "List keeper": _LIST,
}
WORDS = {
    "see_addresses": "Can see addresses of subscribers",
    "export_subscribers": "Can export subscribers",
    "send_mailing": "Can send issues by mail",
}


def permission(apps: Apps, model: str, codename: str) -> Any:
    """Return a permission, which Django creates only after all migrations."""
    types, permissions = (
        apps.get_model("contenttypes", "ContentType"),
        apps.get_model("auth", "Permission"),
    )
    kind, _created = types.objects.get_or_create(app_label="mailing", model=model)
    words = WORDS.get(codename, f"Can {codename.replace('_', ' ')}")
    row, _created = permissions.objects.get_or_create(
        content_type=kind, codename=codename, defaults={"name": words}
    )
    return row


def create_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Give each role what the work needs and nothing else."""
    groups = apps.get_model("auth", "Group").objects
    for name, rights in ROLES.items():
        group, _created = groups.get_or_create(name=name)
        for model, codenames in rights.items():
            for codename in codenames:
                group.permissions.add(permission(apps, model, codename))


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("posts", "0018_site_settings"),  # the roles
        ("mailing", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailsettings",
            name="key_fingerprint",
            field=models.CharField(blank=True, editable=False, max_length=16),
        ),
        # Groups stay when the migration is undone: people may be in them.
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
