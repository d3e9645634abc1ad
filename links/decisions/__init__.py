"""Decisions about links, sources and entries of the queue: recorded, and undone from the record."""

from links.decisions.answers import answer_waiting
from links.decisions.entries import decide_entries, decide_entry
from links.decisions.links import (
    BATCH,
    FEW_POSTS,
    FIELDS,
    MOST,
    DecisionError,
    Reach,
    decide,
    right_to_undo,
    undo,
)
from links.decisions.record import (
    EXPLAINED,
    Change,
    ReasonMissing,
    Values,
    difference,
    record_decision,
    record_effects,
    tidy_reason,
)
from links.decisions.registry import REGISTRY, Undoing
from links.decisions.rules import (
    Place,
    PlaceError,
    end_rule,
    make_rule,
    read_place,
    undo_rule,
)
