"""Mailings on their way: what editors plan, and what becomes of it for each reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from pytest_django.fixtures import Settings

from mailing import sending, subscribing
from mailing.admin import words
from mailing.checks import check_sender
from mailing.models import Delivery, Event, Mailing, MailSettings, Pace, Subscriber, Suppression
from mailing.sending import CannotSend, ledger, pacing, slices, trying
from mailing.sending.mails import Mails
from mailing.sending.refusals import (
    HadByAll,
    HasProblem,
    MailIsOff,
    NoReaders,
    NotPublic,
    NotThere,
    TooEarly,
    UnderWay,
)
from mailing.sending.rolling import roll_up
from mailing.sending.starting import start_due
from mailing.sending.transports.smtp import SmtpTransport
from posts.following import set_hidden
from posts.models import Post
from posts.publishing import delete, publish, save_document, withdraw
from posts.throttling import Limit
from tests.builders import item, make_draft, make_post, make_scheduled, parsed
from tests.mailing.builders import (
    make_delivery,
    make_lane,
    make_mailing,
    make_subscriber,
    make_subscribers,
)
from tests.mailing.servers import CLOSE, Obedient, hostile, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_is_on")]

Run = Callable[[], int]
SMTP = "django.core.mail.backends.smtp.EmailBackend"
Status = Delivery.Status


@pytest.fixture
def no_hold(mail_is_on: MailSettings) -> None:
    """Send without minutes to think better of it."""
    mail_is_on.hold_minutes = 0
    mail_is_on.save()


@pytest.fixture
def server(settings: Settings) -> Iterator[Obedient]:
    """A server that takes mail, which the settings name."""
    with serving(Obedient()) as obedient:
        name_server(settings, obedient.port)
        yield obedient


def name_server(settings: Settings, port: int) -> None:
    """Make a server on this machine the one that mail goes to."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5


def sent(post: Post, run: Run, **values: object) -> Mailing:
    """Plan an issue for now, and do all that is due."""
    mailing = sending.plan(post, by=None, when=timezone.now(), **values)
    work(run)
    mailing.refresh_from_db()
    return mailing


def work(run: Run) -> None:
    """Look after mailings as a worker does, once, with all that follows."""
    start_due.call()
    run()


def states(mailing: Mailing) -> dict[str, int]:
    return {status: count for status, count in sending.counts(mailing).items() if count}


def later(**time: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**time), tick=True)


# Planning


