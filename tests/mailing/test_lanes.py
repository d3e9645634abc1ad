"""Workers on one ledger: how many, what they take of the limits, and which row each one gets."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mailing import sending
from mailing.bounces import lift
from mailing.models import Delivery, Event, ItemSet, Lane, Mailing, MailSettings, Pace, Subscriber
from mailing.sending import ledger, pacing, rolling, slices
from mailing.sending.mails import period_of
from mailing.sending.signals import refused
from mailing.sending.starting import start_due
from posts.models import SiteSettings
from posts.settling import settle
from tasks.backends.database import DatabaseBackend
from tasks.models import StoredTask
from tests.builders import make_post, make_scheduled
from tests.conftest import SignIn, make_member
from tests.mailing.builders import (
    make_delivery,
    make_lane,
    make_mailing,
    make_subscriber,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_is_on")]

Run = Callable[[], int]
Status = Delivery.Status


def queued(number: int, mailing: Mailing | None = None) -> Mailing:
    """Return a mailing of whose ledger so many rows wait."""
    mailing = mailing or make_mailing(is_filled=True)
    for _number in range(number):
        make_delivery(mailing, status=Status.QUEUED)
    return mailing


def waiting_slices() -> int:
    return StoredTask.objects.ready().filter(task_path=slices.send_slice.module_path).count()


def items_key() -> int:
    """Return the key of what a mail brings."""
    return ItemSet.objects.get_or_create(digest="0" * 64, defaults={"uids": b"", "size": 0})[0].pk


def used() -> int:
    """Return how much of the limit of this hour is used."""
    return Pace.objects.get(group=pacing.ALL).sent


def soon(**time: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**time), tick=True)


# Lanes


def test_a_busy_worker_never_finds_more_than_three_tasks_of_a_mailing(
    run_waiting_tasks: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slices, "SLICE", 2)
    mailing, found = queued(20), []
    for _time in range(3):
        start_due.call()
        [lane] = Lane.objects.filter(mailing=mailing)[:1]
        slices.send_slice.call(mailing.pk, lane.mark.hex)
        found.append(Lane.objects.filter(mailing=mailing).count())
    run_waiting_tasks()

    assert found == [3, 3, 3]
    assert sending.counts(mailing)["accepted"] == 20
    assert not Lane.objects.exists()


def test_while_the_hour_is_used_up_no_task_comes(run_waiting_tasks: Run) -> None:
    MailSettings.objects.update(hourly_limit=2)
    mailing = queued(5)
    start_due.call()
    run_waiting_tasks()

    start_due.call()

    assert waiting_slices() == 0
    assert sending.counts(mailing)["accepted"] == 2


def test_a_lane_that_lost_its_task_is_replaced_and_the_task_does_nothing_more(
    run_waiting_tasks: Run,
) -> None:
    mailing = queued(3)
    old = make_lane(mailing)

    start_due.call()
    before = waiting_slices()
    with soon(minutes=21):
        start_due.call()
        by_old = slices.send_slice.call(mailing.pk, old)
        run_waiting_tasks()

    assert (before, by_old) == (1 if before else 0, 0)
    assert sending.counts(mailing)["accepted"] == 3


def test_a_lane_goes_on_with_its_next_task_or_not_at_all(
    run_waiting_tasks: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """A worker ends at once."""

    def killed(*_args: object) -> None:
        raise Killed

    monkeypatch.setattr(slices, "SLICE", 2)
    mailing = queued(5)
    mark = make_lane(mailing)
    with monkeypatch.context() as patch:
        patch.setattr(DatabaseBackend, "enqueue", killed)
        with pytest.raises(Killed):
            slices.send_slice.call(mailing.pk, mark)

    slices.send_slice.call(mailing.pk, mark)
    run_waiting_tasks()

    assert sending.counts(mailing)["accepted"] == 5


def test_of_two_workers_who_are_refused_at_once_the_second_waits_as_long_as_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment, found = timezone.now(), []
    real = pacing.random.uniform

    def other_first(low: float, high: float) -> float:
        monkeypatch.setattr(pacing.random, "uniform", real)
        found.append(pacing.slow("google", moment))
        return real(low, high)

    monkeypatch.setattr(pacing.random, "uniform", other_first)
    found.append(pacing.slow("google", moment))

    assert found[0] == found[1]
    assert Pace.objects.get(group="google").slowings == 1


def test_of_what_a_killed_worker_had_in_hand_nobody_knows_also_when_its_lane_went_on() -> None:
    mailing, mark = make_mailing(is_filled=True), uuid4()
    row = make_delivery(mailing, status=Status.HANDED, claim=mark, handed_at=timezone.now())

    slices.send_slice.call(mailing.pk, mark.hex)

    row.refresh_from_db()
    assert row.status == Status.UNKNOWN


# Limits


def test_what_was_claimed_and_did_not_leave_is_given_back_to_the_hour() -> None:
    MailSettings.objects.update(hourly_limit=4)
    mailing, mark = queued(4), uuid4()
    Subscriber.objects.filter(pk=Subscriber.objects.first().pk).update(status="left")

    rows = ledger.claim(mailing.pk, mark, 10)
    claimed = used()
    ledger.hand(rows[0], None)
    ledger.drop(rows[1], ledger.EMPTY)
    ledger.release(mailing.pk, mark)

    assert (len(rows), claimed, used()) == (3, 3, 1)


def test_mails_for_a_server_that_is_down_take_nothing_of_the_hour() -> None:
    MailSettings.objects.update(hourly_limit=4)
    mailing, mark = queued(2), uuid4()
    for row in ledger.claim(mailing.pk, mark, 10):
        ledger.hand(row, items_key())
        ledger.put_back(row)

    assert used() == 0


# Readers who are gone


def test_a_reader_who_was_erased_keeps_no_other_from_getting_an_issue() -> None:
    post, erased = make_post(), make_subscriber()
    first = make_mailing(post, status=Mailing.Status.DONE)
    make_delivery(first, erased, once_for=post)
    erased.delete()
    make_subscriber()

    assert sending.plan(post, by=None, when=timezone.now()).pk


@pytest.mark.parametrize(("is_gone", "kind"), [(True, "hard"), (False, "soft")])
def test_a_refusal_by_the_server_counts_as_a_mail_that_came_back(is_gone: bool, kind: str) -> None:
    mailing, mark = queued(1), uuid4()
    [row] = ledger.claim(mailing.pk, mark, 1)
    ledger.hand(row, items_key())

    said = {"code": "550 5.1.1", "reason": "no such user"}
    ledger.refuse(row, **said)
    refused.send(Delivery, delivery=row, is_gone=is_gone, **said)

    event = Event.objects.get()
    assert (event.kind, event.delivery, event.digest) == (kind, row, row.subscriber.digest)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    row.subscriber.refresh_from_db()
    assert row.subscriber.status == ("bounced" if is_gone else "active")
    lift(event.digest, by=None, reason="a mistake of theirs")
    row.subscriber.refresh_from_db()
    assert row.subscriber.status == "active"


# Roll-ups of a day


def test_a_roll_up_is_of_the_days_where_the_site_is() -> None:
    SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": "Pacific/Kiritimati"})
    settle()

    found = rolling._mailing("weekly", datetime(2026, 5, 10, 12, 0, tzinfo=UTC), [])

    period = period_of(found)
    assert (f"{period.first}", f"{period.last}") == ("2026-05-04", "2026-05-10")
    assert "10 May" in found.title or "May 10" in found.title


def test_a_day_has_one_roll_up_however_many_make_it() -> None:
    moment = timezone.now()
    first, same = (rolling._mailing("weekly", moment, []) for _time in range(2))
    second = rolling._mailing("weekly", moment, [first.pk])

    assert first == same
    assert second.part == 1
    second.pk, second.part = None, 0
    with pytest.raises(IntegrityError):
        second.save(force_insert=True)


# What it costs to look


def test_the_list_asks_as_often_however_many_mailings_it_has(
    sign_in: SignIn,
) -> None:
    client, url = sign_in(make_member("editor")), "/admin/mailing/mailing/"
    for _number in range(2):
        queued(1)
    make_mailing(make_scheduled(), status=Mailing.Status.PLANNED, starts_at=None)
    number = queries_of(client, url)
    for place in range(4):
        queued(2)
        post = make_scheduled(f"Another {place}")
        make_mailing(post, status=Mailing.Status.PLANNED, starts_at=None)

    assert queries_of(client, url) == number


def queries_of(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_a_ledger_that_is_settled_is_counted_once_unless_something_is_told(
    django_assert_num_queries: Callable,
) -> None:
    mailing = make_mailing(status=Mailing.Status.DONE)
    Mailing.objects.update(finished_at=timezone.now() - timedelta(hours=1))
    row = make_delivery(mailing)

    def counts() -> dict[str, int]:
        return sending.counts(Mailing.objects.get())

    counts()
    with django_assert_num_queries(1):
        assert counts()["accepted"] == 1
    sending.settle(row, Event.Kind.HARD)
    assert (counts()["accepted"], counts()["failed"]) == (0, 1)


# Several workers


@contextmanager
def connections_apart(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Let other threads have connections of their own: to a copy in a file, where tests are in
    memory."""
    if connection.vendor != "sqlite":
        yield
        return
    path = folder / "copy.sqlite3"
    copy = sqlite3.connect(path)
    connection.connection.backup(copy)
    copy.close()
    with patch.context() as patched:
        patched.setitem(connection.settings_dict, "NAME", str(path))
        yield


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_get_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mailing = queued(90)
    found: list[int] = []
    faults: list[BaseException] = []
    begin = threading.Barrier(3)

    def work() -> None:
        try:
            begin.wait(timeout=20)
            while rows := ledger.claim(mailing.pk, uuid4(), 7):
                found.extend(row.pk for row in rows)
        except BaseException as error:  # noqa: BLE001
            faults.append(error)
        finally:
            connection.close()

    with connections_apart(monkeypatch, tmp_path):
        threads = [threading.Thread(target=work) for _number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert faults == []
    assert len(found) == len(set(found)) == 90
