"""Save, publish, withdraw and rebuild posts, with all that is derived from their text."""

from posts.publishing.saving import (
    EditConflict,
    delete,
    moment,
    publish,
    read,
    rebuild,
    retag,
    save_document,
    slug_taken,
    stored_issue,
    with_metadata,
    withdraw,
)
