"""An issue in several languages: each leads to the others, as long as readers may see those."""

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from posts import publishing
from posts.models import Post
from tests.builders import document, make_draft, make_post, make_scheduled
from tests.conftest import SignIn
from tests.posts.site.test_pages import queries
from tests.reading import Page

pytestmark = pytest.mark.django_db

ENGLISH, KOREAN = "/posts/a-first-issue/", "/posts/first/"


def make_korean(**header: str) -> Post:
    return make_post("첫째 글", slug="first", language="ko", translationKey="one", **header)


def others(client: Client, path: str) -> list[str]:
    return Page(client.get(path)).values(".translations a", "href")


def test_each_leads_to_the_other_and_says_so_to_search_engines(client: Client) -> None:
    make_post(language="en", translationKey="one")
    make_korean()
    make_post("Alone", language="ko", translationKey="two")

    page = Page(client.get(ENGLISH))
    assert page.texts(".translations a") == ["한국어"]
    assert page.values(".translations a", "title") == ["첫째 글"]
    told = zip(
        page.values("link[hreflang]", "hreflang"),
        page.values("link[hreflang]", "href"),
        strict=True,
    )
    assert dict(told) == {
        "ko": "https://news.example.org/posts/first/",
        "en": "https://news.example.org/posts/a-first-issue/",
    }
    assert others(client, KOREAN) == [ENGLISH]
    assert not Page(client.get("/posts/alone/")).all(".translations, link[hreflang]")


def test_one_that_readers_may_not_see_is_not_named(client: Client) -> None:
    make_post(language="en", translationKey="one")
    make_draft("Draft", language="ko", translationKey="one")
    due = make_scheduled("Bald", language="de", translationKey="one").published_at
    assert due

    assert others(client, ENGLISH) == []
    with time_machine.travel(due + timedelta(seconds=1)):
        assert others(client, ENGLISH) == ["/posts/bald/"]
    publishing.publish(Post.objects.filter(title="Draft"), timezone.now())
    assert others(client, ENGLISH) == ["/posts/draft/"]
    publishing.withdraw(Post.objects.filter(title="Draft"))
    assert others(client, ENGLISH) == []


def test_what_changes_of_one_the_others_know_at_once(client: Client) -> None:
    make_post(language="en", translationKey="one")
    korean = make_korean()

    publishing.save_document(
        korean, publishing.with_metadata(korean, korean.body, {"slug": "erste", "language": "de"})
    )
    assert others(client, ENGLISH) == ["/posts/erste/"]
    publishing.save_document(
        korean, publishing.with_metadata(korean, korean.body, {"translationkey": None})
    )
    assert others(client, ENGLISH) == others(client, "/posts/erste/") == []
    publishing.save_document(
        korean, publishing.with_metadata(korean, korean.body, {"translationkey": "one"})
    )
    assert others(client, ENGLISH) == ["/posts/erste/"]
    korean.delete()
    assert others(client, ENGLISH) == []


def test_reading_takes_no_query_more(client: Client) -> None:
    make_post(language="en", translationKey="one")
    client.get(ENGLISH)
    alone = queries(client, ENGLISH)
    make_post("첫째 글", "링크가 없는 글.", slug="first", language="ko", translationKey="one")

    assert queries(client, ENGLISH) == alone


def test_files_of_one_key_are_linked_by_an_import(client: Client, tmp_path: Path) -> None:
    for name, code in (("a.md", "en"), ("a.ko.md", "ko"), ("a.ja.md", "ja")):
        text = document(f"In {code}", language=code, translation_key="one", date="2024-05-10")
        (tmp_path / name).write_text(text, encoding="utf-8")

    call_command("import_posts", str(tmp_path))

    assert others(client, "/posts/in-en/") == ["/posts/in-ja/", "/posts/in-ko/"]
    call_command("rebuild_posts")
    assert others(client, "/posts/in-ko/") == ["/posts/in-en/", "/posts/in-ja/"]


def test_an_editor_links_two_issues_in_the_form(
    client: Client, sign_in: SignIn, editor: User
) -> None:
    post = make_post(language="en")
    make_korean()
    signed_in, address = sign_in(editor), f"/admin/posts/post/{post.pk}/change/"
    fields = Page(signed_in.get(address)).fields("#post_form")

    assert signed_in.post(address, {**fields, "translationkey": "one"}).status_code == 302

    post.refresh_from_db()
    assert "translationKey: one" in post.header
    assert others(client, KOREAN) == [ENGLISH]
