"""Old addresses of a site, such as those of the program it ran on before, and where they lead."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

ADDRESS_LENGTH = 1000


class Redirect(models.Model):
    """An old path (with its query, if it has one) that leads somewhere else."""

    class Kind(models.IntegerChoices):
        PERMANENT = 301, _("for good (301)")
        TEMPORARY = 302, _("for now (302)")

    old = models.CharField(
        _("old path"),
        max_length=ADDRESS_LENGTH,
        unique=True,
        help_text=_("Such as /2019/05/first-issue.html or /index.php?id=12."),
    )
    new = models.CharField(
        _("leads to"),
        max_length=ADDRESS_LENGTH,
        help_text=_("A path of this site, or a whole address."),
    )
    kind = models.PositiveSmallIntegerField(_("kind"), choices=Kind.choices, default=Kind.PERMANENT)

    class Meta:
        verbose_name = _("redirect")
        verbose_name_plural = _("redirects")
        ordering = ("old",)

    def __str__(self) -> str:
        return self.old
