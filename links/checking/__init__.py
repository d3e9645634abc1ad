"""Whether the pages behind links are still there."""

from links.checking.archiving import look_for_copies
from links.checking.asking import Manners
from links.checking.run import Run, check, check_due_links, make_due
from links.checking.verdicts import Verdict

__all__ = [
    "Manners",
    "Run",
    "Verdict",
    "check",
    "check_due_links",
    "look_for_copies",
    "make_due",
]
