"""The rows that the version of the public site is the sum of; see ``posts.publication``."""

from __future__ import annotations

from django.db import models


class Publication(models.Model):
    """One change of what readers get, or several that were folded into one."""

    step = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.step)


class Announcement(models.Model):
    """What a WebSub hub was last told of: the digest of what feeds said, and when."""

    hub = models.CharField(max_length=500, unique=True)
    digest = models.CharField(max_length=64)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.hub


class Outdated(models.Model):
    """The surrogate key of answers that a CDN is to forget; see ``posts.purging``."""

    key = models.CharField(max_length=32)

    def __str__(self) -> str:
        return self.key
