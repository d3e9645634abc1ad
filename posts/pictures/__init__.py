"""The library of pictures, which of them issues show, and who names them."""

from posts.pictures.files import NotStored, damaged, stored
from posts.pictures.keeping import Words, delete, describe, keep, let_go, replace
from posts.pictures.naming import Uses, Where, named_beside_issues, who_names
from posts.pictures.using import bind, known, mailed_size_of
