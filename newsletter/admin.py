"""Accounts: Django's own pages, with fields that screen readers can name."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

admin.site.unregister((User, Group))


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Accounts: their dates are to be read, their groups and permissions plain lists."""

    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")


@admin.register(Group)
class RoleAdmin(GroupAdmin):
    """Groups: their permissions are a plain list."""

    filter_horizontal = ()
