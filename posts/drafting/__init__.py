"""Issues on their way: what somebody typed and has not saved."""

from posts.drafting.copies import (
    Answer,
    Handle,
    State,
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
from posts.drafting.presence import editors_at
