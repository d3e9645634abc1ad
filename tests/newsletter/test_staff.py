"""The site of the staff as a whole: its name, and what its menu has and has not."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.urls import reverse

from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db


def test_pages_of_staff_are_called_after_the_site(sign_in: SignIn, editor: User) -> None:
    page = Page(sign_in(editor).get(reverse("admin:posts_post_changelist")))

    assert page.one("#site-name").text().strip() == settings.SITE_NAME
    assert page.one("title").text().endswith(f"· {settings.SITE_NAME}")


def test_the_content_of_the_site_comes_first_in_the_menu(sign_in: SignIn, admin: User) -> None:
    page = Page(sign_in(admin).get(reverse("admin:index")))

    apps = [node.attributes["href"] for node in page.all("#content-main caption a")]

    assert apps[:3] == ["/admin/posts/", "/admin/links/", "/admin/auth/"]


def test_tables_of_libraries_have_no_page() -> None:
    registered = {model._meta.label for model in admin.site._registry}

    assert registered.isdisjoint({"taggit.Tag", "django_tasks_database.DBTaskResult"})