def test_an_issue_reaches_every_reader_once_with_their_own_envelope(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    MailSettings.objects.update(bounce_address="bounces@example.org")
    readers = make_subscribers(5)
    make_subscriber(status=Subscriber.Status.LEFT)
    make_subscriber(status=Subscriber.Status.WAITING)

    mailing = sent(make_post(), run_waiting_tasks)

    assert server.recipients == sorted(reader.address for reader in readers)
    assert states(mailing) == {"accepted": 5}
    assert mailing.status == Mailing.Status.DONE
    assert len({mail.sender for mail in server.taken}) == 5
    assert len({mail.message_id for mail in server.taken}) == 5


def test_a_mailing_is_held_for_some_minutes_and_can_be_stopped(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    make_subscribers(2)

    mailing = sent(make_post(), run_waiting_tasks)
    held, until = mailing.status, mailing.held_until
    with later(minutes=9):
        work(run_waiting_tasks)
        stopped = sending.stop(mailing, by=None)
    with later(hours=1):
        work(run_waiting_tasks)

    assert held == Mailing.Status.HELD
    assert timedelta(minutes=9) < until - timezone.now() <= timedelta(minutes=10)
    assert stopped
    assert server.taken == []
    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.CANCELLED


def test_a_mailing_that_nobody_stops_leaves_when_the_minutes_are_over(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    make_subscribers(2)
    sent(make_post(), run_waiting_tasks)

    with later(minutes=11):
        work(run_waiting_tasks)

    assert len(server.taken) == 2


def test_stopping_a_moment_too_late_pauses_what_has_not_left() -> None:
    mailing = make_mailing()
    make_delivery(mailing, status=Status.QUEUED)

    assert not sending.stop(mailing, by=None)
    assert mailing.status == Mailing.Status.PAUSED


def test_with_publishing_it_leaves_when_the_issue_is_public_and_was_held(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    make_subscriber()
    post = make_scheduled()
    mailing = sending.plan(post, by=None, when=None)

    work(run_waiting_tasks)
    before = Mailing.objects.get().status
    with later(days=1, minutes=5):
        work(run_waiting_tasks)
        between = Mailing.objects.get().status
    with later(days=1, minutes=15):
        work(run_waiting_tasks)

    mailing.refresh_from_db()
    assert (before, between) == (Mailing.Status.PLANNED, Mailing.Status.HELD)
    assert mailing.status == Mailing.Status.DONE
    assert len(server.taken) == 1


def test_a_draft_that_is_sent_with_publishing_waits_until_somebody_publishes_it(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    make_subscriber()
    post = make_draft()
    sending.plan(post, by=None, when=None)

    work(run_waiting_tasks)
    publish([post])
    with later(minutes=11):
        work(run_waiting_tasks)
        work(run_waiting_tasks)

    assert len(server.taken) == 1


def test_what_was_planned_for_a_moment_leaves_at_that_moment(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    make_subscriber()
    sending.plan(make_post(), by=None, when=timezone.now() + timedelta(hours=5))

    with later(hours=4, minutes=59):
        work(run_waiting_tasks)
        early = len(server.taken)
    with later(hours=5, minutes=1):
        work(run_waiting_tasks)

    assert (early, len(server.taken)) == (0, 1)


def test_only_readers_of_a_language_get_what_is_for_them(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    make_subscribers(2)
    korean = make_subscriber(language="ko")

    mailing = sent(make_post(), run_waiting_tasks, audience={"language": "ko"})

    assert server.recipients == [korean.address]
    assert states(mailing) == {"accepted": 1}


def test_who_leaves_the_language_to_the_site_gets_what_is_for_readers_of_that(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    reader = make_subscriber(language="")
    make_subscriber(language="ko")

    sent(make_post(), run_waiting_tasks, audience={"language": "en"})

    assert server.recipients == [reader.address]


def test_no_reader_gets_an_issue_by_two_mailings(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    make_subscribers(2)
    post = make_post()
    sent(post, run_waiting_tasks)
    newcomer = make_subscriber()

    second = sent(post, run_waiting_tasks)

    assert states(second) == {"accepted": 1}
    assert len(server.taken) == 3
    assert server.taken[-1].recipient == newcomer.address


def test_an_issue_is_sent_again_to_all_where_an_editor_means_it(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    make_subscribers(2)
    post = make_post()
    sent(post, run_waiting_tasks)

    with pytest.raises(HadByAll):
        sending.plan(post, by=None, when=timezone.now())
    sent(post, run_waiting_tasks, again=True)

    assert len(server.taken) == 4


def test_readers_whom_it_was_refused_for_get_the_next_mailing_of_an_issue_and_nobody_else(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    refused, _fine, dead = make_subscribers(3)
    server.verdicts[refused.address] = "554 5.7.1 looks like spam"
    server.replies[dead.address] = "550 5.1.1 no such user"
    post = make_post()
    sent(post, run_waiting_tasks)
    server.verdicts.clear()
    server.replies.clear()

    second = sent(post, run_waiting_tasks)
    with pytest.raises(HadByAll):
        sending.plan(post, by=None, when=timezone.now())

    assert states(second) == {"accepted": 1}
    assert [mail.recipient for mail in server.taken[1:]] == [refused.address]


def test_who_was_left_out_when_a_mailing_was_cancelled_gets_the_next(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    reader, post = make_subscriber(), make_post()
    first = make_mailing(post, status=Mailing.Status.SENDING, is_filled=True)
    make_delivery(first, reader, status=Status.QUEUED, once_for=post)

    assert sending.cancel(first, by=None) == 1
    second = sent(post, run_waiting_tasks)

    assert states(first) == {"dropped": 1}
    assert states(second) == {"accepted": 1}


@pytest.mark.parametrize(
    ("values", "when", "error"),
    [
        ({"at": None, "status": "draft"}, timedelta(), NotPublic),
        ({}, -timedelta(hours=1), TooEarly),
    ],
)
def test_what_cannot_be_sent_is_refused(
    values: dict, when: timedelta, error: type[CannotSend]
) -> None:
    make_subscriber()
    post = make_post(**values)

    with pytest.raises(error):
        sending.plan(post, by=None, when=timezone.now() + when)


def test_an_issue_that_is_under_way_is_not_planned_again() -> None:
    make_subscriber()
    post = make_post()
    sending.plan(post, by=None, when=None)

    with pytest.raises(UnderWay):
        sending.plan(post, by=None, when=timezone.now())


def test_nothing_is_planned_for_nobody_or_while_mail_is_off_or_of_a_broken_text(
    mail_is_on: MailSettings,
) -> None:
    post = make_post()
    with pytest.raises(NoReaders):
        sending.plan(post, by=None, when=None)
    make_subscriber(language="en")
    with pytest.raises(NoReaders):
        sending.plan(post, by=None, when=None, audience={"language": "ko"})
    broken = save_document(Post(), parsed(), find_problem=lambda *_: "lost a word")
    with pytest.raises(HasProblem):
        sending.plan(broken, by=None, when=None)
    mail_is_on.is_on = False
    mail_is_on.save()
    with pytest.raises(MailIsOff):
        sending.plan(post, by=None, when=None)


def test_while_mail_is_off_nothing_leaves(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    make_subscriber()
    sending.plan(make_post(), by=None, when=timezone.now())
    MailSettings.objects.update(is_on=False)

    work(run_waiting_tasks)

    assert server.taken == []


# The issue goes


def test_withdrawing_an_issue_stops_what_is_planned_of_it() -> None:
    make_subscriber()
    post = make_scheduled()
    mailing = sending.plan(post, by=None, when=None)

    withdraw([post])

    mailing.refresh_from_db()
    assert (mailing.status, mailing.trouble) == (Mailing.Status.CANCELLED, "withdrawn")


def test_a_draft_in_the_trash_is_not_sent_when_it_is_taken_out() -> None:
    make_subscriber()
    post = make_draft()
    mailing = sending.plan(post, by=None, when=None)

    delete(post)

    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.CANCELLED


def test_withdrawing_an_issue_pauses_what_is_on_its_way(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    make_subscribers(3)
    post = make_post()
    server.on_mail = lambda _mail: None
    sending.plan(post, by=None, when=timezone.now())
    start_due.call()
    mailing = Mailing.objects.get()

    withdraw([post])
    run_waiting_tasks()

    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.PAUSED
    assert server.taken == []
    with pytest.raises(NotPublic):
        sending.resume(mailing, by=None)


# On its way


@pytest.fixture
def after_first(
    monkeypatch: pytest.MonkeyPatch, server: Obedient
) -> Callable[[Callable[[], object]], None]:
    """Return a function that has something done once the server took the first mail."""

    carry = slices.Courier._carry
    acts: list[Callable[[], object]] = []

    def carry_on(courier: slices.Courier, *rows: Delivery | None) -> None:
        if server.taken and acts:
            acts.pop()()
        carry(courier, *rows)

    monkeypatch.setattr(slices.Courier, "_carry", carry_on)
    return acts.append


def test_a_reader_who_left_a_second_ago_gets_nothing(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, after_first: Callable
) -> None:
    make_subscribers(3)
    after_first(
        lambda: Subscriber.objects.exclude(address=server.taken[0].recipient).update(
            status=Subscriber.Status.LEFT
        )
    )

    mailing = sent(make_post(), run_waiting_tasks)

    assert states(mailing) == {"accepted": 1, "dropped": 2}
    assert sending.reasons(mailing) == [("dropped", "left", "", 2)]


def test_a_reader_who_moved_a_second_ago_gets_it_at_the_new_address_alone(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, after_first: Callable
) -> None:
    first, second = make_subscribers(2)

    def move() -> None:
        reader = Subscriber.objects.get(pk=second.pk)
        reader.address = "moved@example.org"
        reader.save()

    after_first(move)

    mailing = sent(make_post(), run_waiting_tasks)

    assert server.recipients == sorted((first.address, "moved@example.org"))
    assert states(mailing) == {"accepted": 2}


def test_an_address_that_was_suppressed_a_second_ago_gets_nothing(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, after_first: Callable
) -> None:
    make_subscribers(3)

    def suppress_all() -> None:
        for reader in Subscriber.objects.all():
            Suppression.objects.get_or_create(digest=reader.digest, reason="staff")

    after_first(suppress_all)

    mailing = sent(make_post(), run_waiting_tasks)

    assert states(mailing) == {"accepted": 1, "dropped": 2}
    assert sending.reasons(mailing)[0][:2] == ("dropped", "suppressed")


def test_pausing_stops_within_a_mail_and_going_on_reaches_the_others(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, after_first: Callable
) -> None:
    make_subscribers(4)
    after_first(lambda: Mailing.objects.update(status=Mailing.Status.PAUSED))

    mailing = sent(make_post(), run_waiting_tasks)
    paused = states(mailing)
    sending.resume(mailing, by=None)
    run_waiting_tasks()

    assert paused == {"accepted": 1, "queued": 3}
    assert len(server.taken) == 4


def test_what_is_changed_while_an_issue_is_sent_reaches_every_mail_after_it(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, after_first: Callable
) -> None:
    make_subscribers(3)
    post = make_post(body="- A [find](https://one.example.org/) before.\n")

    def mend() -> None:
        save_document(post, parsed(body="- A [find](https://one.example.org/) after.\n"))

    after_first(mend)

    sent(post, run_waiting_tasks)

    assert [b"before" in mail.data for mail in server.taken] == [True, False, False]
    assert [b"after" in mail.data for mail in server.taken] == [False, True, True]


def test_cancelling_drops_all_that_has_not_left() -> None:
    mailing = make_mailing()
    make_delivery(mailing)
    for status in (Status.QUEUED, Status.DEFERRED, Status.CLAIMED, Status.HANDED):
        make_delivery(mailing, status=status)

    assert sending.cancel(mailing, by=None) == 3
    assert states(mailing) == {"accepted": 1, "dropped": 3, "handed": 1}
    with pytest.raises(NotThere):
        sending.resume(mailing, by=None)


def test_a_mailing_larger_than_a_slice_is_sent_by_several_tasks(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", 3)
    monkeypatch.setattr("mailing.sending.filling.BATCH", 4)
    make_subscribers(11)

    mailing = sent(make_post(), run_waiting_tasks)

    assert states(mailing) == {"accepted": 11}
    assert len(set(server.recipients)) == len(server.taken) == 11
    assert mailing.status == Mailing.Status.DONE


def test_a_test_mail_does_not_go_to_a_suppressed_address(server: Obedient) -> None:
    subscribing.suppress("gone@example.org", Suppression.Reason.COMPLAINED)

    with pytest.raises(CannotSend, match="gets no mail any more"):
        sending.send_test(make_draft(), "Gone@example.org", by=None)

    assert server.taken == []


def test_who_tries_many_addresses_has_to_wait_and_is_told_of_none_meanwhile(
    server: Obedient, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "LIMITS", [Limit(1, timedelta(hours=1))])
    subscribing.suppress("gone@example.org", Suppression.Reason.COMPLAINED)
    post = make_draft()

    with time_machine.travel(timezone.now(), tick=False):
        for said in ("gets no mail any more", "many test mails"):
            with pytest.raises(CannotSend, match=said):
                sending.send_test(post, "gone@example.org", by=editor)


@pytest.mark.parametrize("sender", ["", "nobody", "News <news@>"])
def test_mail_from_no_address_pauses_and_says_so_and_is_found_by_check(
    server: Obedient, settings: Settings, no_hold: None, run_waiting_tasks: Run, sender: str
) -> None:
    make_subscriber()
    settings.EMAIL_FROM = sender

    mailing = sending.plan(make_post(), by=None, when=timezone.now())
    start_due.call()
    run_waiting_tasks()
    mailing.refresh_from_db()

    assert mailing.status == Mailing.Status.PAUSED
    assert "name an address that mails can be from" in words.state_words(mailing)
    assert [one.id for one in check_sender(["default"])] == ["mailing.E002"]
    with pytest.raises(CannotSend, match="Name the address of the sender"):
        sending.send_test(make_draft(), "me@example.org", by=None)
    settings.EMAIL_FROM = "news@example.org"
    assert check_sender(["default"]) == []


# What servers say


def test_a_dead_address_is_suppressed_and_a_policy_is_no_death(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    dead, spam, fine = make_subscribers(3)
    server.replies[dead.address] = f"550 5.1.1 <{dead.address}>: no such user"
    server.verdicts[spam.address] = "554 5.7.1 looks like spam"

    mailing = sent(make_post(), run_waiting_tasks)

    assert states(mailing) == {"accepted": 1, "failed": 2}
    assert server.recipients == [fine.address]
    assert list(Suppression.objects.values_list("digest", flat=True)) == [dead.digest]
    assert sending.reasons(mailing) == [
        ("failed", "550 5.1.1", "…: no such user", 1),
        ("failed", "554 5.7.1", "looks like spam", 1),
    ]


def test_a_service_that_wants_patience_is_left_alone_and_others_get_their_mail(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    slow = [make_subscriber(f"reader{number}@naver.com") for number in range(3)]
    make_subscribers(3)
    for reader in slow:
        server.replies[reader.address] = "421 4.7.0 too fast"

    mailing = sent(make_post(), run_waiting_tasks)
    first = states(mailing)
    server.replies.clear()
    work(run_waiting_tasks)
    soon = states(mailing)
    with later(minutes=1, seconds=5):
        work(run_waiting_tasks)
    with later(minutes=15):
        work(run_waiting_tasks)

    assert first == soon == {"accepted": 3, "queued": 2, "deferred": 1}
    assert states(mailing) == {"accepted": 6}
    assert Pace.objects.get(group="naver").slowings == 0


def test_a_full_mailbox_is_tried_for_three_days_and_holds_nobody_up(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    full, fine = make_subscriber("full@naver.com"), make_subscriber("fine@naver.com")
    server.replies[full.address] = "452 4.2.2 mailbox full"

    mailing = sent(make_post(), run_waiting_tasks)
    first = states(mailing)
    for day in (1, 2, 4):
        with later(days=day):
            work(run_waiting_tasks)

    assert first == {"accepted": 1, "deferred": 1}
    assert states(mailing) == {"accepted": 1, "failed": 1}
    assert server.recipients == [fine.address]
    assert sending.reasons(mailing) == [("failed", "452 4.2.2", "mailbox full", 1)]
    mailing.refresh_from_db()
    assert mailing.status == Mailing.Status.DONE


def play(settings: Settings, run: Run, script: Callable, readers: int = 3) -> tuple:
    """Send an issue to readers by a hostile server; return the mailing and what the server took."""
    make_subscribers(readers)
    with hostile(script) as (server, port):
        name_server(settings, port)
        mailing = sent(make_post(), run)
    return mailing, server


def test_a_server_that_takes_no_mail_of_ours_pauses_the_mailing_and_says_why(
    settings: Settings, no_hold: None, run_waiting_tasks: Run
) -> None:
    mailing, server = play(
        settings,
        run_waiting_tasks,
        lambda step, _mail: "550 5.7.1 who are you" if step == "mail" else None,
    )

    assert mailing.status == Mailing.Status.PAUSED
    assert mailing.trouble == "550 5.7.1 who are you"
    assert states(mailing) == {"queued": 3}
    assert server.taken == []


def test_a_relay_that_refuses_all_readers_one_after_another_pauses_the_mailing(
    settings: Settings, no_hold: None, run_waiting_tasks: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SUSPICIOUS", 3)
    mailing, _server = play(
        settings,
        run_waiting_tasks,
        lambda step, _mail: "550 5.7.1 relaying denied" if step == "rcpt" else None,
        readers=8,
    )

    assert mailing.status == Mailing.Status.PAUSED
    assert mailing.trouble == "refused: 550 5.7.1 relaying denied"
    assert states(mailing) == {"queued": 8}


@pytest.mark.parametrize("readers", [5, 150])
@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "550 5.7.1 relaying denied"])
def test_a_relay_that_refuses_everybody_wipes_no_list(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, readers: int, reply: str
) -> None:
    addresses = [reader.address for reader in make_subscribers(readers)]
    server.replies.update(dict.fromkeys(addresses, reply))

    mailing = sent(make_post(), run_waiting_tasks)
    paused, waiting = mailing.status, states(mailing)
    server.replies.clear()
    sending.resume(mailing, by=None)
    work(run_waiting_tasks)

    assert paused == Mailing.Status.PAUSED
    assert words.state_words(Mailing(status=paused, trouble=f"refused: {reply}")).count(reply)
    assert waiting == {"queued": readers}
    assert not Suppression.objects.exists()
    assert states(mailing) == {"accepted": readers}


def test_who_is_dead_again_after_somebody_said_to_go_on_is_suppressed(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    addresses = [reader.address for reader in make_subscribers(4)]
    server.replies.update(dict.fromkeys(addresses, "550 5.1.1 no such user"))

    mailing = sent(make_post(), run_waiting_tasks)
    before = Suppression.objects.count()
    sending.resume(mailing, by=None)
    work(run_waiting_tasks)
    mailing.refresh_from_db()

    assert before == 0
    assert mailing.status == Mailing.Status.DONE
    assert Suppression.objects.count() == 4


def test_a_single_dead_address_is_no_reason_to_pause_nor_believed(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    server.replies[make_subscriber().address] = "550 5.1.1 no such user"

    mailing = sent(make_post(), run_waiting_tasks)

    assert mailing.status == Mailing.Status.DONE
    assert states(mailing) == {"failed": 1}
    assert not Suppression.objects.exists()


def test_a_server_that_is_down_is_left_alone_for_a_while_and_nobody_is_lost(
    settings: Settings, no_hold: None, run_waiting_tasks: Run
) -> None:
    mailing, _server = play(
        settings, run_waiting_tasks, lambda step, _mail: CLOSE if step == "connect" else None
    )
    down = states(mailing)
    with serving(Obedient()) as server:
        name_server(settings, server.port)
        work(run_waiting_tasks)
        soon = len(server.taken)
        with later(minutes=5):
            work(run_waiting_tasks)

    assert (down, soon) == ({"queued": 3}, 0)
    assert len(server.taken) == 3
    assert states(mailing) == {"accepted": 3}


def drops_the_second(step: str, mail: int) -> str | None:
    return CLOSE if step == "body" and mail == 2 else None


def test_a_mail_of_which_nobody_knows_is_listed_and_left_by_the_owners_rule(
    settings: Settings, no_hold: None, run_waiting_tasks: Run
) -> None:
    mailing, server = play(settings, run_waiting_tasks, drops_the_second)

    assert states(mailing) == {"accepted": 2, "unknown": 1}
    assert sending.reasons(mailing)[0][0] == "unknown"
    assert mailing.status == Mailing.Status.DONE
    assert len(server.taken) == 2


def test_a_mail_of_which_nobody_knows_is_repeated_under_its_message_id_by_the_owners_rule(
    settings: Settings, no_hold: None, run_waiting_tasks: Run, mail_is_on: MailSettings
) -> None:
    mail_is_on.unknown = MailSettings.Unknown.REPEAT
    mail_is_on.save()

    mailing, server = play(settings, run_waiting_tasks, drops_the_second)

    assert states(mailing) == {"accepted": 3}
    assert sending.repeats(mailing) == 1
    assert len(server.taken) == 3


def test_an_editor_may_have_what_nobody_knows_of_sent_again(
    settings: Settings, no_hold: None, run_waiting_tasks: Run
) -> None:
    mailing, _server = play(settings, run_waiting_tasks, drops_the_second)
    with serving(Obedient()) as server:
        name_server(settings, server.port)
        count = sending.repeat_unknown(mailing, by=None)
        run_waiting_tasks()

    assert (count, len(server.taken)) == (1, 1)
    token = Delivery.objects.get(repeats=1).token.hex
    assert token.encode() in server.taken[0].message_id
    assert states(mailing) == {"accepted": 3}


# A worker was killed


def abandoned(mailing: Mailing, number: int) -> str:
    """Leave rows as a killed worker does: one handed, the others claimed; return their mark."""
    claim = "0" * 31 + "1"
    rows = {"claim": claim, "claimed_at": timezone.now()}
    make_delivery(mailing, status=Status.HANDED, handed_at=timezone.now(), **rows)
    for _number in range(number - 1):
        make_delivery(mailing, status=Status.CLAIMED, **rows)
    return claim


def test_the_task_of_a_killed_worker_goes_on_and_leaves_one_mail_unknown(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    mailing = make_mailing(is_filled=True)
    claim = abandoned(mailing, 4)

    slices.send_slice.call(mailing.pk, make_lane(mailing, claim))

    assert states(mailing) == {"accepted": 3, "unknown": 1}


def test_what_a_worker_held_goes_back_when_nothing_was_heard_of_it_for_long(
    server: Obedient, run_waiting_tasks: Run
) -> None:
    mailing = make_mailing(is_filled=True)
    abandoned(mailing, 4)

    with later(minutes=19):
        work(run_waiting_tasks)
        before = states(mailing)
    with later(minutes=21):
        work(run_waiting_tasks)

    assert before == {"claimed": 3, "handed": 1}
    assert states(mailing) == {"accepted": 3, "unknown": 1}


def test_who_was_only_slow_still_says_that_the_server_took_it() -> None:
    mailing = make_mailing()
    claim = abandoned(mailing, 1)
    row = Delivery.objects.get(claim=claim)
    MailSettings.objects.update(unknown=MailSettings.Unknown.REPEAT)
    ledger.lose(Delivery.objects.filter(pk=row.pk))

    ledger.accept(row, "250", "OK", "")

    assert states(mailing) == {"accepted": 1}


# What is told afterwards


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (Status.HANDED, Event.Kind.DELIVERED, Status.ACCEPTED),
        (Status.UNKNOWN, Event.Kind.DELIVERED, Status.ACCEPTED),
        (Status.UNKNOWN, Event.Kind.HARD, Status.FAILED),
        (Status.ACCEPTED, Event.Kind.HARD, Status.FAILED),
        (Status.ACCEPTED, Event.Kind.SOFT, Status.FAILED),
        (Status.ACCEPTED, Event.Kind.COMPLAINT, Status.ACCEPTED),
        (Status.UNKNOWN, Event.Kind.DEFERRED, Status.ACCEPTED),
        (Status.FAILED, Event.Kind.DELIVERED, Status.FAILED),
        (Status.DROPPED, Event.Kind.DELIVERED, Status.DROPPED),
        (Status.QUEUED, Event.Kind.DELIVERED, Status.QUEUED),
    ],
)
def test_what_is_told_afterwards_settles_a_delivery(before: str, kind: str, after: str) -> None:
    row = make_delivery(status=before)

    sending.settle(row, kind, "5.0.0", "why", timezone.now())

    row.refresh_from_db()
    assert row.status == after


def test_a_mail_that_turns_out_to_have_arrived_is_not_repeated() -> None:
    row = make_delivery(status=Status.QUEUED, repeats=1)

    sending.settle(row, Event.Kind.DELIVERED, "", "", timezone.now())

    row.refresh_from_db()
    assert row.status == Status.ACCEPTED


# Limits


def test_no_more_leaves_in_an_hour_than_the_owner_allows(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    MailSettings.objects.update(hourly_limit=3)
    make_subscribers(8)

    with time_machine.travel("2026-05-04 10:30:00+00:00"):
        sent(make_post(), run_waiting_tasks)
        work(run_waiting_tasks)
        first = len(server.taken)
    with time_machine.travel("2026-05-04 11:00:01+00:00"):
        work(run_waiting_tasks)
        second = len(server.taken)
    with time_machine.travel("2026-05-04 12:00:01+00:00"):
        work(run_waiting_tasks)

    assert (first, second, len(server.taken)) == (3, 6, 8)


def test_a_service_with_a_limit_of_its_own_gets_no_more(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    Pace.objects.create(group="naver", limit=2)
    for number in range(4):
        make_subscriber(f"reader{number}@naver.com")
    make_subscribers(3)

    mailing = sent(make_post(), run_waiting_tasks)

    assert states(mailing) == {"accepted": 5, "queued": 2}


def test_a_new_sender_begins_slowly_and_sends_twice_as_much_each_day() -> None:
    settings = MailSettings(warm_up=True)
    pacing.allowance(settings, 1, timezone.now())
    most = []
    for day in range(14):
        moment = timezone.now() + timedelta(days=day)
        most.append(pacing.allowance(settings, 10**9, moment).most)

    assert most[:4] == [20, 40, 80, 160]
    assert most[-1] == 10**9


def test_each_refusal_doubles_the_patience_up_to_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda _low, high: high)
    moment, minutes = timezone.now(), []
    for _time in range(8):
        until = pacing.slow("google", moment)
        minutes.append((until - moment) // timedelta(minutes=1))
        moment = until

    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]


# Who may


@pytest.mark.parametrize(
    ("name", "may"),
    [("admin", True), ("owner", True), ("editor", True), ("moderator", False),
     ("writer", False), ("outsider", False)],
)  # fmt: skip
def test_every_verb_asks_who_it_is(
    name: str, may: bool, request: pytest.FixtureRequest, run_waiting_tasks: Run
) -> None:
    user: User = request.getfixturevalue(name)
    make_subscriber()
    post, mailing = make_post(), make_mailing()
    make_delivery(mailing, status=Status.UNKNOWN)
    acts: list[Callable[[], object]] = [
        lambda: sending.plan(post, by=user, when=None),
        lambda: sending.pause(mailing, by=user),
        lambda: sending.resume(mailing, by=user),
        lambda: sending.stop(mailing, by=user),
        lambda: sending.repeat_unknown(mailing, by=user),
        lambda: sending.cancel(mailing, by=user),
        lambda: sending.send_test(post, "me@example.org", by=user),
    ]
    for act in acts:
        if may:
            act()
        else:
            with pytest.raises(PermissionDenied):
                act()


# Costs


def test_a_mail_costs_one_commit_and_a_few_queries_however_many_there_are(
    server: Obedient, run_waiting_tasks: Run, django_assert_max_num_queries: Callable
) -> None:
    mailing = make_mailing(is_filled=True)
    for _number in range(40):
        make_delivery(mailing, status=Status.QUEUED)

    # Savepoints stand for transactions in a test: two statements each.
    with django_assert_max_num_queries(40 * 6 + 60):
        slices.send_slice.call(mailing.pk, make_lane(mailing))

    assert len(server.taken) == 40


# Parts of issues, and roll-ups


BODY = """## News
- [One](https://one.example.org/): the first.
- [Two](https://two.example.org/): the second.
"""


def test_who_chose_a_source_gets_the_items_of_it_alone(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    make_subscriber(choices=[("source", "one.example.org")])
    whole = make_subscriber()

    mailing = sent(make_post(body=BODY), run_waiting_tasks)

    found = {mail.recipient == whole.address: mail.data for mail in server.taken}
    assert states(mailing) == {"accepted": 2}
    assert b"two.example.org" in found[True]
    assert b"one.example.org" in found[False]
    assert b"two.example.org" not in found[False]


def test_what_was_hidden_since_is_in_no_mail_and_nothing_left_is_no_mail(
    server: Obedient, no_hold: None, run_waiting_tasks: Run, after_first: Callable
) -> None:
    for _number in range(2):
        make_subscriber(choices=[("source", "one.example.org")])
    post = make_post(body=BODY)
    after_first(lambda: set_hidden([item(post, "One")], True, reason="no"))

    mailing = sent(post, run_waiting_tasks)

    assert states(mailing) == {"accepted": 1, "dropped": 1}
    assert sending.reasons(mailing)[0][1] == "empty"


def test_a_weekly_reader_gets_one_roll_up_and_no_issue(
    server: Obedient, no_hold: None, run_waiting_tasks: Run
) -> None:
    with time_machine.travel("2026-05-05 10:00:00+00:00"):
        reader = make_subscriber(rhythm="weekly", rolled_until=timezone.now())
        roll_up.call()
    with time_machine.travel("2026-05-06 10:00:00+00:00"):
        make_post(body=BODY, at=timezone.now())
        roll_up.call()
    for day in (11, 12):
        with time_machine.travel(f"2026-05-{day} 10:00:00+00:00"):
            roll_up.call()
            run_waiting_tasks()

    [mailing] = Mailing.objects.all()
    assert (mailing.kind, mailing.rhythm) == ("rollup", "weekly")
    assert server.recipients == [reader.address]
    assert states(mailing) == {"accepted": 1}
    assert mailing.status == Mailing.Status.DONE


# A worker that is killed


class Killed(BaseException):
    """A worker ends at once: nothing of it is cleaned up."""


@pytest.mark.parametrize("at", ["before", "after", "handing", "composing"])
@pytest.mark.parametrize("rule", ["leave", "repeat"])
def test_a_worker_killed_at_any_moment_loses_nothing_and_leaves_one_mail_unknown(
    at: str, rule: str, server: Obedient, run_waiting_tasks: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    MailSettings.objects.update(unknown=rule)
    mailing = make_mailing(is_filled=True)
    for _number in range(6):
        make_delivery(mailing, status=Status.QUEUED)
    make_lane(mailing)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "release", lambda *_: 0)
        arrange_kill(patch, at)
        with pytest.raises(Killed):
            slices.send_slice.call(mailing.pk, "0" * 32)

    slices.send_slice.call(mailing.pk, "0" * 32)
    run_waiting_tasks()

    # What became of a mail is committed with the mark of the next one.
    assert len({mail.message_id for mail in server.taken}) == len(set(server.recipients))
    taken = len(server.taken)
    if rule == "leave":
        assert states(mailing)["unknown"] == 1
        assert taken == len(set(server.recipients)) == (5 if at == "before" else 6)
    else:
        assert sending.repeats(mailing) == 1
        assert states(mailing) == {"accepted": 6}
        assert (taken, len(set(server.recipients))) == ((6 if at == "before" else 7), 6)


def arrange_kill(patch: pytest.MonkeyPatch, at: str) -> None:
    """Have a worker killed at its third mail: before or after the server takes it, as the row is
    being marked, or while the mail is made."""
    owner, name = {
        "before": (SmtpTransport, "_body"),
        "after": (SmtpTransport, "send"),
        "handing": (ledger, "hand"),
        "composing": (Mails, "of"),
    }[at]
    real, times = getattr(owner, name), []

    def act(*args: Any, **kwargs: Any) -> Any:
        times.append(1)
        if len(times) == 3 and at != "after":
            raise Killed
        found = real(*args, **kwargs)
        if len(times) == 3:
            raise Killed
        return found

    patch.setattr(owner, name, act)
