"""What is known of readers: how often somebody did something, for a day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class RateCount(models.Model):
    """How often somebody did something in a window of time, shared by all workers."""

    key = models.CharField(max_length=200)
    window = models.DateTimeField(help_text=_("When it began."))
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key", "window"], name="posts_rate_window"),
        ]
        indexes = (models.Index(fields=["window"], name="posts_rate_to_prune"),)

    def __str__(self) -> str:
        return self.key
