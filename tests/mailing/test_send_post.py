"""``manage.py send_post``."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mailing.models import Mailing
from tests.builders import make_draft, make_post
from tests.mailing.builders import make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_is_on")]


def said(*words: str, **given: Any) -> str:
    out = StringIO()
    call_command("send_post", *words, stdout=out, **given)
    return out.getvalue()


def test_an_issue_is_planned_as_its_form_does() -> None:
    make_subscriber(language="ko")
    post = make_post()

    assert "unless somebody stops it" in said(post.slug, "--language", "ko", "--advertising")

    row = Mailing.objects.get()
    assert (row.post, row.status, row.audience, row.is_advertising) == (
        post, Mailing.Status.HELD, {"language": "ko"}, True,
    )  # fmt: skip


def test_a_draft_is_planned_with_publishing() -> None:
    make_subscriber()

    assert "when the issue is public" in said(make_draft().slug)


def test_a_test_mail_goes_to_one_address(mailoutbox: list) -> None:
    said(make_draft().slug, "--test", "me@example.org")

    assert [mail.to for mail in mailoutbox] == [["me@example.org"]]
    assert not Mailing.objects.exists()


def test_what_is_refused_is_said_in_words() -> None:
    with pytest.raises(CommandError, match="There is no issue nothing"):
        said("nothing")
    with pytest.raises(CommandError, match="@"):
        said(make_draft().slug, "--test", "bad")
    with pytest.raises(CommandError, match="No reader gets this"):
        said(make_post().slug)
