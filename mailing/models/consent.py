"""What readers agreed to and took back: only ever added; and who must never get mail again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailing.models.subscribers import Subscriber


class Wording(models.Model):
    """The words of a form to which somebody agreed, as they stood then."""

    version = models.CharField(max_length=16, unique=True)  # of their digest
    language = models.CharField(max_length=16)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.version


class Consent(models.Model):
    """One thing that was said about getting mail: asked for, given, renewed, taken back.

    Rows are added and never changed. When a subscriber is erased, rows stay under the keyed
    digest of the address.
    """

    class Kind(models.TextChoices):
        ASKED = "asked", _("Asked for mail")
        GIVEN = "given", _("Confirmed")
        IMPORTED = "imported", _("Imported, with a statement of consent")
        RENEWED = "renewed", _("Confirmed again")
        MOVED = "moved", _("Changed the address")
        PAUSED = "paused", _("Paused")
        WITHDRAWN = "withdrawn", _("Left")
        ERASED = "erased", _("Erased")

    subscriber = models.ForeignKey(
        Subscriber, null=True, related_name="consents", on_delete=models.SET_NULL
    )
    digest = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    wording = models.ForeignKey(Wording, null=True, on_delete=models.PROTECT)
    # Where it was said: the path of a form, "list-unsubscribe", "import", …
    form = models.CharField(_("where"), max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        default_permissions = ("view",)
        ordering = ("pk",)
        indexes = (models.Index(fields=["at"], name="mailing_said_at"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk:
            raise TypeError("What was said is only ever added.")
        super().save(*args, **kwargs)


class Suppression(models.Model):
    """An address that gets no mail, whatever a form says: staff alone take it back."""

    class Reason(models.TextChoices):
        BOUNCED = "bounced", _("Mail came back")
        COMPLAINED = "complained", _("Called it spam")
        ERASED = "erased", _("Asked to be erased")
        STAFF = "staff", _("Set by staff")

    digest = models.CharField(max_length=64, unique=True)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        default_permissions = ("add", "delete", "view")

    def __str__(self) -> str:
        return f"{self.digest[:12]} {self.get_reason_display()}"
