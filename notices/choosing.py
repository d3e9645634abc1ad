"""Who is told of what: as each chose, else owners of all that they may see."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from notices.kinds import KINDS, Kind
from notices.models import Choice

BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


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
    staff = User.objects.filter(is_staff=True, is_active=True).exclude(email="")
    for right in kind.right:
        staff = staff.filter(pk__in=_who_may(right))
    owners = set(_who_may(settings.NOTICES_OWNER).values_list("pk", flat=True))
    chosen = dict(Choice.objects.filter(kind=kind.name).values_list("user", "is_wanted"))
    return [user for user in staff.order_by("pk") if chosen.get(user.pk, user.pk in owners)]


def _who_may(right: str) -> QuerySet[User]:
    """Return active people with a right, their own or their role's, by one query for all."""
    return User.objects.with_perm(right, backend=BACKEND)
