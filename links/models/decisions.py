"""What was decided: the records, which are only ever added, and the rules about sources."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AppendOnlyError(TypeError):
    """Somebody tries to change or delete what was written down."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that are added and read, and nothing else."""

    def update(self, **_values: Any) -> NoReturn:
        """Refuse: a record is never changed."""
        raise AppendOnlyError("Records are never changed; add another.")

    def delete(self) -> NoReturn:
        """Refuse: a record is never deleted."""
        raise AppendOnlyError("Records are never deleted.")


class AppendOnly(models.Model):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row; raise AppendOnlyError if it is written already."""
        if not self._state.adding:
            raise AppendOnlyError("Records are never changed; add another.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: a record is never deleted."""
        raise AppendOnlyError("Records are never deleted.")


class Decision(AppendOnly):
    """One act of one person: what, why and when. Its Effects say what it changed."""

    class Action(models.TextChoices):
        APPROVE = "approve", _("Approved")
        BLOCK = "block", _("Blocked")
        REPLACE = "replace", _("Replaced")
        MARK_BROKEN = "mark_broken", _("Marked broken")
        RESTORE = "restore", _("Restored")
        HIDE = "hide", _("Hidden")
        SHOW = "show", _("Shown again")
        RULE = "rule", _("Rule made")
        END_RULE = "end_rule", _("Rule ended")
        UNDO = "undo", _("Undone")
        REKEY = "rekey", _("Keyed anew")

    action = models.CharField(_("decision"), max_length=16, choices=Action.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    replacement_url = models.TextField(_("replacement"), blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        related_name="+",
        on_delete=models.SET_NULL,
        null=True,
    )
    by_name = models.CharField(
        _("by"), max_length=150, blank=True, help_text=_("Outlives the account.")
    )
    undoes = models.OneToOneField(
        "self", related_name="undone_by", on_delete=models.PROTECT, null=True
    )
    subject = models.TextField(
        _("about"), blank=True, help_text=_("In words: an address, a rule, how many links.")
    )

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["-at", "-id"], name="links_decision_log"),)

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.subject}"


class Effect(AppendOnly):
    """What a decision changed in one row (of any table): the values before and after."""

    decision = models.ForeignKey(Decision, related_name="effects", on_delete=models.PROTECT)
    content_type = models.ForeignKey(ContentType, related_name="+", on_delete=models.PROTECT)
    object_id = models.BigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    label = models.TextField(_("row"))
    before = models.JSONField(_("before"))
    after = models.JSONField(_("after"))

    class Meta:
        verbose_name = _("effect")
        verbose_name_plural = _("effects")
        ordering = ("id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "decision"], name="links_effect_once"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class Undertaking(models.Model):
    """A decision about many links that the worker carries out in batches, and how far it is.

    ``todo`` holds the keys of the links still to do. Each batch applies, records and shortens it
    in one transaction, so that a killed worker's successor goes on where it stopped.
    """

    decision = models.OneToOneField(
        Decision, related_name="undertaking", on_delete=models.PROTECT, primary_key=True
    )
    todo = models.JSONField(default=list)
    total = models.PositiveIntegerField(_("links"))
    skipped = models.PositiveIntegerField(
        _("left alone"), default=0, help_text=_("Links that were changed by somebody else since.")
    )
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("undertaking")
        verbose_name_plural = _("undertakings")
        indexes = (
            models.Index(
                fields=["decision"],
                condition=models.Q(finished_at=None),
                name="links_unfinished",
            ),
        )

    def __str__(self) -> str:
        return str(self.decision_id)

    @property
    def done(self) -> int:
        """How many links were seen to."""
        return self.total - len(self.todo)


class SourceRule(models.Model):
    """What holds for every link of a source, those still to come included.

    ``path`` is "" for the whole host, else the beginning of the path without its last slash.
    """

    class Action(models.TextChoices):
        ALLOW = "allow", _("Allow")
        HOLD = "hold", _("Hold for approval")
        BLOCK = "block", _("Block")

    host = models.CharField(_("host"), max_length=253)
    path = models.CharField(_("path"), max_length=1000, blank=True)
    subdomains = models.BooleanField(_("sub-domains too"), default=False)
    action = models.CharField(_("rule"), max_length=16, choices=Action.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("source rule")
        verbose_name_plural = _("source rules")
        ordering = ("host", "path", "-made_at")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(action__in=["allow", "hold", "block"]),
                name="links_rule_action_valid",
            ),
            models.UniqueConstraint(
                fields=["host", "path", "subdomains"],
                condition=models.Q(ended_at=None),
                name="links_one_rule_for_a_place",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.place}"

    @property
    def place(self) -> str:
        """What the rule is about, as people write it: ``*.example.org/blog``."""
        return f"{'*.' if self.subdomains else ''}{self.host}{self.path}"
