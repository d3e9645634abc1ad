"""What somebody may try with the forms of mail: to flood others, to stop a page, to meet another
at the same moment."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailing import subscribing
from mailing.addresses import mailbox_of
from mailing.models import Choice, MailSettings, Subscriber
from mailing.subscribing import TokenError, asking
from posts import identity
from posts.throttling import Limit
from tests.mailing.builders import make_subscriber
from tests.mailing.readers import confirmation, mails, paths, raw, subscribe, the_mail
from tests.reading import Page, shown

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_is_on")]
HOW = {"rhythm": "each", "hour": "8", "zone": "", "language": ""}


# Mails that others get


@pytest.mark.parametrize(
    "spelling",
    ["victim+{}@example.org", "v.i.c.t.i.m+{}@gmail.com", "victim+{}@GoogleMail.com"],
)
def test_nobody_floods_a_mailbox_by_its_many_spellings(
    client: Client, monkeypatch: Any, spelling: str
) -> None:
    monkeypatch.setattr("mailing.site.subscribing.SUBSCRIPTIONS", ())

    for number in range(6):
        subscribe(client, spelling.format(number))

    assert len(mails()) == 3


def test_nobody_floods_a_mailbox_by_readers_who_move(client: Client) -> None:
    for number in range(7):
        reader = make_subscriber()
        client.post(f"/mail/{reader.key}/address/", {"email": f"victim+{number}@example.org"})

    assert len([sent for sent in mails() if sent.to[0].startswith("victim")]) == 5


@pytest.mark.parametrize("address", ["+@example.org", "a.b@example.org", "ab+c@example.com"])
def test_other_mailboxes_are_others(address: str) -> None:
    assert mailbox_of(address) not in (mailbox_of("ab@example.org"), "@example.org")


def test_leaving_always_counts_and_sends_few_mails_however_often(
    client: Client, reader: Subscriber
) -> None:
    for _ in range(5):
        client.post(f"/mail/{reader.key}/leave/")
        reader.refresh_from_db()
        assert reader.status == "left"
        client.post(f"/mail/{reader.key}/back/")

    assert len(mails()) == 4


def test_a_sender_with_a_domain_in_korean_sends_short_mails(client: Client) -> None:
    MailSettings.objects.update(
        sender_name="소식", sender_address="news@한국.example.org", reply_to="to@한국.example.org"
    )
    subscribe(client)

    message = raw(the_mail())
    assert "<news@xn--3e0b707e.example.org>" in message["From"]
    assert message["Reply-To"] == "to@xn--3e0b707e.example.org"


def test_a_reader_can_not_save_searches_without_limit(
    client: Client, reader: Subscriber, monkeypatch: Any
) -> None:
    monkeypatch.setattr("mailing.site.reader.NEW_SEARCHES", (Limit(5, timedelta(days=1)),))
    answers = []
    for words in (["a", "b", "c"], ["a", "b", "c"], ["d", "e"], ["f"]):
        given = {**HOW, "what": "parts", "wish": [f"search:{word}" for word in words]}
        answers.append(client.post(f"/mail/{reader.key}/", given).status_code)

    assert answers == [303, 303, 303, 429]


# Moving


def moved(client: Client, reader: Subscriber) -> tuple[Subscriber, str]:
    """Let a reader have another address; return the reader, and the heading of the page."""
    client.post(f"/mail/{reader.key}/address/", {"email": "new@example.org"})
    path = paths(mails()[-1])[0]
    assert client.post(path).status_code == 303
    return Subscriber.objects.get(), shown(Page(client.get(path)).one("h1"))


def test_a_reader_whose_mail_came_back_gets_it_at_another_address(client: Client) -> None:
    reader = make_subscriber(rhythm="weekly")
    subscribing.suppress(reader.digest, "bounced")

    reader, said = moved(client, reader)

    assert (reader.status, reader.left_at) == ("active", None)
    assert reader.next_roll_at > timezone.now()
    assert said == "Mail goes to your new address."


@pytest.mark.parametrize("status", ["complained", "left", "bounced"])
def test_who_gets_no_mail_is_told_so_at_another_address(client: Client, status: str) -> None:
    # Who came as bounced with an import never agreed.
    reader, said = moved(client, make_subscriber(status=status, confirmed_at=None))

    assert (reader.status, reader.address) == (status, "new@example.org")
    assert said == "This is your address now."


# At the same moment


def test_two_readers_who_want_the_same_new_things_take_them_in_one_order() -> None:
    wishes = [("tag", "new"), ("search", "one"), ("tag", "also")]
    orders = []
    for mine in (wishes, wishes[::-1]):
        Choice.objects.all().delete()
        with CaptureQueriesContext(connection) as context:
            reader = subscribing.choose(make_subscriber(choices=()), mine)
        stored = [query["sql"] for query in context if 'INTO "mailing_choice"' in query["sql"]]
        orders.append(stored)
        assert subscribing.wishes_of(reader) == mine
    assert orders[0] == orders[1] != []


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("", {**HOW, "what": "all"}),
        ("pause/", {"resume": "1"}),
        ("back/", {}),
        ("renew/", {}),
    ],
)
def test_who_is_erased_meanwhile_has_no_page(
    client: Client, reader: Subscriber, monkeypatch: Any, path: str, given: dict[str, str]
) -> None:
    def current() -> Any:
        subscribing.erase(reader)
        return identity.current()

    monkeypatch.setattr("mailing.site.reader.identity", SimpleNamespace(current=current))

    response = client.post(f"/mail/{reader.key}/{path}", given)

    assert response.status_code == 404
    assert shown(Page(response).one("h1")) == "This page is not here."


def test_who_is_erased_meanwhile_confirms_nothing(client: Client, monkeypatch: Any) -> None:
    path = confirmation(client)
    find = asking.sign_up_of

    def erased(token: str) -> Any:
        row = find(token)
        Subscriber.objects.all().delete()
        return row

    monkeypatch.setattr(asking, "sign_up_of", erased)

    assert client.post(path).status_code == 404


def test_who_is_erased_meanwhile_does_not_move(reader: Subscriber, monkeypatch: Any) -> None:
    Subscriber.objects.all().delete()
    module = import_module("mailing.subscribing.moving")
    monkeypatch.setattr(module, "moving", lambda token: (reader, "new@example.org"))

    with pytest.raises(TokenError):
        subscribing.confirm_move("")
