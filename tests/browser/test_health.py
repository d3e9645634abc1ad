from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer


def test_a_browser_reaches_the_site(page: Page, live_server: LiveServer) -> None:
    response = page.goto(f"{live_server.url}/healthz")

    assert response is not None
    assert response.status == 200
    assert page.inner_text("body").strip() == "ok"
