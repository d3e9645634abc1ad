"""Many rows at once, and queries whose SQL is compiled once."""

from links.rows.prepared import Rows, prepared
from links.rows.storing import (
    change,
    find,
    insert,
    insert_objects,
    learn_keys,
    learn_newest_keys,
    make,
    rewrite,
    shift,
)

__all__ = [
    "Rows",
    "change",
    "find",
    "insert",
    "insert_objects",
    "learn_keys",
    "learn_newest_keys",
    "make",
    "prepared",
    "rewrite",
    "shift",
]
