"""The site of the staff as a whole: its name, and what its menu has and has not."""

import re
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.contrib import admin as django_admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from links.models import Link
from tests.builders import make_post, make_posts
from tests.conftest import SignIn
from tests.mailing.conftest import mail_is_on  # noqa: F401
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def test_pages_of_staff_are_called_after_the_site(sign_in: SignIn, editor: User) -> None:
    page = Page(sign_in(editor).get(reverse("admin:posts_post_changelist")))

    assert page.one("#site-name").text().strip() == settings.SITE_NAME
    assert page.one("title").text().endswith(f"· {settings.SITE_NAME}")


def test_the_menu_is_in_the_order_of_work(sign_in: SignIn, admin: User) -> None:
    page = Page(sign_in(admin).get(reverse("admin:index")))

    assert page.texts(".all-pages .pages-name") == ["Issues", "Links", "Mail", "Site", "Upkeep"]
    first = page.texts(".all-pages .pages-group:first-child li > a:first-child")
    assert first == [
        "Issues", "Calendar", "Upload issues", "Pictures", "Linked items", "Sections",
        "Recurring sections", "Tags", "Authors", "Templates",
    ]  # fmt: skip


@pytest.mark.usefixtures("mail_is_on")
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


# Lists

EMPTY_LISTS = [
    "posts/post", "posts/linkeditem", "posts/section", "posts/recurringsection", "posts/tag",
    "links/inboxentry",
    "links/suggestion", "links/link", "links/source", "links/sourcerule", "links/decision",
    "links/apitoken", "tasks/storedtask",
]  # fmt: skip


@pytest.mark.parametrize("name", EMPTY_LISTS)
def test_an_empty_list_says_what_comes_there_and_offers_nothing_to_search(
    sign_in: SignIn, admin: User, name: str
) -> None:
    client = sign_in(admin)

    page = Page(client.get(f"/admin/{name}/"))

    assert page.texts(".nothing p")[0].endswith(".")
    assert page.text().count("Nothing is here yet") == 0
    assert not page.all(":is(#changelist-search, #changelist-filter, .actions, .paginator)")
    for step in page.values(".nothing a:not([href^='?'])", "href"):
        assert client.get(step).status_code == 200


def test_the_empty_inbox_offers_the_bookmarklet(sign_in: SignIn, editor: User) -> None:
    page = Page(sign_in(editor).get("/admin/links/inboxentry/"))

    assert "bookmarklet" in page.one(".nothing").text()
    assert "/admin/links/inboxentry/anywhere/" in page.values(".nothing a", "href")


def test_a_search_that_finds_nothing_leads_back_to_all(sign_in: SignIn, editor: User) -> None:
    make_post()
    client = sign_in(editor)

    page = Page(client.get("/admin/posts/post/?q=nowhere"))

    assert page.texts(".nothing") == ["Nothing here matches. Show all"]
    assert page.all("#changelist-search")
    assert not page.all(".actions")


@pytest.mark.parametrize(("count", "words"), [(1, "1 issue"), (2, "2 issues")])
def test_lists_count_what_they_have_in_words(
    sign_in: SignIn, editor: User, count: int, words: str
) -> None:
    make_posts(count)

    assert Page(sign_in(editor).get("/admin/posts/post/")).texts(".paginator") == [words]


def test_filters_are_folded_above_the_list_until_one_is_chosen(
    sign_in: SignIn, editor: User
) -> None:
    make_post()
    client = sign_in(editor)

    closed = Page(client.get("/admin/posts/post/")).one("details.filters")
    opened = Page(client.get("/admin/posts/post/?state=published")).one("details.filters")

    assert "open" not in closed.attributes
    assert "open" in opened.attributes


def test_the_list_of_links_says_in_one_what_became_of_each(sign_in: SignIn, editor: User) -> None:
    make_post()
    one, two, *_others = Link.objects.order_by("pk")
    Link.objects.filter(pk=one.pk).update(status="approved")
    Link.objects.filter(pk=two.pk).update(status="blocked", standing="blocked")

    states = Page(sign_in(editor).get("/admin/links/link/?o=3")).texts("td.field-situation")

    said = {words.removesuffix("Decided about this link") for words in states}
    assert said == {"Approved", "Shown, not yet looked at", "Blocked"}


# Korean

# Endings of formal style, which nothing on these pages has, and words that were put in by machine.
STIFF = re.compile(
    r"(?:니다|시오)[.?]|\((?:으로|를|을|이|가)\)|[을를이가]/[을를이가]|오브젝트|액션|히스토리"
)


@pytest.mark.parametrize(
    "path",
    ["/admin/", "/admin/posts/post/", "/admin/posts/tag/", "/admin/links/link/", "/admin/jsi18n/",
     "/admin/auth/user/", "/admin/auth/user/add/", "/admin/password_change/"],
)  # fmt: skip
def test_pages_of_staff_read_in_korean_as_if_one_person_wrote_them(
    sign_in: SignIn, admin: User, path: str
) -> None:
    make_post()
    client = sign_in(admin)

    with override("ko"):
        text = Page(client.get(path)).text()

    assert STIFF.findall(text) == []


def test_the_dates_of_an_account_are_to_be_read(sign_in: SignIn, admin: User) -> None:
    page = Page(sign_in(admin).get(f"/admin/auth/user/{admin.pk}/change/"))

    assert not page.all("[name^=last_login]")
    assert "UTC" in page.one(".field-date_joined .readonly").text()


def has_pages(kind: ContentType) -> bool:
    return hasattr(kind.model_class(), "get_absolute_url")


@pytest.mark.parametrize("row", ["1", "x", "9" * 40, "-1", "a\0b", "뉴스", "a/b"])
def test_what_has_no_page_of_its_own_is_not_found(sign_in: SignIn, admin: User, row: str) -> None:
    client = sign_in(admin)
    gone = ContentType.objects.create(app_label="gone", model="x")
    types = [kind for kind in ContentType.objects.all() if row == "1" or has_pages(kind)] + [gone]

    found = {kind.pk: client.get(f"/admin/r/{kind.pk}/{quote(row)}/").status_code for kind in types}

    assert set(found.values()) == {404}


def test_a_row_leads_to_its_page(sign_in: SignIn, admin: User) -> None:
    post = make_post()
    path = reverse("admin:view_on_site", args=[ContentType.objects.get_for_model(post).pk, post.pk])

    assert sign_in(admin).get(path).headers["Location"].endswith(post.get_absolute_url())


def test_a_type_without_a_table_is_not_found(
    sign_in: SignIn, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = ContentType.objects.get_for_model(Link)
    monkeypatch.setattr(Link._meta, "db_table", "nowhere")

    assert sign_in(admin).get(f"/admin/r/{kind.pk}/1/").status_code == 404


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "", "/admin/"])
def test_who_signs_in_lands_at_the_desk_wherever_a_stranger_wants_them(onward: str) -> None:
    User.objects.create_superuser("chief", password="right")
    client = Client()

    answer = client.post(
        f"/admin/login/?{urlencode({'next': onward})}", {"username": "chief", "password": "right"}
    )

    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
