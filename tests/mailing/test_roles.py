"""Who may do what with mail."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

pytestmark = pytest.mark.django_db

LIST = {
    "view_mailing", "view_subscriber", "see_addresses", "add_subscriber", "change_subscriber",
    "export_subscribers", "view_consent", "view_suppression", "add_suppression",
    "delete_suppression",
}  # fmt: skip


def test_the_groups_hold_no_right_beyond_these() -> None:
    held = {
        group.name: set(
            group.permissions.filter(content_type__app_label="mailing").values_list(
                "codename", flat=True
            )
        )
        for group in Group.objects.all()
    }

    assert held == {
        "Owner": LIST
        | {"view_mailsettings", "change_mailsettings", "send_mailing", "delete_subscriber"},
        "Editor": {"view_mailing", "send_mailing"},
        "List keeper": LIST,
        "Moderator": set(),
        "Writer": set(),
    }


def test_list_keepers_look_after_the_list_and_nothing_else() -> None:
    keepers = Group.objects.get(name="List keeper")

    assert not keepers.permissions.exclude(content_type__app_label="mailing").exists()
