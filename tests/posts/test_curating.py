"""Recurring headings: hidden, renamed and merged by staff; old addresses keep working."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from posts.curating import merge, rename, set_hidden
from posts.models import RecurringSection, Section, SectionEntry
from posts.models.names import NameTaken
from posts.publishing import rebuild
from tests.builders import make_post, parsed
from tests.conftest import SignIn
from tests.posts.site.test_pages import read
from tests.posts.test_counting import stored
from tests.reading import Page

pytestmark = pytest.mark.django_db
LIST = reverse("admin:posts_recurringsection_changelist")
MERGE = reverse("admin:posts_recurringsection_merge")


def body(*headings: str) -> str:
    return "".join(f"## {heading}\n\n- [{heading}](https://x.example/)\n\n" for heading in headings)


def heading(key: str) -> RecurringSection:
    return RecurringSection.objects.get(key=key)


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


@pytest.fixture
def posts() -> None:
    make_post("One", body("News", "Tools"))
    make_post("Two", body("News", "The news", "Tools"))
    make_post("Three", body("The news"))


def assert_counts_are_right() -> None:
    from posts.publishing.counting import recount  # noqa: PLC0415

    kept = stored()
    recount()
    assert stored() == kept


def assert_as_derived(rows: dict[int, tuple[int | None, int]]) -> None:
    """Assert that deriving everything again changes nothing."""
    for section in Section.objects.select_related("post"):
        rebuild(section.post)
    assert places() == rows


def places() -> dict[int, tuple[int | None, int]]:
    rows = Section.objects.order_by("pk").values_list("pk", "recurring", "repeat")
    return {pk: (recurring, repeat) for pk, recurring, repeat in rows}


@pytest.mark.usefixtures("posts")
def test_a_hidden_section_is_no_section_of_the_site(admin: User) -> None:
    set_hidden([heading("tools")], True, by=admin)
    assert read(Client(), "/sections/").texts(".entries-table th a") == ["News", "The news"]
    assert read(Client(), "/sections/").texts(".facts span") == ["2 sections"]
    assert Client().get("/sections/tools/").status_code == 404
    assert b"/tools/" not in Client().get("/sitemap-sections.xml").content
    assert_counts_are_right()
    set_hidden([heading("tools")], False, by=admin)
    assert Client().get("/sections/tools/").status_code == 200
    assert_counts_are_right()


@pytest.mark.usefixtures("posts")
def test_merged_sections_are_one(admin: User) -> None:
    assert merge([heading("the news")], heading("news"), by=admin) == 3
    page = read(Client(), "/sections/news/")
    assert page.texts(".facts span")[0] == "3 issues"
    assert len(page.all(".linked")) == 4
    for feed in ("", "feed.xml", "atom.xml", "feed.json"):
        response = Client().get(f"/sections/the-news/{feed}")
        assert response.headers["Location"] == f"/sections/news/{feed}"
    assert read(Client(), "/sections/").texts(".entries-table th a") == ["News", "Tools"]
    assert_counts_are_right()
    assert_as_derived(places())
    make_post("Four", body("The News!"))
    assert heading("news").post_count == 4


@pytest.mark.usefixtures("posts")
def test_what_was_merged_follows_into_the_next_section(admin: User) -> None:
    merge([heading("the news")], heading("news"), by=admin)
    merge([heading("news")], heading("tools"), by=admin)
    for old in ("news", "the-news"):
        assert Client().get(f"/sections/{old}/").headers["Location"] == "/sections/tools/"
    assert not SectionEntry.objects.exclude(recurring=heading("tools")).exists()
    assert_counts_are_right()


@pytest.mark.usefixtures("posts")
def test_a_renamed_section_keeps_its_old_address_and_headings(admin: User) -> None:
    assert rename(heading("tools"), "Software", by=admin)
    assert read(Client(), "/sections/software/").texts("h1") == ["Software"]
    assert Client().get("/sections/tools/").headers["Location"] == "/sections/software/"
    make_post("Four", body("Software"))
    make_post("Five", body("Tools"))
    assert heading("tools").post_count == 4
    assert_counts_are_right()


@pytest.mark.usefixtures("posts")
@pytest.mark.parametrize("names", [("Software", "Tools"), ("A", "B", "A"), ("A", "B", "Tools")])
def test_a_section_can_be_renamed_and_back(admin: User, names: tuple[str, ...]) -> None:
    for name in names:
        rename(heading("tools"), name, by=admin)
    section = heading("tools")
    assert (section.title, section.slug) == (names[-1], names[-1].lower())
    for name in {*names, "Tools"} - {names[-1]}:
        response = Client().get(f"/sections/{name.lower()}/")
        assert response.headers["Location"] == section.get_absolute_url(), name
    assert_counts_are_right()


@pytest.mark.usefixtures("posts")
def test_a_taken_name_or_address_is_refused(admin: User) -> None:
    with pytest.raises(NameTaken):
        rename(heading("tools"), "NEWS", by=admin)
    with pytest.raises(NameTaken):
        rename(heading("tools"), "Software", "news", by=admin)


@pytest.mark.usefixtures("posts")
def test_outsiders_decide_nothing(outsider: User) -> None:
    for verb in (
        lambda: rename(heading("tools"), "X", by=outsider),
        lambda: set_hidden([heading("tools")], True, by=outsider),
        lambda: merge([heading("tools")], heading("news"), by=outsider),
    ):
        with pytest.raises(PermissionDenied):
            verb()


# In the admin


@pytest.mark.usefixtures("posts")
def test_an_editor_renames_and_hides_in_the_form(client: Client) -> None:
    section = heading("tools")
    path = reverse("admin:posts_recurringsection_change", args=[section.pk])
    response = client.post(path, {"title": "Software", "slug": "tools", "hidden": "on"})
    assert response.status_code == 302
    section.refresh_from_db()
    assert (section.title, section.slug, section.hidden) == ("Software", "software", True)
    assert LogEntry.objects.filter(object_id=section.pk).exists()
    assert "merge" in client.post(path, {"title": "News", "slug": ""}).content.decode().lower()


@pytest.mark.usefixtures("posts")
def test_an_editor_hides_and_shows_a_selection(client: Client) -> None:
    for action, hidden in (("hide_selected", True), ("show_selected", False)):
        data = {"action": action, "_selected_action": [heading("tools").pk]}
        client.post(LIST, data)
        assert heading("tools").hidden is hidden
        word = "Hidden" if hidden else "Shown"
        assert word in Page(client.get(f"{LIST}?q=tools")).texts("td.field-shown")
    assert LogEntry.objects.count() == 2


@pytest.mark.usefixtures("posts")
def test_an_editor_merges_a_selection_after_a_question(client: Client) -> None:
    news, other = heading("news"), heading("the news")
    data = {"action": "merge_selected", "_selected_action": [news.pk, other.pk]}
    page = client.post(LIST, data, follow=True)
    assert "3 issues have one of these headings" in page.content.decode()
    client.post(MERGE, {"section": [news.pk, other.pk], "into": news.pk, "merge": "1"})
    assert heading("the news").merged_into == news
    assert LogEntry.objects.get().object_id == str(news.pk)
    client.get(LIST)  # with the message
    assert "The news" not in client.get(LIST).content.decode()


def test_a_text_that_is_saved_again_keeps_its_section(admin: User) -> None:
    from posts.publishing import save_document  # noqa: PLC0415

    post = make_post("One", body("News", "The news"))
    merge([heading("the news")], heading("news"), by=admin)
    save_document(post, parsed("One", body("The news")))
    assert Section.objects.get(heading="The news").recurring == heading("news")
    assert_counts_are_right()
