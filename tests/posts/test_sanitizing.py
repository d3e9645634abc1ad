"""What the sanitiser lets through, the same under both engines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from posts import sanitizing
from posts.rendering import render_markdown
from posts.sanitizing import Engine, make_key, sanitize, use_engine
from tests.corpus import corpus

ENGINES: tuple[Engine, ...] = ("nh3", "bleach")
SAFE_TAGS = sanitizing.TAGS | {"html", "head", "body"}
URL_ATTRIBUTES = {"href", "src", "action", "formaction", "data", "poster", "srcset", "background"}
CONTROL_OR_SPACE = re.compile(r"[\x00-\x20\x7f]")
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    use_engine(request.param)
    yield request.param
    use_engine("nh3")


def dangers(html: str) -> list[str]:
    """What a browser could run, load as code or be styled with, found by parsing the HTML."""
    found = []
    root = LexborHTMLParser(f"<body>{html}</body>").root
    assert root is not None
    for node in root.traverse(include_text=False):
        if node.tag not in SAFE_TAGS:
            found.append(f"element {node.tag}")
        for name, value in node.attributes.items():
            if name.startswith("on") or name in ("style", "srcdoc", "xlink:href"):
                found.append(f"attribute {name}")
            scheme = SCHEME.match(CONTROL_OR_SPACE.sub("", value or ""))
            if (
                name in URL_ATTRIBUTES
                and scheme
                and scheme[1].lower() not in sanitizing.URL_SCHEMES
            ):
                found.append(f"{name}={value}")
    return found


def payloads() -> list[dict[str, Any]]:
    return json.loads(corpus("xss", "payloads.json").read_text(encoding="utf-8"))


def test_no_known_attack_survives_rendering(engine: Engine) -> None:
    survivors = {
        payload["id"]: dangers(render_markdown(payload["input"])) for payload in payloads()
    }
    assert {name: found for name, found in survivors.items() if found} == {}
    assert len(survivors) > 400


def test_no_known_attack_survives_the_sanitiser_alone(engine: Engine) -> None:
    survivors = {payload["id"]: dangers(sanitize(payload["input"])) for payload in payloads()}
    assert {name: found for name, found in survivors.items() if found} == {}


def test_no_known_attack_survives_inside_other_markdown(engine: Engine) -> None:
    for payload in payloads():
        attack = payload["input"]
        text = (
            f"* [a]({attack})\n* ![b](<{attack}>)\n> {attack}\n\n| {attack} |\n|---|\n\n`{attack}`"
        )
        assert dangers(render_markdown(text)) == [], payload["id"]


@pytest.mark.parametrize(
    "markdown",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](<java\tscript:alert(1)>)",
        "[a](&#106;avascript:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](data:text/html,<script>alert(1)</script>)",
        "[a](vbscript:msgbox)",
        "![a](javascript:alert(1))",
        "![a](data:image/svg+xml;base64,AAAA)",
        "<javascript:alert(1)>",
        '<a href="javascript:alert(1)">a</a>',
        '<a href=" &#x6A;avascript:alert(1)">a</a>',
        "[a]\n\n[a]: javascript:alert(1)",
        '<img src="x" onerror="alert(1)">',
        "<div>\n<a href='x' onclick=alert(1)>a</a>\n</div>",
        '[a](b "x\\" onmouseover=alert(1) y=\\"")',
        '![a" onerror="alert(1)](b)',
        "`<script>`<script>alert(1)</script>",
        "<style>body{display:none}</style>",
        '<p style="position:fixed">a</p>',
        "<iframe src=https://example.org></iframe>",
        "<form action=https://example.org><button>a</button></form>",
        "<svg onload=alert(1)>",
        "<math><mtext></p><style><img src=x onerror=alert(1)>",
        "# <img src=x onerror=alert(1)>",
        "[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    ],
)
def test_markdown_of_its_own_kind_runs_nothing(engine: Engine, markdown: str) -> None:
    assert dangers(render_markdown(markdown)) == []


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>plain <em>text</em></p>", "<p>plain <em>text</em></p>"),
        ('<p id="x" class="item">a</p>', "<p>a</p>"),
        ('<div tabindex="5">a</div>', "<div>a</div>"),
        ('<li data-host="example.org">a</li>', "<li>a</li>"),
        ('<p style="color:red">a</p>', "<p>a</p>"),
        ('<img src="a.png" alt="b" onerror="x">', '<img src="a.png" alt="b">'),
        ("<font>a</font>", "a"),
        ("<!-- a -->b", "b"),
    ],
)
def test_both_engines_keep_and_drop_the_same(engine: Engine, html: str, safe: str) -> None:
    assert sanitize(html) == safe


def test_our_own_ids_and_classes_pass_and_an_authors_do_not(engine: Engine) -> None:
    key = make_key("the text")
    html = f'<p class="{key}item" id="{key}item-1">a</p><p class="item" id="item-2">b</p>'
    assert sanitize(html, key) == '<p class="item" id="item-1">a</p><p>b</p>'


def test_an_author_cannot_forge_an_item(engine: Engine) -> None:
    text = '<li class="item" id="item-1" data-host="bank.example">a</li>\n\n<p id="x">b</p>'
    html = render_markdown(text)
    assert "id=" not in html
    assert "class=" not in html
    assert "data-" not in html


def test_what_a_link_says_of_its_target_is_ours_to_say(engine: Engine) -> None:
    html = sanitize('<a href="https://example.org/" rel="follow" target="_blank">a</a>')
    link = LexborHTMLParser(html).css_first("a")
    assert link is not None
    assert link.attributes == {"href": "https://example.org/"}


def test_a_form_field_is_disabled_and_has_neither_type_nor_name(engine: Engine) -> None:
    field = LexborHTMLParser(sanitize('<input type="password" name="p">')).css_first("input")
    assert field is not None
    assert field.attributes.keys() == {"disabled"}


def test_sanitising_what_was_rendered_changes_nothing(engine: Engine) -> None:
    for payload in payloads():
        rendered = render_markdown(payload["input"])
        once = sanitize(rendered)
        assert sanitize(once) == once, payload["id"]
        assert LexborHTMLParser(once).text() == LexborHTMLParser(rendered).text(), payload["id"]


def test_the_key_differs_for_every_text_and_shows_nowhere() -> None:
    assert make_key("a") != make_key("b")
    text = "# Heading\n\n* [a](https://example.org/)"
    assert make_key(text) not in render_markdown(text)


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown HTML sanitiser 'lxml'"):
        use_engine("lxml")
