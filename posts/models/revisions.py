"""Revisions: what an issue said after each save, by whom and why."""

from __future__ import annotations

import zlib
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from posts.models.posts import SLUG_LENGTH, Post

DIGEST_LENGTH = 16  # bytes
NOTE_LENGTH, NAME_LENGTH = 300, 120


class Revision(models.Model):
    """What an issue said from one of its versions on; ``number`` is that version.

    The document is a row of pieces, each stored once for the issue: ``pieces`` holds their
    digests, one after the other. ``change`` is what the save did, counted when it was made;
    ``turning`` says that readers got the issue with it, or lost it.
    """

    class Kind(models.TextChoices):
        BEFORE = "before", _("As it was before")
        SAVED = "saved", pgettext_lazy("version", "Saved")
        IMPORTED = "imported", _("Imported")
        PUBLISHED = "published", pgettext_lazy("version", "Published")
        WITHDRAWN = "withdrawn", pgettext_lazy("version", "Withdrawn")
        CORRECTED = "corrected", _("Correction")
        RESTORED = "restored", pgettext_lazy("version", "Restored")
        MERGED = "merged", _("Saved with another's changes")
        TRASHED = "trashed", _("Deleted")
        RECOVERED = "recovered", _("Taken out of the trash")

    class Kept(models.IntegerChoices):
        """How coarse the sieve is through which a revision went."""

        ALL = 0, "all"
        DAILY = 1, "one a day"
        MONTHLY = 2, "one a month"

    post = models.ForeignKey(
        Post, related_name="revisions", on_delete=models.CASCADE, db_index=False
    )
    number = models.PositiveIntegerField(_("version"))
    created_at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", on_delete=models.SET_NULL, null=True
    )
    who = models.CharField(max_length=150, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.SAVED)
    note = models.CharField(_("what changed"), max_length=NOTE_LENGTH, blank=True)
    name = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True)
    status = models.CharField(max_length=16, choices=Post.Status.choices)
    # Where readers find it, and from when on, in this version.
    slug = models.CharField(max_length=SLUG_LENGTH, blank=True)
    published_at = models.DateTimeField(null=True)
    turning = models.BooleanField(default=False)
    size = models.PositiveIntegerField(default=0)
    pieces = models.BinaryField()
    change: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    kept = models.PositiveSmallIntegerField(choices=Kept.choices, default=Kept.ALL)
    # The row of the record that says the same in the words of the form.
    entry = models.ForeignKey(LogEntry, related_name="+", on_delete=models.SET_NULL, null=True)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "number"], name="posts_revision_number"),
        ]
        indexes = (
            # What is still to be sieved.
            models.Index(
                fields=["kept", "created_at"],
                condition=Q(kept__lt=2),
                name="posts_revisions_to_sieve",
            ),
        )

    def __str__(self) -> str:
        return f"{self.post_id}: {self.number}"

    def state(self) -> str:
        """Return on which step to print the issue stood when this was saved: see Post.state."""
        if self.kind == self.Kind.WITHDRAWN:
            return "withdrawn"
        is_later = self.published_at is not None and self.published_at > self.created_at
        return "scheduled" if self.status == Post.Status.PUBLISHED and is_later else self.status

    @property
    def digests(self) -> list[bytes]:
        """The digests of the pieces, in the order of the document; the first is the header's."""
        row = bytes(self.pieces)
        return [row[at : at + DIGEST_LENGTH] for at in range(0, len(row), DIGEST_LENGTH)]


class RevisionPiece(models.Model):
    """A part of a document, stored once for all revisions of an issue that have it."""

    post = models.ForeignKey(Post, related_name="+", on_delete=models.CASCADE, db_index=False)
    digest = models.BinaryField(max_length=DIGEST_LENGTH)
    data = models.BinaryField(help_text="Compressed UTF-8.")

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "digest"], name="posts_revision_piece"),
        ]

    def __str__(self) -> str:
        return bytes(self.digest).hex()

    @property
    def text(self) -> str:
        """What it says."""
        return zlib.decompress(bytes(self.data)).decode()
