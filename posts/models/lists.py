"""What public lists read beside posts: which post cites which source, and how many a month has."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from links.models import Link, Source
from posts.models.posts import Post


class Citation(models.Model):
    """A post that cites a source: what a source page lists, in the order of one index."""

    post = models.ForeignKey(
        Post, related_name="citations", on_delete=models.CASCADE, db_index=False
    )
    source = models.ForeignKey(
        Source, related_name="citations", on_delete=models.PROTECT, db_index=False
    )
    link_count = models.PositiveIntegerField()
    date = models.DateTimeField(null=True)  # Post.listed_at

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "source"], name="posts_citation_once"),
        ]
        indexes = (
            models.Index(fields=["source", "-date", "-post"], name="posts_source_page"),
            # With what is read of it: else a database may rather read all of the other.
            models.Index(fields=["date", "source"], name="posts_citations_to_come"),
        )

    def __str__(self) -> str:
        return f"{self.source_id} in {self.post_id}"


class RecurringLink(models.Model):
    """A link that several posts have: how many, and since when. Others have no row.

    Its relation is hidden, because who keys links anew must not move it: what it counts is counted
    again then.
    """

    link = models.OneToOneField(Link, related_name="+", on_delete=models.CASCADE, primary_key=True)
    post_count = models.PositiveIntegerField()
    first_seen = models.DateTimeField(null=True)
    last_seen = models.DateTimeField(null=True)
    # When a post last had it that had been in none for long.
    returned_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=["-post_count", "link"], name="posts_links_by_use"),
            models.Index(
                fields=["-returned_at", "link"],
                condition=models.Q(returned_at__isnull=False),
                name="posts_links_rediscovered",
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)


class ListCount(models.Model):
    """How many rows a part of a list has: of an index's total, a part of the sitemap, a language.

    Kept by ``posts.publishing.counting``, whose lists and parts they are.
    """

    name = models.CharField(max_length=16)
    part = models.CharField(max_length=16, blank=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["name", "part"], name="posts_list_part"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.part}"


class ArchiveMonth(models.Model):
    """How many posts a month holds, published or scheduled; the archive's index."""

    month = models.DateField(unique=True, help_text=_("The first day, in the site's time zone."))
    post_count = models.PositiveIntegerField(default=0)
    link_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-month",)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
