"""The sample issues are the first thing a newcomer sees, so every one of them has to be whole."""

import re
from collections import Counter
from pathlib import Path

import pytest

import posts
from links.normalizing import canonicalize
from posts.documents import Issue, parse_issue
from posts.images import size_of
from posts.rendering import read_issue

FOLDER = Path(posts.__file__).parent / "samples"
FILES = sorted(FOLDER.glob("*.md"))
RECURRING = {
    "en": ["Today's Preview", "Viewpoint", "Today's Overview"],
    "ko": ["오늘의 미리보기", "시선", "오늘의 개요"],
}


def issue_of(path: Path) -> Issue:
    return parse_issue(path.read_bytes(), path.name)


def test_there_are_enough_of_them_in_both_languages_over_months():
    issues = [issue_of(path) for path in FILES]
    assert len(issues) >= 14
    languages = Counter(issue.metadata.language for issue in issues)
    assert abs(languages["ko"] - languages["en"]) <= 2
    assert len({issue.metadata.title for issue in issues}) == len(issues)
    assert len({str(issue.metadata.date)[:7] for issue in issues}) >= 4


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_is_read_without_a_remark(path):
    issue = issue_of(path)
    assert issue.notices == ()
    assert issue.to_bytes() == path.read_bytes()
    assert issue.metadata.title
    assert issue.metadata.description
    assert 3 <= len(issue.metadata.tags) <= 5
    assert path.name.startswith(str(issue.metadata.date))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_sample_has_the_recurring_sections_and_a_digest_of_links(path):
    issue = issue_of(path)
    sections = read_issue(issue.markdown).sections
    headings = [section.heading for section in sections if section.level == 2]
    assert headings == RECURRING[issue.metadata.language]
    addresses = [link.url for section in sections for link in section.links]
    assert 12 <= len(addresses) <= 30
    for address in addresses:
        assert canonicalize(address).startswith("http")


def test_every_picture_is_there_described_light_and_used():
    used = set()
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        pictures = re.findall(r"!\[([^\]]*)\]\(([^ )]+)", text)
        assert all(description for description, _ in pictures)
        used |= {name for _, name in pictures}
        used |= {issue_of(path).metadata.cover} - {""}
    assert used == {f"images/{file.name}" for file in (FOLDER / "images").iterdir()}
    for name in used:
        data = (FOLDER / name).read_bytes()
        assert len(data) < 60_000
        assert size_of(data) == (1600, 900)
