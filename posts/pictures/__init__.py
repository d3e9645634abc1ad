"""The library of pictures, and which of them issues show."""

from posts.pictures.files import stored, sweep
from posts.pictures.keeping import Words, delete, describe, keep, let_go, replace
from posts.pictures.using import bind, known
