"""Imports in the background: the worker goes through the file that somebody uploaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from django.utils import timezone
from django_tasks import task

from mailing.models import Transfer
from mailing.transferring.importing import BATCH, Options, import_subscribers
from mailing.transferring.outcomes import Outcome, report
from mailing.transferring.reading import FileError
from posts import identity
from posts.importing import staging

REPORT: Final = "report.csv"


@task()
def run_import(pk: int) -> int:
    """Carry an import out; return how many rows it had. Begun again, it goes on."""
    transfer = Transfer.objects.select_related("by").filter(pk=pk, finished_at=None).first()
    if transfer is None:
        return 0
    try:
        with staging.opened(transfer.key) as [(_name, file)], identity.speaking():
            _run(transfer, file)
    except staging.NotKept:
        transfer.error = "gone"
    except FileError as error:
        transfer.error = error.code
    transfer.finished_at = timezone.now()
    transfer.save()
    return transfer.rows


def _run(transfer: Transfer, file: IO[bytes]) -> None:
    options = Options(transfer.statement, transfer.asks, by=transfer.by)
    outcomes = import_subscribers(file, options)
    with report_of(transfer).open("wb") as target:
        target.writelines(report(_counted(transfer, outcomes)))


def _counted(transfer: Transfer, outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """Pass outcomes on, and store now and then how many there were."""
    counts: Counter[str] = Counter()
    for one in outcomes:
        counts[one.kind] += 1
        transfer.rows, transfer.counts = counts.total(), dict(counts)
        if transfer.rows % BATCH == 0:
            transfer.save(update_fields=["rows", "counts"])
        yield one


def report_of(transfer: Transfer) -> Path:
    """Return where the report of an import is, while its file is kept. Raises NotKept."""
    return staging.place_of(transfer.key) / REPORT
