"""What can be pressed on the page of a mailing, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext, gettext_noop, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from mailing import sending
from mailing.models import Delivery, Mailing

Status = Mailing.Status
Verb = Callable[..., str]


def _stop(row: Mailing, **who: Any) -> str:
    if sending.stop(row, **who):
        return gettext("Stopped. Nothing of it has left.")
    return gettext("It had begun: what has left is gone, the rest is paused.")


def _pause(row: Mailing, **who: Any) -> str:
    sending.pause(row, **who)
    return gettext("Paused. Nothing more leaves until somebody goes on.")


def _resume(row: Mailing, **who: Any) -> str:
    sending.resume(row, **who)
    return gettext("It goes on.")


def cancel(row: Mailing, **who: Any) -> str:
    """End a mailing that is on its way; return what became of it, as a sentence."""
    count = sending.cancel(row, **who)
    words = ngettext("Cancelled: %(n)d reader does not get it.",
                     "Cancelled: %(n)d readers do not get it.", count)  # fmt: skip
    return words % {"n": count}


def _repeat(row: Mailing, **who: Any) -> str:
    count = sending.repeat_unknown(row, **who)
    words = ngettext("%(n)d mail is handed over once more.",
                     "%(n)d mails are handed over once more.", count)  # fmt: skip
    return words % {"n": count}


VERBS: Final[dict[str, tuple[Verb, str]]] = {
    "stop": (_stop, gettext_noop("Stopped its mailing.")),
    "pause": (_pause, gettext_noop("Paused its mailing.")),
    "resume": (_resume, gettext_noop("Went on with its mailing.")),
    "repeat": (_repeat, gettext_noop("Sent again what nobody knew of.")),
}
"""What a button does at once; by the name of the button."""

_STOP = ("stop", _("Stop"))
BUTTONS: Final = {
    Status.PLANNED: (_STOP,),
    Status.HELD: (_STOP,),
    Status.SENDING: (("pause", pgettext_lazy("a mailing", "Pause")),),
    Status.PAUSED: (("resume", _("Go on")),),
}
CANCELLED_LATER: Final = (Status.SENDING, Status.PAUSED)
"""In which the rest can be cancelled: nobody undoes that, so it is asked about first."""


def consequence_of_cancelling(row: Mailing) -> str:
    """Return who would not get a mailing if the rest were cancelled now, as sentences."""
    counts = sending.counts(row)
    waiting = (Delivery.Status.QUEUED, Delivery.Status.DEFERRED, Delivery.Status.CLAIMED)
    missed, got = sum(counts[status] for status in waiting), counts[Delivery.Status.ACCEPTED]
    words = ngettext("%(n)d reader does not get it then.",
                     "%(n)d readers do not get it then.", missed)  # fmt: skip
    if not row.is_filled:
        words = ngettext(
            "At least %(n)d reader does not get it then: more are still being added.",
            "At least %(n)d readers do not get it then: more are still being added.",
            missed,
        )
    have = ngettext("%(n)d reader has it.", "%(n)d readers have it.", got)
    after = gettext(
        "Nobody can go on with it afterwards; another mailing of the issue brings it to those who"
        " were left out."
    )
    return f"{words % {'n': missed}} {have % {'n': got}} {after}"
