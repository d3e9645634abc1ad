"""Numbers without persons: growth, mailings, readers of feeds."""

from mailing.counting.numbers import Growth, History, feed_readers, mailings
from mailing.counting.reach import reached_by
