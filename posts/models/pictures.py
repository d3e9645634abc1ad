"""The library of pictures: each once, whatever issues show it and whatever way it came."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

NAME_LENGTH: Final = 120
FOLDER: Final = "pictures"
"""Where texts find the pictures of the library, beside themselves: ``pictures/<name>``."""


class PictureQuerySet(models.QuerySet["Picture"]):
    def with_uses(self) -> PictureQuerySet:
        """Count the issues that have each, as ``uses``."""
        return self.annotate(uses=models.Count("images__post", distinct=True))


class Picture(models.Model):
    """A picture that staff sent, or that came with an issue; rows of ``Image`` show it in issues.

    Its words are what is offered where it is put into a text, which has words of its own then.
    """

    name = models.CharField(_("name"), max_length=NAME_LENGTH, unique=True, editable=False)
    file = models.ImageField(upload_to="posts/images", width_field="width", height_field="height")
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    digest = models.CharField(max_length=64, editable=False, help_text=_("Of what was sent."))
    # Smaller files of it, as (kind, width, name); nothing until they are made.
    sizes = models.JSONField(null=True, editable=False)
    alt = models.CharField(
        _("description"),
        max_length=1000,
        blank=True,
        help_text=_("What is to be seen, for those who do not see it."),
    )
    is_decorative = models.BooleanField(
        _("only decoration"), default=False, help_text=_("It says nothing that the text does not.")
    )
    caption = models.CharField(_("caption"), max_length=1000, blank=True)
    credit = models.CharField(
        _("credit"), max_length=300, blank=True, help_text=_("Who made it, or whose it is.")
    )
    added_at = models.DateTimeField(_("added"), auto_now_add=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = models.Manager.from_queryset(PictureQuerySet)()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ("-added_at", "-pk")
        # Who may write issues may use them: see posts.access.
        default_permissions = ()
        indexes = (
            models.Index(fields=["-added_at", "-id"], name="posts_pictures"),
            models.Index(fields=["file"], name="posts_picture_file"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """How texts name it."""
        return f"{FOLDER}/{self.name}"

    @property
    def thumbnail(self) -> str:
        """The address of its smallest file that all browsers show."""
        small = [name for kind, _width, name in self.sizes or () if kind == "webp"]
        return str(self.file.storage.url(small[0]) if small else self.file.url)
