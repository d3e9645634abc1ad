"""Accounts: Django's own pages, with fields that screen readers can name."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from newsletter.factors.keeping import reset
from newsletter.passwords import one_time_address

MOST_AT_ONCE = 10

admin.site.unregister((User, Group))


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts: their dates are to be read, their groups and permissions plain lists."""

    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    actions = ("invite", "reset_factors")

    @admin.action(
        description=_("Make a one-time address to set a password"), permissions=("change",)
    )
    def invite(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        """Show the address at which the owner of an account sets its password, once."""
        by = cast(User, request.user)
        for account in accounts[:MOST_AT_ONCE]:
            said = {"name": account.get_username()}
            # Whoever sets a password can sign in: so nobody rises by it.
            if not account.is_active or _is_above(account, by):
                words = gettext("You may make no such address for %(name)s.") % said
                self.message_user(request, words, messages.ERROR)
                continue
            self.log_change(request, account, gettext("Made a one-time address"))
            words = gettext(
                "%(name)s sets a password at this address, once, within three days: %(address)s"
            )
            shown = words % {**said, "address": one_time_address(account)}
            self.message_user(request, shown, messages.SUCCESS)

    @admin.action(
        description=_("Reset the second factor, and end the sessions"), permissions=("change",)
    )
    def reset_factors(self, request: HttpRequest, accounts: QuerySet[User]) -> None:
        """Let somebody who lost their second factor sign in by the password alone, once."""
        by = cast(User, request.user)
        for account in accounts[:MOST_AT_ONCE]:
            said = {"name": account.get_username()}
            if _is_above(account, by):
                words = gettext("You may not reset the second factor of %(name)s.") % said
                self.message_user(request, words, messages.ERROR)
                continue
            reset(account, by)
            words = gettext("The second factor of %(name)s is reset.") % said
            self.message_user(request, words, messages.SUCCESS)


def _is_above(account: User, by: User) -> bool:
    return account.is_superuser and not by.is_superuser


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Groups: their permissions are a plain list."""

    filter_horizontal = ()
