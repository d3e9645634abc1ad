"""What saving tells those who bring pages in line, which it does not know."""

from django.dispatch import Signal

# Sent inside the transaction of a save, with `posts`: a QuerySet of others whose pages say
# something about it that is right no longer.
pages_outdated = Signal()

# Sent inside the transaction of a save where pictures are mirrored, with `post` and `addresses`:
# those of pictures elsewhere, of which the site has none yet.
images_missing = Signal()

# Sent inside the transaction of a save that publishes or schedules a `post` that was in review.
review_overtaken = Signal()

# Sent inside the transaction of a save that takes a `post` from readers, or from those who would
# have got it at its time: withdrawn, no longer scheduled, laid in the trash.
issue_taken_back = Signal()
