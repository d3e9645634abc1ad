"""What is sent: mailings, and the ledger with one row for each recipient of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from links.models import Link
from mailing.models.subscribers import Rhythm, Subscriber
from posts.models import LinkedItem, Post


class Mailing(models.Model):
    """An issue on its way to those who get it, or the roll-ups and item mails of one day.

    ``filled_to`` is the last subscriber (by key) for whom the ledger has a row, so that filling it
    goes on where it was interrupted; None before it began, and ``is_filled`` once it is complete.
    """

    class Kind(models.TextChoices):
        ISSUE = "issue", _("Issue")
        ROLLUP = "rollup", _("Roll-up")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        HELD = "held", _("Goes out in some minutes")
        SENDING = "sending", _("Being sent")
        PAUSED = "paused", pgettext_lazy("a mailing", "Paused")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", pgettext_lazy("a mailing", "Sent")

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ISSUE)
    post = models.ForeignKey(
        Post, null=True, blank=True, related_name="mailings", on_delete=models.SET_NULL
    )
    title = models.CharField(_("subject"), max_length=500)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices, default=Rhythm.EACH)
    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.PLANNED
    )
    # When it is due; None: as soon as its issue is public.
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    held_until = models.DateTimeField(null=True, editable=False)
    # Whom it is for, beside what readers chose: {"language": "ko"}, … ; {} is everybody.
    audience = models.JSONField(default=dict, blank=True)
    is_advertising = models.BooleanField(_("advertising"), default=False)
    # Also for those who have got the issue by an earlier mailing.
    is_repeated = models.BooleanField(_("again"), default=False)
    # Of roll-ups: the days that they are about, where the site is, and which mailing of that day
    # it is, since a reader may get two of a day, though not by one mailing.
    first_day = models.DateField(null=True, editable=False)
    last_day = models.DateField(null=True, editable=False)
    part = models.PositiveSmallIntegerField(default=0, editable=False)
    # How many rows are in each state, once that is settled; None: it has to be counted.
    totals = models.JSONField(null=True, editable=False)
    # Why it paused by itself; see ``mailing.admin.words``.
    trouble = models.CharField(max_length=300, blank=True, editable=False)
    filled_to = models.BigIntegerField(null=True, editable=False)
    is_filled = models.BooleanField(default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, related_name="+", on_delete=models.SET_NULL
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)
    # Whether what servers said of its mails was forgotten (mailing.forgetting).
    is_silenced = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("mailing")
        verbose_name_plural = _("mailings")
        default_permissions = ("view",)
        permissions = (("send_mailing", "Can send issues by mail"),)
        indexes = (models.Index(fields=["status", "starts_at"], name="mailing_due"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["rhythm", "last_day", "part"],
                condition=models.Q(kind="rollup"),
                name="mailing_rollups_of_day",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Lane(models.Model):
    """One of the few chains of tasks that hand a mailing over: at each moment a lane has one task,
    running or waiting, whose slice of the ledger is claimed by ``mark``.

    ``at`` is when that task was last heard of, or enqueued.
    """

    mailing = models.ForeignKey(Mailing, related_name="lanes", on_delete=models.CASCADE)
    mark = models.UUIDField(unique=True, default=uuid.uuid4)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.mark}"


class ItemSet(models.Model):
    """A set of items that readers got together; one row, however many got the same.

    ``uids`` are the items' UUIDs, sorted, 16 bytes each; ``digest`` is their SHA-256.
    """

    digest = models.CharField(max_length=64, unique=True)
    uids = models.BinaryField()
    size = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.size} {self.digest[:12]}"


class Brought(models.Model):
    """An item that a set holds, with its link: by it is found which sets brought a link.

    Links keep their rows when they are united with others. Items may be forgotten.
    """

    set = models.ForeignKey(
        ItemSet, related_name="brought", on_delete=models.CASCADE, db_index=False
    )
    item = models.ForeignKey(
        LinkedItem, related_name="+", on_delete=models.DO_NOTHING, db_constraint=False
    )
    # Not hidden: whoever unites links moves what points to them.
    link = models.ForeignKey(Link, null=True, related_name="brought", on_delete=models.SET_NULL)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["set", "item"], name="mailing_brought_once"),
        ]

    def __str__(self) -> str:
        return f"{self.set_id} {self.item_id}"


class Appeared(models.Model):
    """When an issue came before readers, as mail noticed it: that is the moment by which roll-ups
    go, since its own time may be earlier than its publication. It never changes.

    Issues that were not new when they were noticed have no row; theirs is their own time.
    """

    post = models.OneToOneField(Post, related_name="appeared", on_delete=models.CASCADE)
    at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.post_id} {self.at:%Y-%m-%d}"


class Delivery(models.Model):
    """What becomes of a mailing for one recipient: a row of the ledger.

    A row is claimed by a worker before it is handed to the server, and marked as handed before
    the server is asked to take it. So whoever is killed leaves at most one row of which nobody
    knows whether the server took it.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        CLAIMED = "claimed", _("Taken by a worker")
        HANDED = "handed", _("Being handed over")
        ACCEPTED = "accepted", pgettext_lazy("mail", "Accepted")
        DEFERRED = "deferred", _("Put off by the receiver")
        FAILED = "failed", _("Refused")
        UNKNOWN = "unknown", _("Nobody knows")
        DROPPED = "dropped", _("Not sent: left, suppressed or cancelled")

    # Indexes that are not its own begin with it.
    mailing = models.ForeignKey(
        Mailing, related_name="deliveries", on_delete=models.CASCADE, db_index=False
    )
    subscriber = models.ForeignKey(
        Subscriber, null=True, related_name="deliveries", on_delete=models.SET_NULL
    )
    # The issue that this reader gets by no other row, but for those that were dropped; None for
    # roll-ups, for what is sent again on purpose, and what was refused once another brings it.
    once_for = models.ForeignKey(Post, null=True, related_name="+", on_delete=models.SET_NULL)
    # Of Message-ID and the envelope (VERP), so that what comes back tells whose it is.
    token = models.UUIDField(unique=True, default=uuid.uuid4)
    group = models.CharField(max_length=100)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    # What it brings: chosen when the row is filled for roll-ups, at handing over for whole issues.
    items = models.ForeignKey(ItemSet, null=True, related_name="+", on_delete=models.PROTECT)
    is_whole = models.BooleanField(default=True)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # How often it was handed over once more though nobody knew whether the server had taken it.
    repeats = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    first_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    # What the server or the provider said (RFC 5321, RFC 3463), without addresses.
    code = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # What the provider calls it.
    provider_id = models.CharField(max_length=200, blank=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["mailing", "subscriber"], name="mailing_once_each"),
            models.UniqueConstraint(
                fields=["once_for", "subscriber"],
                condition=~models.Q(status="dropped"),
                name="mailing_no_issue_twice",
            ),
        ]
        indexes = (
            # In this order rows are claimed, a status after the other.
            models.Index(fields=["mailing", "status", "id"], name="mailing_ledger"),
            models.Index(
                fields=["provider_id"], condition=~models.Q(provider_id=""), name="mailing_provided"
            ),
            models.Index(
                fields=["mailing"], condition=models.Q(repeats__gt=0), name="mailing_repeated"
            ),
            # Those of which it is not known yet what they will have brought: few.
            models.Index(
                fields=["mailing", "subscriber"],
                condition=models.Q(is_whole=True, items=None),
                name="mailing_whole_to_come",
            ),
        )

    def __str__(self) -> str:
        return f"{self.mailing_id} {self.subscriber_id} {self.status}"


