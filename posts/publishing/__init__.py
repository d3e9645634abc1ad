"""Save, publish, withdraw and rebuild posts, with all that is derived from their text."""

from posts.publishing.addressing import slug_taken
from posts.publishing.correcting import correct, take_back
from posts.publishing.rescheduling import NotToCome, header_date, reschedule
from posts.publishing.restoring import restore, restored_issue, right_to_restore
from posts.publishing.saving import (
    EditConflict,
    Log,
    end_previews,
    publish,
    rebuild,
    reindex,
    retag,
    save_document,
    withdraw,
)
from posts.publishing.texts import moment, read, stored_issue, with_metadata
from posts.publishing.trashing import delete, erase, leaves_at, recover
