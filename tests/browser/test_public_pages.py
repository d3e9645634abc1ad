"""Readers' journeys through the public pages, in a real browser under the site's policy."""

from __future__ import annotations

from statistics import median

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from links.models import Link
from mailing.models import MailSettings
from mailing.settling import settle
from posts import pages
from posts.models import Page as OwnPage
from tests.browser.barriers import barriers, barriers_in_any_scheme
from tests.builders import BODY, make_post, make_posts
from tests.mailing.conftest import LOCMEM

pytestmark = pytest.mark.one_database

PAGES = (
    "/",
    "/posts/a-long-issue/",
    "/posts/issue-2/",
    "/archive/",
    "/archive/2024/",
    "/archive/2024/05/",
    "/follow/",
    "/search/",
    "/search/?q=find",
    "/search/?q=nothing+has+this",
    "/about/",
    "/authors/ada/",
    "/tags/",
    "/tags/ai/",
    "/sections/",
    "/sections/preview/",
    "/sources/",
    "/sources/arxiv.org/",
    "/sources/github.com/",
    "/sources/github.com/rust-lang/",
    "/links/",
    "/links/rediscovered/",
    f"/links/{Link.key_for('https://arxiv.org/abs/2405.04517')[:16]}/",
)
LONG_BODY = f"""{BODY}
## Everything else

| a long heading of a column | another | and a third | the fourth of them |
|---|---|---|---|
| `a_name_that_does_not_break_anywhere` | 1,234,567 | ten per cent | https://example.org/a/b/c |

![A chart](https://images.example.org/chart.png "What the chart shows")

1. [One](https://one.example.org/) first
2. [Two](https://two.example.org/) then
   - [three](https://github.com/rust-lang/rust) and
   - a nested row about https://a-very-long-host-name.example.org/and/a/path/that/does/not/end

```
a line of code that is much longer than a telephone is wide, so that it has to scroll by itself
```

> 긴 한국어 인용문은 낱말 안에서 끊기지 않고 화면 밖으로도 나가지 않습니다.

- [x] done
- [ ] to do[^1]

[^1]: A footnote.
"""


@pytest.fixture(autouse=True)
def _issues(live_server: LiveServer) -> None:
    """Issues in two months, the latest of them with everything an issue may hold."""
    make_posts(3)
    make_post(
        "A long issue", LONG_BODY, description="What it is about.", language="ko", author="Ada"
    )
    pages.save(OwnPage(slug="about", title="About", text=BODY, status=OwnPage.Status.PUBLISHED))


def visit(page: Page, live_server: LiveServer, path: str) -> None:
    response = page.goto(f"{live_server.url}{path}")
    assert response is not None
    assert response.status == 200, path


def background(page: Page) -> str:
    colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


def test_every_page_fits_the_narrowest_telephone_and_everybody_can_read_it(
    page: Page, live_server: LiveServer
) -> None:
    widths, found = {}, {}

    for path in PAGES:
        page.set_viewport_size({"width": 1280, "height": 720})
        visit(page, live_server, path)
        found[path] = barriers_in_any_scheme(page)
        page.set_viewport_size({"width": 320, "height": 640})
        widths[path] = page.evaluate("document.documentElement.scrollWidth")

    assert widths == dict.fromkeys(PAGES, 320)
    assert found == {path: [] for path in PAGES}


def test_the_chosen_scheme_is_remembered_whatever_the_system_prefers(
    page: Page, live_server: LiveServer
) -> None:
    page.emulate_media(color_scheme="light")
    visit(page, live_server, "/")
    light = background(page)

    page.get_by_role("button", name="Dark").click()
    dark = background(page)
    visit(page, live_server, "/archive/")

    assert dark != light
    assert background(page) == dark
    expect(page.get_by_role("button", name="Light")).to_be_visible()

    page.emulate_media(color_scheme="dark")
    page.get_by_role("button", name="Light").click()
    page.reload()

    assert background(page) == light


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement.textContent.trim()")
    return text


