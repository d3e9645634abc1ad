"""Time zones as the site's settings and readers by mail are offered them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import translation

from posts import identity

WINTER = datetime(2026, 1, 10, tzinfo=UTC)
SUMMER = datetime(2026, 7, 10, tzinfo=UTC)


def test_those_often_chosen_come_first_by_city_and_distance_from_utc() -> None:
    name, zones = identity.zone_choices(at=WINTER)[0]

    assert name == "Often chosen"
    offered = dict(zones)
    assert offered["Asia/Seoul"] == "Seoul (UTC+9)"
    assert offered["Asia/Kolkata"] == "Kolkata (UTC+5:30)"
    assert offered["America/New_York"] == "New York (UTC−5)"
    assert offered["UTC"] == "UTC"
    assert dict(identity.zone_choices(at=SUMMER)[0][1])["America/New_York"] == "New York (UTC−4)"


def test_the_others_are_found_by_region_and_city() -> None:
    groups = dict(identity.zone_choices())

    assert ("Asia/Pyongyang", "Pyongyang") in groups["Asia"]
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in groups["Americas"]
    assert "Others" not in groups
    assert not [zone for zones in groups.values() for zone, _n in zones if zone.startswith("Etc/")]


def test_one_that_was_chosen_stays_whatever_it_is_called() -> None:
    assert dict(identity.zone_choices(["US/Pacific", "", "No/Where"]))["Others"] == [
        ("US/Pacific", "US/Pacific")
    ]


def test_a_zone_is_said_in_the_language_of_the_page() -> None:
    with translation.override("ko"):
        assert identity.zone_words("Asia/Seoul", WINTER) == "서울 (UTC+9)"
        assert identity.zone_words("America/Argentina/Salta", WINTER).endswith("Salta (UTC−3)")
    assert identity.zone_words("No/Where") == "No/Where"
