"""Pages that are no issues (about, imprint, privacy): their Markdown, and the page readers get."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from posts.models.posts import SLUG_LENGTH


class Page(models.Model):
    """A page of the owner's; what readers get of it is composed when it is saved."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    class Menu(models.TextChoices):
        NONE = "", _("Nowhere")
        MASTHEAD = "masthead", _("Masthead")
        FOOTER = "footer", _("Footer")

    title = models.CharField(_("title"), max_length=200)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True, blank=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.DRAFT
    )
    menu = models.CharField(_("link to it"), max_length=16, choices=Menu.choices, blank=True)
    label = models.CharField(_("words of the link"), max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(_("order"), default=10)
    version = models.PositiveIntegerField(default=0, editable=False)
    modified_at = models.DateTimeField(_("modified"), default=timezone.now, editable=False)
    language = models.CharField(max_length=16, blank=True, editable=False)
    body = models.BinaryField(default=b"", editable=False)

    class Meta:
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ("position", "title", "pk")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "published"]),
                name="posts_page_status_valid",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("posts:page", args=[self.slug])

    def is_public(self) -> bool:
        """Tell whether readers see it."""
        return self.status == self.Status.PUBLISHED


class OldPageSlug(models.Model):
    """A slug a page had before; its address redirects."""

    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    page = models.ForeignKey(Page, related_name="old_slugs", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.slug
