"""Search on a site of files, in a real browser: it finds what the live site finds."""

import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from posts.searching import search
from tests.browser.barriers import barriers_in_any_scheme
from tests.builders import make_draft, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

DONE = re.compile("found|first|Nothing")
ITEMS = (
    "LLM 평가의 새로운 기준", "모델을 평가했다", "데이터베이스 이야기", "데이터 베이스 성능",
    "오늘의 AI 소식", "C++ and C# compared", "Rust 1.70.0 released", "Rust 1.705 is no release",
    "Stabilizing async closures", "Async closures were stabilized", "tokio-console 사용기",
    "Café für Ångström", "The organization of news", "Several LSTMs and VMs",
    "PostgreSQL 16.2", "Tailwind v4.1", "Two hypotheses about indices", "One hypothesis, one index",
    "Llama3 한국어 파인튜닝", "机器学习周刊", "東京の天気", "Straße und Weg",
    "İstanbul'da yapay zeka", "हिन्दी समाचार", "What's new in .NET", "the a of", "평",
    "한국어 모델 평가 도구", "Email and NodeJS", "v0.10.2 is out", "Many H100s", "ユーザ管理",
    "An e-mail for Node.js: open-source와 real-time",
)  # fmt: skip
QUERIES = (
    "평가", "모델", "모델을", "평가의", "데이터베이스", "데이터 베이스", "소식", "AI", "c++",
    "C#", "1.70", "stabilizing", "stabilize", "async closures", '"async closures"',
    "tokio console", "cafe", "angstrom", "organization", "news", "LSTM", "VM", "llama 3",
    "Llama3", "机器", "天気", "strasse", "istanbul", "समाचार", ".net", "the", "평",
    "한국어 -파인튜닝", "rust kind:item", "rust -kind:item", "평가 도구", "tag:ai rust",
    'section:"오늘" 모델', "source:one.example.org 소식", "year:2024", "year:1999 rust", "없는말",
    "-rust", "모델들에게", "평가했습니다", "e-mail", "node.js", "0.10.2", "v1.70", "H100",
    "16", "postgresql 16", "v4", "tailwind 4", "1", "hypothesis", "hypotheses",
    "index", "indices",
    "ユーザー", "email", "nodejs", "opensource", "realtime",
)  # fmt: skip


@pytest.fixture
def address(settings: Settings, tmp_path: Path) -> Iterator[str]:
    settings.STATIC_ROOT = settings.BASE_DIR / "static"
    settings.ALLOWED_HOSTS = ["*"]
    lines = "".join(f"- [{line}](https://one.example.org/{n})\n" for n, line in enumerate(ITEMS))
    make_post("Issue 1", f"## 오늘\n{lines}", tags=["AI"])
    make_post(
        "Rust와 모델",
        "Opening words about closures.\n\n## Links\n- [Two](https://two.example.org/)\n",
    )
    make_draft("Rust in secret")
    call_command("build_static", tmp_path / "site", verbosity=0)
    handler = partial(_Quiet, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing."""


def found(page: Page, address: str, query: str) -> set[str]:
    page.goto(f"{address}/search/?q={quote(query)}")
    expect(page.locator("[data-total]")).to_have_text(DONE)
    while page.locator(".steps button").is_visible():
        page.click(".steps button")
    return set(page.locator(".linked-title").all_text_contents())


def test_files_find_what_the_live_site_finds(page: Page, address: str) -> None:
    wrong = {}
    for query in QUERIES:
        live = {hit.plain_title for hit in search(query, order="date").hits}
        files = found(page, address, query)
        if live != files:
            wrong[query] = (live - files, files - live)
    assert wrong == {}


def test_the_page_of_search_has_no_barrier_and_says_how_to_search(page: Page, address: str) -> None:
    page.goto(f"{address}/search/")
    expect(page.locator("#sought")).to_be_visible()
    expect(page.locator(".search-help")).to_be_visible()
    found(page, address, "평가")
    expect(page.locator(".search-help")).to_be_hidden()
    expect(page.locator("#sought")).to_have_value("평가")
    expect(page.locator(".linked-title mark").first).to_contain_text("평가")
    assert barriers_in_any_scheme(page) == []
    page.goto(f"{address}/search/?q=!!!")
    expect(page.locator(".search-help")).to_be_visible()
