"""Who is told of what: as each chose, else owners of all that they may see."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from notices.kinds import KINDS, Kind
from notices.models import Choice


def kinds_for(user: Any) -> list[Kind]:
    """Return the kinds of which somebody may be told."""
    return [kind for kind in KINDS.values() if kind.is_for(user)]


def wanted_by(user: Any) -> set[str]:
    """Return the names of the kinds of which somebody wants to be told."""
    chosen = dict(Choice.objects.filter(user=user).values_list("kind", "is_wanted"))
    is_owner = user.has_perm(settings.NOTICES_OWNER)
    return {kind.name for kind in kinds_for(user) if chosen.get(kind.name, is_owner)}


@transaction.atomic
def choose(user: Any, names: Collection[str]) -> None:
    """Write down of which kinds somebody wants to be told, of those they may be told of."""
    for kind in kinds_for(user):
        wish = {"is_wanted": kind.name in names}
        Choice.objects.update_or_create(user=user, kind=kind.name, defaults=wish)


def recipients(kind: Kind) -> list[User]:
    """Return the people with an address who want to be told of a kind, and may."""
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="").order_by("pk")
    return [user for user in staff if kind.name in wanted_by(user)]
