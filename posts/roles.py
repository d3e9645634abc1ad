"""What roles may do: groups and their permissions, given by migrations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps.registry import Apps

# By role and (app, model): the verbs of the permissions.
Rights = Mapping[str, Mapping[tuple[str, str], tuple[str, ...]]]
NAMES = {
    "publish_post": "Can publish and withdraw post",
    "merge_tag": "Can merge tag",
}


def grant(apps: Apps, rights: Rights) -> None:
    """Create the groups, and the permissions they hold: Django makes those after all migrations."""
    group_model = apps.get_model("auth", "Group")
    for role, models in rights.items():
        group, _created = group_model.objects.get_or_create(name=role)
        group.permissions.add(
            *(
                _permission(apps, app, model, verb)
                for (app, model), verbs in models.items()
                for verb in verbs
            )
        )


def _permission(apps: Apps, app: str, model: str, verb: str) -> Any:
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
