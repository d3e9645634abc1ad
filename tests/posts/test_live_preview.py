"""The preview beside the text: the real pipeline, in parts, also for issues never saved."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from links.models import Link
from posts.models import Post
from posts.rendering import render_markdown
from tests.builders import BODY, make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

PROOF = "/admin/posts/post/proof/"
KNOWN = "/admin/posts/post/proof/known/"
NOTHING_KNOWN: dict[str, Any] = {"links": {}, "images": {}, "items": []}


def request(text: str, **more: Any) -> dict[str, Any]:
    page = dict.fromkeys(("title", "description", "tags", "authors", "cover", "at", "language"), "")
    around: dict[str, Any] = {name: [] for name in ("before", "was", "behind", "has")}
    said = {
        "form": "web",
        "post": "",
        "header": False,
        "page": page,
        "context": "",
        "known": NOTHING_KNOWN,
    }
    return {"text": text, **around, **said, **more}


def ask(client: Client, sent: dict[str, Any], address: str = PROOF) -> dict[str, Any]:
    response = client.post(address, sent, content_type="application/json")
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def part_of(whole: dict[str, Any], place: int, text: str) -> dict[str, Any]:
    carried = [section["carried"] for section in whole["sections"]]
    return request(
        text,
        before=carried[:place],
        was=carried[place : place + 1],
        behind=carried[place + 1 :],
        context=whole["context"],
    )


@pytest.fixture
def client(editor: User, sign_in: SignIn) -> Client:
    return sign_in(editor)


def test_an_issue_that_was_never_saved_is_shown_as_readers_would_get_it(client: Client) -> None:
    sent = request(BODY)
    sent["page"] |= {"title": "New", "tags": "AI, Llama 3 평가"}

    answer = ask(client, sent)

    html = "".join(section["html"] for section in answer["sections"])
    assert '<h2 data-line="0" id="preview">Preview</h2>' in html
    assert 'data-host="one.example.org"' in html
    assert "<h1>New</h1>" in answer["around"]
    assert "Llama 3 평가" in answer["around"]
    assert not Post.objects.exists()
    assert not Link.objects.exists()


def test_a_changed_section_read_alone_says_what_it_says_in_its_issue(client: Client) -> None:
    text = BODY.replace("## Preview", "## Preview\n\n[label]: https://label.example.org\n")
    whole = ask(client, request(text))
    changed = text.replace("at the end.", "at *the* [end][label].")
    place = len(whole["sections"]) - 1

    part = ask(client, part_of(whole, place, changed[changed.index("## Overview") :]))

    assert len(part["sections"]) == 1
    assert part["sections"] == ask(client, request(changed))["sections"][place:]
    assert "https://label.example.org" in part["sections"][0]["html"]


@pytest.mark.parametrize(
    "text",
    [
        "## Preview\n```\nan open fence\n",
        "No heading any more\n",
        "### Preview\nAnother level\n",
        "## Preview\n[label]: https://new.example.org\n",
        "## Preview\n[below](#overview)\n",
        "## Preview\nA note[^1]\n\n[^1]: below\n",
    ],
)
def test_what_concerns_other_sections_asks_for_the_whole(client: Client, text: str) -> None:
    whole = ask(client, request(BODY))

    assert ask(client, part_of(whole, 1, text)) == {"whole": True}


def test_sections_that_the_browser_has_are_not_sent_again(client: Client) -> None:
    first = ask(client, request(BODY))
    has = [section["digest"] for section in first["sections"]]

    again = ask(client, request(BODY.replace("at the end", "at the very end"), has=has))

    assert ["html" in section for section in again["sections"]] == [False, False, False, True]


def test_links_are_shown_as_was_decided(client: Client) -> None:
    links = {
        "https://one.example.org/a": {"standing": "blocked"},
        "https://two.example.org/b": {"replaced": "https://other.example.org/"},
    }

    answer = ask(client, request(BODY, known=NOTHING_KNOWN | {"links": links}))

    html = answer["sections"][1]["html"]
    assert "https://one.example.org/a" not in html
    assert "link removed" in html
    assert 'href="https://other.example.org/"' in html


def test_what_is_known_of_links_is_told_by_address_whoever_wrote_them(client: Client) -> None:
    make_post("Earlier")
    Link.objects.filter(url="https://two.example.org/b").update(
        status="blocked", standing="blocked"
    )
    draft = make_draft("Now", "- [One](https://one.example.org/a)\n")
    draft.items.update(hidden=True)
    urls = ["https://ONE.example.org/a?utm_source=x", "https://two.example.org/b", "nonsense", "#x"]

    known = ask(client, {"post": str(draft.pk), "addresses": urls, "pictures": []}, KNOWN)

    one, two = known["links"][urls[0]], known["links"][urls[1]]
    assert one["covered"]["title"] == "Earlier"
    assert one["pending"]
    assert two["standing"] == "blocked"
    assert set(known["links"]) == set(urls[:2])
    text = "- [One](https://one.example.org/a)\n- [Two](https://two.example.org/)\n"
    shown = ask(client, request(text, known=known))["sections"][0]["html"]
    assert "Two" in shown
    assert "One" not in shown


def test_of_two_items_with_one_address_the_one_stays_hidden_that_was(client: Client) -> None:
    body = "## A\n\n- [One](https://one.example.org/a): first\n- [Two](https://one.example.org/a)\n"
    draft = make_draft("Now", body)
    draft.items.filter(title="Two").update(hidden=True)

    known = ask(client, {"post": str(draft.pk), "addresses": [], "pictures": []}, KNOWN)

    changed = body.replace("[Two]", "[Second]")
    shown = ask(client, request(changed, known=known))["sections"][-1]["html"]
    assert "One" in shown
    assert "Second" not in shown


def test_twice_the_links_cost_no_more_queries(client: Client) -> None:
    counts = []
    for number in (10, 20):
        urls = [f"https://many.example.org/{index}" for index in range(number)]
        make_post(f"With {number}", "".join(f"- [x]({url})\n" for url in urls))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            ask(client, {"post": "", "addresses": urls, "pictures": []}, KNOWN)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_limit_names_its_line(client: Client) -> None:
    deep = "Text\n\n" + "> " * 30 + "deep\n"

    line, words = ask(client, request(deep))["problem"]

    assert line == 3
    assert "nested" in words


def test_a_reference_without_definition_is_remarked_on_at_its_line(client: Client) -> None:
    answer = ask(client, request("Hello\n\n## A\n\n[text][nowhere] is open\n"))

    assert answer["remarks"] == [[1, 2, "No definition for [nowhere]."]]


def test_a_pasted_document_brings_its_header_along(client: Client) -> None:
    answer = ask(client, request("---\ntitle: A\n---\n\n## B\n"))

    assert answer["first"] == 4
    assert [section["heading"] for section in answer["sections"]] == ["B"]


def test_the_issue_is_shown_in_the_form_of_a_feed(client: Client) -> None:
    page = ask(client, request(BODY, form="feed"))["page"]

    assert '<a href="https://one.example.org/a">' in page
    assert "data-host" not in page


def test_readers_never_get_the_lines_of_the_text() -> None:
    post = make_post(body="## A\n\n<p data-line='3'>Text</p>\n\n- item\n")

    assert b"data-line" not in bytes(post.page.body)
    assert "data-line" not in render_markdown("<p data-line='k'>Text</p>")


def test_only_those_who_write_are_answered(
    editor: User, moderator: User, outsider: User, sign_in: SignIn
) -> None:
    draft = str(make_draft().pk)

    for sent in (request(BODY), request(BODY, post=draft)):
        answers = [
            sign_in(user).post(PROOF, sent, content_type="application/json").status_code
            for user in (editor, moderator, outsider)
        ]
        assert answers == [200, 403, 302]


def test_nonsense_is_refused_and_reading_changes_nothing(client: Client) -> None:
    for sent in ("{", "[]", "{}", '{"post": ""}', request(BODY, form="none")):
        assert client.post(PROOF, sent, content_type="application/json").status_code == 400
    assert client.post(PROOF, {"a": "form"}).status_code == 400
    assert client.get(PROOF).status_code == 405


def test_the_preview_names_lines_in_the_language_of_the_site(client: Client, settings) -> None:
    settings.LANGUAGE_CODE = "ko"

    page = Page(client.get(f"/admin/posts/post/{make_draft().pk}/change/"))

    assert page.one(".proof").attributes["data-line"] == "%(line)s번째 줄"
