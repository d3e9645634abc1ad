"""What the owner of a site says of it: its settings, in one row, and its links in head and foot."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

THE_ROW: Final = 1


class SiteSettings(models.Model):
    """The settings of the site, one row; what is empty is as the environment says.

    ``shown`` is composed when they are saved: all that pages need of this row and of its links.
    ``revision`` is a new random word for each of its states; "" while there is none.
    """

    class Crawlers(models.TextChoices):
        ALL = "", _("All may read everything public")
        SEARCH = "search", _("Search engines only, no training of models")
        NONE = "none", _("None: keep the site out of search engines, too")

    name = models.CharField(_("name"), max_length=100, blank=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    accent = models.CharField(_("accent on light pages"), max_length=7, blank=True)
    accent_dark = models.CharField(_("accent on dark pages"), max_length=7, blank=True)
    # Names of files: the logo as WebP with its size, the icon as PNG by its side in pixels.
    logo = models.JSONField(_("logo"), default=dict, blank=True, editable=False)
    icons = models.JSONField(_("icon"), default=dict, blank=True, editable=False)
    ending = models.TextField(_("text at the end of issues"), blank=True)
    profiles = models.TextField(_("your profiles elsewhere"), blank=True)
    crawlers = models.CharField(
        _("robots"), max_length=16, choices=Crawlers.choices, blank=True, default=Crawlers.ALL
    )
    # The levels of checks before publishing, by name, where they are not as they come.
    checks = models.JSONField(default=dict, blank=True, editable=False)
    revision = models.CharField(max_length=32, default="", editable=False)
    shown = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        default_permissions = ("change", "view")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(pk=THE_ROW), name="posts_settings_one_row"),
        ]

    def __str__(self) -> str:
        return str(_("Site settings"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = THE_ROW
        super().save(*args, **kwargs)


class MenuLink(models.Model):
    """A link of the owner's in the masthead or the footer, in their order."""

    class Place(models.TextChoices):
        MASTHEAD = "masthead", _("Masthead")
        FOOTER = "footer", _("Footer")

    settings = models.ForeignKey(SiteSettings, related_name="links", on_delete=models.CASCADE)
    place = models.CharField(
        _("stands in"), max_length=16, choices=Place.choices, default=Place.FOOTER
    )
    label = models.CharField(_("words"), max_length=60)
    address = models.CharField(_("address"), max_length=1000)
    position = models.PositiveSmallIntegerField(_("order"), default=10)

    class Meta:
        verbose_name = _("link in masthead or footer")
        verbose_name_plural = _("links in masthead and footer")
        ordering = ("position", "pk")
        default_permissions = ()

    def __str__(self) -> str:
        return self.label
