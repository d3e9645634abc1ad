"""Mailings on the first page of staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from mailing.models import Mailing, MailSettings
from mailing.settling import settle
from tests.builders import make_post, make_posts
from tests.conftest import SignIn
from tests.mailing.builders import make_mailing
from tests.reading import Page

pytestmark = pytest.mark.django_db

Status = Mailing.Status
PILE = "[aria-labelledby=pile-mailings]"


@pytest.fixture
def desk(sign_in: SignIn, editor: User, mail_is_on: MailSettings) -> Callable[[], Page]:
    """Return the first page as an editor sees it."""
    client = sign_in(editor)
    return lambda: Page(client.get("/admin/"))


def test_mailings_stand_on_the_desk_those_that_wait_for_somebody_first(
    desk: Callable[[], Page],
) -> None:
    soon = timezone.now() + timedelta(hours=2)
    posts = make_posts(5)
    names = [
        (Status.PLANNED, {"starts_at": soon}),
        (Status.HELD, {"held_until": soon}),
        (Status.SENDING, {}),
        (Status.PAUSED, {"trouble": "550 5.7.1 who are you"}),
        (Status.DONE, {"finished_at": soon}),
    ]
    rows = {
        status: make_mailing(post, status=status, **values)
        for post, (status, values) in zip(posts, names, strict=True)
    }

    pile = desk().one(PILE)

    shown = [link.attributes["href"] for link in pile.css("li a")]
    expected = (Status.PAUSED, Status.SENDING, Status.HELD, Status.PLANNED)
    assert shown == [f"/admin/mailing/mailing/{rows[status].pk}/change/" for status in expected]
    assert "550 5.7.1 who are you" in pile.text()
    assert f"{soon:%H:%M}" in pile.text()


def test_a_desk_without_mailings_says_so(desk: Callable[[], Page]) -> None:
    make_mailing(status=Status.DONE, finished_at=timezone.now())

    assert "No mailing is planned or on its way." in desk().one(PILE).text()


def test_while_mail_is_off_or_for_who_sees_none_the_desk_names_no_mailings(
    desk: Callable[[], Page], sign_in: SignIn, moderator: User
) -> None:
    make_mailing(make_post())

    assert not Page(sign_in(moderator).get("/admin/")).all(PILE)
    settle(MailSettings(is_on=False))
    assert not desk().all(PILE)
