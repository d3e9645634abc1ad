"""Writing an issue in a real browser: with a keyboard, on a phone, against another editor."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, Route, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from links.models import Link
from posts.documents import parse_issue
from posts.models import LinkedItem, MenuLink, Post, Section, SiteSettings, Tag
from posts.publishing import save_document
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import document, make_draft, make_picture, make_post, make_task

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]


@pytest.fixture
def address(live_server: LiveServer) -> str:
    return f"{live_server.url}/admin"


def form_of(address: str, post: Post) -> str:
    return f"{address}/posts/post/{post.pk}/change/"


def saved(page: Page) -> None:
    expect(page.locator(".messagelist li")).to_be_visible()


def test_a_browser_that_saves_without_changes_changes_no_byte(
    enter: Enter, address: str, editor: User
) -> None:
    page = enter(editor)
    for text in (
        "---\r\ntitle: One\r\n---\r\n\r\nText  \r\n\r\n## Two\r\n",
        "---\ntitle: One\n---\n\n</textarea>\nmixed\r\nendings\rhere\n\n",
        "\ufeff---\ntitle: 하나\n---\n\n줄\u2028바꿈 없음",
        "\n\n\n# No header, blank lines first\n",
    ):
        post = save_document(Post(), parse_issue(text.encode()))
        page.goto(form_of(address, post))

        page.click("button[name=_save]")
        saved(page)

        post.refresh_from_db()
        assert post.document == text
        assert post.version == 2


def test_an_issue_is_written_previewed_and_published(
    enter: Enter, address: str, editor: User, live_server: LiveServer
) -> None:
    make_post("Older", tags=["Llama 3 평가"])
    page = enter(editor)
    page.goto(f"{address}/")
    page.click("text=Write a new issue")
    page.fill("#id_title", "새 소식")
    page.fill("#id_text", "## 오늘\n- **하나**: 첫째 [읽기](https://one.example.org/)\n")
    page.locator("#id_tags[role=combobox]").press_sequentially("AI, lla")
    page.get_by_role("option", name="Llama 3 평가").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#id_tags")).to_have_value("AI, Llama 3 평가, ")
    page.click("button[name=_save]")
    saved(page)

    post = Post.objects.get(title="새 소식")
    assert post.status == "draft"
    assert list(post.tags.order_by("name").values_list("name", flat=True)) == ["AI", "Llama 3 평가"]
    page.get_by_role("tab", name="Outline").click()
    page.click(".outline summary") if page.locator(".outline details:not([open])").count() else None
    expect(page.locator(".outline")).to_contain_text("https://one.example.org/")
    with page.context.expect_page() as opened:
        page.click("text=Preview")
    expect(opened.value.locator("h1")).to_have_text("새 소식")
    opened.value.close()

    page.click("text=Publish now…")
    expect(page.locator(".publish-ask")).to_contain_text("Readers see it at once")
    page.click("button[name=_publish]")
    saved(page)
    page.click("text=view it on the site")
    expect(page.locator("h1")).to_have_text("새 소식")


def test_whoever_types_already_keeps_the_focus_when_suggestions_get_ready(
    enter: Enter, address: str, editor: User
) -> None:
    page = enter(editor)
    held: list[Route] = []
    page.route("**/js/admin/tags*.js", lambda route: held.append(route))
    page.goto(form_of(address, make_draft()), wait_until="commit")
    page.focus("#id_tags")
    held[0].continue_()
    expect(page.locator("#id_tags[role=combobox]")).to_be_focused()


def test_whoever_types_already_keeps_the_focus_when_a_new_form_gets_ready(
    enter: Enter, address: str, editor: User
) -> None:
    page = enter(editor)
    held: list[Route] = []
    page.route("**/js/admin/first-field*.js", lambda route: held.append(route))
    page.goto(f"{address}/posts/post/add/", wait_until="commit")
    page.locator("#id_tags").press_sequentially("AI")
    held[0].continue_()
    page.wait_for_load_state("load")
    page.keyboard.type(", lla")
    expect(page.locator("#id_tags")).to_have_value("AI, lla")


def test_a_new_form_begins_in_its_first_field(enter: Enter, address: str, editor: User) -> None:
    page = enter(editor)
    page.goto(f"{address}/posts/post/add/")
    expect(page.locator("#id_title")).to_be_focused()


def test_suggestions_that_meet_a_busy_site_or_are_left_are_asked_for_again(
    enter: Enter, address: str, editor: User, complaints: list[str]
) -> None:
    make_post("Older", tags=["Llama 3"])
    page = enter(editor)
    page.goto(f"{address}/posts/post/add/")
    offered = page.get_by_role("option", name="Llama 3")
    page.route("**/suggest/?q=lla", lambda route: route.fulfill(status=503), times=2)
    page.locator("#id_tags[role=combobox]").press_sequentially("AI, lla")
    expect(offered).to_be_visible()
    complaints.clear()

    page.focus("#id_title")
    expect(offered).to_be_hidden()
    page.focus("#id_tags")
    expect(offered).to_be_visible()
    page.keyboard.press("Escape")
    page.focus("#id_title")
    page.focus("#id_tags")
    page.wait_for_timeout(400)
    expect(offered).to_be_hidden()


def test_unsaved_words_are_not_left_behind_silently(
    enter: Enter, address: str, editor: User
) -> None:
    page = enter(editor)
    page.goto(form_of(address, make_draft()))
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    page.locator("#id_text").press_sequentially("typed")
    page.goto(f"{address}/")

    assert asked == ["beforeunload"]


def test_pages_and_settings_are_not_left_with_what_is_not_saved_either(
    enter: Enter, address: str, admin: User
) -> None:
    asks = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    page = enter(admin)
    page.on("dialog", lambda dialog: dialog.accept())
    for form, field in (
        ("posts/page/add/", "title"),
        ("posts/sitesettings/", "name"),
        ("mailing/mailsettings/", "sender_name"),
    ):
        page.goto(f"{address}/{form}")
        assert not page.evaluate(asks), form
        page.locator(f"#id_{field}").press_sequentially("Typed")
        assert page.evaluate(asks), form
    page.goto(f"{address}/posts/page/add/")
    page.fill("#id_title", "Imprint")
    page.fill("#id_text", "Words")
    page.keyboard.press("Control+s")
    expect(page.locator(".messagelist")).to_contain_text("Saved as a draft")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_tabs_beside_the_text_stand_in_one_row_and_the_open_one_is_seen(
    enter: Enter, address: str, editor: User, width: int
) -> None:
    page = enter(editor)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(form_of(address, make_draft()))
    tabs = page.get_by_role("tab")
    tabs.last.click()

    tops = {tab["y"] for one in tabs.all() if (tab := one.bounding_box())}

    assert len(tops) == 1
    expect(tabs.last).to_be_in_viewport(ratio=1)


def test_control_s_saves(enter: Enter, address: str, editor: User) -> None:
    post = make_draft()
    page = enter(editor)
    page.goto(form_of(address, post))
    page.fill("#id_title", "By keyboard")
    page.keyboard.press("Control+s")
    saved(page)

    post.refresh_from_db()
    assert (post.title, post.status) == ("By keyboard", "draft")


def test_files_are_looked_at_and_then_imported(
    enter: Enter, address: str, editor: User, tmp_path: Path, settings: Settings
) -> None:
    settings.UPLOAD_ROOT = tmp_path
    files = [tmp_path / "one.md", tmp_path / "two.md"]
    for file in files:
        file.write_text(document(file.stem), encoding="utf-8")
    page = enter(editor)
    page.goto(f"{address}/posts/post/")
    page.click(".object-tools >> text=Upload")
    page.set_input_files("input[type=file]", files)
    page.click("text=Look at the files first")
    expect(page.locator(".report tbody tr")).to_have_count(2)
    assert not Post.objects.exists()

    page.click("text=Import 2 files")

    expect(page.locator(".report-said")).to_contain_text("was done")
    assert set(Post.objects.values_list("title", flat=True)) == {"one", "two"}


@pytest.fixture
def every_page(address: str, db: None) -> list[str]:
    post = make_post("하나의 긴 제목 " * 8, tags=["Llama 3 평가", "AI"])
    make_post("Broken", "> " * 30 + "deep")
    section, entry = Section.objects.filter(post=post)[1], LinkedItem.objects.filter(post=post)[1]
    tags = [tag.pk for tag in Tag.objects.all()]
    site = SiteSettings.objects.get_or_create(pk=1)[0]
    MenuLink.objects.create(settings=site, label="About", address="/about/")
    task = make_task(status="FAILED", worker_ids=["one"], traceback="A long line. " * 40)
    return [
        f"{address}/{path}"
        for path in (
            "",
            "posts/post/",
            "posts/post/add/",
            f"posts/post/{post.pk}/change/",
            f"posts/post/{post.pk}/history/",
            f"posts/post/{post.pk}/delete/",
            f"posts/post/{post.pk}/correct/",
            "posts/post/calendar/",
            "posts/redirect/table/",
            "posts/sitesettings/",
            "posts/post/upload/",
            "posts/post/working-copies/all/",
            "posts/picture/",
            "posts/picture/add/",
            f"posts/picture/{make_picture().pk}/change/",
            "posts/section/",
            f"posts/section/{section.pk}/change/",
            "posts/linkeditem/",
            f"posts/linkeditem/{entry.pk}/change/",
            "posts/tag/",
            f"posts/tag/{tags[0]}/change/",
            f"posts/tag/merge/?tag={tags[0]}&tag={tags[1]}",
            "links/link/",
            "links/link/health/",
            f"links/link/{Link.objects.all()[0].pk}/change/",
            "links/source/",
            "links/queueentry/",
            "state/",
            "notices/",
            "tasks/storedtask/",
            f"tasks/storedtask/{task.pk}/change/",
        )
    ]


def test_every_page_fits_breaks_no_policy_and_can_be_read_and_used_by_everybody(
    enter: Enter, admin: User, every_page: list[str], complaints: list[str]
) -> None:
    page = enter(admin)
    too_wide, wrong = [], []
    for address in every_page:
        response = page.goto(address)
        assert response is not None
        assert response.status == 200, address
        for width in (1440, 320, 390):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                too_wide.append((address, width))
        assert complaints == []
        wrong += [f"{address}: {found}" for found in barriers_in_any_scheme(page)]
        complaints.clear()  # the checker tries an inline style, which the policy refuses

    assert too_wide == []
    assert wrong == []


def test_all_fields_of_a_link_in_the_masthead_are_in_sight_on_a_phone(
    enter: Enter, address: str, admin: User
) -> None:
    page = enter(admin)
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{address}/posts/sitesettings/")

    for field in page.locator("tr.form-row:not(.empty-form) :is(input, select):visible").all():
        box = field.bounding_box()
        assert box
        assert box["x"] + box["width"] <= 390


def test_an_error_takes_the_focus_to_its_summary_and_from_there_to_the_field(
    enter: Enter, address: str, editor: User
) -> None:
    page = enter(editor)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/posts/post/add/")
    page.fill("#id_text", "Words.")

    page.click("text=Schedule")

    expect(page.locator(".error-summary")).to_be_focused()
    page.click("text=Choose when to publish.")
    expect(page.locator("#id_published_at")).to_be_in_viewport()
