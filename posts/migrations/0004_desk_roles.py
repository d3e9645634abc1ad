"""What the roles may do at the link desk."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from posts.roles import grant

ROLES: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {
    # Collects links for the next issue, and sees why a link is not shown.
    "Editor": {
        ("links", "decision"): ("view",),
        ("links", "sourcerule"): ("view",),
        ("links", "suggestion"): ("view",),
        ("links", "inboxentry"): ("add", "change", "view"),
        ("links", "apitoken"): ("add", "delete", "view"),
    },
    # Decides about links, sources and what readers send in.
    "Moderator": {
        ("links", "decision"): ("view",),
        ("links", "sourcerule"): ("add", "change", "view"),
        ("links", "queueentry"): ("change", "view"),
        ("links", "suggestion"): ("change", "view"),
        ("links", "inboxentry"): ("add", "change", "view"),
        ("links", "apitoken"): ("add", "delete", "view"),
    },
}


def create_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add to the groups what the desk needs."""
    grant(apps, ROLES)


class Migration(migrations.Migration):
    dependencies = [("posts", "0003_stale_since"), ("links", "0003_link_desk")]

    # The rights stay when the migration is undone: the groups may have been given them by hand.
    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