def test_readers_choose_how_they_read_and_find_it_so_again(
    page: Page, live_server: LiveServer
) -> None:
    def size() -> str:
        found: str = page.evaluate("getComputedStyle(document.documentElement).fontSize")
        return found

    visit(page, live_server, "/posts/a-long-issue/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == "Read more"
    page.keyboard.press("n")
    assert focused(page) == "Viewpoint 🤖"
    page.keyboard.press("Control+j")
    assert focused(page) == "Viewpoint 🤖"

    normal = size()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Reading")
    expect(dialog).to_be_visible()
    assert barriers(page) == []
    dialog.get_by_label("Larger").check()
    dialog.get_by_label("Offer to go on where I was").check()
    dialog.get_by_label("Keys of one letter").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert focused(page) == "Viewpoint 🤖"
    page.keyboard.press("j")
    assert focused(page) == "Viewpoint 🤖"

    page.evaluate("document.getElementById('overview').scrollIntoView()")
    for _moment in range(100):
        if "a-long-issue" in (page.evaluate("localStorage.getItem('places')") or ""):
            break
        page.wait_for_timeout(50)
    visit(page, live_server, "/archive/")
    assert size() != normal
    visit(page, live_server, "/posts/a-long-issue/")
    assert page.evaluate("window.scrollY") == 0
    page.get_by_role("link", name="Go on where you were").click()
    assert page.evaluate("window.scrollY") > 0
    assert page.context.cookies() == []


def test_the_first_key_leads_past_the_navigation(page: Page, live_server: LiveServer) -> None:
    visit(page, live_server, "/posts/a-long-issue/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_reader_walks_from_the_latest_issue_to_an_older_one(
    page: Page, live_server: LiveServer
) -> None:
    visit(page, live_server, "/")
    page.get_by_role("heading", level=2).get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Issue 3")

    page.get_by_role("link", name="Previous issue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Issue 2")

    page.get_by_role("navigation", name="Main").get_by_role("link", name="Archive").click()
    page.get_by_role("link", name="May").click()
    expect(page.get_by_role("link", name="A long issue")).to_be_visible()


def test_contents_stand_beside_the_text_or_fold_above_it(
    page: Page, live_server: LiveServer
) -> None:
    page.set_viewport_size({"width": 1440, "height": 600})
    visit(page, live_server, "/posts/a-long-issue/")
    contents = page.get_by_role("navigation", name="Contents")
    entry = contents.get_by_role("link", name="Overview")
    expect(entry).to_be_visible()
    page.locator("#overview").scroll_into_view_if_needed()
    page.mouse.wheel(0, 400)
    expect(contents.locator("[aria-current]")).to_have_count(1)

    page.set_viewport_size({"width": 390, "height": 600})
    expect(entry).to_be_hidden()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight / 2)")
    contents.locator("summary").click()
    entry.click()

    assert page.url.endswith("#overview")
    expect(entry).to_be_hidden()
    expect(contents).to_be_in_viewport()
    expect(contents.locator("summary")).to_contain_text("Overview")


LATIN = "A line of a text is read with ease when the eye finds the beginning of the next one. " * 9
KOREAN = (
    "글줄의 길이가 알맞으면 눈이 다음 줄의 처음을 쉽게 찾아서 긴 글도 편하게 읽을 수 있습니다. " * 9
)
# The numbers of characters in the full lines of the paragraphs of an issue.
LINES = """paragraphs => paragraphs.flatMap((paragraph) => {
  const text = paragraph.firstChild, range = document.createRange(), lines = new Map();
  for (let place = 0; place < text.length; place += 1) {
    range.setStart(text, place);
    range.setEnd(text, place + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) ?? "") + text.data[place]);
  }
  return [...lines.values()].slice(0, -2).map((line) => line.trim().length);
})"""


