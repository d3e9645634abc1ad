"""Mails made of issues: what is in them, whole, within their budget, and the same for all."""

from __future__ import annotations

import email
import re
import uuid
from datetime import date
from email import policy
from email.message import EmailMessage
from html import escape

import pytest

from links.decisions import decide
from links.models import Decision, Link
from mailing.composing import (
    READER,
    Period,
    compose,
    compose_rollup,
    envelope_sender,
    to_message,
)
from mailing.composing.encoding import best, size
from mailing.composing.pieces import pieces_of
from mailing.models import MailSettings
from posts import following
from posts.models import Post
from tests.builders import BODY, item, make_draft, make_post
from tests.mailing.builders import make_subscriber
from tests.posts.test_resizing import issue as issue_with_picture
from tests.posts.test_resizing import sky
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

TOKEN = uuid.UUID("0190b1b2-0000-7000-8000-000000000001")
KOREAN = "".join(
    f"\n## 섹션 {section}\n"
    + "".join(
        f"- **소식 {section}-{number}**: 모델이 나왔어요. {'자세한 내용이 이어집니다. ' * 6}"
        f"[링크](https://example.org/{section}/{number})\n"
        for number in range(40)
    )
    for section in range(20)
)


def long_body(sections: int = 30, items: int = 60) -> str:
    """Return an issue far beyond any budget."""
    return "".join(
        f"\n## Part {section}\n"
        + "".join(
            f"- [Find {section}-{number}](https://example.org/{section}/{number}): {'word ' * 36}\n"
            for number in range(items)
        )
        for section in range(sections)
    )


def raw_html(message: bytes) -> bytes:
    """Return the HTML part as it is sent."""
    part = message.split(b"Content-Type: text/html")[1]
    return part.split(b"\r\n\r\n", 1)[1].split(b"\r\n--=_")[0]


