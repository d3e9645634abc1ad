"""A reader's own page: what comes, how often, where to; without account, cookie or script."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.db.models.signals import post_save
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailing import subscribing
from mailing.models import Consent, Event, MailSettings, SignUp, Subscriber, Suppression
from mailing.subscribing import notes
from mailing.subscribing.pausing import end_pauses
from mailing.subscribing.renewing import ask_again
from posts.models import Post
from posts.throttling import Limit
from tests.builders import make_post
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber
from tests.mailing.readers import mails, paths, subscribe, the_mail
from tests.reading import Page, shown

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,
    pytest.mark.usefixtures("mail_is_on"),
]

NEW = "new@example.org"
HOW = {"rhythm": "each", "hour": "8", "zone": "", "language": ""}


@pytest.fixture
def post() -> Post:
    return make_post(authors="[Ada]")


def page_of(client: Client, reader: Subscriber, query: str = "") -> Page:
    return Page(client.get(f"/mail/{reader.key}/{query}"))


def save(client: Client, reader: Subscriber, *wishes: str, **fields: str) -> Any:
    """Send the form of the page with these things ticked."""
    what = "parts" if wishes else "all"
    data = {**HOW, "what": what, "wish": list(wishes), **fields}
    return client.post(f"/mail/{reader.key}/", data)


def chosen(reader: Subscriber) -> list[str]:
    return [f"{kind}:{value}" for kind, value in subscribing.wishes_of(reader)]


def errors(response: Any) -> list[str]:
    return Page(response).texts(".errorlist li")


# What


def test_a_reader_chooses_tags_sections_sources_authors_and_searches(
    client: Client, reader: Subscriber, post: Post
) -> None:
    wishes = ("tag:ai", "section:preview", "source:one.example.org", "author:ada", "search:llama 3")

    response = save(client, reader, *wishes)

    assert response.headers["Location"] == f"/mail/{reader.key}/?done=saved"
    assert set(chosen(reader)) == set(wishes)
    page = page_of(client, reader, "?done=saved")
    assert set(page.values("[name=wish][checked]", "value")) == set(wishes)
    assert page.texts("main [role=status]") == ["Saved."]
    save(client, reader, "tag:ai")
    assert chosen(reader) == ["tag:ai"]
    save(client, reader)
    assert chosen(reader) == ["everything:"]


def test_a_tick_counts_where_all_issues_stayed_as_it_stood(
    client: Client, reader: Subscriber, post: Post
) -> None:
    was = page_of(client, reader).one("[name=was]").attributes["value"]

    save(client, reader, "tag:ai", what="all", was=was)

    assert chosen(reader) == ["tag:ai"]
    save(client, reader, "tag:ai", what="all", was="parts")
    assert chosen(reader) == ["everything:"]


def test_whoever_opens_the_address_of_a_button_gets_the_page_and_changes_nothing(
    client: Client,
) -> None:
    reader = make_subscriber(status="left")

    response = client.get(f"/mail/{reader.key}/back/")

    assert response.headers["Location"] == f"/mail/{reader.key}/"
    reader.refresh_from_db()
    assert reader.status == "left"


@pytest.mark.parametrize("name", ["leave", "erase", "renew"])
def test_pages_beside_it_lead_back_to_it(client: Client, reader: Subscriber, name: str) -> None:
    page = Page(client.get(f"/mail/{reader.key}/{name}/"))

    assert f"/mail/{reader.key}/" in page.values("main a", "href")


def test_the_page_proposes_what_there_is(client: Client, reader: Subscriber, post: Post) -> None:
    proposed = page_of(client, reader).values("[name=wish]:not([checked])", "value")

    assert {"tag:ai", "source:one.example.org", "author:ada"} <= set(proposed)


def test_a_search_on_the_page_finds_more_keeps_what_is_ticked_and_saves_nothing(
    client: Client, reader: Subscriber, post: Post
) -> None:
    response = save(client, reader, "author:ada", find="llama", search="1", rhythm="weekly")

    page = Page(response)
    assert page.values("[name=wish][checked]", "value") == ["author:ada"]
    assert "tag:llama-3-평가" in page.values("[name=wish]", "value")
    assert "search:llama" in page.values("[name=wish]", "value")
    assert page.one("[name=rhythm][value=weekly]").attributes.get("checked", "no") != "no"
    assert chosen(reader) == ["everything:"]


def test_the_page_takes_as_many_queries_for_many_choices_as_for_few(
    client: Client, reader: Subscriber, post: Post
) -> None:
    kinds = ("tag", "section", "source", "author", "search")
    counts = []
    for number in (2, 20):
        subscribing.choose(reader, [(kind, f"x{n}") for kind in kinds for n in range(number)])
        with CaptureQueriesContext(connection) as context:
            page_of(client, reader)
        counts.append(len(context))

    assert counts[0] == counts[1]


def test_saving_takes_as_many_queries_for_many_new_choices_as_for_few(reader: Subscriber) -> None:
    counts = []
    for number in (2, 40):
        wishes = [("tag", f"{number} {n}") for n in range(number)]
        with CaptureQueriesContext(connection) as context:
            subscribing.choose(reader, wishes)
        counts.append(len(context))
        assert chosen(reader) == [f"{kind}:{value}" for kind, value in wishes]

    assert counts[0] == counts[1]


def test_the_page_takes_as_many_queries_for_many_authors_and_proposals_as_for_few(
    client: Client, reader: Subscriber
) -> None:
    counts = []
    for number in (1, 4):
        for n in range(number):
            make_post(f"By {number} {n}", author=f"Author {number} {n}")
        adds = "&".join(f"add=author:author-{number}-{n}" for n in range(number))
        client.get(f"/mail/{reader.key}/?{adds}")
        with CaptureQueriesContext(connection) as context:
            page = Page(client.get(f"/mail/{reader.key}/?{adds}"))
        counts.append(len(context))
        assert len(page.values("[name=wish][checked]", "value")) == number

    assert counts[0] == counts[1]


def test_nobody_searches_without_end(
    client: Client, reader: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailing.site.reader.SEARCHES", (Limit(2, timedelta(days=1)),))

    answers = [save(client, reader, find="llama", search="1").status_code for _time in range(3)]

    assert answers == [200, 200, 429]


def test_what_only_drafts_have_is_not_told(client: Client, reader: Subscriber) -> None:
    make_post(title="Secret", status=Post.Status.DRAFT, at=None, tags=["Hidden"])

    page = Page(save(client, reader, find="hidden", search="1"))

    assert page.values("[name=wish]", "value") == ["search:hidden"]


@pytest.mark.parametrize(
    "wish", ["", "x", "tag:", ":", "everything:no", "tag:" + "x" * 401, "tag:\0", "tag:none"]
)
def test_nonsense_is_not_chosen(client: Client, reader: Subscriber, wish: str) -> None:
    response = save(client, reader, wish)

    assert response.status_code == 422
    assert errors(response)
    assert chosen(reader) == ["everything:"]


def test_a_search_for_controls_finds_nothing(client: Client, reader: Subscriber) -> None:
    response = save(client, reader, find="\0\x07", search="1")

    assert response.status_code == 200
    assert not Page(response).values("[name=wish]", "value")


def test_nobody_saves_without_end(
    client: Client, reader: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailing.site.reader.SAVES", (Limit(2, timedelta(days=1)),))

    answers = [save(client, reader, f"search:word {n}").status_code for n in range(3)]

    assert answers == [303, 303, 429]
    assert chosen(reader) == ["search:word 1"]


def test_what_is_gone_from_the_site_stays_chosen_until_it_is_unticked(
    client: Client, reader: Subscriber
) -> None:
    subscribing.choose(reader, [("tag", "gone")])

    assert page_of(client, reader).values("[name=wish][checked]", "value") == ["tag:gone"]


# How often, when, in which language


def test_a_daily_becomes_a_weekly_at_the_readers_hour(client: Client, reader: Subscriber) -> None:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        save(client, reader, rhythm="weekly", hour="7", zone="Asia/Seoul", language="ko")

    reader.refresh_from_db()
    assert (reader.rhythm, reader.hour, reader.language) == ("weekly", 7, "ko")
    assert reader.next_roll_at == datetime(2026, 11, 29, 22, tzinfo=UTC)
    assert page_of(client, reader).value("html", "lang") == "ko"


@pytest.mark.parametrize(
    "fields", [{"rhythm": "hourly"}, {"hour": "24"}, {"zone": "Mars/Base"}, {"language": "xx"}]
)
def test_what_is_no_choice_is_refused(
    client: Client, reader: Subscriber, fields: dict[str, str]
) -> None:
    response = save(client, reader, **fields)

    assert response.status_code == 422
    assert errors(response)


# A pause


def test_a_pause_ends_by_itself_at_the_readers_midnight(client: Client) -> None:
    reader = make_subscriber(zone="Asia/Seoul", rhythm="weekly")
    with time_machine.travel(datetime(2026, 11, 20, 12, tzinfo=UTC), tick=False):
        client.post(f"/mail/{reader.key}/pause/", {"until": "2026-12-01"})
    reader.refresh_from_db()
    assert (reader.status, reader.next_roll_at) == ("paused", None)
    assert reader.paused_until == datetime(2026, 11, 30, 15, tzinfo=UTC)
    assert Consent.objects.get().kind == "paused"

    for moment, status in (((2026, 11, 30, 14, 59), "paused"), ((2026, 11, 30, 15, 1), "active")):
        with time_machine.travel(datetime(*moment, tzinfo=UTC), tick=False):
            end_pauses.call()
        reader.refresh_from_db()
        assert reader.status == status
    assert reader.next_roll_at is not None


def test_a_pause_made_longer_at_the_last_moment_goes_on() -> None:
    now = timezone.now()
    over = {"status": "paused", "paused_until": now - timedelta(minutes=1)}
    first, second = make_subscriber(**over), make_subscriber(**over)

    def prolong(instance: Subscriber, **_signal: Any) -> None:
        if instance.pk == first.pk:
            subscribing.pause(second, now + timedelta(days=9))

    post_save.connect(prolong, sender=Subscriber)
    try:
        assert end_pauses.call() == 1
    finally:
        post_save.disconnect(prolong, sender=Subscriber)

    second.refresh_from_db()
    assert (second.status, second.paused_until) == ("paused", now + timedelta(days=9))


def test_a_pause_without_an_end_says_so_and_how_it_ends(client: Client) -> None:
    reader = make_subscriber(status="paused", paused_until=None)

    page = Page(client.get(reader.own_path()))

    assert page.texts(".description") == ["Paused, until you let it go on."]
    assert "Go on now" in page.texts("button")


def test_a_pause_can_be_ended(client: Client, reader: Subscriber) -> None:
    subscribing.pause(reader, timezone.now() + timedelta(days=3))

    client.post(f"/mail/{reader.key}/pause/", {"resume": "1"})

    reader.refresh_from_db()
    assert (reader.status, reader.paused_until) == ("active", None)


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01", "9999-12-31", "2026-02-30"])
def test_a_pause_needs_a_day_to_come(client: Client, reader: Subscriber, until: str) -> None:
    response = client.post(f"/mail/{reader.key}/pause/", {"until": until})

    assert response.status_code == 422
    assert errors(response)
    reader.refresh_from_db()
    assert reader.status == "active"


# Another address


def test_mail_goes_to_another_address_once_it_is_confirmed_there(
    client: Client, reader: Subscriber
) -> None:
    client.post(f"/mail/{reader.key}/address/", {"email": NEW})
    told, asked = sorted(mails(), key=lambda sent: sent.to == [NEW])
    assert (told.to, asked.to) == (["reader@example.org"], [NEW])
    assert NEW in page_of(client, reader).text()
    assert NEW not in told.body

    path = paths(asked)[0]
    assert len(Page(client.get(path)).all("main form button")) == 1
    reader.refresh_from_db()
    assert reader.address == "reader@example.org"
    for _ in range(2):
        client.post(path)

    before = reader.digest
    reader.refresh_from_db()
    assert (reader.address, reader.moving_to) == (NEW, "")
    assert shown(Page(client.get(path)).one("h1")) == "Mail goes to your new address."
    moved = Consent.objects.filter(kind="moved").values_list("digest", flat=True)
    assert list(moved) == [before, reader.digest]


def test_a_move_can_be_taken_back(client: Client, reader: Subscriber) -> None:
    client.post(f"/mail/{reader.key}/address/", {"email": NEW})
    path = paths(mails()[-1])[0]

    client.post(f"/mail/{reader.key}/address/", {"stay": "1"})

    assert client.post(path).status_code == 404
    reader.refresh_from_db()
    assert (reader.address, reader.moving_to) == ("reader@example.org", "")


def test_a_move_does_not_tell_who_else_gets_mail(client: Client, reader: Subscriber) -> None:
    make_subscriber(NEW)

    response = client.post(f"/mail/{reader.key}/address/", {"email": NEW})

    assert response.headers["Location"] == f"/mail/{reader.key}/?done=moving"
    assert the_mail().to == ["reader@example.org"]


def test_an_address_that_became_anothers_meanwhile_is_not_taken(
    client: Client, reader: Subscriber
) -> None:
    client.post(f"/mail/{reader.key}/address/", {"email": NEW})
    path = paths(mails()[-1])[0]
    make_subscriber(NEW)

    assert client.post(path).status_code == 404
    assert Subscriber.objects.filter(address=NEW).count() == 1


@pytest.mark.parametrize(
    "email", ["", "bad", "READER@example.org", "a@b.example\nBcc: c@d.example"]
)
def test_a_bad_new_address_is_refused(client: Client, reader: Subscriber, email: str) -> None:
    response = client.post(f"/mail/{reader.key}/address/", {"email": email})

    assert response.status_code == 422
    assert errors(response)
    assert not mail.outbox


def test_nobody_floods_others_by_moving(client: Client, reader: Subscriber) -> None:
    answers = [
        client.post(f"/mail/{reader.key}/address/", {"email": f"new{n}@example.org"}).status_code
        for n in range(7)
    ]

    assert answers == [303] * 5 + [429] * 2


# What is kept


def test_a_reader_gets_all_that_is_kept_as_a_file(client: Client, reader: Subscriber) -> None:
    subscribing.renew(reader, "/mail/")
    make_delivery(make_mailing(make_post("Sent to me")), reader, reason="Mailbox full")
    Event.objects.create(name="e", kind="soft", digest=reader.digest, at=timezone.now())
    SignUp.objects.create(subscriber=reader, form="/subscribe/ (home)", rhythm="weekly")

    response = client.get(f"/mail/{reader.key}/data/")

    data = json.loads(response.content)
    assert response.headers["Content-Disposition"] == 'attachment; filename="mail.json"'
    assert response.headers["Cache-Control"] == "private, no-store"
    assert data["address"] == "reader@example.org"
    assert data["choices"] == [{"kind": "everything", "value": ""}]
    assert [row["what"] for row in data["consents"]] == ["renewed"]
    assert [row["mailing__title"] for row in data["mails"]] == ["Sent to me"]
    assert data["mails"][0]["reason"] == "Mailbox full"
    assert [row["kind"] for row in data["events"]] == ["soft"]
    assert [row["form"] for row in data["sign_ups"]] == ["/subscribe/ (home)"]
    assert (data["group"], data["first_soft_at"]) == ("example.org", None)
    assert reader.key not in response.content.decode()


def test_erasing_asks_once_and_leaves_consents_under_a_digest(
    client: Client, reader: Subscriber
) -> None:
    delivery = make_delivery(subscriber=reader)
    page = Page(client.get(f"/mail/{reader.key}/erase/"))
    assert page.texts("main form button") == ["Erase everything"]
    assert Subscriber.objects.exists()

    response = client.post(f"/mail/{reader.key}/erase/")

    assert shown(Page(response).one("h1")) == "Everything is erased."
    assert not Subscriber.objects.exists()
    consent = Consent.objects.get()
    assert (consent.kind, consent.digest, consent.subscriber) == ("erased", reader.digest, None)
    assert Suppression.objects.get().digest == reader.digest
    delivery.refresh_from_db()
    assert delivery.subscriber is None
    subscribe(client, "reader@example.org")
    assert not mail.outbox
    assert client.get(f"/mail/{reader.key}/").status_code == 404


# Asked again after years


def test_readers_are_asked_again_every_two_years_where_that_is_set(client: Client) -> None:
    reader = make_subscriber("reader@example.org")
    make_subscriber("left@example.org", status="left")
    MailSettings.objects.update(reconfirm_years=2)
    assert ask_again.call() == 0

    with time_machine.travel(timezone.now() + timedelta(days=730)):
        assert [ask_again.call() for _ in range(2)] == [1, 0]
        path = paths(the_mail())[0]
        assert path == f"/mail/{reader.key}/renew/"
        before = reader.consented_at
        client.get(path)
        reader.refresh_from_db()
        assert reader.consented_at == before
        client.post(path)
        reader.refresh_from_db()
        assert reader.consented_at > before
        assert Consent.objects.get().kind == "renewed"
    with time_machine.travel(timezone.now() + timedelta(days=3 * 730)):
        assert ask_again.call() == 1


def test_who_does_not_answer_stays_subscribed_and_is_not_asked_each_day(client: Client) -> None:
    reader = make_subscriber()
    MailSettings.objects.update(reconfirm_years=2)
    for days in (730, 731, 760):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            ask_again.call()

    reader.refresh_from_db()
    assert reader.status == "active"
    assert len(mail.outbox) == 1


def test_who_cannot_be_asked_now_is_asked_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*_given: object) -> None:
        raise RuntimeError

    make_subscriber()
    MailSettings.objects.update(reconfirm_years=2)
    with time_machine.travel(timezone.now() + timedelta(days=730)):
        with monkeypatch.context() as patch:
            patch.setattr(type(notes.send), "enqueue", end)
            with pytest.raises(RuntimeError):
                ask_again.call()

        assert ask_again.call() == 1


@pytest.mark.parametrize(("years", "is_on"), [(0, True), (2, False)])
def test_nobody_is_asked_where_that_is_not_set(years: int, is_on: bool) -> None:
    make_subscriber()
    MailSettings.objects.update(reconfirm_years=years, is_on=is_on)

    with time_machine.travel(timezone.now() + timedelta(days=1000)):
        assert ask_again.call() == 0
