"""The staff's side: one module for each noun."""

from posts.admin import (
    authors,
    inbox,
    items,
    links,
    pages,
    pictures,
    posts,
    queue,
    recurring,
    redirects,
    sections,
    settings,
    suggestions,
    tags,
    tokens,
)
