"""What is kept in memory of texts makes nothing come out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
import time_machine
from django.apps import apps
from django.db import transaction

from links.models import Link
from posts.documents import parse_issue
from posts.markdown.document import Document
from posts.markdown.inlines import InlineParser
from posts.memory import MEMORY, Memory
from posts.models import LinkedItem, Post, Publication
from posts.publishing import save_document
from posts.rendering import Decisions, ImageSize, MarkdownLimitError, read_issue
from posts.sanitizing import use_engine
from tests.corpus import issue_files
from tests.posts.edits import edits

SAMPLES = sorted((Path(__file__).parents[2] / "posts" / "samples").glob("*.md"))
REAL = [file for folder in ("twir", "ainews") for file in issue_files(folder)[::40]]
TEXTS = [file.read_text(encoding="utf-8") for file in (*SAMPLES[:4], *REAL)]
TEXT = "[ref]: https://ref.example/ 'R'\n\n# One\n\n- [a](https://a.example/) b [c][ref]\n\n" * 2


def chance_of(seed: int) -> Random:
    return Random(seed)  # noqa: S311 (the same edits at each run)


# Reading and writing


def said(text: str) -> Any:
    """All that a save asks of a text, with some decisions about what is in it."""
    issue = parse_issue(text.encode())
    try:
        parsed = read_issue(issue.markdown, issue.metadata.title)
    except MarkdownLimitError as error:
        return str(error)
    urls = sorted({link.url for section in parsed.sections for link in section.links})
    anchors = [
        [f"item-{section.anchor}-{number}" for number, _item in enumerate(section.items)]
        for section in parsed.sections
    ]
    decided = Decisions(
        blocked=frozenset(urls[::9]),
        held=frozenset(urls[1::9]),
        replaced=dict.fromkeys(urls[2::9], "https://new.example/"),
        broken=frozenset(urls[3::9]),
        copies=dict.fromkeys(urls[4::9], "https://copy.example/"),
        hidden=frozenset({(1, 0), (2, 1)}),
    )
    images = {name: ImageSize(f"/media/{name}", 3, 4) for name in parsed.pictures}
    return (
        parsed.sections,
        parsed.pictures,
        parsed.foreign_images,
        parsed.dead_fragments,
        parsed.to_html(),
        parsed.to_html(anchors, decided, images, foreign=False),
        parsed.to_markdown(),
        parsed.to_markdown(decided, images),
        parsed.to_lined_html(range(0, len(anchors), 2), anchors, decided, images),
        [(one.label, one.line) for one in issue.markdown.undefined],
        [(spot.leaf.line, spot.start, spot.end) for spot in issue.markdown.spots.values()],
    )


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_an_edited_text_reads_and_shows_the_same_whatever_is_kept(number: int) -> None:
    for text in edits(TEXTS[number], 8, chance_of(number)):
        with nothing_kept():
            expected = said(text)
        assert said(text) == expected


def nothing_kept() -> Any:
    """A block in which nothing is found in memory, and nothing is put into it."""
    return patch.multiple(MEMORY, get=lambda _digest: None, keep=lambda *_args: None)


def test_what_did_not_change_is_not_read_again() -> None:
    read_issue(Document(TEXT))
    with patch.object(InlineParser, "parse", autospec=True, side_effect=AssertionError):
        assert len(read_issue(Document(TEXT)).sections) == 3


def test_another_sanitiser_is_asked_again() -> None:
    text = "# One\n\n<b><p>a</b>"
    html = read_issue(Document(text)).to_html()
    use_engine("bleach")
    try:
        other = read_issue(Document(text)).to_html()
        with nothing_kept():
            assert other == read_issue(Document(text)).to_html()
    finally:
        use_engine("nh3")
    assert read_issue(Document(text)).to_html() == html


def test_the_memory_holds_no_more_than_it_may() -> None:
    memory = Memory(100)
    for number in range(9):
        memory.keep(bytes([number + 1]), number, 30)
        memory.get(b"\x01")
    assert memory.size == 90
    assert [memory.get(bytes([number + 1])) for number in (0, 1, 6, 7, 8)] == [0, None, None, 7, 8]
    memory.keep(b"\x01", "longer", 60)
    assert (memory.size, memory.get(b"\x01")) == (90, "longer")
    memory.keep(b"huge", 1, 101)
    memory.keep(b"", 1, 1)
    assert (memory.get(b"huge"), memory.get(b"")) == (None, None)


# Saving


@pytest.mark.django_db
@pytest.mark.one_database
@pytest.mark.parametrize("number", [0, 1, len(TEXTS) // 2])
def test_saving_an_edited_issue_stores_the_same_whatever_is_kept(number: int) -> None:
    text, chance = TEXTS[number], chance_of(number)
    texts = [text, *edits(text, 5, chance)]
    seed = chance.randrange(1000)
    with nothing_kept():
        expected = [*saved(texts, chance_of(seed))]
    for rows, others in zip(saved(texts, chance_of(seed)), expected, strict=True):
        for name, values in rows.items():
            assert values == others[name], name


def saved(texts: list[str], chance: Random) -> Iterator[dict[str, list[Any]]]:
    """Yield all rows of posts and links after each save, while moderators decide in between."""
    bits = chance_of(1)
    with (
        transaction.atomic(),
        time_machine.travel("2026-03-01T00:00:00Z", tick=False),
        patch("uuid.uuid4", lambda: UUID(int=bits.getrandbits(128))),
    ):
        post = Post(uid=UUID(int=1))
        for text in texts:
            save_document(post, parse_issue(text.encode(), "a.md"), status="published")
            yield rows()
            decide(post, chance)
        transaction.set_rollback(True)


def decide(post: Post, chance: Random) -> None:
    """Block, hold or replace one link, and hide one item."""
    changes: list[dict[str, str]] = [
        {"standing": Link.Standing.BLOCKED},
        {"standing": Link.Standing.HELD},
        {"replacement_url": "https://new.example/"},
        {"standing": Link.Standing.SHOWN},
    ]
    links = list(Link.objects.order_by("key").values_list("pk", flat=True))
    items = list(post.items.order_by("uid").values_list("pk", flat=True))
    if links and items:
        Link.objects.filter(pk=chance.choice(links)).update(**chance.choice(changes))
        LinkedItem.objects.filter(pk=chance.choice(items)).update(hidden=chance.random() < 0.5)


def rows() -> dict[str, list[Any]]:
    """Return all rows of our tables, but for the version of the site, which is drawn by lot."""
    configs = map(apps.get_app_config, ("posts", "links"))
    models = (model for config in configs for model in config.get_models())
    return {
        model.__name__: sorted(map(repr, model._base_manager.values_list()))
        for model in models
        if model is not Publication
    }
