"""Numbers without persons that are kept by the day."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class FeedCount(models.Model):
    """How often a program asked for a feed on a day, and for how many people it says it did so."""

    day = models.DateField()
    reader = models.CharField(max_length=60)
    feed = models.CharField(max_length=200)
    requests = models.PositiveIntegerField(default=0)
    subscribers = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["day", "reader", "feed"], name="mailing_feed_of_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reader} {self.feed}"
