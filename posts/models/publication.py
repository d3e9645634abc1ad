"""The rows that the version of the public site is the sum of; see ``posts.publication``."""

from __future__ import annotations

from django.db import models


class Publication(models.Model):
    """One change of what readers get, or several that were folded into one."""

    step = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.step)
