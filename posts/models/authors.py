"""Authors: whom the headers of issues name, what is known of them, and their issues."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from posts.models.posts import SLUG_LENGTH, Post
from posts.naming import fold


class Author(models.Model):
    """Somebody whom a header names as author; an account or none, staff or guest."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True, blank=True)
    key = models.CharField(max_length=400, unique=True, editable=False)
    bio = models.TextField(_("about the author"), blank=True)
    bio_html = models.TextField(editable=False, blank=True)
    url = models.CharField(_("page elsewhere"), max_length=1000, blank=True)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        related_name="author",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
    )

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = " ".join(self.name.split())
        self.key = fold(self.name)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("posts:author", args=[self.slug])


class AuthorAlias(models.Model):
    """A name or an address that an author had before, or that another had who is the same."""

    key = models.CharField(max_length=400, unique=True, null=True)  # noqa: DJ001 (one of the two)
    slug = models.CharField(max_length=SLUG_LENGTH, unique=True, null=True)  # noqa: DJ001
    author = models.ForeignKey(Author, related_name="aliases", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.key or self.slug or ""


class Authorship(models.Model):
    """An author of a post; carries the post's time, as tags do."""

    post = models.ForeignKey(Post, related_name="authorships", on_delete=models.CASCADE)
    author = models.ForeignKey(
        Author, related_name="authorships", on_delete=models.CASCADE, db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    date = models.DateTimeField(null=True, editable=False)  # Post.listed_at

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "author"], name="posts_author_once"),
        ]
        indexes = (models.Index(fields=["author", "-date", "-post"], name="posts_author_page"),)

    def __str__(self) -> str:
        return f"{self.post_id}: {self.author_id}"
