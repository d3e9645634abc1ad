"""Stylesheets and templates: one place for each colour, nothing that the policy would refuse."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageColor

from posts.slots import PANELS

ROOT = Path(__file__).resolve().parents[2]
STYLES = ROOT / "static" / "css"
TOKENS = STYLES / "tokens.css"
SHEETS = sorted(STYLES.rglob("*.css"))
ALL_TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())
TEMPLATES = [path for path in ALL_TEMPLATES if path.suffix == ".html"]
# Mails have no policy and no files: their style stands in them.
MAIL = ROOT / "templates" / "mailing" / "mail"
PAGES = [path for path in TEMPLATES if path.parent != MAIL]
LONGEST_LINE = 120

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
VALUE = re.compile(r":([^;{}]+)[;}]")
DEFINED = re.compile(r"(--[\w-]+)\s*:")
USED = re.compile(r"var\((--[\w-]+)")
LINKED = re.compile(r"""href="\{% static '(css/[^']+)' %\}">""")
COLOUR = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b"
    r"|\b(?:rgb|rgba|hsl|hsla|hwb|lab|lch|oklab|oklch|color)\("
    rf"|(?<![\w-])(?:{'|'.join(ImageColor.colormap)})(?![\w-])",
    re.IGNORECASE,
)
# Data for machines (JSON-LD) is no script: no browser runs it, and no policy asks about it.
INLINE = re.compile(
    r"\sstyle\s*=|<style\b|\son[a-z]+\s*=|javascript:"
    r"|<script(?!(?: type=\"application/ld\+json\">|[^>]*\ssrc=))",
    re.I,
)


def read(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def colours(css: str) -> Iterator[str]:
    for value in VALUE.findall(css):
        yield from COLOUR.findall(value)


@pytest.mark.parametrize("path", [path for path in SHEETS if path != TOKENS], ids=name)
def test_colours_stand_among_the_tokens_only(path: Path) -> None:
    assert list(colours(read(path))) == []


def test_a_colour_has_one_name() -> None:
    declared = re.findall(r"(--[\w-]+): (light-dark\([^)]*\));", read(TOKENS))
    pairs = [pair for _name, pair in declared]

    assert len(pairs) > 10
    assert sorted(set(pairs)) == sorted(pairs)


@pytest.mark.parametrize("path", SHEETS, ids=name)
def test_a_stylesheet_names_only_what_is_defined(path: Path) -> None:
    css = read(path)
    known = DEFINED.findall(css + read(TOKENS) + read(STYLES / "site" / "frame.css"))

    assert css.count("{") == css.count("}")
    assert set(USED.findall(css)) <= set(known)


def test_every_token_is_used() -> None:
    everything = "".join(map(read, SHEETS))

    assert set(DEFINED.findall(read(TOKENS))) <= set(USED.findall(everything))


def test_every_stylesheet_is_linked_from_a_template() -> None:
    linked = {href for path in TEMPLATES for href in LINKED.findall(path.read_text("utf-8"))}
    linked |= {href for panel in PANELS for href in panel.styles}

    assert linked == {f"css/{path.relative_to(STYLES).as_posix()}" for path in SHEETS}


def test_the_colour_of_a_browser_is_that_of_the_page() -> None:
    """An attribute takes no token."""
    base = (ROOT / "templates" / "base.html").read_text(encoding="utf-8")
    paper = re.search(r"--paper: light-dark\((#\w+), (#\w+)\);", read(TOKENS))

    assert paper is not None
    assert tuple(re.findall(r'name="theme-color" content="(#\w+)"', base)) == paper.groups()


@pytest.mark.parametrize("path", ALL_TEMPLATES, ids=name)
def test_lines_of_templates_fit_a_screen(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if len(line) > LONGEST_LINE] == []


def test_mails_have_the_colours_of_the_site() -> None:
    declared = re.findall(r"light-dark\((#\w+), (#\w+)\);", read(TOKENS))
    used = set(COLOUR.findall(read(MAIL / "style.css") + read(MAIL / "frame.html")))

    assert used - {colour for pair in declared for colour in pair} == set()


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_no_template_has_an_inline_script_or_style(path: Path) -> None:
    assert INLINE.findall(path.read_text(encoding="utf-8")) == []
