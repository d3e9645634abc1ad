"""A theme's templates and files come before ours; what it may rely on is written down."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.finders import FileSystemFinder
from django.test import Client
from pytest_django.fixtures import Settings

from tests.builders import make_post
from tests.newsletter.production import CHECKOUT, run_python
from tests.reading import Page

pytestmark = pytest.mark.one_database

GUIDE = (CHECKOUT / "docs" / "themes.md").read_text(encoding="utf-8")
BASE = """{% extends "base.html" %}
{% load static %}
{% block theme %}<link rel="stylesheet" href="{% static 'css/theme.css' %}">{% endblock %}
{% block footer %}{{ block.super }}<p class="colophon">Set in Lyon.</p>{% endblock %}
"""


@pytest.fixture
def theme(tmp_path: Path) -> Path:
    files = {
        "templates/base.html": BASE,
        "templates/posts/own_ending.html": '<p class="ours">{{ html }}</p>',
        "static/css/theme.css": "html:root { --paper: light-dark(#fffdf8, #101418); }",
        "static/css/tokens.css": "html:root { --ink: black; }",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/posts/a-first-issue/", "/archive/", "/nowhere"])
def test_a_theme_fills_blocks_of_every_page(
    path: str, client: Client, settings: Settings, theme: Path
) -> None:
    make_post()
    (ours,) = settings.TEMPLATES
    settings.SITE_NAME = f"Themed {path}"  # a shell of its own, in this process
    settings.TEMPLATES = [{**ours, "DIRS": [theme / "templates", *ours["DIRS"]]}]

    page = Page(client.get(path))

    assert page.one(".colophon").text() == "Set in Lyon."
    assert page.all(".masthead .site-nav a")
    sheets = page.values("link[rel=stylesheet]", "href")
    assert sheets[-1].endswith("css/theme.css")


def test_a_themes_files_come_before_ours(settings: Settings, theme: Path) -> None:
    settings.STATICFILES_DIRS = [theme / "static", *settings.STATICFILES_DIRS]
    finder = FileSystemFinder()

    assert finder.find("css/tokens.css") == str(theme / "static/css/tokens.css")
    assert str(finder.find("css/base.css")).startswith(str(CHECKOUT))


def test_a_server_takes_its_theme_from_the_environment(theme: Path) -> None:
    code = (
        "from django.conf import settings as s;"
        "print(s.TEMPLATES[0]['DIRS'][0], s.STATICFILES_DIRS[0])"
    )
    done = run_python("-c", code, THEME_DIR=str(theme))

    assert done.stdout.split() == [str(theme / "templates"), str(theme / "static")], done.stderr


def test_every_block_that_a_theme_may_rely_on_is_there_and_no_other() -> None:
    base = (CHECKOUT / "templates" / "base.html").read_text(encoding="utf-8")
    there = set(re.findall(r"{% block (\w+) %}", base)) - {"head"}
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", GUIDE.partition("## Tokens")[0], re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert told == there


def test_every_token_that_a_theme_may_change_is_there_and_no_other() -> None:
    tokens = (CHECKOUT / "static/css/tokens.css").read_text(encoding="utf-8")
    there = set(re.findall(r"^  (--[\w-]+):", tokens, re.MULTILINE))
    told = set(re.findall(r"`(--[\w-]+)`", GUIDE.partition("## Tokens")[2]))
    told |= {f"--{name}-{n}" for name, most in (("size", 5), ("dense", 3), ("space", 6))
             for n in range(1, most + 1)}  # fmt: skip

    assert told == there


def test_templates_that_are_named_are_there() -> None:
    for name in re.findall(r"`(posts/\w+\.html)`", GUIDE):
        assert (CHECKOUT / "templates" / name).is_file(), name
