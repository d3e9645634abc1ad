"""What is wrong in a form is summed up at the top of its page, with links to the fields."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FORMS = [
    ("/admin/posts/post/add/", {"text": "", "_save": ""}, "id_title"),
    ("/admin/posts/post/add/", {"title": "One", "text": "x", "_schedule": ""}, "id_published_at"),
    ("/admin/posts/post/upload/", {}, "id_documents"),
    ("/admin/links/inboxentry/add/", {"url": "no address"}, "id_url"),
    ("/admin/links/sourcerule/add/", {"place": "", "action": "block"}, "id_place"),
    ("/admin/links/apitoken/add/", {"name": ""}, "id_name"),
    ("/admin/auth/user/add/", {"username": ""}, "id_username"),
    ("/admin/password_change/", {"old_password": "x"}, "id_old_password"),
    ("/admin/login/", {"username": "", "password": ""}, "id_username"),
]


@pytest.mark.parametrize(("path", "data", "field"), FORMS)
def test_errors_stand_at_the_top_and_lead_to_their_fields(
    sign_in: SignIn, admin: User, path: str, data: dict[str, str], field: str
) -> None:
    client = Client() if path.endswith("login/") else sign_in(admin)

    page = Page(client.post(path, data))

    assert f"#{field}" in page.values(".error-summary a", "href")
    for target in page.values(".error-summary a", "href"):
        assert page.all(target)
    assert "autofocus" in page.one(".error-summary").attributes


@pytest.mark.parametrize("path", sorted({path for path, _data, _field in FORMS}))
def test_a_form_without_errors_has_no_summary(sign_in: SignIn, admin: User, path: str) -> None:
    client = Client() if path.endswith("login/") else sign_in(admin)

    assert not Page(client.get(path)).all(".error-summary")


@pytest.mark.parametrize(("path", "field"), [("/suggest/", "id_url")])
def test_errors_of_readers_are_summed_up_too(client: Client, path: str, field: str) -> None:
    page = Page(client.post(path, {}))

    assert f"#{field}" in page.values(".error-summary a", "href")
