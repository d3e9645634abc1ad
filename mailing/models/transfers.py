"""Imports of subscribers that staff began, and how far they are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Transfer(models.Model):
    """An import from an uploaded file: its first ``rows`` are done, ``counts`` has them by what
    became of them.

    ``key`` opens the file while it is kept (`posts.importing.staging`).
    """

    name = models.CharField(_("file"), max_length=200)
    key = models.CharField(max_length=32)
    statement = models.TextField(blank=True)
    asks = models.BooleanField(default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    rows = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    # Bytes of the report about those rows: what stands behind them, a killed worker wrote.
    reported = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # Why it could not be finished: a code of mailing.transferring.FileError, "gone" or "denied".
    error = models.CharField(max_length=20, blank=True)

    class Meta:
        verbose_name = _("import of subscribers")
        verbose_name_plural = _("imports of subscribers")
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
