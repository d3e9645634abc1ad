"""The site of the staff as a whole: its name, and what its menu has and has not."""

import pytest
from django.conf import settings
from django.contrib import admin as django_admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db


def test_pages_of_staff_are_called_after_the_site(sign_in: SignIn, editor: User) -> None:
    page = Page(sign_in(editor).get(reverse("admin:posts_post_changelist")))

    assert page.one("#site-name").text().strip() == settings.SITE_NAME
    assert page.one("title").text().endswith(f"· {settings.SITE_NAME}")


def test_the_menu_is_in_the_order_of_work(sign_in: SignIn, admin: User) -> None:
    page = Page(sign_in(admin).get(reverse("admin:index")))

    assert page.texts(".all-pages .pages-name") == ["Issues", "Links", "Upkeep"]
    first = page.texts(".all-pages .pages-group:first-child li > a:first-child")
    assert first == ["Issues", "Upload issues", "Linked items", "Sections", "Tags"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/posts/post/add/", "/admin/links/link/health/"])
def test_every_page_of_staff_is_two_taps_away_on_a_phone(
    sign_in: SignIn, admin: User, path: str
) -> None:
    client = sign_in(admin)
    lists = {reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
             for model in django_admin.site._registry}  # fmt: skip

    ways = set(Page(client.get(path)).values("header details.staff-menu a", "href"))

    assert ways >= lists
    for name in ("posts_post_upload", "links_link_health", "links_inboxentry_anywhere"):
        assert reverse(f"admin:{name}") in ways


def test_the_menu_shows_nobody_what_is_closed_to_them(sign_in: SignIn, editor: User) -> None:
    client = sign_in(editor)

    ways = Page(client.get("/admin/")).values(".staff-menu a", "href")

    assert "/admin/links/queueentry/" not in ways
    assert [way for way in ways if client.get(way).status_code != 200] == []


def test_tables_of_libraries_have_no_page() -> None:
    registered = {model._meta.label for model in django_admin.site._registry}

    assert registered.isdisjoint({"taggit.Tag", "django_tasks_database.DBTaskResult"})


def test_the_page_to_sign_in_has_a_heading(client: Client) -> None:
    assert Page(client.get("/admin/login/")).texts("h1") == ["Log in"]
