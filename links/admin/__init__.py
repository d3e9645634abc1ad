"""The staff's side of links: one module for each noun, and the parts that admins are made of.

What an upper app adds to (links, rules, decisions) is registered there, as a subclass.
"""

from links.admin.bases import OneRow, ReadOnly, StaffAdmin
from links.admin.decisions import DecisionAdmin
from links.admin.links import LinkAdmin
from links.admin.parts import (
    EMPTY,
    HEALTH,
    SHOWN,
    PeriodFilter,
    ReasonForm,
    Waiting,
    addresses,
    ask,
    badge,
    day,
    moment,
    moment_in_words,
    selection,
    verbatim,
)
from links.admin.rules import SourceRuleAdmin
from links.admin.seen import SEEN, Seen, read_seen, sign_seen
from links.admin.sources import SourceAdmin
