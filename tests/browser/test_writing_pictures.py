"""Pictures put into an issue in a real browser: chosen, dropped, pasted, by keyboard."""

import base64
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from posts.models import Picture, Post
from posts.pictures import Words, describe
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_draft, make_picture, picture_file

pytestmark = pytest.mark.one_database

Enter = Callable[[User], Page]
BLUE = (20, 20, 200)
# What a browser hands to a page of a file that is dropped or pasted.
HAND_OVER = """([what, name, kind, data, x, y]) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: kind }));
  const options = { bubbles: true, cancelable: true };
  const event = what === "paste"
    ? new ClipboardEvent(what, { ...options, clipboardData: transfer })
    : new DragEvent(what, { ...options, dataTransfer: transfer, clientX: x, clientY: y });
  document.querySelector("#id_text").dispatchEvent(event);
}"""


@pytest.fixture
def address(live_server: LiveServer) -> str:
    return f"{live_server.url}/admin/posts/post"


def hand_over(
    page: Page,
    what: str,
    name: str,
    data: bytes,
    kind: str = "image/png",
    place: tuple[float, float] = (0, 0),
) -> None:
    page.evaluate(HAND_OVER, [what, name, kind, base64.b64encode(data).decode(), *place])


def at_the_end(page: Page) -> None:
    page.evaluate("() => { const end = writing.text.value().length; writing.text.select(end); }")


def text(page: Page) -> str:
    return str(page.evaluate("() => writing.text.value()"))


def test_a_picture_stands_where_it_is_dropped(enter: Enter, address: str, editor: User) -> None:
    page = enter(editor)
    draft = make_draft("Now", "First\n\nSecond\n\nThird\n")
    page.goto(f"{address}/{draft.pk}/change/")
    at_the_end(page)
    line = page.locator(".cm-line", has_text="Second").bounding_box()
    assert line

    place = (line["x"] + line["width"] - 2, line["y"] + line["height"] / 2)
    hand_over(page, "drop", "box.png", picture_file(), place=place)
    page.get_by_label("What is to be seen").fill("A box")
    page.keyboard.press("Enter")

    expect(page.locator(".cm-content")).to_contain_text("![A box]")
    assert text(page) == "First\n\nSecond\n\n![A box](pictures/box.webp)\n\nThird\n"


def test_pictures_are_put_into_a_new_issue_and_shown_to_readers(
    enter: Enter, address: str, editor: User, live_server: LiveServer, complaints: list[str]
) -> None:
    page = enter(editor)
    page.goto(f"{address}/add/")
    page.fill("#id_title", "With pictures")
    page.fill("#id_text", "## Today\n\nWords")
    at_the_end(page)

    # Dropped: asked for what is to be seen, and put there by Enter.
    hand_over(page, "drop", "chart.png", picture_file(size=(600, 400)))
    alt = page.get_by_label("What is to be seen")
    expect(alt).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".picture-wrong")).to_contain_text("Say what is to be seen")
    page.keyboard.type("A [red] box")
    page.get_by_label("Caption").fill('The "box"')
    page.get_by_label("Credit").fill("Photo: Ann")
    with page.expect_response("**/words/"):
        page.keyboard.press("Enter")
    shown = '![A \\[red\\] box](pictures/chart.webp "The \\"box\\" (Photo: Ann)")'
    first = f"## Today\n\nWords\n\n{shown}\n"
    assert text(page) == first

    # Pasted, only decoration; then one from the library, which becomes the cover, too.
    hand_over(page, "paste", "image.png", picture_file(BLUE))
    page.get_by_label("Only decoration").check()
    with page.expect_response("**/words/"):
        page.get_by_role("button", name="Insert").click()
    second = Picture.objects.exclude(name="chart.webp").get()
    assert second.name.startswith("pasted-")
    assert text(page) == f"{first}\n![]({second.path})\n"
    page.get_by_label("From the library").fill("red")
    expect(page.locator(".pictures-found button")).to_have_count(1)
    page.locator(".pictures-found button").click()
    expect(alt).to_have_value("A [red] box")
    with page.expect_response("**/words/"):
        page.get_by_role("button", name="As cover").click()
    expect(page.locator("#id_cover")).to_have_value("pictures/chart.webp")
    assert barriers_in_any_scheme(page) == []
    complaints.clear()  # the checker tries an inline style, which the policy refuses

    page.click("button[name=_save]")
    expect(page.locator(".messagelist li")).to_be_visible()
    post = Post.objects.get()
    assert post.images.count() == 2
    page.get_by_role("tab", name="Details").click()

    # From the field of the cover one click chooses it, unless nobody has said what is to be seen.
    page.fill("#id_cover", "")
    page.get_by_role("button", name="Choose from the pictures").click()
    expect(page.get_by_text("The picture that you choose becomes the cover.")).to_be_visible()
    page.get_by_role("button", name="A [red] box").click()
    expect(page.locator("#id_cover")).to_have_value("pictures/chart.webp")
    expect(page.get_by_role("button", name="Choose from the pictures")).to_be_focused()
    expect(page.get_by_alt_text("The cover")).to_be_visible()
    expect(page.get_by_alt_text("The cover")).not_to_have_js_property("naturalWidth", 0)
    page.click("text=Publish now…")
    page.click("button[name=_publish]")
    page.goto(f"{live_server.url}{Post.objects.get().get_absolute_url()}")
    expect(page.locator("figcaption")).to_have_text('The "box" (Photo: Ann)')
    assert complaints == []


