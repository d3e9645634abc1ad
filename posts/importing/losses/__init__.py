"""Whether readers get all that an author wrote, and no more: every word, link and picture.

Nothing of the parser is used, so that none of its mistakes can hide here, and the Markdown is not
parsed a second time. Every word of the source counts, in addresses too, and so does every word of
the page: in its text, ``href``, ``src`` and ``alt``. Both sides are compared by how often each word
occurs; order does not matter, and markup only separates words. Words that either side may do
without are *doubtful*: tags and comments, labels, numbers of list items, the ``href`` of a link
that shows its own address.

Whole addresses are compared as well, since a link that is left as text loses no word. For this the
source is searched for code, raw HTML and definitions, where Markdown makes no links. An address is
doubtful where it depends on fine points of Markdown whether it is one.
"""

from posts.importing.losses.comparing import find_losses

__all__ = ["find_losses"]
