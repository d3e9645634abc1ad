"""What providers tell of mails: who may, what follows, and that nothing is taken twice."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing import bounces
from mailing.bounces import events, providers
from mailing.models import Consent, Delivery, Event, Subscriber, Suppression
from tests.builders import make_post
from tests.mailing import told
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber
from tests.mailing.told import SECRET, about, tell

pytestmark = [
    pytest.mark.one_database,
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]
Status = Subscriber.Status
ANY = pytest.mark.parametrize("provider", told.PROVIDERS)
# What becomes of the reader, and of a mail of which nobody knew.
FOLLOWS = {
    "delivered": (Status.ACTIVE, Delivery.Status.ACCEPTED),
    "hard": (Status.BOUNCED, Delivery.Status.FAILED),
    "soft": (Status.ACTIVE, Delivery.Status.FAILED),
    "deferred": (Status.ACTIVE, Delivery.Status.ACCEPTED),
    "complaint": (Status.COMPLAINED, Delivery.Status.ACCEPTED),
    "left": (Status.LEFT, Delivery.Status.ACCEPTED),
    "opened": (Status.ACTIVE, Delivery.Status.UNKNOWN),
}


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.MAIL_EVENTS_SECRET = SECRET


@pytest.fixture(scope="module")
def sent(shared_rows: None) -> Delivery:
    return make_delivery(status=Delivery.Status.UNKNOWN, provider_id="0000-mail")


@pytest.fixture
def delivery(sent: Delivery) -> Delivery:
    return Delivery.objects.get(pk=sent.pk)


def fresh(row: Any) -> Any:
    row.refresh_from_db()
    return row


# What follows


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        (provider, kind)
        for provider in told.PROVIDERS
        for kind in told.KINDS
        if (provider, kind) not in told.UNTOLD
    ],
)
def test_what_a_provider_tells_settles_the_mail_and_its_reader(
    delivery: Delivery, provider: str, kind: str
) -> None:
    body = told.PROVIDERS[provider](kind, about(delivery))

    assert [tell(provider, body).status_code for _time in range(3)] == [200, 200, 200]

    reader, ledger = FOLLOWS[kind]
    # Amazon says of a delay by a kind of its own, which settles nothing.
    if (provider, kind) == ("ses", "deferred"):
        ledger = fresh(delivery).status
    assert (fresh(delivery.subscriber).status, fresh(delivery).status) == (reader, ledger)
    assert delivery.subscriber.soft_bounces == (kind == "soft")
    assert Event.objects.count() == (kind != "opened" and (provider, kind) != ("ses", "deferred"))
    assert "@" not in "".join(Event.objects.values_list("reason", flat=True))
    assert Suppression.objects.exists() is (kind in {"hard", "complaint"})


def test_leaving_at_the_provider_is_written_down_as_any_other(delivery: Delivery) -> None:
    tell("postmark", told.postmark("left", about(delivery)))

    said = Consent.objects.get()
    assert (said.kind, said.form) == (Consent.Kind.WITHDRAWN, "provider")


def test_a_mail_is_known_by_the_name_its_provider_gave_it(delivery: Delivery) -> None:
    body = told.ses("hard", about(delivery, mail="<0000-mail>"))

    assert tell("ses", body).status_code == 200
    assert fresh(delivery).status == Delivery.Status.FAILED


def test_a_reader_is_known_by_the_address_where_the_mail_is_not() -> None:
    subscriber = make_subscriber("한글@예시.한국")
    body = told.ses("hard", told.About(make_delivery().token, "한글@예시.한국", timezone.now()))

    assert tell("ses", body).status_code == 200
    assert fresh(subscriber).status == Status.BOUNCED


def test_what_is_told_of_mail_of_others_is_not_even_kept() -> None:
    """A provider's account may send for other sites, too."""
    other = told.About(make_delivery().token, "stranger@example.net", timezone.now(), "other")
    body = told.ses("complaint", other)

    assert tell("ses", body).status_code == 200
    assert not Event.objects.exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Type": "SpamNotification"}, Status.ACTIVE),  # a filter's opinion, not the reader's
        ({"Type": "BadEmailAddress"}, Status.BOUNCED),
        ({"Type": "Blocked"}, Status.ACTIVE),
        ({"Type": "AutoResponder"}, Status.ACTIVE),
        ({"Type": "New kind"}, Status.ACTIVE),
    ],
)
def test_postmarks_many_kinds_mean_what_they_say(
    delivery: Delivery, change: dict[str, str], status: str
) -> None:
    assert tell("postmark", told.postmark("hard", about(delivery)) | change).status_code == 200
    assert fresh(delivery.subscriber).status == status


