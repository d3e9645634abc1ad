"""What this app tells others: it knows none of them."""

from django.dispatch import Signal

# Sent inside the transaction of whatever changed what readers get of some links, with `links`: a
# QuerySet of them. Receivers bring their pages in line, or make sure that it happens.
links_changed = Signal()

# Sent inside the transaction that keys links anew, before those are deleted that became part of
# others, with `links`: the keys of all that have other places now.
links_united = Signal()

# Sent inside the transaction that answers what readers suggested, with `suggestions`: a list.
suggestions_answered = Signal()
