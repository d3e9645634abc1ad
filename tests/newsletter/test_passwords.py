"""One-time addresses at which a password is set: for who was invited, and who forgot theirs."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client
from pytest_django.fixtures import Settings

from newsletter.passwords import one_time_address
from tests.builders import make_member
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
LIST = "/admin/auth/user/"
NEW = "much-longer-than-others-7"
LOCMEM = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}


def set_password(address: str) -> Client:
    """Set a password at a one-time address, as its page asks for it."""
    path = address.removeprefix("https://news.example.org")
    client = Client()
    page = client.get(path, follow=True)
    client.post(
        page.redirect_chain[-1][0] if page.redirect_chain else path,
        {"new_password1": NEW, "new_password2": NEW},
    )
    return client


def signs_in(name: str) -> bool:
    data = {"username": name, "password": NEW}
    return Client().post("/admin/login/?next=/admin/", data).status_code == 302


def invite(client: Client, account: User) -> str:
    answer = client.post(LIST, {"action": "invite", "_selected_action": [account.pk]}, follow=True)
    return " ".join(Page(answer).texts(".messagelist li"))


def address_in(text: str) -> str:
    return re.search(r"https://news\.example\.org/admin/reset/\S+", text)[0]


def test_who_is_invited_sets_a_password_once(sign_in: SignIn, admin: User) -> None:
    guest = User.objects.create_user("guest", is_staff=True)
    said = invite(sign_in(admin), guest)
    address = address_in(said)

    set_password(address)

    assert said.startswith("guest sets")  # a name keeps its letters
    assert signs_in("guest")
    assert LogEntry.objects.filter(object_id=str(guest.pk)).exists()
    again = Client().get(address.removeprefix("https://news.example.org"))
    assert "invalid" in Page(again).text()


def test_nobody_rises_by_an_invitation(sign_in: SignIn, admin: User) -> None:
    helper = make_member("outsider")
    helper.is_staff = True
    helper.save()
    helper.user_permissions.set(
        Permission.objects.filter(codename__in=["view_user", "change_user"])
    )

    said = invite(sign_in(helper), admin)

    assert "/admin/reset/" not in said
    assert "no such address" in said


def test_who_forgot_a_password_gets_an_address_by_mail(settings: Settings) -> None:
    settings.EMAIL = LOCMEM
    User.objects.create_user("chief", "Chief@example.org", "old", is_staff=True)
    assert Page(Client().get("/admin/login/")).all('a[href="/admin/password_reset/"]')

    answer = Client().post("/admin/password_reset/", {"email": "chief@example.org"})

    assert answer.status_code == 302
    [message] = mail.outbox
    assert message.to == ["Chief@example.org"]
    set_password(address_in(message.body))
    assert signs_in("chief")


def test_nobody_learns_which_accounts_there_are_nor_floods_them(settings: Settings) -> None:
    settings.EMAIL = LOCMEM
    User.objects.create_user("chief", "chief@example.org", "old", is_staff=True)
    User.objects.create_user("reader", "reader@example.org", "old")

    answers = [
        Client().post("/admin/password_reset/", {"email": f"{name}@example.org"}, follow=True)
        for name in ["nobody", "reader", *["chief"] * 6]
    ]

    assert len({answer.content for answer in answers}) == 1
    assert len(mail.outbox) == 3


def test_in_korean_these_pages_speak_as_all_others_do(settings: Settings) -> None:
    settings.EMAIL = LOCMEM
    settings.LANGUAGE_CODE = "ko"
    guest = User.objects.create_user("guest", is_staff=True)
    first = Client()
    place = first.get(one_time_address(guest), follow=True).redirect_chain[-1][0]
    new = {"new_password1": NEW, "new_password2": NEW}

    answers = [
        Client().get("/admin/password_reset/"),
        Client().get("/admin/password_reset/done/"),
        first.get(place),
        first.post(place, new, follow=True),
        Client().get(one_time_address(guest)[:-2] + "x/"),
        first.get("/admin/reset/x/y/"),
    ]

    for answer in answers:
        said = Page(answer).text()
        assert re.search("[가-힣]", said)
        assert re.findall(r"니다|시오|독자|초기화", said) == []


def test_without_mail_there_is_no_such_page(client: Client) -> None:
    assert client.get("/admin/password_reset/").status_code == 404
    assert not Page(client.get("/admin/login/")).all('a[href="/admin/password_reset/"]')


@pytest.mark.parametrize("path", ["x/y", "MQ/set-password", "é/1-a", "MQ/" + "a" * 3000])
def test_a_forged_address_sets_nothing(client: Client, admin: User, path: str) -> None:
    answer = client.get(f"/admin/reset/{path}/")

    assert answer.status_code == 200
    assert not Page(answer).all("input[type=password]")
