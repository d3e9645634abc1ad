"""Readers search, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.builders import make_post


def test_a_key_leads_to_the_box_and_what_is_found_to_its_place(
    page: Page, live_server: LiveServer
) -> None:
    make_post("LMSys의 평가")
    page.goto(live_server.url)
    page.keyboard.press("/")
    box = page.get_by_role("search").get_by_role("combobox")
    expect(box).to_be_focused()
    page.keyboard.type("llama")
    suggested = page.locator("datalist option")
    expect(suggested).to_have_attribute("value", 'tag:"Llama 3 평가"')
    box.fill("second find")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="1 result")).to_be_visible()
    expect(page.locator("main mark")).to_have_text(["Second", "find"])
    page.get_by_role("link", name="LMSys의 평가").click()
    expect(page.locator(":target")).to_contain_text("why it matters")
