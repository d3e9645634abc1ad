"""Links that wait for a decision: why each waits, who has claimed it, and what comes next."""

from links.queue.claims import (
    Taken,
    claim,
    free_for,
    give_back,
    is_taken,
    take,
    what_became_of,
)
from links.queue.entries import Worry, close, close_under, raise_concerns, reopen, withdraw
from links.queue.parts import (
    MOST_COUNTED,
    CappedCount,
    Part,
    count_by_kind,
    group_by_source,
    with_links,
)
from links.queue.suspicions import deceptions, explain, is_short, leads_elsewhere
from links.queue.triage import (
    among_news,
    ask_about_held,
    ask_about_new,
    compare_texts,
    hold_or_show,
    known_among,
    worries_about_target,
)
