"""Pages that are no issues: written, previewed, published, renamed; and what is never theirs."""

from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from posts import pages
from posts.models import Page as OwnPage
from tests.builders import make_posts
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

ADD = "/admin/posts/page/add/"
TEXT = "We read *so* you need not.\n\n# Who\n\n- [Ann](https://ann.example.org/)\n"


def make_page(title: str = "About", **values: Any) -> OwnPage:
    values = {"slug": pages.slug_of(title), "text": TEXT, "status": "published", **values}
    return pages.save(OwnPage(title=title, **values))


def form(**values: Any) -> dict[str, Any]:
    return {"title": "About", "text": TEXT, "status": "published", "slug": "", "description": "",
            "menu": "", "label": "", "position": "10", "seen_version": "0", **values}  # fmt: skip


def change(page: OwnPage) -> str:
    return f"/admin/posts/page/{page.pk}/change/"


@pytest.fixture
def signed_in(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


# Reading


def test_a_page_is_read_at_the_root_of_the_site(client: Client, signed_in: Client) -> None:
    assert signed_in.post(ADD, form(description="Who we are")).status_code == 302

    page = Page(client.get("/about/"))
    assert page.one("h1").text() == "About"
    assert page.one(".body em").text() == "so"
    assert page.one(".body h2").text() == "Who"
    assert page.value('link[rel="canonical"]', "href") == "https://news.example.org/about/"
    assert "/about/</loc>" in client.get("/sitemap-pages.xml").content.decode()
    assert LogEntry.objects.get().user.username == "editor"


def test_the_history_names_no_text_that_only_got_the_line_endings_of_a_browser(
    signed_in: Client,
) -> None:
    page = make_page()
    sent = form(text=TEXT.replace("\n", "\r\n"), slug="who", seen_version=str(page.version))

    signed_in.post(change(page), sent)

    assert LogEntry.objects.get().get_change_message() == "Changed Slug."


def test_its_address_may_be_korean(client: Client) -> None:
    make_page("발행 정보")

    assert Page(client.get(f"/{quote('발행-정보')}/")).one("h1").text() == "발행 정보"
    assert quote("발행-정보") in client.get("/sitemap-pages.xml").content.decode()


def test_a_draft_is_for_whoever_holds_its_preview(client: Client, signed_in: Client) -> None:
    page = make_page(status="draft", menu="footer")

    assert client.get("/about/").status_code == 404
    assert "/about/" not in client.get("/").content.decode()
    assert "/about/" not in client.get("/sitemap-pages.xml").content.decode()
    address = Page(signed_in.get(change(page))).value('a[href^="/preview/pages/"]', "href")
    shown = client.get(address)
    assert Page(shown).one(".preview-bar .preview-state").text().split()[-1] == "Draft"
    assert Page(shown).one(".body em").text() == "so"
    assert shown.headers["X-Robots-Tag"] == "noindex"
    assert client.get(address[:-4] + "xyz/").status_code == 404
    page.delete()
    assert client.get(address).status_code == 410


def test_menus_lead_to_it_in_the_owners_order(client: Client) -> None:
    make_page("Imprint", menu="footer", position=20)
    make_page("About", menu="footer", label="About us", position=10)
    make_page("Sponsor", menu="masthead")
    make_page("Hidden")

    page = Page(client.get("/archive/"))

    assert page.texts(".own-links a") == ["About us", "Imprint"]
    assert page.values(".site-nav a", "href")[-1] == "/sponsor/"
    assert "/hidden/" not in page.values("a", "href")


def test_withdrawn_or_deleted_it_is_gone_at_once(
    client: Client, sign_in: SignIn, owner: User
) -> None:
    page, other = make_page(menu="footer"), make_page("Imprint", menu="footer")
    page.status = "draft"
    pages.save(page)
    sign_in(owner).post(f"/admin/posts/page/{other.pk}/delete/", {"post": "yes"})

    assert [client.get(f"/{slug}/").status_code for slug in ("about", "imprint")] == [404, 404]
    assert not Page(client.get("/")).all(".own-links")


def test_an_old_address_redirects(client: Client) -> None:
    page = make_page()
    page.slug = "who-we-are"
    pages.save(page)

    answer = client.get("/about/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/who-we-are/")
    page.slug = "about"
    pages.save(page)
    assert client.get("/about/").status_code == 200
    assert client.get("/who-we-are/").headers["Location"] == "/about/"


def test_reading_takes_one_query_however_many_pages_there_are(client: Client) -> None:
    def asked() -> list[str]:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/about/").status_code == 200
        return [query["sql"] for query in captured]

    make_page()
    client.get("/about/")
    few = len(asked())
    for number in range(3):
        make_page(f"Page {number}", menu="footer")
    client.get("/about/")

    assert len(asked()) == few <= 3


def test_what_is_nowhere_is_still_404_and_not_a_redirect(client: Client) -> None:
    make_page()

    assert client.get("/nowhere").status_code == 404
    assert client.get("/about").headers["Location"] == "/about/"


# Addresses that are no page's


def test_every_address_of_the_site_is_reserved() -> None:
    firsts = {
        str(pattern.pattern).partition("/")[0]
        for resolver in (get_resolver(), get_resolver("posts.urls"))
        for pattern in resolver.url_patterns
    }
    words = {first for first in firsts if first.isalpha()}

    assert len(words) > 10
    assert words <= pages.RESERVED


@pytest.mark.parametrize("slug", ["posts", "search", "authors", "About", "a/b", "a b", "!"])
def test_an_address_that_cannot_be_a_pages_is_refused(signed_in: Client, slug: str) -> None:
    page = Page(signed_in.post(ADD, form(slug=slug)))

    assert page.all(".field-slug .errorlist")
    assert page.one("textarea[name=text]").text().strip() == TEXT.strip()


def test_an_address_of_another_page_is_refused_even_an_old_one(signed_in: Client) -> None:
    page = make_page()
    page.slug = "who"
    pages.save(page)

    for slug in ("who", "about"):
        assert Page(signed_in.post(ADD, form(slug=slug))).all(".field-slug .errorlist")


# Writing


def test_a_text_that_cannot_be_rendered_is_refused_with_its_line(signed_in: Client) -> None:
    page = Page(signed_in.post(ADD, form(text="Fine.\n\n" + "> " * 30 + "deep")))

    assert "Line 3" in page.one(".field-text .errorlist").text()


def test_two_people_on_one_page_lose_nothing(signed_in: Client) -> None:
    page = make_page()
    pages.save(OwnPage.objects.get(pk=page.pk))
    mine = form(text="Mine\n", seen_version=str(page.version))

    answer = signed_in.post(change(page), mine)

    shown = Page(answer)
    assert answer.status_code == 409
    assert shown.one("textarea[name=text]").text().strip() == "Mine"
    assert "We read" in shown.one(".conflict").text()
    assert OwnPage.objects.get().text == TEXT
    again = {**mine, "seen_version": shown.value("[name=seen_version]", "value")}
    assert signed_in.post(change(page), again).status_code == 302
    assert OwnPage.objects.get().text == "Mine\n"


def test_who_may_write_and_delete_pages(
    sign_in: SignIn, editor: User, owner: User, moderator: User, outsider: User
) -> None:
    page = make_page()
    users = (editor, owner, moderator, outsider)

    writes = [sign_in(user).get(change(page)).status_code for user in users]
    deletes = [sign_in(user).get(f"/admin/posts/page/{page.pk}/delete/").status_code
               for user in users]  # fmt: skip

    assert writes == [200, 200, 403, 302]
    assert deletes == [403, 200, 403, 302]


def test_who_deletes_a_page_reads_what_readers_lose(sign_in: SignIn, owner: User) -> None:
    public, draft = make_page(), make_page("Notes", status=OwnPage.Status.DRAFT)
    signed_in = sign_in(owner)

    asked = Page(signed_in.get(f"/admin/posts/page/{public.pk}/delete/"))
    assert asked.texts("#content h1") == ["Delete “About”?"]
    assert "Readers lose it at once" in asked.text()
    assert asked.texts("#content .submit-row > *") == ["Delete", "Cancel"]
    assert asked.value("#content .closelink", "href") == change(public)
    of_draft = Page(signed_in.get(f"/admin/posts/page/{draft.pk}/delete/")).text()
    assert "Its text is gone for good." in of_draft
    assert "Readers" not in of_draft


def test_after_saving_it_is_said_whether_readers_see_a_page(sign_in: SignIn, owner: User) -> None:
    signed_in, add = sign_in(owner), "/admin/posts/page/add/"

    draft = Page(signed_in.post(add, form(title="Notes", status="draft"), follow=True))
    public = Page(signed_in.post(add, form(), follow=True))
    stays = signed_in.post(add, form(title="More", _continue="1"), follow=True)

    assert draft.texts(".messagelist") == ["Saved as a draft: readers do not see it."]
    assert public.value(".messagelist a", "href") == "/about/"
    assert stays.redirect_chain[-1][0] == change(OwnPage.objects.get(title="More"))


def test_no_page_is_in_the_way_of_an_issue(client: Client) -> None:
    make_posts(1)
    make_page("Issue 1")

    assert client.get("/posts/issue-1/").status_code == 200
    assert client.get("/issue-1/").status_code == 200
