"""What readers send in, and what staff collect for the next issue."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from links.models.decisions import Decision
from links.models.links import Link


class Suggestion(models.Model):
    """A link that a reader suggests, with a note; its status page has an unguessable address."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    # 256 random bits in letters that addresses may have (RFC 4648, base64url).
    token = models.CharField(
        max_length=64, unique=True, default=secrets.token_urlsafe, editable=False
    )
    link = models.ForeignKey(
        Link, verbose_name=_("link"), related_name="suggestions", on_delete=models.PROTECT
    )
    url = models.TextField(_("address as written"))
    title = models.CharField(_("title"), max_length=300, blank=True)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(max_length=16, blank=True, editable=False)
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.WAITING
    )
    answer = models.CharField(
        _("answer"), max_length=500, blank=True, help_text=_("Shown on the reader's status page.")
    )
    created_at = models.DateTimeField(_("suggested"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered"), null=True)
    # Nobody decided about a link where staff answered the reader alone, or the site did at once.
    answered_by = models.ForeignKey(
        Decision, related_name="answered_suggestions", on_delete=models.PROTECT, null=True
    )

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        ordering = ("-created_at", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "accepted", "declined"]),
                name="links_suggestion_status_valid",
            ),
        ]
        indexes = (models.Index(fields=["status", "-created_at"], name="links_suggestion_list"),)

    def __str__(self) -> str:
        return self.title or self.url


class Report(models.Model):
    """A reader says that something is wrong with a link."""

    class Kind(models.TextChoices):
        BROKEN = "broken", _("It does not work")
        MISLEADING = "misleading", _("It leads somewhere else than it says")
        HARMFUL = "harmful", _("It is spam or harmful")
        OTHER = "other", _("Something else")

    link = models.ForeignKey(
        Link, verbose_name=_("link"), related_name="reports", on_delete=models.CASCADE
    )
    kind = models.CharField(_("what is wrong"), max_length=16, choices=Kind.choices)
    note = models.TextField(_("note"), max_length=1000, blank=True)
    place = models.CharField(
        _("where"), max_length=500, blank=True, help_text=_("Path of the page and its item.")
    )
    created_at = models.DateTimeField(_("reported"), default=timezone.now)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.get_kind_display()


class InboxEntry(models.Model):
    """A link collected for the next issue: by staff, or accepted from a reader."""

    link = models.ForeignKey(
        Link, verbose_name=_("link"), related_name="inbox_entries", on_delete=models.PROTECT
    )
    url = models.TextField(_("address as written"))
    title = models.CharField(_("title"), max_length=300, blank=True)
    note = models.TextField(_("note"), blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("added by"),
        related_name="+",
        on_delete=models.SET_NULL,
        null=True,
    )
    suggestion = models.OneToOneField(
        Suggestion, related_name="inbox_entry", on_delete=models.PROTECT, null=True
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now)
    done_at = models.DateTimeField(
        _("done"), null=True, help_text=_("When it was printed or put aside.")
    )

    class Meta:
        verbose_name = _("inbox entry")
        verbose_name_plural = _("inbox")
        ordering = ("-added_at", "-id")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["link"], condition=models.Q(done_at=None), name="links_once_in_the_inbox"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url


class ApiToken(models.Model):
    """Lets a person collect links from outside the admin; only its digest is stored."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, related_name="link_tokens", on_delete=models.CASCADE
    )
    name = models.CharField(_("name"), max_length=100, help_text=_("Where it is used."))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"))
    used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name