def test_the_signal_of_anymails_own_pages_is_heard(delivery: Delivery) -> None:
    event = AnymailTrackingEvent(
        event_type="bounced",
        event_id="1",
        recipient=delivery.subscriber.address,
        message_id="0000-mail",
        esp_event={"Type": "HardBounce"},
    )
    tracking.send(sender=object, event=event, esp_name="Postmark")

    assert fresh(delivery.subscriber).status == Status.BOUNCED


# Any order, many at once


@pytest.mark.parametrize("kinds", list(permutations(["delivered", "soft", "hard", "deferred"])))
def test_the_order_in_which_it_is_told_does_not_matter(
    delivery: Delivery, kinds: tuple[str, ...]
) -> None:
    for kind in kinds:
        body = told.postmark(kind, about(delivery))
        for _time in range(2):
            assert tell("postmark", body).status_code == 200

    assert fresh(delivery).status == Delivery.Status.FAILED
    assert fresh(delivery.subscriber).status == Status.BOUNCED
    assert Event.objects.count() == 4


def test_a_shuffled_flood_with_replays_says_what_each_thing_says_once() -> None:
    post, chance = make_post(), random.Random(7)  # noqa: S311
    rows = [make_delivery(make_mailing(post), status="unknown") for _number in range(30)]
    kinds = ["delivered", "hard", "soft", "complaint"]
    bodies = [
        told.sendgrid(kinds[number % 4], about(row))[0] for number, row in enumerate(rows)
    ] * 3
    chance.shuffle(bodies)
    for start in range(0, len(bodies), 9):
        assert tell("sendgrid", bodies[start : start + 9]).status_code == 200

    assert Event.objects.count() == 30
    found = [fresh(row.subscriber).status for row in rows]
    assert found[:4] == [Status.ACTIVE, Status.BOUNCED, Status.ACTIVE, Status.COMPLAINED]
    assert found[4:8] == found[:4]


def test_what_was_told_before_the_address_changed_is_told_of_the_old_one(
    delivery: Delivery,
) -> None:
    body = told.postmark("hard", about(delivery))
    subscriber = delivery.subscriber
    old, subscriber.address = subscriber.digest, "new@example.org"
    subscriber.save()

    assert tell("postmark", body).status_code == 200
    assert fresh(subscriber).status == Status.ACTIVE
    assert Suppression.objects.get().digest == old


def test_queries_do_not_grow_with_what_is_of_no_use(
    delivery, django_assert_max_num_queries
) -> None:
    body = told.sendgrid("opened", about(delivery)) * 300
    with django_assert_max_num_queries(8):
        assert tell("sendgrid", body).status_code == 200


# Who may


