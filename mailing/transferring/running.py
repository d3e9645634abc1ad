"""Imports in the background: the worker goes through the file that somebody uploaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Final

from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_tasks import task

from mailing.models import Transfer
from mailing.transferring.importing import Options, import_subscribers
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
    error = _outcome(transfer)
    Transfer.objects.filter(pk=pk).update(error=error, finished_at=timezone.now())
    transfer.refresh_from_db(fields=["rows"])
    return transfer.rows


def _outcome(transfer: Transfer) -> str:
    """Carry an import out; return why it cannot be finished, see ``Transfer.error``."""
    try:
        with staging.opened(transfer.key) as [(_name, file)], identity.speaking():
            _run(transfer, file)
    except staging.NotKept:
        return "gone"
    except PermissionDenied:
        return "denied"
    except FileError as error:
        return error.code
    return ""


def _run(transfer: Transfer, file: IO[bytes]) -> None:
    """Import the rows that are not imported. Raises FileError, NotKept, PermissionDenied."""
    if transfer.by is None:  # whose account is gone; nobody (None) would be the site itself
        raise PermissionDenied
    options = Options(transfer.statement, transfer.asks, by=transfer.by)
    place = report_of(transfer)
    place.touch()

    def keep(outcomes: Sequence[Outcome]) -> None:
        _note(transfer.pk, place, outcomes)

    for _outcome in import_subscribers(file, options, after=transfer.rows, keep=keep):
        pass


def _note(pk: int, place: Path, outcomes: Sequence[Outcome]) -> None:
    """Write a batch into the report, and how far the import is, in the batch's transaction."""
    transfer = Transfer.objects.select_for_update().get(pk=pk)
    with place.open("r+b") as target:
        target.truncate(transfer.reported)
        target.seek(transfer.reported)
        target.writelines(islice(report(outcomes), 1 if transfer.reported else 0, None))
        transfer.reported = target.tell()
    counts = Counter(transfer.counts) + Counter(one.sum for one in outcomes)
    transfer.counts, transfer.rows = dict(counts), counts.total()
    transfer.save(update_fields=["counts", "rows", "reported"])


def report_of(transfer: Transfer) -> Path:
    """Return where the report of an import is, while its file is kept. Raises NotKept."""
    return staging.place_of(transfer.key) / REPORT