@pytest.mark.parametrize(
    ("language", "text", "most", "usual"), [("en", LATIN, 70, 62), ("ko", KOREAN, 40, 34)]
)
def test_lines_are_as_long_as_is_read_with_ease_on_every_screen(
    page: Page, live_server: LiveServer, language: str, text: str, most: int, usual: int
) -> None:
    post = make_post("Lines", f"{text}\n\n## One\n\n{text}\n\n## Two\n", language=language)
    visit(page, live_server, post.get_absolute_url())
    page.evaluate("document.fonts.ready")

    for width in (390, 640, 820, 1024, 1100, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        lines = page.locator(".body > p").evaluate_all(LINES)
        assert max(lines) <= most, width
        assert width < 640 or median(lines) >= usual, width


def test_what_stands_above_and_below_an_issue_begins_where_its_lines_do(
    page: Page, live_server: LiveServer, settings: Settings
) -> None:
    settings.EMAIL = LOCMEM
    settle(MailSettings(is_on=True))
    posts = [make_post(f"In {one}", language=one, translationKey="one") for one in ("en", "ko")]

    for post in posts:
        visit(page, live_server, post.get_absolute_url())
        for width in (390, 640, 820, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            lefts = [
                page.locator(selector).evaluate("one => one.getBoundingClientRect().left")
                for selector in (".post .body", ".translations p", ".small-form-row")
            ]
            assert max(lefts) - min(lefts) < 1, (post.language, width)


def test_the_home_page_ends_where_its_masthead_ends(page: Page, live_server: LiveServer) -> None:
    text = f"{KOREAN}\n\n{KOREAN}\n\n## One\n- **a** b\n"
    make_post("In Korean", text, at=timezone.now(), language="ko")
    visit(page, live_server, "/")
    page.set_viewport_size({"width": 1440, "height": 900})

    ends = {
        round(page.locator(part).evaluate("part => part.getBoundingClientRect().right"))
        for part in (".masthead", ".recent", ".card:nth-child(2)", ".site-footer")
    }
    assert len(ends) == 1
    lines = page.locator(".opening .body > p").evaluate_all(LINES)
    assert max(lines) <= 40


def test_sources_are_drawn_beside_items_and_never_become_text(
    page: Page, live_server: LiveServer
) -> None:
    visit(page, live_server, "/posts/a-long-issue/")
    paper = page.locator('[data-host="arxiv.org"]')

    drawn = paper.evaluate("link => getComputedStyle(link, '::after').content")

    assert "논문" in drawn
    assert "arxiv" not in paper.locator("xpath=..").inner_text()


def test_an_item_has_one_stop_beside_its_links_named_after_it(
    page: Page, live_server: LiveServer
) -> None:
    visit(page, live_server, "/posts/a-long-issue/")
    own = page.locator('.body a[href^="#item-"]')

    names = own.evaluate_all("links => links.map((link) => link.ariaLabel)")
    assert len(set(own.evaluate_all("links => links.map((link) => link.hash)"))) == len(names)
    assert names[1:3] == ["Link to: First find", "Link to: Second find"]
    assert "Link to: a nested row about" in names[-3]
    stops = page.locator(".body :is(a, button):not([tabindex]):not([hidden] *)").count()
    assert stops - len(names) == page.locator(".body a[rel], .body sup a, .footnote-back").count()


def test_the_address_of_an_item_is_copied_from_its_own_link(
    page: Page, live_server: LiveServer
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, live_server, "/posts/a-long-issue/")
    own = page.get_by_role("link", name="Link to: First find")
    report = page.get_by_role("link", name="Report this link")

    own.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/posts/a-long-issue/{own.get_attribute('href')}")
    expect(report).to_be_visible()
    assert barriers(page) == []

    page.keyboard.press("Escape")
    expect(report).to_be_hidden()
    expect(own).to_be_focused()


def test_paper_lists_the_addresses_of_links_and_the_screen_is_as_before(
    page: Page, live_server: LiveServer
) -> None:
    visit(page, live_server, "/posts/a-long-issue/")
    before = page.inner_text("main")

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    addresses = page.locator(".print-links li").all_inner_texts()
    expect(page.get_by_role("navigation")).to_have_count(0)
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")

    assert "https://arxiv.org/abs/2405.04517" in addresses
    assert len(addresses) == len(set(addresses))
    assert page.inner_text("main") == before


def test_pages_do_without_scripts(chromium: Browser, live_server: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()

    page.goto(f"{live_server.url}/posts/a-long-issue/", wait_until="domcontentloaded")

    expect(page.get_by_role("heading", level=1)).to_have_text("A long issue")
    expect(page.locator(".theme-switch")).to_be_hidden()
    expect(page.locator(".reading-open")).to_be_hidden()
    context.close()


def test_a_wrong_address_says_so_and_leads_on(
    page: Page, live_server: LiveServer, complaints: list[str]
) -> None:
    response = page.goto(f"{live_server.url}/posts/never-written/")
    assert response is not None
    assert response.status == 404
    complaints.clear()

    assert barriers(page) == []
    page.get_by_role("link", name="The latest issue").click()
    expect(page.get_by_role("link", name="Issue 3").first).to_be_visible()


def test_the_interface_speaks_korean(
    page: Page, live_server: LiveServer, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "ko"
    make_post("새 글", at=None)

    visit(page, live_server, "/archive/")

    expect(page.get_by_role("heading", level=1)).to_have_text("보관함")
    expect(page.get_by_role("button", name="어둡게")).to_be_visible()
    assert page.get_attribute("html", "lang") == "ko"
