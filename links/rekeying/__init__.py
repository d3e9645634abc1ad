"""Key stored links anew after the rules about addresses changed."""

from links.rekeying.planning import (
    Group,
    describe,
    finish,
    in_batches,
    keyed_by,
    misplaced_rules,
    note_version,
    plan,
    written_in,
)
from links.rekeying.uniting import unite

__all__ = [
    "Group",
    "describe",
    "finish",
    "in_batches",
    "keyed_by",
    "misplaced_rules",
    "note_version",
    "plan",
    "unite",
    "written_in",
]
