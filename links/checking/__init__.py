"""Whether the pages behind links are still there."""

from links.checking.asking import Manners
from links.checking.outages import current_outage
from links.checking.run import Run, check, make_due
from links.checking.titles import look_up
from links.checking.unfurling import Unfurled
from links.checking.verdicts import Verdict
