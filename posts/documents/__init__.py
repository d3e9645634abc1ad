"""An issue as a document: one Markdown file, taken apart and put together byte for byte."""

from posts.documents.headers import split_header
from posts.documents.issues import (
    MAX_BYTES,
    Issue,
    SectionSource,
    check_size,
    join_issue,
    parse_issue,
    split_sections,
)
from posts.documents.metadata import DocumentError, Metadata
from posts.documents.rewriting import rewrite_header

__all__ = [
    "MAX_BYTES",
    "DocumentError",
    "Issue",
    "Metadata",
    "SectionSource",
    "check_size",
    "join_issue",
    "parse_issue",
    "rewrite_header",
    "split_header",
    "split_sections",
]
