"""A skipped test hides a hole: in continuous integration, which has all tools, it is a failure.

The corpus is no tool, and no part of the project: a machine without it tests what it can.
"""

import os
from collections.abc import Generator
from typing import NoReturn

import pytest

from tests import corpus


def lacks(what: str) -> NoReturn:
    """End a test that needs a program which is not here: a failure in CI, a skip elsewhere."""
    complain = pytest.fail if os.environ.get("CI") else pytest.skip
    complain(f"needs {what}")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return
    if not corpus.is_missing(str(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure when `CI` is set."""
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole module into a failure when `CI` is set."""
    report = yield
    _fail_if_skipped(report)
    return report
