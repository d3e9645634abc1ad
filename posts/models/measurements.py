"""What takes too long to count for whoever looks: counted by a task, and kept."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class Measurement(models.Model):
    """What was counted at a moment, under a name that changes with its shape."""

    name = models.CharField(primary_key=True, max_length=50)
    at = models.DateTimeField()
    figures = models.JSONField(encoder=DjangoJSONEncoder)

    def __str__(self) -> str:
        return self.name
