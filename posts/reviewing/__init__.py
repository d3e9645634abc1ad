"""Issues on their way to print: asked to be looked at, seen at a share address, spoken about."""

from posts.reviewing.asking import (
    AlreadyInReview,
    NoReview,
    approve,
    ask,
    end_overtaken,
    is_overtaken,
    open_review,
    send_back,
    take_back,
)
from posts.reviewing.commenting import TooMany, comment, comments_on, reply, resolve
from posts.reviewing.sharing import DAYS, open_share, share, shared_issue