@pytest.mark.one_database
@ANY
@pytest.mark.parametrize("secret", ["", "wrong", SECRET + "x", SECRET[:-1], "한글"])
def test_without_the_secret_nothing_is_read(
    delivery: Delivery, provider: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def body(request: HttpRequest) -> bytes:
        raise AssertionError("the body was read")

    monkeypatch.setattr(HttpRequest, "body", property(body))
    answer = tell(provider, told.PROVIDERS[provider]("hard", about(delivery)), secret=secret)

    assert (answer.status_code, answer.content) == (403, b"")
    assert not Event.objects.exists()


def test_who_brings_no_secret_is_asked_for_it(delivery: Delivery) -> None:
    """Amazon sends the password of an address only when it is asked for it."""
    answer = tell("ses", told.ses("hard", about(delivery)), secret=None)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="events"'
    assert not Event.objects.exists()


@pytest.mark.parametrize("given", ["Basic", "Basic !!!", "Bearer x", "Basic " + "QQ" * 9, "é"])
def test_a_broken_password_is_a_wrong_one(given: str) -> None:
    answer = Client().post(
        "/mail/events/ses/", "{}", content_type="application/json",
        headers={"Authorization": given},
    )  # fmt: skip

    assert answer.status_code == 403


def test_without_a_secret_in_the_settings_there_is_no_such_page(settings: Settings) -> None:
    settings.MAIL_EVENTS_SECRET = ""

    assert tell("postmark", {}, secret="").status_code == 404


@pytest.mark.parametrize("provider", ["nobody", "SES", "inbound"])
def test_there_are_no_other_providers(provider: str) -> None:
    assert tell(provider, {}).status_code == 404


def test_the_site_runs_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailing.bounces.providers.find_spec", lambda name: None)

    assert tell("postmark", {}).status_code == 404


def test_it_is_no_page_to_be_looked_at() -> None:
    assert Client().get("/mail/events/postmark/").status_code == 405


# What is broken or hostile


@pytest.mark.one_database
@ANY
@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "[" * 100_000,
        '{"Type": "Notification", "Message": "{}"}',
        '{"Type": ["SubscriptionConfirmation"]}',
        b"\xff\xfe",
        '{"event-data": {"event": "failed", "timestamp": 1e300}, "event": {"a": 1}}',
        '[{"event": "bounce", "timestamp": 1e300, "email": {"a": "b"}}]',
        '{"RecordType": {}, "Metadata": [], "Email": 5, "type": 5, "data": 5}',
        '{"event": "hard_bounce", "email": ["a@b"], "ts_epoch": -1e30, "message-id": {}}',
    ],
)
def test_what_is_no_event_changes_nothing(provider: str, body: Any) -> None:
    assert tell(provider, body).status_code in {200, 400}
    assert not Event.objects.exists()


def test_a_large_batch_is_taken_from_who_knows_the_secret_alone(delivery: Delivery) -> None:
    [event] = told.sendgrid("delivered", about(delivery))
    batch = [event | {"padding": "x" * 1000}] * 300

    assert tell("sendgrid", batch).status_code == 200
    assert tell("sendgrid", batch, secret="wrong").status_code == 413
    assert tell("sendgrid", [event | {"padding": "x" * 2_200_000}]).status_code == 413
    assert Event.objects.count() == 1


def test_a_form_is_no_event() -> None:
    answer = Client().post(
        "/mail/events/mailgun/", {"event": "bounced"},
        headers={"Authorization": told.basic("a", SECRET)},
    )  # fmt: skip

    assert answer.status_code == 400


# Amazon's question


def confirmation(url: str) -> dict[str, str]:
    return {"Type": "SubscriptionConfirmation", "MessageId": "1", "SubscribeURL": url}