class Event(models.Model):
    """What a provider or a mail server told afterwards; each is told once (``name`` is unique)."""

    class Kind(models.TextChoices):
        DELIVERED = "delivered", _("Delivered")
        DEFERRED = "deferred", _("Put off")
        SOFT = "soft", _("Came back, for now")
        HARD = "hard", _("Came back for good")
        COMPLAINT = "complaint", _("Called spam")
        LEFT = "left", _("Left at the provider")
        # What staff did about an address: what was told before counts no more.
        LIFTED = "lifted", _("Taken back by staff")

    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    delivery = models.ForeignKey(
        Delivery, null=True, related_name="events", on_delete=models.SET_NULL
    )
    digest = models.CharField(max_length=64, blank=True, db_index=True)
    code = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class Pace(models.Model):
    """How fast mail goes to a receiving service (``group``), or in all (""), as all workers know.

    ``limit`` is what the owner allows a service in an hour (None: no limit of its own). ``sent``
    counts in the hour that began at ``hour``; nothing is handed over before ``slowed_until``;
    ``since`` is the day from which warming up is counted.
    """

    group = models.CharField(max_length=100, unique=True, blank=True)
    limit = models.PositiveIntegerField(_("mails in an hour at most"), null=True, blank=True)
    hour = models.DateTimeField(null=True)
    sent = models.PositiveIntegerField(default=0)
    slowed_until = models.DateTimeField(null=True)
    slowings = models.PositiveSmallIntegerField(default=0)
    since = models.DateField(auto_now_add=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.group