def test_what_cannot_be_taken_is_said_on_a_phone(
    enter: Enter, address: str, editor: User, complaints: list[str]
) -> None:
    make_picture("하늘.png")
    page = enter(editor)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}/{make_draft(body='Words').pk}/change/")
    said = page.locator("[data-pictures=said]")

    heic = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0" * 40
    hand_over(page, "drop", "IMG_1.HEIC", heic, "image/heic")
    expect(said).to_contain_text("HEIC")
    hand_over(page, "drop", "notes.txt", b"words", "text/plain")
    expect(said).to_contain_text("this is no picture")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert text(page) == "Words"

    # What is taken stands where the cursor was; keys alone do it, and end in the text.
    page.evaluate("writing.text.select(0)")
    hand_over(page, "drop", "chart.png", picture_file((9, 9, 9)))
    expect(page.get_by_label("What is to be seen")).to_be_focused()
    page.keyboard.type("A box")
    for label in ("Only decoration", "Caption", "Credit"):
        page.keyboard.press("Tab")
        expect(page.get_by_label(label)).to_be_focused()
    page.keyboard.press("Tab")
    with page.expect_response("**/words/"):
        page.keyboard.press("Enter")
    assert text(page) == "![A box](pictures/chart.webp)\n\nWords"
    expect(page.locator(".writing-main :focus")).to_have_count(1)
    hand_over(page, "paste", "other.png", picture_file(BLUE))
    expect(page.get_by_label("What is to be seen")).to_be_focused()
    page.get_by_role("button", name="Not now").press("Enter")
    expect(page.locator(".writing-main :focus")).to_have_count(1)
    assert [said for said in complaints if "400" not in said] == []  # browsers log that answer
    complaints.clear()


PLACES = (
    ("|## One\n", "![x](pictures/sky.webp)\n\n## One\n"),
    ("Words|\n", "Words\n\n![x](pictures/sky.webp)\n"),
    ("Words |here\n", "Words ![x](pictures/sky.webp)here\n"),
    ("- An entry|\n- Two\n", "- An entry ![x](pictures/sky.webp)\n- Two\n"),
    ("One\n\n|\n\nTwo\n", "One\n\n![x](pictures/sky.webp)\n\nTwo\n"),
)


def test_a_picture_is_a_paragraph_unless_the_cursor_is_inside_one(
    enter: Enter, address: str, editor: User
) -> None:
    describe(make_picture(), Words("x"))
    page = enter(editor)
    page.goto(f"{address}/{make_draft().pk}/change/")
    page.get_by_role("tab", name="Pictures").click()
    for before, after in PLACES:
        page.evaluate(
            """([words, at]) => {
              writing.text.replace(0, writing.text.value().length, words);
              writing.text.select(at);
            }""",
            [before.replace("|", ""), before.index("|")],
        )
        page.locator(".pictures-found button").click()
        expect(page.get_by_label("What is to be seen")).to_have_value("x")
        with page.expect_response("**/words/"):
            page.keyboard.press("Enter")
        assert text(page) == after
