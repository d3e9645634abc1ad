"""Mails of issues that are being written: the preview beside the text, and the check of their
size."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from mailing.composing import compose
from mailing.composing.drafts import too_long
from mailing.composing.mails import READER, SENT_TO
from mailing.models import MailSettings
from posts import identity
from posts.models import SiteSettings
from posts.preflight.facts import gather
from posts.preflight.written import Details, Written
from posts.slots import CHECKS, PREVIEWS
from tests.builders import BODY, make_post
from tests.conftest import SignIn
from tests.mailing.test_composing import long_body
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def previewed(client: Client, text: str, title: str = "A draft") -> str:
    """Return the page that the form of an issue shows as its mail."""
    page = {
        "title": title, "description": "", "language": "ko", "cover": "", "at": "", "tags": "",
        "authors": "",
    }  # fmt: skip
    sent: dict[str, object] = {
        "form": "mail", "post": None, "page": page, "text": text, "header": "", "context": "",
        "before": [], "was": [], "behind": [], "has": [],
        "known": {"links": {}, "images": {}, "items": []},
    }  # fmt: skip
    answer = client.post(
        "/admin/posts/post/proof/", json.dumps(sent), content_type="application/json"
    )
    assert answer.status_code == 200
    return answer.json()["page"]


def test_an_editor_sees_the_mail_beside_the_text(editor: User, sign_in: SignIn) -> None:
    page = Page(previewed(sign_in(editor), BODY))
    assert page.texts("h1") == ["A draft"]
    assert page.texts("h2") == ["Preview", "Viewpoint 🤖", "Overview"]
    assert page.value("html", "lang") == "ko"
    assert "사이트에서 읽기" in page.text()
    assert [str(form.title) for form in PREVIEWS if form.name == "mail"] == ["Mail"]


def test_the_preview_shows_what_lists_of_mails_show_its_size_and_its_text(
    editor: User, sign_in: SignIn, settings: Settings
) -> None:
    settings.EMAIL_FROM = "Digest <digest@example.org>"

    page = Page(previewed(sign_in(editor), BODY, title="Week 1 <b>"))

    said = dict(zip(page.texts("dl.seen dt"), page.texts("dl.seen dd"), strict=True))
    assert said["Subject"] == "Week 1 <b>"
    assert said["From"].endswith(" <digest@example.org>")
    assert said["Preview line"] == "Preview · Viewpoint 🤖 · Overview"
    assert re.fullmatch(r"\d+ of 100 KB that mail programs show", said["Size"])
    text = page.one("details.seen pre").text()
    assert "Week 1 <b>" in text
    assert "/leave/" in text
    assert READER not in text


def test_the_preview_of_a_long_issue_says_what_the_mail_leaves_out(
    editor: User, sign_in: SignIn
) -> None:
    page = Page(previewed(sign_in(editor), long_body()))

    assert "on the site only" in page.one("dl.seen").text()


def test_the_preview_shows_no_mark_of_what_is_a_readers_own(editor: User, sign_in: SignIn) -> None:
    html = previewed(sign_in(editor), BODY)
    assert "/leave/" in html
    assert READER not in html
    assert SENT_TO not in html


def test_the_preview_needs_no_style_that_the_policy_refuses(
    editor: User, sign_in: SignIn, client: Client
) -> None:
    html = previewed(sign_in(editor), BODY)
    assert "<style" not in html
    assert "style=" not in html
    style = client.get(Page(html).value('link[rel="stylesheet"]', "href"))
    assert style.headers["Content-Type"] == "text/css; charset=utf-8"
    css = style.content.decode()
    assert 'html[data-theme="dark"] .text a { color' in css
    assert "@media" not in css
    assert css.count("{") == css.count("}")


def test_the_mail_and_its_preview_have_the_accent_of_the_site(
    editor: User, sign_in: SignIn, client: Client
) -> None:
    SiteSettings.objects.create(accent="#be283c", accent_dark="#ff9aa8")
    identity.compose()
    sheet = Page(previewed(sign_in(editor), BODY)).value('link[rel="stylesheet"]', "href")

    light, dark = re.split(r"@media|html\[data", compose(make_post()).html, maxsplit=1)
    seen_light, seen_dark = client.get(sheet).content.decode().split("html[data", 1)

    for rules, colour in ((light, "#be283c"), (dark, "#ff9aa8")):
        assert f".text a {{ color: {colour}; }}" in rules
        assert f"background-color: {colour}" in rules
    assert ".text a { color: #be283c; }" in seen_light
    assert "#ff9aa8" in seen_dark
    assert "#1b4b9b" not in light + dark + seen_light + seen_dark


def test_the_preview_keeps_what_an_issue_says_of_styles(editor: User, sign_in: SignIn) -> None:
    page = Page(previewed(sign_in(editor), 'Write `<p style="color: red">` so.\n'))
    assert '<p style="color: red">' in page.text()


def test_what_the_preview_leaves_out_is_what_the_mail_leaves_out(
    editor: User, sign_in: SignIn
) -> None:
    html = previewed(sign_in(editor), long_body())
    assert re.search(r"사이트에서 \d+개 더 보기", html)


def found(text: str) -> list[str]:
    written = Written(text, Details(title="A draft", language="en"))
    return [str(one.words) for one in too_long(written, gather(written, None, "en"))]


def test_an_issue_too_long_for_a_mail_is_found_where_mail_is_sent(
    mail_is_on: MailSettings,
) -> None:
    assert found(BODY) == []
    assert found(long_body(3, 20)) == []
    (words,) = found(long_body())
    assert "items are a line in it" in words
    mail_is_on.is_on = False
    mail_is_on.save()
    assert found(long_body()) == []
    assert "mail-size" in {check.name for check in CHECKS}
