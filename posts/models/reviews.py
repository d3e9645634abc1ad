"""Reviews of issues: who is asked, what they say at which lines, and the address they see it at."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from posts.models.posts import Post

QUOTE = 300  # characters


class ShareAddress(models.Model):
    """The one address at which whoever holds it sees an issue as it is, and may comment on it."""

    post = models.OneToOneField(Post, related_name="share", on_delete=models.CASCADE)
    token = models.CharField(
        max_length=64, unique=True, default=secrets.token_urlsafe, editable=False
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", null=True, on_delete=models.SET_NULL
    )
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.post_id)

    def get_absolute_url(self) -> str:
        return reverse("posts:shared", args=[self.token])

    def is_open(self, at: datetime | None = None) -> bool:
        """Tell whether it shows the issue at a moment (default: now)."""
        return self.ended_at is None and self.expires_at > (at or timezone.now())


class Review(models.Model):
    """That somebody asked for an issue to be looked at, and how it ended."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("Approved")
        CHANGES = "changes", _("Changes wanted")
        PUBLISHED = "published", _("Published")
        TAKEN_BACK = "taken back", _("Taken back")

    post = models.ForeignKey(Post, related_name="reviews", on_delete=models.CASCADE)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="asked_reviews", null=True, on_delete=models.SET_NULL
    )
    asked_at = models.DateTimeField(default=timezone.now)
    whom = models.CharField(_("from whom"), max_length=200, blank=True)
    words = models.TextField(_("words"), max_length=2000, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", null=True, on_delete=models.SET_NULL
    )
    outcome = models.CharField(max_length=16, choices=Outcome.choices, blank=True)
    answer = models.TextField(max_length=2000, blank=True)
    version = models.PositiveIntegerField(default=0, help_text=_("Of the text, when it ended."))

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["post"], condition=Q(closed_at=None), name="posts_review_one_open"
            )
        ]
        indexes = (models.Index(fields=["asked_by", "-closed_at"], name="posts_reviews_done"),)

    def __str__(self) -> str:
        return str(self.post_id)


class ReviewComment(models.Model):
    """What somebody says about an issue before it is printed, or about a place in its text.

    A place is a line of the text below the header, with the words that stand there: by those it is
    found again when lines were added above it. Who has no account gives a name.
    """

    post = models.ForeignKey(Post, related_name="review_comments", on_delete=models.CASCADE)
    parent = models.ForeignKey("self", related_name="replies", null=True, on_delete=models.CASCADE)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", null=True, on_delete=models.SET_NULL
    )
    name = models.CharField(max_length=100)
    text = models.TextField(max_length=2000, blank=True)
    verdict = models.CharField(max_length=16, choices=Review.Outcome.choices, blank=True)
    line = models.PositiveIntegerField(null=True)
    quote = models.CharField(max_length=QUOTE, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", null=True, on_delete=models.SET_NULL
    )

    class Meta:
        default_permissions = ()
        ordering = ("made_at", "pk")

    def __str__(self) -> str:
        return self.text[:60]
