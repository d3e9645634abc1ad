"""Many rows at once, and queries whose SQL is compiled once."""

from links.rows.prepared import Rows, prepared
from links.rows.storing import change, create, insert, rewrite, shift

__all__ = ["Rows", "change", "create", "insert", "prepared", "rewrite", "shift"]
