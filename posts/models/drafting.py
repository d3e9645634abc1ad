"""What is written and not saved yet, and what is saved and readers do not get yet."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from posts.models.posts import SLUG_LENGTH, Post

# Whoever typed so long ago may still be at it.
AT_IT = timedelta(minutes=2)


class WorkingCopyQuerySet(models.QuerySet["WorkingCopy"]):
    def unsaved(self) -> WorkingCopyQuerySet:
        """Return those that nobody saved, newest first."""
        return self.filter(done_at=None).order_by("-kept_at", "-pk")

    def being_typed(self) -> WorkingCopyQuerySet:
        """Return those in which somebody typed in the last minutes."""
        return self.filter(done_at=None, kept_at__gt=timezone.now() - AT_IT)


class WorkingCopy(models.Model):
    """What stood in the form of an issue when an editor last typed there; theirs alone to read.

    Each opened form writes one of its own. ``page`` is the opened form that wrote it last and
    ``number`` its last write. Once its issue is saved it is empty, and its key takes no more.
    """

    key = models.UUIDField(primary_key=True)
    editor = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="working_copies", on_delete=models.CASCADE
    )
    # None for a new issue, and once the issue is deleted.
    post = models.ForeignKey(
        Post, related_name="working_copies", null=True, on_delete=models.SET_NULL
    )
    page = models.UUIDField()
    number = models.BigIntegerField()
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    fields = models.JSONField(default=dict)
    kept_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(WorkingCopyQuerySet)()

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(fields=["editor", "-kept_at"], name="posts_copies_of_editor"),
            models.Index(fields=["kept_at"], name="posts_copies_by_time"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def post_in_use(self) -> int | None:
        """The key of its issue; None for a new one, and for one that was deleted."""
        return self.post.pk if self.post and self.post.trashed_at is None else None


class PendingVersion(models.Model):
    """What a published issue will say once somebody updates the site; one for all editors.

    ``edition`` names what it says now: each save gives it another. ``based_on`` is the version of
    the issue that its writers saw, and ``base`` the digest of what readers got then.
    """

    post = models.OneToOneField(
        Post, related_name="pending", on_delete=models.CASCADE, primary_key=True
    )
    header = models.TextField(blank=True)
    body = models.TextField(blank=True)
    slug = models.CharField(max_length=SLUG_LENGTH)
    published_at = models.DateTimeField()
    edition = models.UUIDField(default=uuid.uuid4)
    based_on = models.PositiveIntegerField()
    base = models.CharField(max_length=64)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", on_delete=models.SET_NULL, null=True
    )
    saved_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.post_id)


class EarlierEdition(models.Model):
    """What a pending version said before it was saved again, or put on the site.

    A form that shows it may be open still: what is saved there is merged by it. ``data`` is the
    document, compressed.
    """

    edition = models.UUIDField(primary_key=True)
    post = models.ForeignKey(Post, related_name="earlier_editions", on_delete=models.CASCADE)
    data = models.BinaryField()
    slug = models.CharField(max_length=SLUG_LENGTH)
    published_at = models.DateTimeField()
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", on_delete=models.SET_NULL, null=True
    )
    saved_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.edition)
