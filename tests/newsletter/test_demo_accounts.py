import re
from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command

pytestmark = pytest.mark.django_db
NAMES = ["admin", "editor", "moderator"]


@pytest.fixture(autouse=True)
def _no_passwords_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"DEMO_{name.upper()}_PASSWORD", raising=False)
        monkeypatch.delenv(f"DEMO_{name.upper()}_PASSWORD_FILE", raising=False)


def create() -> str:
    out = StringIO()
    call_command("create_demo_accounts", stdout=out)
    return out.getvalue()


def test_each_role_gets_an_account_with_a_password_that_is_shown_once() -> None:
    shown = dict(re.findall(r"account (\w+): password (\S+) \(shown only now\)", create()))

    assert sorted(shown) == NAMES
    assert len(set(shown.values())) == len(NAMES)
    for user in User.objects.filter(username__in=NAMES):
        assert user.check_password(shown[user.username])
        assert user.is_staff
        assert user.is_superuser == (user.username == "admin")
    assert User.objects.get(username="editor").groups.get().name == "Editor"
    assert User.objects.get(username="moderator").groups.get().name == "Moderator"


def test_a_second_run_changes_and_says_nothing() -> None:
    create()
    before = list(User.objects.order_by("pk").values())

    assert create() == ""
    assert list(User.objects.order_by("pk").values()) == before


def test_an_account_that_exists_keeps_its_password_and_rights() -> None:
    User.objects.create_user("admin", password="mine")

    assert "admin" not in create()
    mine = User.objects.get(username="admin")
    assert mine.check_password("mine")
    assert not mine.is_superuser


def test_a_password_may_be_given_and_is_then_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_EDITOR_PASSWORD", "given-password")

    shown = create()

    assert "given-password" not in shown
    assert User.objects.get(username="editor").check_password("given-password")


def test_without_its_groups_no_account_is_created() -> None:
    Group.objects.all().delete()

    with pytest.raises(CommandError, match="migrate"):
        create()
    assert not User.objects.exists()
