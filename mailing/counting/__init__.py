"""Numbers without persons: growth, mailings, readers of feeds."""

from mailing.counting.numbers import Growth, Sent, by_state, feed_readers, growth, mailings
from mailing.counting.reach import Reached, reached_by
