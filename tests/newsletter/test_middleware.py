"""What stands between Django and the views."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client, RequestFactory
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
    ["/report/?issue=", "/sources/?q=", "/tags/?initial=", "/sections/?page=", "/suggest/?url=",
     "/tags/", "/posts/", "/sections/", "/sources/", "/suggest/", "/media/", "/admin/posts/post/"],
)  # fmt: skip
def test_no_page_is_asked_for_with_a_nul(client: Client, path: str) -> None:
    for address in (f"{path}a%00b", f"{path}a%00b/"):
        response = client.get(address)
        assert response.status_code == 404
        assert Page(response).all(".masthead")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/posts", "/api/v1/posts/", "/api/v1/posts?tag="])
def test_programs_that_ask_with_a_nul_are_refused_in_json(client: Client, path: str) -> None:
    response = client.get(f"{path}a%00b")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "address")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/posts/post/upload/"])
def test_no_session_is_looked_for_with_a_nul(client: Client, path: str) -> None:
    cookie = 'sessionid="\\000abcdefghij0123456789012345678901"'

    assert client.get(path, headers={"Cookie": cookie}).status_code == 404
    assert client.post(path, {"a": "b"}, headers={"Cookie": cookie}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/admin/login/", "/media/cat.png"])
def test_head_is_answered_with_the_headers_of_get_and_nothing_else(path: str) -> None:
    default_storage.save("cat.png", ContentFile(b"not really a cat"))
    site = WSGIHandler()
    site.load_middleware()
    found = []
    for method in ("GET", "HEAD"):
        environ = RequestFactory().generic(method, path).environ
        answer: Any = site.get_response(WSGIRequest(environ))
        headers = answer.headers["Content-Type"], answer.headers["Content-Length"]
        found.append((answer.status_code, *headers, len(b"".join(answer))))
        request_finished.disconnect(close_old_connections)  # as Django's test client does
        answer.close()
        request_finished.connect(close_old_connections)

    get, head = found
    assert get[2] == str(get[3])
    assert head == (*get[:3], 0)


def test_staff_see_why_a_page_is_not_there_while_developing(
    admin: User, sign_in: SignIn, settings: Settings
) -> None:
    settings.DEBUG = True
    response = sign_in(admin).get("/admin/nowhere/")
    assert response.status_code == 404
    assert "DEBUG = True" in Page(response).text()
