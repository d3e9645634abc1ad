"""Weeks of issues, readers and moderators at random: each mail brings what it has to, no more."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from tests.builders import document
from tests.mailing.rolling import World

pytestmark = pytest.mark.django_db
WORDS = (
    "atlas birch cedar delta ember flint grove harbor inlet jasper kernel 모델 평가 도구".split()
)


def _issue(number: int) -> bytes:
    """Return an issue made of a few words, links and names, some of which come again and again."""
    chance = random.Random(number)  # noqa: S311 (a test)
    lines = []
    for heading in chance.sample(("News", "Tools", "Papers", "Events"), 3):
        lines += [f"## {heading}", ""]
        for _item in range(chance.randrange(1, 4)):
            title = " ".join(chance.sample(WORDS, 3))
            host, page = chance.choice("abcdef"), chance.randrange(60)
            more = f" See [it](https://{chance.choice('abc')}.example/more/{page})."
            plain = chance.random() < 0.15
            link = f"**{title}**" if plain else f"[{title}](https://{host}.example/{page})"
            lines.append(
                f"- {link}: {chance.choice(WORDS)}.{more if chance.random() < 0.3 else ''}"
            )
        lines.append("")
    tags = chance.sample(("AI", "Rust", "Web", "Data"), 2)
    author = chance.choice(("Ada", "Grace"))
    return document(f"Issue {number}", "\n".join(lines), tags=tags, author=author).encode()


@pytest.mark.parametrize(("seed", "month"), [(1, 3)])
def test_every_reader_gets_each_item_that_matches_once_and_no_empty_mail(
    seed: int, month: int
) -> None:
    issues = [_issue(100 * seed + number) for number in range(9)]
    world = World(
        issues, readers=14, seed=seed, start=datetime(2026, month, 4, tzinfo=UTC), hours=6
    )
    world.live(kills=20)
    assert world.kills > 5
    assert min(world.counts[name] for name in ("roll-ups", "whole issues", "items")) > 0
