"""Ask all checks; none that fails keeps the others from being asked."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import DatabaseError
from django.utils.translation import gettext

from newsletter.doctor.findings import CHECKS, Check, Level, Result, problem

logger = logging.getLogger(__name__)

ORDER = list(Level)
DATABASE, TABLES = "database", "migrations"


def examine(*, slowly: bool = False) -> list[Result]:
    """Return what each check finds; ``slowly`` asks other servers, too, such as that for mail.

    While the database does not answer, what needs it is left out; and while it lacks tables, what
    fails of that.
    """
    results: list[Result] = []
    broken: set[str] = set()
    for check in CHECKS:
        is_left_out = check.needs_database and DATABASE in broken
        if is_left_out or (check.is_slow and not slowly):
            results.append(Result(check, is_asked=False))
            continue
        results.append(_ask(check, has_tables=TABLES not in broken))
        if results[-1].level is Level.ERROR:
            broken.add(check.name)
    return results


def _ask(check: Check, *, has_tables: bool) -> Result:
    try:
        found = sorted(check.find(), key=lambda finding: ORDER.index(finding.level))
    except Exception as error:
        if isinstance(error, DatabaseError) and not has_tables:
            return Result(check, is_asked=False)
        logger.warning("The check %s failed", check.name, exc_info=True)
        words = gettext("This could not be looked at: %(error)s.")
        # Only its kind: what an error says may name a secret.
        wrong = words % {"error": type(error).__name__}
        return Result(check, (problem(wrong, gettext("The log says more.")),))
    return Result(check, tuple(found))


def troubles(results: Iterable[Result]) -> list[Result]:
    """Return those that found more than a note."""
    return [result for result in results if result.level in {Level.ERROR, Level.WARNING}]


def is_ready(results: Iterable[Result]) -> bool:
    """Tell whether nothing that was found keeps readers or staff from the site."""
    return all(result.level is not Level.ERROR for result in results)
