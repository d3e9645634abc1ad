"""The database: whether it answers, has the tables of this code, agrees about the time, and is
indexed for search."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Final

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from newsletter.doctor.findings import Check, Finding, problem, warning
from posts.searching import is_complete
from tasks.models import StoredTask

# Leases, limits and signatures bear so much difference between two clocks, and no more.
NOTICED = timedelta(seconds=5)
TOO_MUCH = timedelta(seconds=60)


def _answers() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        said = str(error)  # it may hold a secret
        if "too many clients" in said or "connection slots" in said:
            remedy = gettext(
                "PostgreSQL has no connection left: raise `max_connections`, or run fewer processes"
                " and workers."
            )
        elif "authentication failed" in said:
            remedy = gettext("PostgreSQL refuses the user or password: compare DATABASE_URL.")
        else:
            remedy = gettext("Start its server, and compare DATABASE_URL with where it is.")
        yield problem(gettext("The database does not answer."), remedy)


def unapplied() -> list[tuple[str, str]]:
    """Return the migrations of this code that the database does not have, as (app, name)."""
    applied = MigrationRecorder(connection).applied_migrations()
    if _named() <= applied.keys():
        return []
    found = MigrationLoader(None).disk_migrations
    return [
        key
        for key, migration in found.items()
        if key not in applied
        and not (migration.replaces and all(one in applied for one in migration.replaces))
    ]


@cache
def _named() -> frozenset[tuple[str, str]]:
    """Return the migrations of this code, which does not change while a process runs: by the names
    of their files, since loading them all takes 5 MB."""
    labels = [app.label for app in apps.get_app_configs()]
    return frozenset(
        (label, name)
        for label in labels
        if (module := MigrationLoader.migrations_module(label)[0]) and (found := find_spec(module))
        for _finder, name, is_package in iter_modules(found.submodule_search_locations)
        if not is_package and name[0] not in "_~"
    )


def _migrations() -> Iterator[Finding]:
    missing = unapplied()
    if missing:
        words = ngettext(
            "The database lacks %(n)d change that this code needs: %(first)s.",
            "The database lacks %(n)d changes that this code needs, first %(first)s.",
            len(missing),
        )
        first = ".".join(sorted(missing)[0])
        remedy = gettext("Take a backup, then run `manage.py migrate`.")
        yield problem(words % {"n": len(missing), "first": first}, remedy)


def _clock() -> Iterator[Finding]:
    yield from _other_clock()
    newest = StoredTask.objects.order_by("-enqueued_at").values_list("enqueued_at", flat=True)
    latest = newest.first()
    if latest and latest > timezone.now() + TOO_MUCH:
        wrong = gettext(
            "Rows in the database are from a time to come: a clock was ahead, or is behind now."
        )
        yield warning(wrong, _set_clock())


def _other_clock() -> Iterator[Finding]:
    """Compare with the clock of the database, which may be on another machine."""
    before = timezone.now()
    theirs: datetime | None = ContentType.objects.values_list(Now(), flat=True).first()
    between = before + (timezone.now() - before) / 2
    apart = abs(theirs - between) if theirs else timedelta()
    if apart > NOTICED:
        words = gettext("The clocks of this machine and of the database are %(n)d seconds apart.")
        kind = problem if apart > TOO_MUCH else warning
        yield kind(words % {"n": apart.total_seconds()}, _set_clock())


def _set_clock() -> str:
    return gettext("Let all machines set their clocks by the network (`timedatectl set-ntp true`).")


def _search() -> Iterator[Finding]:
    if not is_complete():
        wrong = gettext("Search does not find every issue: its index is not built.")
        remedy = gettext(
            "The worker builds it within some minutes; `manage.py rebuild_search` at once."
        )
        yield warning(wrong, remedy)


CHECKS: Final = (
    Check("database", _("Database"), _answers, 10),
    Check("migrations", _("Tables of this version"), _migrations, 11, needs_database=True),
    Check("clock", _("Clocks"), _clock, 40, needs_database=True),
    Check("search", _("Search index"), _search, 41, needs_database=True),
)
