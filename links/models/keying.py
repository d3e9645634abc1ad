"""By which rules the stored links are keyed."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from links.models.links import Link


class Keying(models.Model):
    """The version of the canonical rules that all links follow; one row, or none before migration.

    ``at`` is when they came to: what was keyed anew later belongs to a run that has not finished.
    """

    version = models.PositiveSmallIntegerField(_("version of the rules"))
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("keying")
        verbose_name_plural = _("keyings")

    def __str__(self) -> str:
        return str(self.version)


class FormerKey(models.Model):
    """The key a link had before it was keyed anew or united with another: its page redirects."""

    key = models.CharField(max_length=64, unique=True)
    link = models.ForeignKey(Link, related_name="former_keys", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.key
