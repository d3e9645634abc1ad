"""An issue as a document: one Markdown file, taken apart and put together byte for byte."""

from posts.documents.errors import DocumentError
from posts.documents.headers import split_header
from posts.documents.issues import (
    DAY_OF_NAME,
    MAX_BYTES,
    Issue,
    check_size,
    join_issue,
    parse_issue,
)
from posts.documents.merging import Clash, Merged, merge_texts
from posts.documents.metadata import Metadata
from posts.documents.rewriting import rewrite_header
from posts.markdown.document import SectionSource
