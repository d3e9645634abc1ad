"""Search: texts cut into tokens of ours, found by the engine of the database, the same on each.

`search` finds; what is saved says `index`, `retag`, `move_section` or `remove`.
"""

from posts.searching.documents import Content
from posts.searching.finding import DATE, RELEVANCE, NoSuchPage, Results, search, titles
from posts.searching.hits import Hit
from posts.searching.indexing import (
    index,
    index_page,
    is_complete,
    move_section,
    remove,
    remove_page,
    retag,
)
