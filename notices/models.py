"""Who wants to be told of what, and what was told."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Choice(models.Model):
    """That somebody wants to be told of a kind, or not. Without one owners are, others are not."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, related_name="+", on_delete=models.CASCADE)
    kind = models.CharField(max_length=40)
    is_wanted = models.BooleanField()

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind"], name="notices_one_choice"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.is_wanted}"


class Told(models.Model):
    """Up to which moment people were told of a kind, and what was said last."""

    kind = models.CharField(primary_key=True, max_length=40)
    told_to = models.DateTimeField()
    said = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.kind
