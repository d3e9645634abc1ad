"""Issues on their way: what is typed and not saved, and what is saved and not public yet."""

from posts.drafting.copies import (
    Answer,
    Handle,
    TooLarge,
    discard,
    finish,
    keep,
    mine,
    new_handle,
    prune_working_copies,
    standing,
    unsaved,
)
from posts.drafting.pending import (
    Overtaken,
    discard_pending,
    earlier_edition,
    editions_since,
    is_overtaken,
    issue_of,
    pending_of,
    prune_editions,
    save_for_later,
    settle,
    values_of,
)
from posts.drafting.presence import editors_at
