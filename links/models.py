"""Addresses and where they come from. This app knows no other app."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.Model):
    """The site that links point to, known by its host without ``www.``."""

    host = models.CharField(_("host"), max_length=253, unique=True)
    post_count = models.PositiveIntegerField(
        _("posts"),
        default=0,
        editable=False,
        help_text=_("Published or scheduled posts that cite this source."),
    )
    link_count = models.PositiveIntegerField(
        _("links"),
        default=0,
        editable=False,
        help_text=_("Times this source is cited in those posts."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("host",)
        indexes = (models.Index(fields=["-post_count", "host"], name="links_source_index_page"),)

    def __str__(self) -> str:
        return self.host


class Link(models.Model):
    """One address, wherever it appears: identified by its canonical URL.

    Addresses may be longer than an index entry may be (PostgreSQL: 2,704 bytes), so uniqueness is
    held on ``key``, the SHA-256 of the canonical URL.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        BLOCKED = "blocked", _("Blocked")

    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    url = models.TextField(_("canonical URL"))
    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        related_name="links",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
    )
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.PENDING
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("first seen"), auto_now_add=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("-id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "approved", "blocked"]),
                name="links_link_status_valid",
            ),
        ]
        indexes = (models.Index(fields=["status", "-id"], name="links_admin_by_status"),)

    def __str__(self) -> str:
        return self.url

    @staticmethod
    def key_for(canonical_url: str) -> str:
        """Return the unique key of a canonical URL: its SHA-256 in hexadecimal."""
        return hashlib.sha256(canonical_url.encode()).hexdigest()
