"""Decisions about links, sources and entries of the queue: recorded, and undone from the record."""

from links.decisions.answers import answer_waiting
from links.decisions.entries import decide_entries, decide_entry
from links.decisions.links import (
    BATCH,
    FEW_POSTS,
    FIELDS,
    UNDOING,
    DecisionError,
    Reach,
    decide,
    undo,
)
from links.decisions.record import (
    EXPLAINED,
    Actor,
    Change,
    ReasonMissing,
    Values,
    plain,
    record_decision,
    record_effects,
    tidy_reason,
)
from links.decisions.rules import Place, PlaceError, end_rule, make_rule, read_place

__all__ = [
    "BATCH",
    "EXPLAINED",
    "FEW_POSTS",
    "FIELDS",
    "UNDOING",
    "Actor",
    "Change",
    "DecisionError",
    "Place",
    "PlaceError",
    "Reach",
    "ReasonMissing",
    "Values",
    "answer_waiting",
    "decide",
    "decide_entries",
    "decide_entry",
    "end_rule",
    "make_rule",
    "plain",
    "read_place",
    "record_decision",
    "record_effects",
    "tidy_reason",
    "undo",
]
