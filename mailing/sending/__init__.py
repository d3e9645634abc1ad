"""Mailings on their way: planned, their ledger filled, handed over in slices, within limits.

Faces of other rooms: ``settle`` takes what is told of a delivery afterwards.
"""

from mailing.sending.ledger import having, settle
from mailing.sending.pacing import hourly_limit
from mailing.sending.planning import (
    BEFORE,
    LIVE,
    cancel,
    pause,
    plan,
    repeat_unknown,
    resume,
    stop,
    stop_with_issue,
)
from mailing.sending.refusals import CannotSend
from mailing.sending.signals import refused
from mailing.sending.totals import WITH_REASONS, counts, counts_of, reasons, repeats
from mailing.sending.trying import send_sample, send_test
