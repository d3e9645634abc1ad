"""Who gets mail, and how they want it."""

from __future__ import annotations

import secrets
from typing import Any

from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mailing.addresses import digest_of, group_of, masked


class Rhythm(models.TextChoices):
    EACH = "each", _("Each issue, as it appears")
    WEEKLY = "weekly", _("Once a week")
    MONTHLY = "monthly", _("Once a month")


def new_key() -> str:
    """Return an unguessable word (RFC 4648's base64url, 192 bits)."""
    return secrets.token_urlsafe(24)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    """Reads of subscribers."""

    def receiving(self) -> SubscriberQuerySet:
        """Return those who get mail now: the only definition of it but for suppressions."""
        return self.filter(status=Subscriber.Status.ACTIVE)


class Subscriber(models.Model):
    """Somebody who gets mail, asked for it, or got it once; one for each address."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Not confirmed yet")
        ACTIVE = "active", _("Gets mail")
        PAUSED = "paused", _("Paused")
        LEFT = "left", _("Left")
        BOUNCED = "bounced", _("Mail came back")
        COMPLAINED = "complained", _("Called it spam")

    class Source(models.TextChoices):
        FORM = "form", _("A form of the site")
        IMPORT = "import", _("An import")
        STAFF = "staff", _("Added by staff")

    address = models.EmailField(_("address"), max_length=254)
    # Of the address in its one spelling (mailing.addresses): keyed, so that it says nothing alone.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Who mails are handed to, for limits: google, naver … or the domain.
    group = models.CharField(_("receiving service"), max_length=100, editable=False)
    # Of the reader's own page and of leaving, which both work for ever.
    key = models.CharField(max_length=40, unique=True, default=new_key, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    status = models.CharField(
        _("state"), max_length=12, choices=Status.choices, default=Status.WAITING
    )
    source = models.CharField(
        _("came by"), max_length=10, choices=Source.choices, default=Source.FORM
    )
    language = models.CharField(_("language"), max_length=16, blank=True)
    rhythm = models.CharField(
        _("rhythm"), max_length=10, choices=Rhythm.choices, default=Rhythm.EACH
    )
    # Roll-ups come at this hour of the reader's day, on the first day of the week or month.
    zone = models.CharField(_("time zone"), max_length=64, blank=True)
    hour = models.PositiveSmallIntegerField(
        _("hour of roll-ups"), default=8, validators=[MaxValueValidator(23)]
    )
    # Until when what appeared is dealt with, or stands in spans that no roll-up was about yet,
    # as pairs of moments; what appears later comes by the rhythm of now. See mailing.rhythms.
    rolled_until = models.DateTimeField(null=True, editable=False)
    unrolled = models.JSONField(default=list, editable=False)
    next_roll_at = models.DateTimeField(null=True, editable=False, db_index=True)
    created_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    # The last time consent was given or renewed.
    consented_at = models.DateTimeField(null=True, editable=False)
    # When consent was last asked about again (MailSettings.reconfirm_years).
    asked_at = models.DateTimeField(null=True, editable=False)
    # The address that the reader wants mail to go to, until it is confirmed there.
    moving_to = models.EmailField(max_length=254, blank=True, editable=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, editable=False)
    # RFC 3463's 4.x.x since the last mail that arrived, and the first of them.
    soft_bounces = models.PositiveSmallIntegerField(default=0, editable=False)
    first_soft_at = models.DateTimeField(null=True, editable=False)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")
        permissions = (
            ("see_addresses", "Can see addresses of subscribers"),
            ("export_subscribers", "Can export subscribers"),
        )
        indexes = (
            models.Index(fields=["status", "id"], name="mailing_by_status"),
            models.Index(fields=["-created_at", "-id"], name="mailing_newest"),
            # Those whose roll-ups are to begin are looked for every few minutes: hardly ever any.
            models.Index(fields=["status", "rhythm", "next_roll_at"], name="mailing_to_begin"),
        )

    def __str__(self) -> str:
        # It stands in lists, titles and audit rows, which many see and which outlive the address.
        return masked(self.address)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.digest, self.group = digest_of(self.address), group_of(self.address)
        super().save(*args, **kwargs)

    def own_path(self) -> str:
        """Return the path of the reader's own page.

        Not ``get_absolute_url``: Django would lead all staff there, and who has it may do all that
        the reader may.
        """
        return reverse("mailing:reader", args=[self.key])
