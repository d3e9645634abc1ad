"""Readers leave with one button or by their mail program, for ever; whoever only looks changes
nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing import subscribing
from mailing.models import Choice, Chosen, Consent, MailSettings, SignUp, Subscriber, Suppression
from mailing.subscribing import tokens
from tests.builders import make_member
from tests.conftest import SignIn
from tests.mailing.builders import make_subscriber
from tests.mailing.readers import confirmation, heading, mails, paths, raw, the_mail
from tests.reading import Page

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,
    pytest.mark.usefixtures("mail_is_on"),
]

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
NOBODY = "A" * 32


def leave_of(reader: Subscriber) -> str:
    return f"/mail/{reader.key}/leave/"


def everything() -> list[Any]:
    """Return all rows about readers."""
    tables = (Subscriber, SignUp, Consent, Suppression, Choice, Chosen)
    return [sorted(map(repr, table.objects.values())) for table in tables]


# One button, one click


def test_a_reader_leaves_with_the_link_and_one_button(client: Client, reader: Subscriber) -> None:
    page = Page(client.get(leave_of(reader)))
    assert len(page.all("main form button")) == 1

    assert client.post(leave_of(reader)).headers["Location"] == leave_of(reader)

    reader.refresh_from_db()
    assert reader.status == "left"
    assert reader.left_at is not None
    assert heading(client.get(leave_of(reader))) == "You get no mail."
    assert list(Consent.objects.values_list("kind", "form")) == [("withdrawn", "/mail/leave/")]


@pytest.mark.parametrize("kind", ["form", "multipart"])
def test_a_mail_program_leaves_by_rfc_8058_without_session_cookie_or_token(
    reader: Subscriber, kind: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    given: dict[str, Any] = {"data": ONE_CLICK}
    if kind == "form":
        given = {
            "data": "List-Unsubscribe=One-Click",
            "content_type": "application/x-www-form-urlencoded",
        }

    response = strict.post(leave_of(reader), **given, headers={"Sec-Fetch-Site": "cross-site"})

    assert (response.status_code, response.content) == (200, b"")
    assert not response.cookies
    reader.refresh_from_db()
    assert reader.status == "left"
    assert Consent.objects.get().form == "list-unsubscribe"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=\x7f", b"x"),
        ("application/x-www-form-urlencoded; charset=latin-1", b"List-Unsubscribe=One-Click"),
        ("application/x-www-form-urlencoded", b"a=1&" * 2000),
        ("text/plain", b"List-Unsubscribe=One-Click"),
    ],
)
def test_who_leaves_by_what_can_not_be_read_leaves(
    client: Client, reader: Subscriber, kind: str, data: bytes
) -> None:
    assert client.post(leave_of(reader), data, content_type=kind).status_code in (200, 303)

    reader.refresh_from_db()
    assert reader.status == "left"


@pytest.mark.parametrize("page", ["", "leave/", "pause/", "back/", "data/", "erase/"])
def test_what_a_page_does_not_take_is_answered_as_privately(
    client: Client, reader: Subscriber, page: str
) -> None:
    response = client.put(f"/mail/{reader.key}/{page}")

    assert response.status_code == 405
    assert response.headers["Allow"]
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_the_header_of_a_mail_leads_to_that_address(client: Client) -> None:
    client.post(confirmation(client))
    header = raw(the_mail())["List-Unsubscribe"]
    path = header[header.index("<https://news.example.org") + 25 : header.index(">")]

    client.post(path, ONE_CLICK)

    assert Subscriber.objects.get().status == "left"


def test_a_goodbye_comes_once_and_says_when(client: Client, reader: Subscriber) -> None:
    for _ in range(3):
        client.post(leave_of(reader), ONE_CLICK)

    goodbye = the_mail()
    assert goodbye.to == ["reader@example.org"]
    assert f"{timezone.localdate():%Y}" in goodbye.body
    assert Consent.objects.count() == 1


@pytest.mark.parametrize("status", ["waiting", "bounced", "complained"])
def test_who_got_no_mail_gets_none_for_leaving(client: Client, status: str) -> None:
    reader = make_subscriber(status=status)

    client.post(leave_of(reader))

    reader.refresh_from_db()
    assert reader.status == "left"
    assert not mail.outbox


def test_leaving_works_for_ever(client: Client, reader: Subscriber) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=20 * 365)):
        assert client.post(leave_of(reader), ONE_CLICK).status_code == 200

    reader.refresh_from_db()
    assert reader.status == "left"


@pytest.mark.parametrize("is_on", [True, False])
def test_leaving_works_where_mail_is_switched_off(
    client: Client, reader: Subscriber, settings: Settings, is_on: bool
) -> None:
    MailSettings.objects.update(is_on=is_on)
    settings.EMAIL = {}

    assert client.get(leave_of(reader)).status_code == 200
    client.post(leave_of(reader))

    reader.refresh_from_db()
    assert reader.status == "left"
    assert not mail.outbox


def test_after_erasing_the_old_link_says_that_no_mail_comes(
    client: Client, reader: Subscriber
) -> None:
    subscribing.erase(reader)

    assert heading(client.get(leave_of(reader))) == "You get no mail."
    assert client.post(leave_of(reader)).status_code == 303
    assert client.post(leave_of(reader), ONE_CLICK).status_code == 200


def test_who_left_by_mistake_comes_back_from_the_own_page(
    client: Client, reader: Subscriber
) -> None:
    client.post(leave_of(reader))
    goodbye = the_mail()

    client.get(paths(goodbye)[0])
    reader.refresh_from_db()
    assert reader.status == "left"
    client.post(f"/mail/{reader.key}/back/")

    reader.refresh_from_db()
    assert (reader.status, reader.left_at) == ("active", None)
    assert [row.kind for row in Consent.objects.all()] == ["withdrawn", "given"]
    assert Consent.objects.get(kind="given").wording is not None


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_no_button_undoes_a_suppression(client: Client, reader: Subscriber, reason: str) -> None:
    subscribing.suppress(reader.address, reason)

    assert "Get mail again" not in Page(client.get(f"/mail/{reader.key}/")).texts("button")
    assert client.post(f"/mail/{reader.key}/back/").status_code == 409

    reader.refresh_from_db()
    assert reader.status in ("bounced", "complained", "left")
    assert not mail.outbox


# Scanners


def links_in_mails(client: Client) -> list[str]:
    """Return every path that mails of all kinds lead to, each of which could change something."""
    asked = confirmation(client)
    client.post(confirmation(client, "other@example.org"))
    reader = Subscriber.objects.get(address="other@example.org")
    subscribing.move(reader, "third@example.org")
    subscribing.leave(make_subscriber(), "test")
    found = [path for sent in mails() for path in paths(sent)]
    return [asked, f"/mail/{reader.key}/renew/", f"/mail/{reader.key}/erase/", *found]


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_whatever_only_opens_the_links_of_mails_changes_nothing(
    client: Client, method: str
) -> None:
    links = links_in_mails(client)
    before = everything()
    pages = [Page(client.get(link)) for link in links]
    deeper = {
        href
        for page in pages
        for href in page.values("main a[href]", "href")
        if href.startswith(("/mail/", "/subscribe/"))
    }

    for link in {*links, *deeper}:
        for headers in ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "SafeLinks"}):
            status = getattr(client, method)(link, headers=headers).status_code
            assert status == (200 if method != "options" else 405) or "/renew" in link, link

    assert len(links) > 6
    assert everything() == before
    assert not mail.outbox


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_no_other_method_does_anything(client: Client, reader: Subscriber, method: str) -> None:
    before = everything()

    for page in ("", "leave/", "erase/", "pause/", "data/"):
        response = getattr(client, method)(f"/mail/{reader.key}/{page}")
        assert response.status_code == 405, page

    assert everything() == before


# Whose page it is


def test_staff_have_no_more_power_here_than_strangers(
    sign_in: SignIn, admin: User, owner: User, editor: User, outsider: User, reader: Subscriber
) -> None:
    before = everything()
    for client in (Client(), *map(sign_in, (outsider, editor, owner, admin))):
        for page in ("", "pause/", "back/", "address/", "renew/", "data/", "erase/"):
            for method in (client.get, client.post):
                status = method(f"/mail/{NOBODY}/{page}").status_code
                assert status in (404, 405), page
        assert client.post(f"/mail/{NOBODY}/leave/", ONE_CLICK).status_code == 200
        assert client.post("/mail/move/x/").status_code == 404

    assert everything() == before


@pytest.mark.parametrize("key", ["x", "A" * 19, "A" * 41, "A" * 31 + "%00", "A" * 31 + "."])
def test_what_is_no_key_has_no_page(client: Client, key: str) -> None:
    assert client.get(f"/mail/{key}/").status_code == 404
    assert client.get(f"/mail/{key}/leave/").status_code == 404


def test_a_key_is_not_a_token_nor_a_token_a_key(client: Client, reader: Subscriber) -> None:
    forged = tokens.make("leave", reader.pk)

    assert client.get(f"/mail/{forged}/leave/").status_code == 404
    assert client.get(f"/subscribe/{reader.key}/").status_code == 404


def test_the_site_says_by_mail_alone_whose_page_it_is(client: Client, reader: Subscriber) -> None:
    for path in (f"/mail/{reader.key}/", leave_of(reader), f"/mail/{reader.key}/erase/"):
        response = client.get(path)
        assert not response.cookies
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert response.headers["Referrer-Policy"] == "no-referrer"


def test_crawlers_are_asked_to_stay_away(client: Client) -> None:
    assert "Disallow: /mail/\nDisallow: /subscribe/\n" in client.get("/robots.txt").content.decode()


def test_suppressing_by_digest_or_address_is_the_same_and_the_first_reason_stays(
    reader: Subscriber,
) -> None:
    subscribing.suppress(reader.digest, "complained", "by a provider")
    subscribing.suppress("Reader@EXAMPLE.org", "bounced")

    row = Suppression.objects.get()
    assert (row.reason, row.note) == ("complained", "by a provider")
    assert subscribing.is_suppressed(reader.digest)


def test_a_verb_of_staff_asks_for_the_right(outsider: User, reader: Subscriber) -> None:
    for verb in (
        lambda: subscribing.leave(reader, "admin", by=outsider),
        lambda: subscribing.suppress(reader.address, "staff", by=outsider),
        lambda: subscribing.erase(reader, "admin", by=outsider),
        lambda: subscribing.pause(reader, timezone.now() + timedelta(days=1), by=outsider),
        lambda: subscribing.resume(reader, by=outsider),
        lambda: subscribing.choose(reader, [("tag", "x")], by=outsider),
        lambda: subscribing.move(reader, "other@example.org", by=outsider),
        lambda: subscribing.ask(
            reader.address, language="", rhythm="each", form="admin", by=outsider
        ),
    ):
        with pytest.raises(PermissionDenied):
            verb()
    reader.refresh_from_db()
    assert (reader.status, reader.moving_to) == ("active", "")
    assert not SignUp.objects.exists()


def test_what_is_told_once_more_of_a_suppressed_address_changes_nothing_but_for_the_worse(
    reader: Subscriber,
) -> None:
    Subscriber.objects.update(moving_to="other@example.org")
    subscribing.suppress(reader.digest, "bounced")
    reader.refresh_from_db()
    assert (reader.status, reader.moving_to) == ("bounced", "")
    since = reader.left_at

    for reason, status in (("bounced", "bounced"), ("complained", "complained"),
                           ("bounced", "complained"), ("staff", "complained")):  # fmt: skip
        subscribing.suppress(reader.digest, reason)
        reader.refresh_from_db()
        assert (reader.status, reader.left_at) == (status, since)


def test_staff_without_the_right_to_suppress_do_not(reader: Subscriber) -> None:
    member = make_member("clerk")
    names = ("view_subscriber", "see_addresses", "change_subscriber")
    member.user_permissions.set(Permission.objects.filter(codename__in=names))
    with pytest.raises(PermissionDenied):
        subscribing.suppress(reader.digest, "staff", by=member)
    assert not Suppression.objects.exists()
