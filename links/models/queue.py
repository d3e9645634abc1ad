"""The queue: links that wait for somebody's decision, and why."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from links.models.decisions import Decision
from links.models.links import Link


class Kind(models.TextChoices):
    """Why a link needs a decision."""

    NEW_SOURCE = "new_source", _("New source")
    SHORT = "short", _("Short address")
    BROKEN = "broken", _("Broken")
    SUGGESTION = "suggestion", _("Suggested by a reader")
    REPORT = "report", _("Reported")
    SUSPICIOUS = "suspicious", _("Suspicious")
    HELD = "held", _("Waits for approval")


# The heavier, the sooner; what harms readers comes before what is merely new.
WEIGHTS: dict[str, int] = {
    Kind.NEW_SOURCE: 10,
    Kind.SHORT: 20,
    Kind.BROKEN: 30,
    Kind.SUGGESTION: 40,
    Kind.HELD: 50,
    Kind.REPORT: 60,
    Kind.SUSPICIOUS: 70,
}


class QueueEntry(models.Model):
    """A link that waits for a decision: open until one is made, at most one open per link.

    ``kind`` and ``weight`` are those of its heaviest concern. A claim (``claimed_by`` until
    ``claimed_until``) keeps a second moderator from deciding the same entry.
    """

    link = models.ForeignKey(Link, related_name="queue_entries", on_delete=models.CASCADE)
    kind = models.CharField(_("reason"), max_length=16, choices=Kind.choices)
    weight = models.PositiveSmallIntegerField(_("weight"))
    opened_at = models.DateTimeField(_("waits since"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        Decision, related_name="closed_entries", on_delete=models.PROTECT, null=True
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="+", on_delete=models.SET_NULL, null=True
    )
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("queue entry")
        verbose_name_plural = _("queue")
        ordering = ("-weight", "opened_at", "id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["link"], condition=models.Q(closed_at=None), name="links_one_open_entry"
            ),
        ]
        indexes = (
            models.Index(
                fields=["-weight", "opened_at", "id"],
                condition=models.Q(closed_at=None),
                name="links_queue_by_weight",
            ),
            models.Index(
                fields=["opened_at", "id"],
                condition=models.Q(closed_at=None),
                name="links_queue_by_age",
            ),
            models.Index(
                fields=["kind", "opened_at", "id"],
                condition=models.Q(closed_at=None),
                name="links_queue_by_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.link_id}"


class Concern(models.Model):
    """One reason why an entry waits; ``detail`` says more (a rule's word, a reader's note)."""

    entry = models.ForeignKey(QueueEntry, related_name="concerns", on_delete=models.CASCADE)
    kind = models.CharField(_("reason"), max_length=16, choices=Kind.choices)
    rule = models.CharField(
        max_length=32, blank=True, help_text=_("Which rule of suspicion, in a word.")
    )
    detail = models.TextField(_("detail"), blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = _("concern")
        verbose_name_plural = _("concerns")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.get_kind_display()
