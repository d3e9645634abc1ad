"""What forms sent that ask for mail, until it is confirmed or forgotten."""

from __future__ import annotations

from typing import Any

from django.db import models

from mailing.models.consent import Wording
from mailing.models.subscribers import Rhythm, Subscriber


class SignUp(models.Model):
    """What somebody asked for in a form, as it was sent.

    Whether the address is known is looked at by a task alone, so that no answer tells. That gives
    the row its subscriber where a mail leaves, and deletes it where none does. What is asked for
    holds from when the mail's button is pressed; the row is forgotten when its link has expired.
    """

    address = models.EmailField(max_length=254)
    subscriber = models.ForeignKey(
        Subscriber, null=True, related_name="sign_ups", on_delete=models.CASCADE
    )
    language = models.CharField(max_length=16, blank=True)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices, default=Rhythm.EACH)
    # Pairs of a kind and a value, see ``Choice``; none is everything.
    choices: Any = models.JSONField(default=list)
    form = models.CharField(max_length=200)
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.pk} {self.created_at:%Y-%m-%d}"
