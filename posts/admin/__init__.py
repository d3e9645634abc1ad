"""The staff's side: one module for each noun."""

from django.contrib import admin
from taggit.models import Tag as UnusedTag

from posts.admin import items, links, posts, queue, sections, tags

__all__ = ["items", "links", "posts", "queue", "sections", "tags"]

# taggit registers a model of its own, which this site does not use.
admin.site.unregister(UnusedTag)
