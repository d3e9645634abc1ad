"""The mail settings, one row: whether readers get any, and from whom."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.conf import settings
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mailing.addresses import fingerprint
from mailing.models.subscribers import Rhythm

THE_ROW: Final = 1


class MailSettings(models.Model):
    """The mail settings, one row; what is empty is as the environment says."""

    class Unknown(models.TextChoices):
        """What becomes of a mail of which nobody knows whether the server took it."""

        REPEAT = "repeat", _("Send it again under the same Message-ID: none is lost")
        LEAVE = "leave", _("Leave it and list it: none comes twice")

    is_on = models.BooleanField(_("readers can subscribe by mail"), default=False)
    sender_name = models.CharField(_("name of the sender"), max_length=100, blank=True)
    sender_address = models.EmailField(_("address of the sender"), blank=True)
    reply_to = models.EmailField(_("address for answers"), blank=True)
    postal_address = models.TextField(
        _("postal address"), blank=True, help_text=_("Stands below each mail, with the name.")
    )
    # RFC 2919: what mail programs file the list by. ASCII, since it is part of a header.
    list_id = models.CharField(
        _("identifier of the list"),
        max_length=200,
        blank=True,
        validators=[RegexValidator(r"\A[a-z0-9-]+(\.[a-z0-9-]+)+\Z")],
        help_text=_("Such as digest.example.org; empty: made of the site's host."),
    )
    # RFC 5321: where what could not be delivered comes back to; "+" and a token go before the @.
    bounce_address = models.EmailField(_("address for bounces"), blank=True)
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes to think better of it"), default=10, validators=[MaxValueValidator(1440)]
    )
    unknown = models.CharField(
        _("mails of which nobody knows whether they left"),
        max_length=10,
        choices=Unknown.choices,
        default=Unknown.LEAVE,
    )
    hourly_limit = models.PositiveIntegerField(
        _("mails in an hour at most"), default=0, help_text=_("0: as many as the server takes.")
    )
    warm_up = models.BooleanField(
        _("begin slowly"),
        default=False,
        help_text=_("For a new sender: some hundred mails on the first day, then more each day."),
    )
    default_rhythm = models.CharField(
        _("rhythm that the form proposes"),
        max_length=10,
        choices=Rhythm.choices,
        default=Rhythm.EACH,
    )
    reconfirm_years = models.PositiveSmallIntegerField(
        _("years after which readers are asked again"),
        default=0,
        validators=[MaxValueValidator(10)],
        help_text=_("0: never. Korean law asks for it every two years."),
    )
    keep_days = models.PositiveSmallIntegerField(
        _("days for which the addresses of those who left are kept"), default=30
    )
    welcome = models.TextField(_("words of the welcome mail"), blank=True)
    # Of the ADDRESS_KEY with which digests were made, from the first time these were saved on.
    key_fingerprint = models.CharField(max_length=16, blank=True, editable=False)

    class Meta:
        verbose_name = _("mail settings")
        verbose_name_plural = _("mail settings")
        default_permissions = ("change", "view")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(pk=THE_ROW), name="mailing_settings_one_row"),
        ]

    def __str__(self) -> str:
        return str(_("Mail settings"))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = THE_ROW
        self.key_fingerprint = self.key_fingerprint or fingerprint()
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> MailSettings:
        """Return the row as it is stored now; with defaults where there is none yet."""
        return cls.objects.first() or cls(pk=THE_ROW)

    @staticmethod
    def note_key() -> None:
        """Note the key of digests where none is noted, and nothing else: no page shows it."""
        MailSettings.objects.bulk_create([MailSettings(pk=THE_ROW)], ignore_conflicts=True)
        MailSettings.objects.filter(pk=THE_ROW, key_fingerprint="").update(
            key_fingerprint=fingerprint()
        )

    @property
    def knows_addresses(self) -> bool:
        """Whether digests are made with the key of those stored: with another one, nobody who is
        suppressed is recognised, and nobody who subscribes again."""
        return self.key_fingerprint in {"", fingerprint()}

    @property
    def is_open(self) -> bool:
        """Whether readers can subscribe, and get mail: a server is named, and mail switched on."""
        return bool(settings.EMAIL) and self.is_on
