"""Save, publish, withdraw and rebuild posts, with all that is derived from their text."""

from posts.publishing.saving import (
    EditConflict,
    Log,
    delete,
    end_previews,
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
