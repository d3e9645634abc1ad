"""Corrections of issues: what was wrong, told to readers with its day; their rows are kept."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from posts.models.posts import Post


class Correction(models.Model):
    """What was wrong in an issue that readers had; one that was taken back is shown no more."""

    post = models.ForeignKey(Post, related_name="corrections", on_delete=models.CASCADE)
    day = models.DateField(_("day"))
    text = models.TextField(_("correction"), max_length=2000)
    html = models.TextField(editable=False)
    taken_back_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ("-day", "-pk")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.day.isoformat()}: {self.text}"
