"""Templates of issues: what a new one begins with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class IssueTemplate(models.Model):
    """What an issue of a kind begins with: the pattern of its title, its sections, its day."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    name = models.CharField(_("name"), max_length=100, unique=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("Markdown"), blank=True)
    tags = models.TextField(_("tags"), blank=True)
    authors = models.TextField(_("authors"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    weekday = models.PositiveSmallIntegerField(
        _("day of the week"), choices=Weekday.choices, null=True, blank=True
    )
    time = models.TimeField(_("time"), null=True, blank=True)

    class Meta:
        verbose_name = _("template")
        verbose_name_plural = _("templates")
        ordering = ("name",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(weekday__isnull=True) | Q(weekday__lte=6),
                name="posts_template_weekday_valid",
            )
        ]

    def __str__(self) -> str:
        return self.name
