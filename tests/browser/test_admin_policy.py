"""Django's admin under the site's policy: the `page` fixture fails on every violation."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts import publishing
from tests.builders import make_post

pytestmark = pytest.mark.one_database

PAGES = (
    "",
    "auth/user/",
    "auth/user/?is_staff__exact=1&q=a",
    "auth/user/add/",
    "auth/group/add/",
    "password_change/",
    "axes/accessattempt/",
)


def test_the_admin_breaks_no_policy(
    enter: Callable[[User], Page], live_server: LiveServer, admin: User
) -> None:
    page = enter(admin)
    for path in PAGES:
        response = page.goto(f"{live_server.url}/admin/{path}")

        assert response is not None
        assert response.status == 200, path


def test_somebody_signs_in_and_uses_a_form_with_scripts(
    page: Page, live_server: LiveServer, admin: User
) -> None:
    admin.set_password("correct horse battery")
    admin.save()
    page.goto(f"{live_server.url}/admin/auth/user/{admin.pk}/change/")
    page.fill("#id_username", admin.username)
    page.fill("#id_password", "correct horse battery")
    page.click("button[type=submit]")

    expect(page.locator("#id_user_permissions")).to_be_visible()
    page.locator("#id_groups").select_option(index=0)
    page.click("button[name=_continue]")

    expect(page.locator(".messagelist .success")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 900, 390])
def test_the_sign_of_a_message_stands_before_its_words(
    enter: Callable[[User], Page], live_server: LiveServer, admin: User, width: int
) -> None:
    post = make_post()
    publishing.delete(post)
    page = enter(admin)
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"{live_server.url}/admin/posts/post/{post.pk}/change/")

    sign, words = page.locator(".messagelist .warning").evaluate(
        "e => ['backgroundPositionX', 'paddingLeft'].map(x => parseFloat(getComputedStyle(e)[x]))"
    )
    assert sign + 16 < words