def parsed(message: bytes) -> EmailMessage:
    found = email.message_from_bytes(message, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_an_issue_is_composed_with_nothing_set_up() -> None:
    mail = compose(make_post(description="About it"))
    page = Page(mail.html)
    assert mail.subject == "A first issue"
    assert page.texts("h1") == ["A first issue"]
    assert page.texts("h2") == ["Preview", "Viewpoint 🤖", "Overview"]
    assert page.text().count("About it") == 2, "once as what mail programs show beside the subject"
    assert "https://one.example.org/a" in page.values("a", "href")
    assert mail.left_out == 0
    assert len(mail.items) == 5
    assert page.value("html", "lang") == "en"


def test_its_text_is_readable_and_has_every_link() -> None:
    text = compose(make_post()).text
    assert "Hello, an opening link <https://opening.example.org/hello> to begin with." in text
    assert "Preview\n-------\n\n- Topic one\n  - First find: what it is. Read more" in text
    assert "> A thought without a link." in text
    assert "**" not in text


def test_what_moderators_decided_holds_in_both_parts_at_once() -> None:
    post = make_post()
    following.set_hidden([item(post, "First find")], True, reason="spam")
    link = Link.objects.filter(url="https://two.example.org/b")
    decide(link, Decision.Action.BLOCK, by=None, reason="spam")
    mail = compose(Post.objects.get())
    for part in (mail.html, mail.text):
        assert "First find" not in part
        assert "one.example.org" not in part
        assert "two.example.org" not in part
        assert "(link removed)" in part
    assert len(mail.items) == 4


def test_a_mail_of_some_items_has_them_alone_below_their_sections() -> None:
    post = make_post()
    wanted = [item(post, "Second find").uid, item(post, "Third find").uid]
    mail = compose(post, items=wanted)
    assert list(mail.items) == wanted
    for part in (mail.html, mail.text):
        assert "Second find" in part
        assert "Third find" in part
        assert "First find" not in part
        assert "Viewpoint" not in part
        assert "opening link" not in part
    assert Page(mail.html).texts("h2") == ["Preview", "Overview"]


def test_a_draft_can_be_composed_too() -> None:
    assert "First find" in compose(make_draft()).html


@pytest.mark.parametrize("body", [long_body(), KOREAN, "x " * 90_000, "가" * 60_000])
def test_the_html_part_as_it_is_sent_stays_within_its_budget(body: str) -> None:
    post = make_post(body=body)
    mail = compose(post)
    message = to_message(mail, subscriber=make_subscriber(), token=TOKEN)
    assert len(raw_html(message)) <= 100_000
    assert len(mail.items) + mail.left_out == post.item_count
    assert "/leave/" in mail.html
    assert mail == compose(post), "the same comes out each time"


def test_what_does_not_fit_is_shortened_then_counted_and_fairly() -> None:
    mail = compose(make_post(body=long_body()))
    page = Page(mail.html)
    assert len(page.all("h2")) == 30
    assert "Find 0-0: word word" in page.text()
    assert "Find 29-0: word word" in page.text()
    assert "Find 29-59" in mail.text
    said = [text for text in page.texts("p.more") if "more on the site" in text]
    assert sum(int(text.split()[0]) for text in said) == mail.left_out
    assert size(mail.html.encode(), best(mail.html.encode())) > 90_000


@pytest.mark.parametrize("sections", [500, 2000])
def test_of_very_many_sections_the_first_are_whole_and_the_rest_is_counted_once(
    sections: int,
) -> None:
    body = "".join(
        f"\n## Section number {number}\n\n- [Find {number}](https://example.org/{number}):"
        f" {'word ' * 40}\n"
        for number in range(sections)
    )
    mail = compose(make_post(body=body))
    page = Page(mail.html)
    assert len(mail.items) > 150
    assert len(mail.items) + mail.left_out == sections
    assert page.texts("h2") == [f"Section number {number}" for number in range(len(mail.items))]
    assert page.texts("p.more") == [f"{mail.left_out} more on the site"]
    assert 80_000 < mail.size <= 100_000


def test_the_text_of_an_issue_is_whole_however_long_it_is() -> None:
    giant = compose(
        make_post(body=f"\n## Part\n\n- [Find](https://example.org/): {'낱말 ' * 140_000}\n")
    )
    assert giant.text.count("낱말") == 140_000
    assert giant.size <= 100_000
    assert "/leave/" in giant.text
    text = parsed(to_message(giant, subscriber=make_subscriber(), token=TOKEN)).get_body(("plain",))
    assert text is not None
    assert text.get_content().count("낱말") == 140_000


def test_the_text_of_a_roll_up_of_issues_without_end_says_how_much_is_on_the_site() -> None:
    post = make_post(body=long_body(90, 40))
    day = date(2026, 5, 4)
    mail = compose_rollup([item.uid for item in post.items.all()], period=Period(day, day))
    assert len(mail.text.encode()) < 402_000
    said = re.search(r"The rest of the text, (\d+) KB, is on the site: <https?://", mail.text)
    assert said is not None
    assert int(said[1]) > 200
    assert "/leave/" in mail.text


def test_readers_of_the_same_items_get_the_same_but_for_what_is_their_own() -> None:
    mail = compose(make_post())
    one, two = make_subscriber(name="One"), make_subscriber()
    first = to_message(mail, subscriber=one, token=TOKEN)
    second = to_message(mail, subscriber=two, token=TOKEN)
    own = first.replace(one.key.encode(), b"").replace(one.address.encode(), b"")
    assert own != first
    texts = [
        parsed(message).get_body(("plain",)).get_content().replace(reader.key, "").replace(
            reader.address, "")
        for message, reader in ((first, one), (second, two))
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert READER.encode() not in first


@pytest.mark.parametrize(
    "words", ["reader-key-of-whoever-gets-this-", "content-of-the-mail", "<!--to-->"]
)
def test_no_words_of_an_issue_stand_for_what_is_a_readers_own(words: str) -> None:
    MailSettings(sender_name=words).save()
    body = f"## About {words}\n\n- [One](https://evil.example/?r={words}): `{words}`\n"
    post = make_post(f"Of {words}", body=body, description=f"It is {words}.")
    reader = make_subscriber()
    message = parsed(to_message(compose(post), subscriber=reader, token=TOKEN))
    for kind in ("plain", "html"):
        said = message.get_body((kind,)).get_content()
        others = re.sub(r"https?://[^/\s\"<>]+/mail/[^\s\"<>]+", "", said)
        assert reader.key in said
        assert reader.key not in others
        assert said.count(reader.address) == 1
    assert said.count(escape(words)) >= 5


def test_the_message_is_what_was_composed() -> None:
    mail = compose(make_post("첫 번째 글", body=BODY + KOREAN))
    reader = make_subscriber(name="김 독자")
    message = parsed(to_message(mail, subscriber=reader, token=TOKEN))
    assert not any(part.defects for part in message.walk())
    assert message["Subject"] == "첫 번째 글"
    assert message["To"].addresses[0].display_name == "김 독자"
    html = message.get_body(("html",)).get_content()
    assert html.replace(reader.key, READER).replace("\r\n", "\n").count("소식") == mail.html.count(
        "소식"
    )
    assert reader.address in html


def test_what_comes_back_tells_whose_it_was() -> None:
    settings = MailSettings(bounce_address="bounces@mail.example.org")
    assert envelope_sender(TOKEN, settings) == f"bounces+{TOKEN.hex}@mail.example.org"
    assert "@" in envelope_sender(TOKEN, MailSettings())


@pytest.mark.parametrize("start", ["²", "9" * 5000, "x", "-3"])
def test_a_list_that_an_author_lets_begin_at_no_number_is_composed(start: str) -> None:
    body = f'<ol start="{start}">\n\n- [One](https://one.example.org/)\n\n</ol>\n'

    assert "https://one.example.org/" in compose(make_draft(body=body)).html


def test_a_mail_shows_pictures_as_every_program_knows_them() -> None:
    post, image = issue_with_picture(sky(width=600))
    image.refresh_from_db()

    mail = compose(post)

    assert image.mailed.endswith(".jpeg")
    assert f'src="https://news.example.org{image.mailed}"' in mail.html
    assert ".webp" not in mail.html


def test_what_a_mail_shows_of_a_row_that_does_not_fit_is_a_row() -> None:
    row = '<tr id="item-1"><td><a href="https://a.example/">A</a></td><td>b</td></tr>'
    box = pieces_of(f"<table><tbody>{row}</tbody></table>", "https://e.example/", {"item-1": "A"})
    (piece,) = box.pieces()
    assert (piece.anchor, piece.line) == ("item-1", "<tr><td>A</td></tr>\n")
    assert piece.html.startswith("<tr><td>")
