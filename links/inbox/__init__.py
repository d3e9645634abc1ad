"""Links collected for the next issue, and the tokens with which scripts collect them."""

from links.inbox.gathering import Blocked, check, gather, mark_printed, put_aside, reopen
from links.inbox.tokens import issue_token, note_use, read_token
