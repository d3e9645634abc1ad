"""Numbers without persons: growth, mailings, readers of feeds."""

from mailing.counting.numbers import Growth, History, Sent, by_state, feed_readers, mailings
from mailing.counting.reach import Reached, reached_by
