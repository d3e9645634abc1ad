"""The staff's side: one module for each noun."""

from django.contrib import admin
from taggit.models import Tag as UnusedTag

from posts.admin import inbox, items, links, posts, queue, sections, suggestions, tags, tokens

__all__ = [
    "inbox",
    "items",
    "links",
    "posts",
    "queue",
    "sections",
    "suggestions",
    "tags",
    "tokens",
]

# taggit registers a model of its own, which this site does not use.
admin.site.unregister(UnusedTag)
