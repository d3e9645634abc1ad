"""Save, publish, withdraw and rebuild posts, with all that is derived from their text."""

from posts.publishing.addressing import slug_taken
from posts.publishing.rescheduling import NotToCome, header_date, reschedule
from posts.publishing.restoring import restore, restored_issue, right_to_restore
from posts.publishing.saving import (
    EditConflict,
    Log,
    correct,
    end_previews,
    moment,
    publish,
    read,
    rebuild,
    reindex,
    retag,
    save_document,
    stored_issue,
    take_back,
    with_metadata,
    withdraw,
)
from posts.publishing.trashing import delete, erase, leaves_at, recover
