"""What the staff's pages of mail have in common: while mail is off, the menu does not name them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest

from links.admin import ReadOnly, StaffAdmin
from mailing.models import MailSettings

# Nobody pages further, and counting all rows would take longer than showing some.
MOST_COUNTED: Final = 10_000


class CappedPaginator(Paginator):
    """Pages of the first MOST_COUNTED rows."""

    @cached_property
    def count(self) -> int:
        """Return how many rows there are, as far as they are counted."""
        rows: Any = self.object_list
        return int(rows[:MOST_COUNTED].count())


class MailAdmin(StaffAdmin):
    """Rows of mail."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Tell whether the menu names this table: only while readers can get mail."""
        return super().has_module_permission(request) and _is_open(request)


def _is_open(request: Any) -> bool:
    """Tell whether readers can get mail; asked once for all tables of a menu."""
    if not hasattr(request, "mail_is_open"):
        request.mail_is_open = MailSettings.current().is_open
    return bool(request.mail_is_open)


class MailList(MailAdmin, ReadOnly):
    """Rows of mail that nobody edits by hand."""

    paginator = CappedPaginator

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what may change has an action of its own, which is written down."""
        return False
