"""Subscribers from other services, and to them: CSV files."""

from mailing.transferring.exporting import export_subscribers
from mailing.transferring.importing import Options, describe, import_subscribers
from mailing.transferring.outcomes import FINE, REFUSED, WORDS, Kind, Outcome, counted, report
from mailing.transferring.reading import FileError
from mailing.transferring.running import report_of, run_import
