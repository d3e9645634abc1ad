"""The title of an issue that stands in its text too: shown once, exported as it is."""

import re
from pathlib import Path

import pytest

from posts.models import Post
from posts.publishing import rebuild, retag
from tests.posts.test_importing import run_one

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

HEADER = "---\ntitle: Links 12\ndate: 2024-05-10\n---\n\n"
SECTIONS = "\n\nHello.\n\n## Reading\n\n- [x](https://example.org/1)\n\n## Tools\n\n- [y](https://example.org/2)\n"


def page(post: Post) -> str:
    stored = post.page
    return b"".join(bytes(part) for part in (stored.intro, stored.body, stored.outro)).decode()


def headings(text: str) -> list[tuple[str, str]]:
    """Return the headings of a page above its first list of links, by level."""
    found = re.findall(r"<h([1-6])[^>]*>(.*?)</h\1>", text, re.DOTALL)
    return [(level, re.sub("<[^>]*>", "", words).strip()) for level, words in found]


@pytest.mark.parametrize(
    "text",
    [
        f"# Links 12{SECTIONS}",
        f"Links 12\n===={SECTIONS}",
        f"{HEADER}# Links 12{SECTIONS}",
        f"{HEADER}# *LINKS* 12!{SECTIONS}",
        f"{HEADER}![](https://example.org/c.png)\n\n# Links 12{SECTIONS}",
        f"{HEADER}## Links 12{SECTIONS.replace('##', '###')}",
    ],
)
def test_the_title_is_shown_once_and_sections_follow_it(tmp_path: Path, text: str) -> None:
    outcome = run_one(tmp_path, text, "2024-05-10-a.md")
    assert not outcome.problem
    post = Post.objects.get()
    shown = [found for found in headings(page(post)) if found[1] != "Contents"]
    assert shown[:1] == [("1", post.title)]
    assert ("2", "Reading") in shown
    assert [words for _level, words in shown].count(post.title) == 1
    assert b"links-12" not in bytes(post.page.intro) + bytes(post.page.body)
    assert post.document == text
    before = page(post)
    rebuild(post)
    retag(post)
    assert page(Post.objects.get()) == before


def test_what_stands_below_the_title_opens_the_issue_on_the_home_page(tmp_path: Path) -> None:
    run_one(tmp_path, f"# Links 12{SECTIONS}", "2024-05-10-a.md")
    opening = bytes(Post.objects.get().page.opening).decode()
    assert "<p>Hello.</p>" in opening
    assert headings(opening)[1:] == [("3", "Reading"), ("3", "Tools")]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEADER}# Other{SECTIONS}",
        f"{HEADER.replace('Links 12', '🔥')}# 🎉{SECTIONS}",
        f"{HEADER}# [Links 12](https://example.org/)\n\n## Reading\n\ntext\n",
        f"{HEADER}text\n\n## Links 12\n\ntext\n",
        f"{HEADER}# Reading\n\n# Links 12\n\ntext\n",
    ],
)
def test_other_headings_stay(tmp_path: Path, text: str) -> None:
    run_one(tmp_path, text)
    body = bytes(Post.objects.get().page.body).decode()
    assert len(headings(body)) == len(re.findall("^#+ ", text, re.MULTILINE))
