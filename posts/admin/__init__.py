"""The staff's side: one module for each noun."""

from posts.admin import items, links, posts, sections, tags

__all__ = ["items", "links", "posts", "sections", "tags"]
