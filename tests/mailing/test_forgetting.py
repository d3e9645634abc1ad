"""What is known of readers is forgotten when its time is over."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailing import forgetting, subscribing
from mailing.models import (
    Choice,
    Chosen,
    Consent,
    Delivery,
    Event,
    MailSettings,
    Subscriber,
    Suppression,
)
from newsletter.retention import KEPT
from tests.conftest import SignIn
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber
from tests.newsletter.production import CHECKOUT
from tests.reading import Page

pytestmark = pytest.mark.django_db


def days_ago(days: int) -> object:
    return timezone.now() - timedelta(days=days)


def test_who_left_is_forgotten_after_the_days_that_are_set(mail_is_on: MailSettings) -> None:
    mail_is_on.keep_days = 10
    mail_is_on.save()
    gone = [
        make_subscriber(f"{status}@example.org", status=status, left_at=days_ago(11))
        for status in ("left", "bounced", "complained")
    ]
    make_subscriber("recent@example.org", status="left", left_at=days_ago(9))
    make_subscriber("reader@example.org", created_at=days_ago(4000))
    Suppression.objects.create(digest=gone[1].digest, reason="bounced")
    Consent.objects.create(subscriber=gone[0], digest=gone[0].digest, kind="withdrawn")
    delivery = make_delivery(subscriber=gone[0])

    assert forgetting.forget.func()["left"] == 3

    left = Subscriber.objects.order_by("address").values_list("address", flat=True)
    assert list(left) == ["reader@example.org", "recent@example.org"]
    consent = Consent.objects.get()
    assert (consent.subscriber, consent.digest) == (None, gone[0].digest)
    assert [row.digest for row in Suppression.objects.all()] == [gone[1].digest]
    delivery.refresh_from_db()
    assert (delivery.subscriber, delivery.status) == (None, "accepted")
    assert not any(forgetting.forget.func().values())


def test_who_never_confirmed_is_forgotten_after_two_weeks() -> None:
    make_subscriber("old@example.org", status="waiting", created_at=days_ago(15))
    make_subscriber("new@example.org", status="waiting", created_at=days_ago(13))

    forgetting.forget.func()

    assert [row.address for row in Subscriber.objects.all()] == ["new@example.org"]


def test_what_servers_said_is_forgotten_and_which_mails_a_reader_got_is_not() -> None:
    old, new = make_mailing(), make_mailing()
    type(old).objects.filter(pk=old.pk).update(created_at=days_ago(91))
    said = {"code": "5.1.1", "reason": "No such mailbox.", "provider_id": "abc"}
    rows = [make_delivery(mailing, **said) for mailing in (old, new)]
    for days, row in ((91, rows[0]), (1, rows[1])):
        Event.objects.create(name=f"e{days}", kind="hard", delivery=row, at=days_ago(days))

    forgetting.forget.func()

    kept = Delivery.objects.order_by("pk").values_list("code", "reason", "provider_id")
    assert list(kept) == [("", "", ""), ("5.1.1", "No such mailbox.", "abc")]
    assert not Delivery.objects.filter(subscriber=None).exists()
    assert [event.name for event in Event.objects.all()] == ["e1"]


def test_forgetting_goes_through_any_number_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    for number in range(5):
        make_subscriber(f"r{number}@example.org", status="left", left_at=days_ago(99))

    assert forgetting.forget.func()["left"] == 5
    assert not Subscriber.objects.exists()


def test_the_settings_say_how_long_everything_is_kept(
    mail_is_on: MailSettings, sign_in: SignIn, owner: User
) -> None:
    mail_is_on.keep_days = 77
    mail_is_on.save()

    page = Page(sign_in(owner).get("/admin/mailing/mailsettings/1/change/"))

    rows = page.texts(".mail-kept div")
    assert len(rows) == len(forgetting.periods())
    assert any("who left" in row and "77" in row for row in rows)


def test_a_mailing_is_silenced_once() -> None:
    old = make_mailing()
    type(old).objects.update(created_at=days_ago(91))
    row = make_delivery(old, code="5.1.1")

    assert forgetting.forget.func()["ledger"] == 1
    with CaptureQueriesContext(connection) as queries:
        assert forgetting.forget.func()["ledger"] == 0
    assert not [one for one in queries if f'FROM "{row._meta.db_table}"' in one["sql"]]


def test_the_documentation_says_the_same_days() -> None:
    text = text_of("docs/mail.md")
    table = text.partition("## How long what is known of readers is kept")[2].partition("\n## ")[0]
    said = {int(days) for days in re.findall(r"\| (\d+)[ ;|]", table)}
    assert said == {forgetting.UNCONFIRMED, forgetting.LEDGER, forgetting.FEEDS}
    operating = text_of("docs/operating.md")
    assert f"never confirmed it | {forgetting.UNCONFIRMED} days |" in operating
    [how_long] = [row.how_long for row in KEPT if "never confirmed" in str(row.what)]
    assert str(how_long) == f"{forgetting.UNCONFIRMED} days"


def text_of(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


def test_choices_that_nobody_has_are_forgotten() -> None:
    reader = make_subscriber(choices=[("search", "rust"), ("tag", "ai")])
    subscribing.choose(reader, [("tag", "ai")])

    assert forgetting.forget.func()["choices"] == 1

    assert list(Choice.objects.values_list("value", flat=True)) == ["ai"]
    assert subscribing.wishes_of(reader) == [("tag", "ai")]


@pytest.mark.django_db(transaction=True)
def test_a_choice_that_somebody_is_about_to_have_is_not_forgotten() -> None:
    reader = make_subscriber(choices=[("tag", "ai")])
    rust = Choice.objects.create(kind="search", value="rust")
    counts: list[int] = []

    def forget() -> None:
        counts.append(forgetting.forget.func()["choices"])
        connection.close()

    with transaction.atomic():
        keys = subscribing.keys_of([("search", "rust")])
        rival = threading.Thread(target=forget)
        if connection.vendor == "postgresql":  # SQLite writes one at a time
            rival.start()
            rival.join(10)
            assert counts  # while this transaction is still open
        Chosen.objects.create(subscriber=reader, choice_id=keys["search", "rust"])

    assert Choice.objects.filter(pk=rust.pk).exists()
    assert ("search", "rust") in subscribing.wishes_of(reader)
