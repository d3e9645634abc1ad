"""What the staff's pages of mail have in common: while mail is off, the menu does not name them."""

from __future__ import annotations

from django.http import HttpRequest

from links.admin import StaffAdmin
from mailing.models import MailSettings


class MailAdmin(StaffAdmin):
    """Rows of mail."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Tell whether the menu names this table: only while readers can get mail."""
        return super().has_module_permission(request) and MailSettings.current().is_open