def test_a_subscription_of_amazons_is_confirmed_by_the_guarded_door(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    url = "https://sns.ap-northeast-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn=a&Token=b"

    def fetch(url: str, **_options: Any) -> Any:
        asked.append(url)
        return type("Answer", (), {"status": 200})

    monkeypatch.setattr("mailing.bounces.providers.fetch", fetch)

    assert tell("ses", confirmation(url)).status_code == 200
    assert asked == [url]


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=b",
        "https://sns.us-east-1.amazonaws.com.example.net/?Action=ConfirmSubscription&Token=b",
        "https://example.net/?Action=ConfirmSubscription&Token=b",
        "https://sns.us-east-1.amazonaws.com@example.net/?Action=ConfirmSubscription&Token=b",
        "https://127.0.0.1/?Action=ConfirmSubscription&Token=b",
        "https://sns.us-east-1.amazonaws.com/?Action=DeleteTopic&Token=b",
        "https://bucket.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=b",
        "file:///etc/passwd",
        "",
    ],
)
def test_no_other_address_is_asked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(url: str, **_options: Any) -> None:
        raise AssertionError(url)

    monkeypatch.setattr("mailing.bounces.providers.fetch", fetch)

    assert tell("ses", confirmation(url)).status_code == 400


def test_five_that_came_back_for_now_are_enough() -> None:
    subscriber, post = make_subscriber(), make_post()
    for days in (20, 15, 10, 5, 1):
        row = make_delivery(make_mailing(post), subscriber)
        at = timezone.now() - timedelta(days=days)
        assert not Suppression.objects.exists()
        tell("brevo", told.brevo("soft", about(row, at=at)))

    assert Suppression.objects.get().reason == Suppression.Reason.BOUNCED
    assert fresh(subscriber).status == Status.BOUNCED
    assert json.dumps(Suppression.objects.get().note)
    assert bounces.is_known("brevo")


@pytest.mark.parametrize(
    "change",
    [
        {"BouncedAt": "0001-01-01T00:00:00+14:00"},
        {"BouncedAt": "9999-12-31T23:59:59-12:00"},
        {"Email": "\ud800@example.org"},
        {"Details": "\ud800 550 \0"},
        {"MessageID": "\ud800\0"},
    ],
    ids=str,
)
def test_what_no_database_takes_is_written_down_as_far_as_it_can_be(
    delivery: Delivery, change: dict[str, str]
) -> None:
    assert tell("postmark", told.postmark("hard", about(delivery)) | change).status_code == 200

    assert fresh(delivery).status == Delivery.Status.FAILED
    assert Event.objects.get().at.year >= 2000


def test_an_event_of_another_shape_is_turned_away(delivery: Delivery) -> None:
    body = told.ses("hard", about(delivery))
    message = json.loads(body["Message"])
    body["Message"] = json.dumps(message | {"bounce": "hard"})
    event = AnymailTrackingEvent(event_type="bounced", esp_event={"bounce": "hard"})

    assert tell("ses", body).status_code == 400
    with pytest.raises(bounces.Unreadable):
        providers.take("ses", [event])


def test_what_came_back_for_now_is_weighed_once_however_often_it_is_told(
    delivery: Delivery, monkeypatch: Any
) -> None:
    weighed: list[int] = []
    weigh = events._weigh

    def count(near: list[Event]) -> None:
        weighed.append(len(near))
        weigh(near)

    monkeypatch.setattr(events, "_weigh", count)
    bodies = [told.sendgrid("soft", about(delivery))[0] for _number in range(9)]

    assert tell("sendgrid", bodies).status_code == 200

    assert weighed == [9]
    assert fresh(delivery.subscriber).status == Status.BOUNCED


def test_what_arrived_long_after_others_came_back_lets_mail_go_again(delivery: Delivery) -> None:
    reader, now = delivery.subscriber, timezone.now()
    for number in range(5):
        old = about(delivery, at=now - timedelta(days=90 - number))
        assert tell("sendgrid", told.sendgrid("soft", old)).status_code == 200
    bodies = [
        told.sendgrid("soft", about(delivery, at=now - timedelta(days=80)))[0],
        told.sendgrid("delivered", about(delivery, at=now))[0],
    ]
    assert fresh(reader).status == Status.BOUNCED

    assert tell("sendgrid", bodies).status_code == 200

    assert (fresh(reader).status, fresh(reader).soft_bounces) == (Status.ACTIVE, 0)
