"""What keeps people from using a page, found by axe."""

from __future__ import annotations

from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

AXE = Axe()
# All that a colour scheme changes.
OF_COLOUR = ("color-contrast", "link-in-text-block")


def barriers(page: Page, *only: str) -> list[str]:
    """Return what is wrong with a page, by all rules or those that are named."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}  # the rest costs as much again
    if only:
        options["runOnly"] = list(only)
    found = AXE.run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def barriers_in_any_scheme(page: Page) -> list[str]:
    """Return what is wrong with a page in the light and, of its colours, in the dark."""
    _switch(page, "light")
    light = barriers(page)
    _switch(page, "dark")
    return light + [f"in the dark: {barrier}" for barrier in barriers(page, *OF_COLOUR)]


def _switch(page: Page, scheme: Literal["light", "dark"]) -> None:
    """Show a page in another scheme; its colours change at once, as for all who want no motion."""
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate("document.getAnimations().length") == 0
