"""Readers subscribe by a form, a mail and one button; nobody learns who gets mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing import forgetting, subscribing
from mailing.models import Consent, MailSettings, SignUp, Subscriber, Suppression, Wording
from mailing.settling import settle
from mailing.subscribing.asking import answer
from tasks.models import StoredTask
from tests.builders import make_post
from tests.mailing.builders import make_subscriber
from tests.mailing.readers import (
    NEW,
    confirmation,
    heading,
    mails,
    paths,
    raw,
    subscribe,
    the_mail,
)
from tests.readers import HERE, errors, ticket
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_is_on")]


def kinds() -> list[str]:
    return list(Consent.objects.values_list("kind", flat=True))


# The road from the form to the first mail


def test_a_reader_subscribes_by_the_form_a_mail_and_one_button(client: Client) -> None:
    sent = subscribe(client, rhythm="weekly")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/subscribe/asked/")
    assert heading(client.get("/subscribe/asked/")) == "Look into your mailbox"

    asked = the_mail()
    assert asked.to == [NEW]
    assert Subscriber.objects.get().status == "waiting"
    page = Page(client.get(paths(asked)[0]))
    assert len(page.all("main form button")) == 1
    assert client.post(paths(asked)[0]).status_code == 303

    subscriber = Subscriber.objects.get()
    assert (subscriber.status, subscriber.rhythm, subscriber.language) == ("active", "weekly", "en")
    assert [choice.kind for choice in subscriber.choices.all()] == ["everything"]
    assert heading(client.get(paths(asked)[0])) == "You are subscribed."
    assert kinds() == ["asked", "given"]


def test_what_was_agreed_to_is_kept_in_the_words_of_the_form(client: Client) -> None:
    words = Page(client.get("/subscribe/")).texts(".agreement")
    client.post(confirmation(client))
    mails()

    given = Consent.objects.get(kind="given")
    assert [given.wording.text] == words
    assert (given.form, given.wording.language) == ("/subscribe/", "en")
    MailSettings.objects.update(keep_days=7)
    confirmation(client, "other@example.org")
    assert Wording.objects.count() == 2


def test_the_welcome_mail_says_who_sends_what_and_since_when(client: Client) -> None:
    MailSettings.objects.update(sender_name="The Digest", postal_address="1 Main Street")
    client.post(confirmation(client))

    welcome = the_mail()
    subscriber = Subscriber.objects.get()
    for words in ("The Digest", "1 Main Street", "All issues"):
        assert words in welcome.body
    assert NEW in welcome.alternatives[0][0]
    assert f"{timezone.localdate():%Y}" in welcome.body
    assert f"/mail/{subscriber.key}/" in paths(welcome)
    assert f"/mail/{subscriber.key}/leave/" in paths(welcome)
    message = raw(welcome)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_a_link_that_is_only_opened_confirms_nothing(client: Client, method: str) -> None:
    path = confirmation(client)

    for _ in range(3):
        getattr(client, method)(path)

    assert Subscriber.objects.get().status == "waiting"
    assert kinds() == ["asked"]


def test_a_link_that_was_used_changes_nothing_more(client: Client) -> None:
    path = confirmation(client)
    for _ in range(3):
        client.post(path)

    assert kinds() == ["asked", "given"]
    subscribing.leave(Subscriber.objects.get(), "test")
    client.post(path)
    assert Subscriber.objects.get().status == "left"
    assert heading(client.get(path)) == "You get no mail."


def test_a_link_works_without_cookie_and_form_token(client: Client) -> None:
    path = confirmation(client)
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(path, headers={"Origin": "null"})

    assert response.status_code == 303
    assert not response.cookies
    assert Subscriber.objects.get().status == "active"


@pytest.mark.parametrize("token", ["x", "a:b:c", "1" * 300])
def test_a_forged_link_says_so(client: Client, token: str) -> None:
    for response in (client.get(f"/subscribe/{token}/"), client.post(f"/subscribe/{token}/")):
        assert response.status_code == 404
        assert heading(response) == "This link does not work."


def test_a_link_is_good_for_a_week_and_then_says_what_to_do(client: Client) -> None:
    path = confirmation(client)
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        assert client.get(path).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7, hours=1)):
        for response in (client.get(path), client.post(path)):
            assert response.status_code == 410
            assert heading(response) == "This link is too old."
    assert Subscriber.objects.get().status == "waiting"


def test_a_link_of_another_purpose_is_none(client: Client) -> None:
    subscriber = make_subscriber("reader@example.org")
    subscribing.move(subscriber, NEW)
    move = paths(mails()[1])[0]

    assert client.post(move.replace("/mail/move/", "/subscribe/")).status_code == 404


# The same answer for everybody


def known_ones() -> list[str]:
    """Return an address of each state that one can have."""
    for status in Subscriber.Status.values:
        make_subscriber(f"{status}@example.org", status=status)
    Suppression.objects.create(digest=_digest("suppressed@example.org"), reason="bounced")
    return [*(f"{status}@example.org" for status in Subscriber.Status.values), NEW,
            "suppressed@example.org"]  # fmt: skip


def _digest(address: str) -> str:
    return make_subscriber(address, status="bounced").digest


def test_no_answer_tells_whether_an_address_is_known(
    run_waiting_tasks: Callable[[], int], monkeypatch: Any
) -> None:
    monkeypatch.setattr("mailing.site.subscribing.SUBSCRIPTIONS", ())
    answers, queries = set(), set()
    for address in known_ones():
        with CaptureQueriesContext(connection) as context:
            response = subscribe(Client(), address)
        queries.add(len(context))
        answers.add((response.status_code, response.headers["Location"], response.content))

    assert len(answers) == 1
    assert len(queries) <= 2  # the first one writes the wording down
    assert not mail.outbox
    run_waiting_tasks()
    assert mail.outbox


def test_who_gets_mail_already_is_told_so_once_a_day_and_keeps_what_was_chosen(
    client: Client,
) -> None:
    subscriber = make_subscriber(NEW, rhythm="monthly")

    for _ in range(3):
        subscribe(client, rhythm="weekly")

    told = the_mail()
    assert "already" in told.subject
    assert f"/mail/{subscriber.key}/" in paths(told)
    subscriber.refresh_from_db()
    assert subscriber.rhythm == "monthly"
    assert kinds() == []
    assert not SignUp.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        subscribe(client)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("reason", Suppression.Reason.values)
def test_a_suppressed_address_gets_nothing_whatever_a_form_says(
    client: Client, reason: str
) -> None:
    subscribing.suppress(NEW, reason)

    assert subscribe(client).status_code == 303

    assert not mail.outbox
    assert not SignUp.objects.exists()
    assert not Subscriber.objects.exists()


def test_a_suppression_after_the_mail_is_not_undone_by_its_button(client: Client) -> None:
    path = confirmation(client)
    subscribing.suppress(NEW, "complained")

    assert client.post(path).status_code == 404
    assert Subscriber.objects.get().status == "complained"
    assert kinds() == ["asked"]


def test_nobody_can_have_a_stranger_flooded(client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("mailing.site.subscribing.SUBSCRIPTIONS", ())

    for _ in range(9):
        subscribe(client)

    assert len(mails()) == 3


def test_who_left_can_subscribe_again_and_what_is_asked_counts_when_confirmed(
    client: Client,
) -> None:
    subscriber = make_subscriber(NEW, status="left", rhythm="each")
    path = confirmation(client, rhythm="monthly")
    subscriber.refresh_from_db()
    assert (subscriber.status, subscriber.rhythm) == ("left", "each")

    client.post(path)

    subscriber.refresh_from_db()
    assert (subscriber.status, subscriber.rhythm, subscriber.left_at) == ("active", "monthly", None)


def test_two_spellings_of_an_address_are_one_subscriber(client: Client) -> None:
    client.post(confirmation(client, "Reader+news@Bücher.example.org"))
    mails()

    subscribe(client, "reader+NEWS@xn--bcher-kva.example.org")

    assert "already" in the_mail().subject
    assert Subscriber.objects.get().address == "Reader+news@xn--bcher-kva.example.org"


def test_a_task_that_runs_twice_sends_one_mail(client: Client) -> None:
    subscribe(client)
    row = SignUp.objects.get()

    answer.call(row.pk)
    answer.call(row.pk + 1)

    assert len(mails()) == 1


def test_no_address_stands_in_the_record_of_a_task(
    client: Client, run_waiting_tasks: Callable[[], int]
) -> None:
    subscribe(client)
    run_waiting_tasks()
    client.post(paths(the_mail())[0])
    run_waiting_tasks()

    assert StoredTask.objects.count() == 3
    assert NEW not in str(list(StoredTask.objects.values()))


def test_what_nobody_confirmed_is_forgotten(client: Client) -> None:
    confirmation(client)
    client.post(confirmation(client, "kept@example.org"))
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        forgetting.forget.call()

    assert not SignUp.objects.exists()
    assert [row.address for row in Subscriber.objects.all()] == ["kept@example.org"]
    assert kinds() == ["asked", "asked", "given"]


@pytest.mark.parametrize("known", [True, False])
def test_an_answer_that_broke_off_is_given_by_the_next_try(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if known:
        make_subscriber(NEW)
    row = SignUp.objects.create(address=NEW, form="/subscribe/")
    monkeypatch.setattr("mailing.subscribing.notes.compose_note", _killed)
    for _try in range(6):
        with pytest.raises(RuntimeError):
            answer.func(row.pk)
    monkeypatch.undo()

    assert answer.func(row.pk) == ("known" if known else "confirm")


def _killed(*_given: Any, **_named: Any) -> None:
    raise RuntimeError("somebody ended the process")


# What is typed


@pytest.mark.parametrize(
    "address",
    ["", "reader", "reader@", "@example.org", "reader@localhost", "a@b@example.org",
     "Reader <reader@example.org>", "reader@example.org\nBcc: other@example.org",
     "reader@example.org\r\nSubject: x", "reader@example.org, other@example.org",
     "reader@[127.0.0.1]", "x" * 250 + "@example.org", "reader@example.test", "읽는이@example.org"],
)  # fmt: skip
def test_a_bad_address_is_refused_and_sends_nothing(client: Client, address: str) -> None:
    response = subscribe(client, address)

    assert response.status_code == 200
    assert errors(response)
    assert not SignUp.objects.exists()
    assert not mail.outbox


def test_a_name_of_the_site_with_line_breaks_makes_no_header(
    client: Client, settings: Settings
) -> None:
    settings.SITE_NAME = "News\r\nBcc: evil@example.org"
    subscribe(client)

    assert raw(the_mail())["Bcc"] is None


@pytest.mark.parametrize(
    "address", ["a+b@example.org", "o'hara@example.org", "me@한국.example.org"]
)
def test_unusual_addresses_are_taken(client: Client, address: str) -> None:
    client.post(confirmation(client, address))

    assert Subscriber.objects.get().status == "active"


# Abuse


def test_a_client_that_subscribes_too_many_has_to_wait(client: Client) -> None:
    answers = [subscribe(client, f"reader{n}@example.org") for n in range(6)]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert answers[-1].headers["Retry-After"]
    assert Page(answers[-1]).value("[name=email]", "value") == "reader5@example.org"


def test_there_is_a_limit_for_all_clients_together(settings: Settings) -> None:
    settings.READERS_FORMS_HOURLY = 2
    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{n}").post(
            "/subscribe/",
            {"email": f"reader{n}@example.org", "ticket": ticket("subscribe")},
            headers=HERE,
        )
        for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 429]


@pytest.mark.parametrize(
    "fields",
    [{"homepage": "https://spam.example"}, {"ticket": "forged"}, {"ticket": ""},
     {"ticket": ticket("suggest")}, {"ticket": ticket("subscribe", timedelta(hours=7))},
     {"ticket": "now"}],
    ids=["honeypot", "forged", "none", "of another form", "old", "too quick"],
)  # fmt: skip
def test_what_no_person_sent_is_shown_again(client: Client, fields: dict[str, str]) -> None:
    if fields.get("ticket") == "now":
        fields = {"ticket": ticket("subscribe", timedelta(0))}

    response = subscribe(client, **fields)

    assert errors(response)
    assert Page(response).value("[name=email]", "value") == NEW
    assert not SignUp.objects.exists()


def test_a_ticket_is_good_for_one(client: Client) -> None:
    once = ticket("subscribe")

    answers = [subscribe(client, ticket=once).status_code for _ in range(2)]

    assert answers == [303, 409]


# Small forms on kept pages


def test_a_small_form_leads_to_the_page_that_asks_once_more(client: Client) -> None:
    make_post()
    page = Page(client.get("/posts/a-first-issue/"))
    data = page.fields(".small-form") | {"email": NEW}
    assert page.value(".small-form", "action") == "/subscribe/"
    for headers in ({}, HERE, {"Sec-Fetch-Site": "cross-site"}):
        again = client.post("/subscribe/", data, headers=headers)
        assert heading(again) == "One more look"
    assert not SignUp.objects.exists()

    fields = Page(again).fields("main form")
    assert fields["email"] == NEW
    fields = {name: value for name, value in fields.items() if name not in ("rhythm", "what")}
    assert client.post("/subscribe/", fields | {"rhythm": "each"}, headers=HERE).status_code == 303
    assert Consent.objects.get().form == "/subscribe/ (issue)"


def test_another_site_can_not_have_its_visitors_subscribe(client: Client) -> None:
    data = {"email": NEW, "ticket": ticket("subscribe"), "rhythm": "each"}

    response = client.post("/subscribe/", data, headers={"Sec-Fetch-Site": "cross-site"})

    assert heading(response) == "One more look"
    assert not SignUp.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://testserver"}, HERE])
def test_a_browser_that_says_little_can_subscribe(client: Client, headers: dict[str, str]) -> None:
    data = {"email": NEW, "ticket": ticket("subscribe")}

    assert client.post("/subscribe/", data, headers=headers).status_code == 303


# A part of the site


def test_a_reader_follows_a_tag_by_mail(client: Client) -> None:
    make_post()
    [link] = Page(client.get("/tags/llama-3-평가/")).values('a[href*="follow="]', "href")
    page = Page(client.get(link))
    assert page.texts("#id_what label") == ["Tag: Llama 3 평가", "All issues"]

    client.post(confirmation(client, what="parts", follow=page.value("[name=follow]", "value")))

    choices = Subscriber.objects.get().choices
    assert list(choices.values_list("kind", "value")) == [("tag", "llama-3-평가")]
    assert "Llama 3 평가." in the_mail().body


def test_who_follows_a_tag_may_take_all_issues_instead(client: Client) -> None:
    make_post()

    client.post(confirmation(client, what="all", follow="tag:ai"))

    assert Subscriber.objects.get().choices.get().kind == "everything"


@pytest.mark.parametrize("follow", ["tag:nothing", "tag:", "nonsense", "everything:x", ":"])
def test_nobody_follows_what_is_not_there(client: Client, follow: str) -> None:
    assert not Page(client.get("/subscribe/", {"follow": follow})).all("#id_what")

    client.post(confirmation(client, follow=follow))

    assert Subscriber.objects.get().choices.get().kind == "everything"


def test_a_reader_who_gets_mail_is_led_to_what_was_asked_for(client: Client) -> None:
    make_post()
    subscriber = make_subscriber(NEW)

    subscribe(client, what="parts", follow="tag:ai")

    path = paths(the_mail())[0]
    assert path == f"/mail/{subscriber.key}/?add=tag%3Aai"
    assert Page(client.get(path)).values("[name=wish][checked]", "value") == ["tag:ai"]
    assert subscriber.choices.get().kind == "everything"


# Pages


def test_pages_of_mail_set_no_cookie_and_are_kept_by_nobody(client: Client) -> None:
    path = confirmation(client)
    secret = [client.get(path), client.get("/subscribe/asked/"), client.get("/subscribe/x/")]
    forms = [client.get("/subscribe/"), subscribe(client, "bad")]

    for response in (*secret, *forms):
        assert not response.cookies
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Robots-Tag"] == "noindex"
        policy = "no-referrer" if response in secret else "same-origin"
        assert response.headers["Referrer-Policy"] == policy


def test_the_site_speaks_korean_to_who_asked_in_korean(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "ko"
    path = confirmation(client)
    settings.LANGUAGE_CODE = "en"

    assert Page(client.get(path)).value("html", "lang") == "ko"
    client.post(path)
    assert "구독을 시작했어요" in the_mail().subject
    assert Consent.objects.get(kind="given").wording.language == "ko"


# Switched off


@pytest.mark.parametrize("is_on", [True, False])
def test_without_mail_there_is_no_form_and_no_page(
    client: Client, settings: Settings, is_on: bool
) -> None:
    make_post()
    row = MailSettings.current()
    row.is_on = is_on
    settle(row)
    if is_on:
        settings.EMAIL = {}

    for path in ("/", "/follow/", "/posts/a-first-issue/", "/tags/ai/", "/search/?q=find"):
        page = Page(client.get(path))
        assert not page.all('.small-form, a[href^="/subscribe/"]'), path
    assert client.get("/subscribe/").status_code == 404
    assert subscribe(client).status_code == 404
    assert client.get("/subscribe/asked/").status_code == 404


@pytest.mark.parametrize("path", ["/", "/follow/", "/posts/a-first-issue/"])
def test_forms_come_and_go_with_the_switch(client: Client, path: str) -> None:
    make_post()
    assert len(Page(client.get(path)).all(".small-form")) == 1
    row = MailSettings.current()
    for is_on in (False, True):
        row.is_on = is_on
        settle(row)
        assert len(Page(client.get(path)).all(".small-form")) == is_on


@pytest.mark.parametrize(
    "path",
    ["/tags/ai/", "/sources/one.example.org/", "/sections/preview/", "/search/?q=find"],
)
def test_what_can_be_followed_leads_to_the_form(client: Client, path: str) -> None:
    make_post()
    [link] = Page(client.get(path)).values('a[href*="follow="]', "href")

    assert len(Page(client.get(link)).all("#id_what label")) == 2


@pytest.mark.parametrize("address", ["", "reader@"])
def test_a_wrong_address_in_a_small_form_is_said_at_once(client: Client, address: str) -> None:
    response = client.post("/subscribe/", {"email": address, "place": "home"}, headers=HERE)

    assert response.status_code == 422
    assert len(errors(response)) == 1
    assert (Page(response).one("[name=email]").attributes.get("value") or "") == address
    assert Page(response).value("[name=ticket]", "value")
    assert not SignUp.objects.exists()
