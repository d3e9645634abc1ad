"""What this app tells others: it knows none of them."""

from django.dispatch import Signal

# Sent inside the transaction of a decision about links, with `links`: the decided Link rows.
link_decided = Signal()
