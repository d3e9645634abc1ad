"""Create one account for each role, for trying the site out."""

import secrets
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management.base import CommandError
from django.db import transaction

from links.management.examples import ExamplesCommand
from newsletter import env


class Role(NamedTuple):
    """An account to create, and the group that gives it its rights ('' = all rights)."""

    name: str
    group: str

    @property
    def variable(self) -> str:
        """The variable that may hold the password."""
        return f"DEMO_{self.name.upper()}_PASSWORD"


ROLES = (Role("admin", ""), Role("editor", "Editor"), Role("moderator", "Moderator"))


class Command(ExamplesCommand):
    """Create the accounts that are missing; never touch one that exists."""

    help = (
        "Create the accounts admin, editor and moderator where they are missing.\n"
        "An existing account is never changed. Passwords are random and shown once, or taken from"
        "\nDEMO_ADMIN_PASSWORD, DEMO_EDITOR_PASSWORD and DEMO_MODERATOR_PASSWORD."
    )
    examples = (
        "examples:\n"
        "  manage.py create_demo_accounts\n"
        "  DEMO_ADMIN_PASSWORD=... manage.py create_demo_accounts"
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Create the accounts, and say how to sign in."""
        for line in create_accounts():
            self.stdout.write(line)


def create_accounts() -> list[str]:
    """Create all missing accounts, or none if one of them cannot be; return a line about each."""
    with transaction.atomic():
        return [line for role in ROLES if (line := _create(role))]


def _create(role: Role) -> str:
    """Create the account of a role and return a line about it, or '' if it exists."""
    users = get_user_model()._default_manager
    if users.filter(username=role.name).exists():
        return ""
    given = env.text(role.variable)
    password = given or secrets.token_urlsafe(12)
    user = users.create_user(
        role.name, password=password, is_staff=True, is_superuser=not role.group
    )
    if role.group:
        user.groups.add(_group(role.group))
    shown = f"password in {role.variable}" if given else f"password {password} (shown only now)"
    return f"Created the account {role.name}: {shown}"


def _group(name: str) -> Group:
    try:
        return Group.objects.get(name=name)
    except Group.DoesNotExist:
        raise CommandError(f"The group {name} is missing: run `manage.py migrate` first.") from None
