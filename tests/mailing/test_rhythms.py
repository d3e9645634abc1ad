"""When roll-ups come, in the zones of readers, and what changes of rhythm and pauses do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailing import rhythms
from mailing.models import Rhythm, Subscriber
from posts.models import SiteSettings
from posts.settling import settle

ZONES = (
    "UTC", "Asia/Seoul", "America/New_York", "Africa/Cairo", "America/Santiago", "Asia/Kathmandu",
    "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "Europe/London",
)  # fmt: skip
HOURS = (datetime(2037, 1, 1, tzinfo=UTC) - datetime(1990, 1, 1, tzinfo=UTC)) // timedelta(hours=1)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def reader(rhythm: str = Rhythm.WEEKLY, **fields: object) -> Subscriber:
    return Subscriber(rhythm=rhythm, zone="UTC", status=Subscriber.Status.ACTIVE, **fields)


@pytest.mark.parametrize(
    ("rhythm", "hour", "zone", "after", "expected"),
    [
        ("weekly", 8, "UTC", "2026-05-06 12:00", "2026-05-11 08:00"),
        ("weekly", 8, "UTC", "2026-05-11 07:59", "2026-05-11 08:00"),
        ("weekly", 8, "UTC", "2026-05-11 08:00", "2026-05-18 08:00"),
        # Monday in Seoul begins on Sunday in Greenwich.
        ("weekly", 8, "Asia/Seoul", "2026-05-10 22:00", "2026-05-10 23:00"),
        ("weekly", 0, "America/Los_Angeles", "2026-05-11 06:59", "2026-05-11 07:00"),
        ("monthly", 8, "UTC", "2026-01-31 12:00", "2026-02-01 08:00"),
        ("monthly", 8, "UTC", "2026-02-01 08:00", "2026-03-01 08:00"),
        ("monthly", 8, "UTC", "2028-02-29 12:00", "2028-03-01 08:00"),
        ("monthly", 8, "UTC", "2026-12-31 23:00", "2027-01-01 08:00"),
        ("monthly", 9, "Pacific/Kiritimati", "2026-01-31 10:00", "2026-01-31 19:00"),
        ("weekly", 2, "America/New_York", "2026-03-06 12:00", "2026-03-09 06:00"),
        # 1 November 2026, 01:00 comes twice in New York: it is the first.
        ("monthly", 1, "America/New_York", "2026-10-20 12:00", "2026-11-01 05:00"),
        # 1 April 2001 had no 02:00 in New York: the clocks jumped to three.
        ("monthly", 2, "America/New_York", "2001-03-20 12:00", "2001-04-01 07:00"),
    ],
)
def test_a_roll_up_comes_at_the_hour_of_the_readers_first_day(
    rhythm: str, hour: int, zone: str, after: str, expected: str
) -> None:
    assert rhythms.next_roll(rhythm, hour, zone, moment(after)) == moment(expected)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ["", "No/Such_Zone", "../etc/passwd"])
def test_who_named_no_zone_that_is_known_lives_in_that_of_the_site(zone: str) -> None:
    SiteSettings.objects.update_or_create(pk=1, defaults={"time_zone": "Asia/Seoul"})
    settle()
    found = rhythms.next_roll("weekly", 8, zone, moment("2026-05-06 12:00"))
    assert found == moment("2026-05-10 23:00")


def test_who_gets_each_issue_gets_no_roll_up() -> None:
    assert rhythms.next_roll(Rhythm.EACH, 8, "UTC", moment("2026-05-06 12:00")) is None


@given(
    rhythm=st.sampled_from(["weekly", "monthly"]),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    elapsed=st.integers(0, HOURS),
)
def test_the_next_roll_up_is_the_next_such_hour_of_a_first_day(
    rhythm: str, hour: int, zone: str, elapsed: int
) -> None:
    after = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(hours=elapsed)
    found = rhythms.next_roll(rhythm, hour, zone, after)
    local = found.astimezone(ZoneInfo(zone))
    assert after < found <= after + timedelta(days=7 if rhythm == "weekly" else 31, hours=26)
    assert local.weekday() == 0 if rhythm == "weekly" else local.day == 1
    assert local.hour == hour or local.replace(tzinfo=None) != (
        datetime.combine(local.date(), datetime.min.time().replace(hour=hour))
    )
    # Nothing between: the roll-up before it is not after the moment.
    earlier = rhythms.next_roll(rhythm, hour, zone, found - timedelta(seconds=1))
    assert earlier == found


NOON = moment("2026-05-06 12:00")
MONDAY = moment("2026-05-04 08:00")


def test_a_change_to_each_issue_rolls_up_at_once_what_was_waiting() -> None:
    row = reader(rolled_until=MONDAY)
    rhythms.turn(row, NOON, rhythm=Rhythm.EACH)
    assert rhythms.periods(row, NOON + timedelta(days=1)) == [(MONDAY, NOON)]
    assert (row.next_roll_at, row.rolled_until) == (NOON, NOON)
    rhythms.rolled(row, NOON, NOON)
    assert (row.next_roll_at, row.unrolled, row.rolled_until) == (None, [], NOON)


def test_a_change_to_roll_ups_looks_back_for_what_did_not_come_yet() -> None:
    row = reader(Rhythm.EACH, confirmed_at=moment("2026-01-01 00:00"))
    rhythms.turn(row, NOON, rhythm=Rhythm.WEEKLY)
    assert row.rolled_until == NOON - timedelta(days=7)
    assert row.next_roll_at == moment("2026-05-11 08:00")


def test_a_change_to_roll_ups_looks_back_no_further_than_mail_began() -> None:
    row = reader(Rhythm.EACH, confirmed_at=MONDAY)
    rhythms.turn(row, NOON, rhythm=Rhythm.MONTHLY)
    assert row.rolled_until == MONDAY


def test_between_weekly_and_monthly_what_waits_waits_on() -> None:
    row = reader(rolled_until=MONDAY)
    rhythms.turn(row, NOON, rhythm=Rhythm.MONTHLY)
    assert (row.rolled_until, row.next_roll_at) == (MONDAY, moment("2026-06-01 08:00"))


def test_another_hour_or_zone_moves_the_next_roll_up() -> None:
    row = reader(rolled_until=MONDAY)
    rhythms.turn(row, NOON, hour=20)
    assert row.next_roll_at == moment("2026-05-11 20:00")
    rhythms.turn(row, NOON, zone="Asia/Seoul")
    assert row.next_roll_at == moment("2026-05-11 11:00")


def test_a_pause_keeps_what_waited_and_skips_what_appeared_meanwhile() -> None:
    row = reader(rolled_until=MONDAY)
    rhythms.pause(row, NOON)
    row.status = Subscriber.Status.PAUSED
    assert row.next_roll_at is None
    later = NOON + timedelta(days=30)
    row.status = Subscriber.Status.ACTIVE
    rhythms.resume(row, later)
    until = later + timedelta(days=3)
    assert rhythms.periods(row, until) == [(MONDAY, NOON), (later, until)]
    assert row.next_roll_at == moment("2026-06-08 08:00")


def test_a_change_of_rhythm_in_a_pause_adds_nothing_of_the_pause() -> None:
    row = reader(rolled_until=MONDAY)
    rhythms.pause(row, NOON)
    row.status = Subscriber.Status.PAUSED
    rhythms.turn(row, NOON + timedelta(days=2), rhythm=Rhythm.EACH)
    row.status = Subscriber.Status.ACTIVE
    rhythms.resume(row, NOON + timedelta(days=9))
    assert rhythms.periods(row, NOON + timedelta(days=10)) == [(MONDAY, NOON)]
    assert row.next_roll_at == NOON + timedelta(days=9)
