"""Which language a text is in, and which way it runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from posts.importing import import_sources
from posts.importing.sources import open_sources
from posts.languages import detect_language, is_right_to_left
from tests.reading import Page

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("이번 주 소식 and Latin names", "ko"),
        ("نشرة الأسبوع عن C++ أيضا", "ar"),
        ("خبرنامه‌ی هفته درباره‌ی گیت و پایتون", "fa"),
        ("ہفتے کی خبریں اور پائتھن کے بارے میں", "ur"),
        ("חדשות השבוע, גרסה 1.2 של Python", "he"),
        ("ข่าวประจำสัปดาห์ เกี่ยวกับ Python และ Rust", "th"),
        ("इस सप्ताह के समाचार, Python और Rust के बारे में", "hi"),
        ("এই সপ্তাহের খবর, Python এবং Rust সম্পর্কে", "bn"),
        ("இந்த வார செய்திகள், Python பற்றி", "ta"),
        ("ఈ వారం వార్తలు Python", "te"),
        ("ഈ ആഴ്ചയിലെ വാർത്തകൾ Python", "ml"),
        ("Τα νέα της εβδομάδας για την Python", "el"),
        ("Новости недели о Python", "ru"),
        ("[חדשות Python](https://example.org/a/long-way/to-the/story): שפה", "he"),
        ("This week, with one שלום in it", "en"),
    ],
)
def test_the_script_tells_the_language(text: str, code: str) -> None:
    assert detect_language(text, "en") == code


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ar", True), ("he-IL", True), ("ku-Arab", True), ("ar-Latn", False), ("ko", False)],
)
def test_some_languages_run_from_right_to_left(code: str, expected: bool) -> None:
    assert is_right_to_left(code) is expected


@pytest.mark.django_db
def test_an_issue_runs_the_way_of_its_language_and_titles_in_lists_their_own(
    tmp_path: Path, client: Client
) -> None:
    for day, (name, title) in enumerate((("a", "نشرة الأسبوع"), ("b", "Next week")), 1):
        head = f"---\ntitle: {title}\nslug: {name}\ndate: 2026-03-0{day}\n---\n"
        text = f"{head}\n{title} C++.\n"
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
    with open_sources([tmp_path]) as sources:
        assert not any(outcome.failed for outcome in import_sources(sources))

    page = Page(client.get("/posts/a/"))
    assert page.one("article.post").attributes["dir"] == "rtl"
    assert page.one(".pager-newer strong").attributes["dir"] == "auto"
    assert "dir" not in Page(client.get("/posts/b/")).one("article.post").attributes
    assert Page(client.get("/archive/2026/03/")).values(".card-title", "dir") == ["auto", "auto"]
