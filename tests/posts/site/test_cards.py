"""Social cards: drawn of what is public, once, and of nothing that an address invents."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from posts import publishing
from posts.cards import Card, can_draw, draw
from posts.models import Tag
from posts.retagging import rename
from posts.site import cards
from tests.builders import make_draft, make_post, make_scheduled, parsed
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

SITE = "https://news.example.org"


@pytest.fixture(autouse=True)
def drawn(settings: Settings, tmp_path: Path) -> Path:
    """An empty folder of cards."""
    settings.CARD_ROOT = tmp_path / "cards"
    return settings.CARD_ROOT


def address(client: Client, page: str) -> str:
    """Return where the card of a page is, as other sites read it."""
    (found,) = Page(client.get(page)).values('meta[property="og:image"]', "content")
    return found.removeprefix(SITE)


@pytest.mark.parametrize("page", ["/", "/posts/a-first-issue/", "/tags/llama-3-평가/"])
def test_pages_have_a_card_of_the_size_that_sites_ask_for(client: Client, page: str) -> None:
    make_post()
    response = client.get(address(client, page))
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "image/png"
    assert "immutable" in response.headers["Cache-Control"]
    assert Image.open(io.BytesIO(response.content)).size == (1200, 630)
    read = Page(client.get(page))
    assert read.values('meta[name="twitter:card"]', "content") == ["summary_large_image"]
    assert client.head(address(client, page)).status_code == 200


def test_a_card_is_drawn_once(client: Client, drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_post()
    path = address(client, "/posts/a-first-issue/")
    first = client.get(path).content
    monkeypatch.setattr(cards, "draw", lambda _card: pytest.fail("drawn again"))
    assert client.get(path).content == first
    assert len(list(drawn.iterdir())) == 1


def test_another_title_date_or_site_is_another_card(client: Client, settings: Settings) -> None:
    post = make_post()
    seen = [address(client, "/posts/a-first-issue/")]
    publishing.save_document(post, parsed("Another", slug="a-first-issue"))
    seen.append(address(client, "/posts/a-first-issue/"))
    settings.SITE_NAME = "Another name"
    seen.append(address(client, "/posts/a-first-issue/"))
    assert len(set(seen)) == 3
    # Who still has an old one gets the one of today.
    old = client.get(seen[0])
    assert (old.status_code, old.headers["Location"]) == (302, seen[2])
    assert client.get(seen[2]).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/cards/0-0/post/a-draft.png",
        "/cards/0-0/post/to-come.png",
        "/cards/0-0/post/none.png",
        "/cards/0-0/tag/none.png",
        "/cards/0-0/page/none.png",
        "/cards/0-0/site/none.png",
        "/cards/0-0/nothing/a-first-issue.png",
    ],
)
def test_nothing_is_drawn_of_what_nobody_sees(client: Client, drawn: Path, path: str) -> None:
    make_draft()
    make_scheduled()
    assert client.get(path).status_code == 404
    assert not drawn.exists()


def test_invented_addresses_make_no_work(client: Client, drawn: Path) -> None:
    make_post()
    for number in range(5):
        assert client.get(f"/cards/{number}-{number}/post/a-first-issue.png").status_code == 302
    assert not drawn.exists()


def test_the_picture_of_an_issue_wins(client: Client) -> None:
    make_post(cover="https://e.org/cover.png")
    assert address(client, "/posts/a-first-issue/") == "https://e.org/cover.png"


def test_a_title_that_the_typeface_cannot_write_gets_no_card(client: Client) -> None:
    make_post("中文標題", slug="chinese")
    page = Page(client.get("/posts/chinese/"))
    assert not page.all('meta[property="og:image"]')
    assert client.get("/cards/0-0/post/chinese.png").status_code == 404
    assert can_draw("뷁 Llama 3 🤖")
    assert not can_draw("🤖")


def test_a_renamed_tag_has_another_card(client: Client) -> None:
    make_post(tags=["One"])
    before = address(client, "/tags/one/")
    rename(Tag.objects.get(name="One"), "Two")
    assert address(client, "/tags/two/") != before


@pytest.mark.parametrize(
    "title", ["A", "긴 제목 " * 60, "한단어" * 200, "x\u0000\u202e\ud7a4 y", "  ", "a\nb"]
)
def test_no_title_is_too_much_for_a_card(title: str) -> None:
    card = draw(Card("뉴스레터 " * 30, title, "2024년 5월 10일"))
    assert Image.open(io.BytesIO(card)).size == (1200, 630)


def test_cards_of_long_ago_are_deleted(client: Client, drawn: Path) -> None:
    make_post()
    path = address(client, "/posts/a-first-issue/")
    client.get(path)
    assert cards.sweep.call() == 0
    (file,) = drawn.iterdir()
    os.utime(file, (0, 0))
    assert cards.sweep.call() == 1
    assert client.get(path).status_code == 200
