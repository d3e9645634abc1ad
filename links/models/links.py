"""Addresses, where they come from, and what asking them said."""

from __future__ import annotations

import hashlib
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

DIGEST_LENGTH = 16
"""How many hexadecimal digits of a key name a link in an address: 64 bits.

Two of a million links are called the same once in 37 million sites; the older one has the name,
and the other has that of its whole key.
"""


class Source(models.Model):
    """Who publishes what links point to: a host, or an owner on a host that many share.

    ``name`` is the host without ``www.``, or host and owner (``github.com/rust-lang``). The source
    of an owner has the source of its host as ``parent``; what is counted for it is counted for
    both.
    """

    name = models.CharField(_("name"), max_length=400, unique=True)
    host = models.CharField(_("host"), max_length=253, db_index=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("host"),
        related_name="owners",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
    )
    post_count = models.PositiveIntegerField(
        _("issues"),
        default=0,
        editable=False,
        help_text=_("Published or scheduled issues that cite this source."),
    )
    link_count = models.PositiveIntegerField(
        _("links"),
        default=0,
        editable=False,
        help_text=_("Times this source is cited in those issues."),
    )
    first_seen = models.DateTimeField(_("first seen"), null=True, editable=False)
    last_seen = models.DateTimeField(_("last seen"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("name",)
        # Of hosts, of owners, and of the owners on one host.
        indexes = (
            *(
                models.Index(
                    fields=[column, "id"],
                    condition=models.Q(parent__isnull=True),
                    name=f"links_hosts_by_{name}",
                )
                for column, name in (("-post_count", "use"), ("-last_seen", "date"))
            ),
            models.Index(
                fields=["-post_count", "id"],
                condition=models.Q(parent__isnull=False),
                name="links_owners_by_use",
            ),
            models.Index(fields=["parent", "-post_count", "id"], name="links_owners_of_a_host"),
            models.Index(fields=["-post_count", "name"], name="links_source_index_page"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Where an owner's pages are on the host, as rules name it (``/rust-lang``); else ""."""
        return self.name.removeprefix(self.host)


class Link(models.Model):
    """One address, wherever it appears: identified by its canonical URL.

    Addresses may be longer than an index entry may be (PostgreSQL: 2,704 bytes), so uniqueness is
    held on ``key``, the SHA-256 of the canonical URL.

    ``status`` is what somebody decided about this link, ``rule`` the rule about its source that
    holds for it; ``standing`` follows from both and is what readers get.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        BLOCKED = "blocked", _("Blocked")

    class Standing(models.TextChoices):
        SHOWN = "shown", _("Shown")
        HELD = "held", _("Waits for approval")
        BLOCKED = "blocked", _("Blocked")

    class Health(models.TextChoices):
        UNCHECKED = "unchecked", _("Not checked yet")
        OK = "ok", _("Works")
        REDIRECTED = "redirected", _("Redirected")
        RESTRICTED = "restricted", _("Restricted")
        BROKEN = "broken", _("Broken")
        GONE = "gone", _("Gone")

    key = models.CharField(_("key"), max_length=64, unique=True, editable=False)
    url = models.TextField(_("canonical URL"))
    source = models.ForeignKey(
        Source,
        verbose_name=_("source"),
        related_name="links",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(_("first seen"), default=timezone.now, editable=False)

    # What was decided

    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.PENDING
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    held = models.BooleanField(
        default=False, editable=False, help_text=_("New under pre-moderation: waits for approval.")
    )
    rule = models.ForeignKey(
        "links.SourceRule",
        verbose_name=_("rule"),
        related_name="links",
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
    )
    standing = models.CharField(
        _("readers"), max_length=16, choices=Standing.choices, default=Standing.SHOWN,
        editable=False,
    )  # fmt: skip
    replacement_url = models.TextField(_("replacement"), blank=True)

    # What asking it said

    health = models.CharField(
        _("health"), max_length=16, choices=Health.choices, default=Health.UNCHECKED
    )
    title = models.TextField(_("title found"), blank=True, editable=False)
    description = models.TextField(_("description found"), blank=True, editable=False)
    final_url = models.TextField(_("leads to"), blank=True, editable=False)
    flag = models.CharField(
        _("flag"),
        max_length=32,
        blank=True,
        editable=False,
        help_text=_("What is wrong with a page that answers: soft-404, parked."),
    )
    archived_url = models.TextField(_("archived copy"), blank=True, editable=False)
    archive_asked_at = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    due_at = models.DateTimeField(
        _("next check"),
        null=True,
        default=timezone.now,
        editable=False,
        help_text=_("Empty: never, since nothing can be asked or somebody marked it broken."),
    )
    claimed_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text=_("Days in a row on which it failed.")
    )
    etag = models.CharField(max_length=500, blank=True, editable=False)
    last_modified = models.CharField(max_length=100, blank=True, editable=False)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        ordering = ("-id",)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "approved", "blocked"]),
                name="links_link_status_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(standing__in=["shown", "held", "blocked"]),
                name="links_link_standing_valid",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    health__in=["unchecked", "ok", "redirected", "restricted", "broken", "gone"]
                ),
                name="links_link_health_valid",
            ),
        ]
        indexes = (
            models.Index(fields=["status", "-id"], name="links_admin_by_status"),
            models.Index(fields=["health", "-id"], name="links_admin_by_health"),
            models.Index(fields=["due_at", "id"], name="links_due_for_a_check"),
            models.Index(
                fields=["rule"],
                condition=models.Q(rule__isnull=False),
                name="links_under_a_rule",
            ),
            models.Index(
                fields=["source", "-decided_at"],
                condition=models.Q(decided_at__isnull=False),
                name="links_decided_of_a_source",
            ),
        )

    def __str__(self) -> str:
        return self.url

    @staticmethod
    def key_for(canonical_url: str) -> str:
        """Return the unique key of a canonical URL: its SHA-256 in hexadecimal."""
        return hashlib.sha256(canonical_url.encode()).hexdigest()

    @property
    def digest(self) -> str:
        """The digits of its key that its page is called by."""
        return self.key[:DIGEST_LENGTH]

    @property
    def shown_url(self) -> str:
        """The address that readers get; "" for a link that is blocked or waits for approval."""
        return (self.replacement_url or self.url) if self.standing == self.Standing.SHOWN else ""

    @property
    def is_rotten(self) -> bool:
        """Whether readers who follow it get nothing."""
        return self.health in {self.Health.BROKEN, self.Health.GONE}

    @property
    def is_marked_broken(self) -> bool:
        """Whether somebody said that it is broken; what checks find, nobody has said yet."""
        return self.health == self.Health.BROKEN and self.due_at is None

    @property
    def offered_copy(self) -> str:
        """The archived copy offered beside the link; "" if the link works or has none."""
        return self.archived_url if self.is_rotten else ""


class Outage(models.Model):
    """A time in which this machine had no network, so that nothing could be checked."""

    began_at = models.DateTimeField(_("began"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        ordering = ("-began_at",)

    def __str__(self) -> str:
        return f"{self.began_at}"


class Check(models.Model):
    """One time a link was asked, and what came back; the last 20 are kept."""

    link = models.ForeignKey(Link, related_name="checks", on_delete=models.CASCADE)
    at = models.DateTimeField(_("time"), default=timezone.now)
    health = models.CharField(_("result"), max_length=16, choices=Link.Health.choices)
    status_code = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    flag = models.CharField(
        _("flag"), max_length=32, blank=True, help_text=_("Such as a soft 404 or a parked domain.")
    )
    final_url = models.TextField(_("leads to"), blank=True)
    hops = models.JSONField(_("redirects"), default=list, blank=True)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=["link", "-at", "-id"], name="links_history_of_a_link"),
            models.Index(fields=["-at"], name="links_checks_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.link_id}: {self.health}"
