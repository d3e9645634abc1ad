"""What stands between Django and the views."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.conftest import SignIn
from tests.reading import Page


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nowhere", "/posts/nothing/", "/archive/1999/"])
def test_readers_pages_that_are_not_there_look_the_same_while_developing(
    client: Client, settings: Settings, path: str
) -> None:
    settings.DEBUG = True
    response = client.get(path)
    assert response.status_code == 404
    assert Page(response).all(".masthead")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/report/?issue=", "/sources/?q=", "/tags/?initial=", "/sections/?page=", "/suggest/?url="],
)
def test_no_page_is_asked_for_with_a_nul(client: Client, path: str) -> None:
    assert client.get(f"{path}a%00b").status_code == 404


def test_staff_see_why_a_page_is_not_there_while_developing(
    admin: User, sign_in: SignIn, settings: Settings
) -> None:
    settings.DEBUG = True
    response = sign_in(admin).get("/admin/nowhere/")
    assert response.status_code == 404
    assert "DEBUG = True" in Page(response).text()
