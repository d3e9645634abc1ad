"""Mails that come back: what counts, for whom, how often, and what harms nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import Message
from email.utils import format_datetime
from uuid import UUID, uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.core.mail import EmailMessage
from django.utils import timezone

from mailing import bounces, choosing, subscribing
from mailing.addresses import digest_of
from mailing.bounces import Outcome, Told
from mailing.bounces.events import SOFT_NOTE
from mailing.models import (
    Consent,
    Delivery,
    Event,
    MailSettings,
    SignUp,
    Subscriber,
    Suppression,
)
from mailing.subscribing import notes, of_envelope
from mailing.subscribing.tokens import in_envelope
from tests.builders import make_post
from tests.mailing import letters
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
Make = Callable[[UUID], bytes]
Status = Subscriber.Status


@pytest.fixture(scope="module")
def sent(shared_rows: None) -> Delivery:
    return make_delivery(status=Delivery.Status.UNKNOWN)


@pytest.fixture
def delivery(sent: Delivery) -> Delivery:
    """A mail of which nobody knows whether the server took it."""
    return Delivery.objects.get(pk=sent.pk)


def fresh(row):
    row.refresh_from_db()
    return row


def is_suppressed(subscriber: Subscriber) -> bool:
    return Suppression.objects.filter(digest=subscriber.digest).exists()


# What counts


@pytest.mark.parametrize("make", letters.GONE.values(), ids=letters.GONE)
def test_an_address_that_is_gone_gets_no_mail_any_more(delivery: Delivery, make: Make) -> None:
    assert bounces.take_mail(make(delivery.token)) == Outcome.COUNTED

    assert fresh(delivery.subscriber).status == Status.BOUNCED
    assert Suppression.objects.get().reason == Suppression.Reason.BOUNCED
    assert fresh(delivery).status == Delivery.Status.FAILED
    event = Event.objects.get()
    assert (event.kind, event.delivery) == (Event.Kind.HARD, delivery)
    assert "@" not in delivery.reason + event.reason


@pytest.mark.parametrize("make", letters.FOR_NOW.values(), ids=letters.FOR_NOW)
def test_what_came_back_for_now_ends_nothing(delivery: Delivery, make: Make) -> None:
    assert bounces.take_mail(make(delivery.token)) == Outcome.COUNTED

    subscriber = fresh(delivery.subscriber)
    assert (subscriber.status, subscriber.soft_bounces) == (Status.ACTIVE, 1)
    assert fresh(delivery).status == Delivery.Status.FAILED
    assert Event.objects.get().kind == Event.Kind.SOFT


def test_a_delay_says_that_a_server_has_the_mail(delivery: Delivery) -> None:
    assert bounces.take_mail(letters.delayed(delivery.token)) == Outcome.COUNTED

    assert fresh(delivery).status == Delivery.Status.ACCEPTED
    assert fresh(delivery.subscriber).soft_bounces == 0


def test_who_calls_a_mail_spam_gets_none_any_more(delivery: Delivery) -> None:
    assert bounces.take_mail(letters.complaint(delivery.token)) == Outcome.COUNTED

    assert fresh(delivery.subscriber).status == Status.COMPLAINED
    assert Suppression.objects.get().reason == Suppression.Reason.COMPLAINED
    assert fresh(delivery).status == Delivery.Status.ACCEPTED


def test_who_says_that_a_mail_is_no_spam_keeps_getting_it(delivery: Delivery) -> None:
    mail = letters.complaint(delivery.token, "not-spam")

    assert bounces.take_mail(mail) == Outcome.AUTOMATIC
    assert fresh(delivery.subscriber).status == Status.ACTIVE


def test_a_complaint_without_our_mail_counts_for_nobody(delivery: Delivery) -> None:
    mail = letters.complaint(delivery.token, returned="To: reader@example.com\n")

    assert bounces.take_mail(mail) == Outcome.NOBODY


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("bounces@news.example.org", "leave {key}"),
        ("bounces@news.example.org", "unsubscribe {token}"),
        ("leave+{key}@news.example.org", ""),
        ("leave+{token}@news.example.org", "Please"),
        ("bounces+{token}@news.example.org", "unsubscribe"),
        ("bounces+{key}@news.example.org", "Leave"),
    ],
)
def test_a_mail_program_leaves_by_mail(delivery: Delivery, to: str, subject: str) -> None:
    given = {"key": delivery.subscriber.key, "token": delivery.token.hex}
    mail = letters.mail(
        to=to.format(**given),
        From="reader@example.com",
        Return_Path="<reader@example.com>",
        Subject=subject.format(**given),
        body="This message was automatically generated.",
    )

    assert bounces.take_mail(mail) == Outcome.LEFT
    assert fresh(delivery.subscriber).status == Status.LEFT
    assert Consent.objects.get().kind == Consent.Kind.WITHDRAWN
    assert bounces.take_mail(mail) == Outcome.KNOWN


@pytest.mark.parametrize("subject", ["Re: UK votes to leave", "I am on annual leave"])
def test_an_answer_with_such_a_word_in_it_leaves_nothing(delivery: Delivery, subject: str) -> None:
    mail = letters.mail(
        to=letters.envelope(delivery.token),
        From="reader@example.com",
        Return_Path="<reader@example.com>",
        Subject=subject,
        In_Reply_To=f"<{delivery.token.hex}@news.example.org>",
        body="Thanks!",
    )

    assert bounces.take_mail(mail) == Outcome.STRANGE
    assert fresh(delivery.subscriber).status == Status.ACTIVE


def test_an_automatic_answer_means_nothing(delivery: Delivery) -> None:
    assert bounces.take_mail(letters.absence(delivery.token)) == Outcome.AUTOMATIC
    assert fresh(delivery.subscriber).status == Status.ACTIVE
    assert not Event.objects.exists()


def test_a_short_mail_that_came_back_is_known_by_the_key_of_its_reader() -> None:
    subscriber = make_subscriber()
    returned = f"List-Unsubscribe: <https://news.example.org/mail/leave/{subscriber.key}/>\n"
    mail = letters.report(
        uuid4(), "Action: failed\nStatus: 5.1.1", to="bounces@news.example.org", returned=returned
    )

    assert bounces.take_mail(mail) == Outcome.COUNTED
    assert fresh(subscriber).status == Status.BOUNCED


@pytest.mark.parametrize("kind", ["confirm", "welcome", "goodbye"])
def test_a_short_mail_that_came_back_is_known_by_its_envelope(
    kind: str, mail_is_on: MailSettings, mailoutbox: list[EmailMessage]
) -> None:
    subscriber, said = asked_by(mail_is_on)

    notes.send.call(kind, subscriber.pk, said)

    [sent] = mailoutbox
    assert str(sent.message()["From"]) == "Newsletter <news@news.example.org>"
    came_back = letters.report(
        uuid4(), "Action: failed\nStatus: 5.1.1", to=sent.from_email, returned="Subject: a mail\n"
    )
    assert bounces.take_mail(came_back) == Outcome.COUNTED
    assert is_suppressed(subscriber)


def test_a_short_mail_that_came_back_from_an_earlier_address_counts_for_nobody(
    mail_is_on: MailSettings, mailoutbox: list[EmailMessage]
) -> None:
    subscriber, said = asked_by(mail_is_on)
    notes.send.call("welcome", subscriber.pk, said)
    subscriber.address = "new@example.org"
    subscriber.save()

    came_back = letters.report(
        uuid4(), "Action: failed\nStatus: 5.1.1", to=mailoutbox[0].from_email, returned="\n"
    )

    assert bounces.take_mail(came_back) == Outcome.NOBODY


def test_a_mail_to_an_address_that_is_not_confirmed_yet_says_nothing_of_the_reader(
    mail_is_on: MailSettings, mailoutbox: list[EmailMessage]
) -> None:
    subscriber, _said = asked_by(mail_is_on)
    subscriber.moving_to = "new@example.org"
    subscriber.save()

    notes.send.call("move", subscriber.pk)

    [sent] = mailoutbox
    assert (sent.from_email, sent.to) == ("bounces@news.example.org", ["new@example.org"])


def test_a_word_like_that_of_an_envelope_is_nobodys() -> None:
    subscriber = make_subscriber()
    mine = in_envelope(subscriber)

    assert of_envelope([uuid4(), UUID(int=2**128 - 1), UUID(int=mine.int ^ 1), mine]) == subscriber
    assert of_envelope([UUID(int=mine.int ^ 1)]) is None


def asked_by(settings: MailSettings) -> tuple[Subscriber, int]:
    """Return somebody who asked for mail and left, and what they asked for; mail that comes back
    has an address of its own."""
    settings.sender_address = "news@news.example.org"
    settings.bounce_address = "bounces@news.example.org"
    settings.save()
    subscriber = make_subscriber(status=Status.LEFT, language="en")
    sign_up = SignUp.objects.create(subscriber=subscriber, form="/subscribe/", language="en")
    return subscriber, sign_up.pk


# Once, in any order


def test_the_same_mail_counts_once(delivery: Delivery) -> None:
    mail = letters.FOR_NOW["full"](delivery.token)

    outcomes = [bounces.take_mail(mail) for _time in range(6)]
    outcomes.append(bounces.take_mail(b"Received: by another way\n" + mail))

    assert outcomes == [Outcome.COUNTED] + [Outcome.KNOWN] * 6
    assert fresh(delivery.subscriber).soft_bounces == 1


def bounce(delivery: Delivery, days_ago: float, kind: str = Event.Kind.SOFT) -> None:
    bounces.record(
        bounces.Told(
            name=f"{kind} {days_ago}",
            kind=Event.Kind(kind),
            at=timezone.now() - timedelta(days=days_ago),
            delivery=delivery,
        )
    )


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
@pytest.mark.parametrize(
    ("soft", "delivered", "is_over"),
    [
        ([1, 2, 3, 4], [], False),
        ([1, 2, 3, 4, 5], [], True),
        ([0, 10, 20, 25, 29.9], [], True),
        ([0, 10, 20, 25, 30.1], [], False),
        ([1, 2, 3, 4, 5], [2.5], False),
        ([1, 2, 3, 4, 5, 6, 7, 8], [2.5], True),
        ([1, 2, 3, 4, 5], [0.5], True),  # five are enough, whatever came later
        ([1, 2, 3, 4, 5], [6], True),
    ],
)
def test_five_in_thirty_days_are_enough_unless_one_arrived_in_between(
    soft: list[float], delivered: list[float], is_over: bool, order: slice
) -> None:
    subscriber, post = make_subscriber(), make_post()
    told = [(days, Event.Kind.SOFT) for days in soft]
    told += [(days, Event.Kind.DELIVERED) for days in delivered]
    for days, kind in sorted(told, reverse=True)[order]:
        bounce(make_delivery(make_mailing(post), subscriber), days, kind)

    assert is_suppressed(subscriber) is is_over
    assert (fresh(subscriber).status == Status.BOUNCED) is is_over


@pytest.mark.parametrize("kinds", [["delivered", "hard"], ["hard", "delivered"]])
def test_a_mail_that_came_back_after_all_failed_in_whatever_order_it_is_told(
    delivery: Delivery, kinds: list[str]
) -> None:
    for kind in kinds:
        bounce(delivery, 1 if kind == "hard" else 2, kind)

    assert fresh(delivery).status == Delivery.Status.FAILED
    assert is_suppressed(delivery.subscriber)


def test_news_before_the_worker_knows_stand(delivery: Delivery) -> None:
    Delivery.objects.update(status=Delivery.Status.HANDED)

    bounces.take_mail(letters.GONE["gmail"](delivery.token))

    assert fresh(delivery).status == Delivery.Status.FAILED


def test_what_arrived_settles_a_mail_of_which_nobody_knew(delivery: Delivery) -> None:
    bounce(delivery, 0, Event.Kind.DELIVERED)

    assert fresh(delivery).status == Delivery.Status.ACCEPTED


# Whom it does not touch


def test_the_new_address_of_a_reader_does_not_pay_for_the_old_one(delivery: Delivery) -> None:
    Delivery.objects.update(handed_at=timezone.now() - timedelta(hours=1))
    subscriber = delivery.subscriber
    subscriber.address = "moved@example.org"
    subscriber.save()
    Consent.objects.create(subscriber=subscriber, digest=subscriber.digest, kind=Consent.Kind.MOVED)

    assert bounces.take_mail(letters.GONE["gmail"](delivery.token)) == Outcome.COUNTED
    assert fresh(subscriber).status == Status.ACTIVE
    assert fresh(delivery).status == Delivery.Status.FAILED


def test_of_who_was_erased_only_the_ledger_learns(delivery: Delivery) -> None:
    delivery.subscriber.delete()

    assert bounces.take_mail(letters.GONE["gmail"](delivery.token)) == Outcome.COUNTED
    assert fresh(delivery).status == Delivery.Status.FAILED
    assert Event.objects.get().digest == ""


def test_a_report_about_somebody_who_got_nothing_counts_for_nobody(delivery: Delivery) -> None:
    """Whoever guesses an address cannot end its mail: a token is what nobody guesses."""
    address = delivery.subscriber.address
    mail = letters.report(
        uuid4(),
        f"Original-Recipient: rfc822;{address}\nAction: failed\nStatus: 5.1.1",
        words=f"<{address}>: user unknown",
    )

    assert bounces.take_mail(mail) == Outcome.NOBODY
    assert fresh(delivery.subscriber).status == Status.ACTIVE
    assert not Suppression.objects.exists()


def nested(depth: int) -> bytes:
    text = b"Content-Type: text/plain\n\nend\n"
    for number in range(depth):
        edge = b"b%d" % number
        text = (
            b'Content-Type: multipart/report; boundary="' + edge + b'"\n\n--' + edge + b"\n" + text
            + b"\n--" + edge + b"--\n"
        )  # fmt: skip
    return text


HOSTILE = {
    "empty": b"",
    "zeros": b"\0" * 200_000,
    "no head": "그냥 글".encode("utf-16"),
    "nested": nested(400),
    "nested a little": nested(18),
    "one line": b"Subject: " + b"a" * 2_000_000,
    "headers": b"X: y\n" * 300_000,
    "parts": b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 200_000,
    "wrong charset": b"Content-Type: text/plain; charset=no-such\n\n\xff\xfe 550 5.1.1",
    "wrong encoding": b"Content-Transfer-Encoding: base64\n\n=!=!=",
    "angle brackets": b"Content-Type: text/html\n\n" + b"<" * 900_000,
    "codes": b"From: MAILER-DAEMON@x\nReturn-Path: <>\n\n" + b"5.1." * 250_000,
    "tokens": b"From: MAILER-DAEMON@x\n\n" + (b"Message-ID: <" + b"ab" * 16 + b">\n") * 20_000,
    "blocks": letters.report(uuid4(), "\n\n".join(["Action: x"] * 20_000)),
    "large": letters.report(uuid4(), "Action: failed\nStatus: 5.1.1") + b"x" * 50_000_000,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_mail_harms_nobody(data: bytes) -> None:
    assert bounces.take_mail(data) in {Outcome.STRANGE, Outcome.NOBODY}
    assert not Event.objects.exists()


@pytest.mark.parametrize("date", ["Mon, 1 Jan 1900 00:00:00 +0000", "1 Jan 9999 00:00", "never"])
def test_a_report_counts_as_of_now_whatever_date_it_bears(delivery: Delivery, date: str) -> None:
    mail = letters.report(delivery.token, "Action: failed\nStatus: 5.2.2", Date=date)

    assert bounces.take_mail(mail) == Outcome.COUNTED
    assert timezone.now() - timedelta(days=31) < Event.objects.get().at <= timezone.now()


def test_reports_count_by_when_they_were_written() -> None:
    subscriber = make_subscriber()
    for days in range(5):
        row = make_delivery(subscriber=subscriber)
        date = format_datetime(timezone.now() - timedelta(days=days))
        bounces.take_mail(letters.report(row.token, "Action: failed\nStatus: 5.2.2", Date=date))

    assert is_suppressed(subscriber)


# What staff take back


def test_staff_take_a_suppression_back_with_a_reason(delivery: Delivery, owner) -> None:
    mail = letters.GONE["gmail"](delivery.token)
    bounces.take_mail(mail)
    subscriber = delivery.subscriber

    bounces.lift(subscriber.digest, by=owner, reason="Said on the phone that it works")

    assert fresh(subscriber).status == Status.ACTIVE
    assert not is_suppressed(subscriber)
    assert bounces.take_mail(mail) == Outcome.KNOWN
    bounce(make_delivery(subscriber=subscriber), 1, Event.Kind.HARD)  # of before, told late
    assert not is_suppressed(subscriber)
    bounce(make_delivery(subscriber=subscriber), -0.01, Event.Kind.HARD)
    assert is_suppressed(subscriber)


def test_who_may_not_change_subscribers_takes_nothing_back(editor) -> None:
    Suppression.objects.create(digest=digest_of("a@example.org"), reason="bounced")

    with pytest.raises(PermissionDenied):
        bounces.lift(digest_of("a@example.org"), by=editor, reason="why not")
    assert Suppression.objects.exists()


def test_a_reason_is_needed_to_take_a_suppression_back(owner) -> None:
    with pytest.raises(ValueError, match="reason"):
        bounces.lift(digest_of("a@example.org"), by=owner, reason=" ")


@pytest.mark.parametrize("how", ["lifted", "delivered"])
def test_who_gets_mail_again_gets_nothing_of_the_time_of_the_bounce(how: str) -> None:
    now = timezone.now()
    reader = make_subscriber(rhythm="weekly", rolled_until=now - timedelta(days=90))
    with time_machine.travel(now - timedelta(days=60)):
        subscribing.suppress(reader.digest, "bounced", SOFT_NOTE)
    make_post("Long ago", at=now - timedelta(days=30))

    if how == "lifted":
        bounces.lift(reader.digest, by=None, reason="It works again")
    else:
        Subscriber.objects.update(soft_bounces=5)
        bounces.record(Told("arrived", Event.Kind.DELIVERED, now, address=reader.address))

    reader.refresh_from_db()
    assert (reader.status, reader.left_at, reader.soft_bounces) == ("active", None, 0)
    assert reader.rolled_until is not None
    assert reader.rolled_until >= now
    assert reader.next_roll_at is not None
    assert list(choosing.due_rollups(reader.next_roll_at)) == []


def test_a_mail_of_empty_lines_is_short_for_the_library(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(message: Message) -> tuple[frozenset[bytes], frozenset[bytes]]:
        seen.append(message.as_string())
        return frozenset(), frozenset({b"reader@example.com"})

    monkeypatch.setattr("flufl.bounce.all_failures", look)
    body = "\n" * 900_000 + "[" * 90_000 + "\n550 5.1.1 no such user"
    mail = letters.mail(to=letters.envelope(delivery.token), body=body)

    assert bounces.take_mail(mail) == Outcome.COUNTED
    [text] = seen
    assert len(text) < 50_000
    assert max(map(len, text.splitlines())) < 1000


def test_the_library_is_not_asked_about_mail_that_names_none_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("flufl.bounce.all_failures", lambda message: pytest.fail("it was asked"))

    assert bounces.take_mail(letters.mail(to="b@example.org", body="\n" * 9)) == Outcome.STRANGE
