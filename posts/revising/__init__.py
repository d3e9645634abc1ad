"""What an issue said after each save: kept, read again, and sieved by a stated rule."""

from posts.revising.keeping import Cause, keep, keep_before, last_of, name, note_entry
from posts.revising.reading import issue_of, read_documents, text_of
