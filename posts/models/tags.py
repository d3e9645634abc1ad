"""Tags, their other names, and the posts that have them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from posts.models.posts import SLUG_LENGTH, Post
from posts.naming import fold, initial, tag_slug


class Tag(TagBase):
    """A subject. Names keep their spaces and script; case and width do not make another tag."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True, blank=True)
    key = models.CharField(max_length=400, unique=True, editable=False)
    initial = models.CharField(max_length=4, editable=False, default="")
    description = models.TextField(_("description"), blank=True)
    post_count = models.PositiveIntegerField(_("issues"), default=0, editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)
        permissions = (("merge_tag", "Can merge tag"),)
        indexes = (
            models.Index(fields=["-post_count", "id"], name="posts_tags_by_use"),
            models.Index(fields=["initial", "key"], name="posts_tags_by_initial"),
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = " ".join(self.name.split())
        self.key, self.initial = fold(self.name), initial(self.name)
        super().save(*args, **kwargs)  # type: ignore[no-untyped-call]

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Return the slug of a name; ``i`` counts the tries when one is taken."""
        slug = tag_slug(tag)[: SLUG_LENGTH - 8]
        return slug if i is None else f"{slug}-{i}"

    def get_absolute_url(self) -> str:
        return reverse("posts:tag", args=[self.slug])


class TagAlias(models.Model):
    """Another name of a tag: the name of a tag merged into it, or its earlier name or slug."""

    key = models.CharField(max_length=400, unique=True)
    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True)
    tag = models.ForeignKey(Tag, related_name="aliases", on_delete=models.CASCADE)

    class Meta:
        verbose_name = _("tag alias")
        verbose_name_plural = _("tag aliases")

    def __str__(self) -> str:
        return self.name


class TaggedPost(ItemBase):
    """A tag on a post; carries the post's time so that a tag page reads one index in order."""

    # Here and below: no index of its own for a key that leads a wider one.
    tag = models.ForeignKey(Tag, related_name="taggings", on_delete=models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Post, related_name="taggings", on_delete=models.CASCADE, db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    date = models.DateTimeField(null=True, editable=False)  # Post.listed_at

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["content_object", "tag"], name="posts_tag_once"),
        ]
        indexes = (
            models.Index(fields=["tag", "-date", "-content_object"], name="posts_tag_page"),
            models.Index(fields=["date", "tag"], name="posts_taggings_to_come"),
        )
