"""Accounts of staff: whether each has the second factor that the site asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.conf import settings
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from newsletter.doctor.findings import Check, Finding, warning
from newsletter.factors.keeping import without_factor

NAMED = 5


def _factors() -> Iterator[Finding]:
    if not settings.STAFF_SECOND_FACTOR:
        return
    names = list(without_factor().values_list("username", flat=True))
    if names:
        words = ngettext(
            "%(n)d of the staff has no second factor: %(names)s. Whoever knows the password sets"
            " one up.",
            "%(n)d of the staff have no second factor: %(names)s. Whoever knows a password sets"
            " one up.",
            len(names),
        )
        named = ", ".join(names[:NAMED]) + (" …" if names[NAMED:] else "")
        remedy = gettext(
            "Let them sign in once, which asks for it; switch off accounts that nobody uses."
        )
        yield warning(words % {"n": len(names), "names": named}, remedy)


CHECKS: Final = (Check("factors", _("Second factors"), _factors, 47, needs_database=True),)
