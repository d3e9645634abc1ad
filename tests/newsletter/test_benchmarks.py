"""Every page has a figure: what no benchmark measures becomes slow unnoticed."""

from benchmarks import pages


def test_every_address_is_measured_or_left_out_for_a_reason() -> None:
    assert pages.missing() == []


def test_nothing_is_measured_that_is_not_there() -> None:
    assert {*pages.PUBLIC, *pages.STAFF, *pages.PAST} <= set(pages.names())
