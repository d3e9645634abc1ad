"""Key stored links anew after the rules about addresses changed."""

from links.rekeying.checks import check_keying
from links.rekeying.planning import (
    Group,
    describe,
    finish,
    in_batches,
    keyed_by,
    misplaced_rules,
    note_version,
    plan,
)
from links.rekeying.uniting import unite
