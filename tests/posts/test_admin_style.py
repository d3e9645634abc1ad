"""The admin looks like the site: the same tokens, and nothing that the policy would refuse."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates" / "admin").rglob("*.html"))
INLINE = re.compile(r"\sstyle\s*=|<style\b|\son[a-z]+\s*=|javascript:|<script(?![^>]*\ssrc=)", re.I)
TOKEN = re.compile(r"^\s+(--[a-z0-9-]+):\s*([^;]+);", re.MULTILINE)
DARK = 'data-theme="dark"'


def tokens(css: str, scheme: str) -> dict[str, str]:
    """Return the colours of a scheme: the first block of tokens, or the one of the dark theme."""
    start = css.index(DARK if scheme == "dark" else ":root")
    block = css[start : css.index("}", start)]
    return {name: " ".join(value.split()) for name, value in TOKEN.findall(block)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_admin_has_the_colours_and_type_of_the_site(scheme: str) -> None:
    site, admin = (
        tokens((ROOT / "static" / "css" / name).read_text(encoding="utf-8"), scheme)
        for name in ("site.css", "admin.css")
    )
    shared = site.keys() & admin.keys()

    assert {"--paper", "--ink", "--accent", "--rule"} <= shared
    assert {name: admin[name] for name in shared} == {name: site[name] for name in shared}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_an_inline_script_or_style(path: Path) -> None:
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []
