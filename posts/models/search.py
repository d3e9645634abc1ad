"""What search finds, and whether all of it is there: kept by ``posts.searching``, see there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models.posts import Post
from posts.models.sections import LinkedItem


class SearchEntry(models.Model):
    """An issue, a section, an item or a page, as the index has it; only what has a date.

    ``key`` rises with the date, so that "newest first" is the order of the keys on every engine.
    All of a row is told by these columns: what the index holds of it follows from them.
    """

    class Kind(models.TextChoices):
        ISSUE = "issue", _("Issue")
        SECTION = "section", _("Section")
        ITEM = "item", _("Item")
        PAGE = "page", _("Page")

    key = models.BigIntegerField(primary_key=True)
    date = models.DateTimeField()  # Post.listed_at
    kind = models.CharField(max_length=8, choices=Kind.choices)
    post = models.ForeignKey(Post, related_name="+", on_delete=models.CASCADE, null=True)
    # Items outlive their entries: no index and no constraint, which each of their rows would pay.
    item = models.ForeignKey(
        LinkedItem,
        related_name="+",
        on_delete=models.DO_NOTHING,
        null=True,
        db_index=False,
        db_constraint=False,
    )
    place = models.TextField(blank=True, help_text=_("The fragment, or the path of a page."))
    facets = models.TextField(help_text=_("What it can be filtered by, as tokens."))
    title = models.TextField(blank=True)
    text = models.TextField(blank=True)
    extra = models.TextField(blank=True, help_text=_("Found, and not shown."))

    class Meta:
        indexes = (
            models.Index(
                fields=["place"],
                condition=models.Q(post__isnull=True),
                name="posts_search_pages",
            ),
        )

    def __str__(self) -> str:
        return self.title or self.text[:80]


class SearchIndex(models.Model):
    """How far the index is built, and by which rules texts were cut into tokens: one row."""

    version = models.PositiveIntegerField(help_text=_("Of the rules."))
    built_to = models.PositiveBigIntegerField(
        null=True, help_text=_("The last issue that was put into it; none when all are there.")
    )

    def __str__(self) -> str:
        return str(self.version)
