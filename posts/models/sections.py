"""What a post consists of: sections, linked items, and the places where links stand."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from links.models import Link, Source
from posts.models.posts import SLUG_LENGTH, Post


class RecurringSection(models.Model):
    """A heading that comes back in issue after issue, however it is decorated."""

    key = models.CharField(max_length=400, unique=True, editable=False)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True, blank=True)
    title = models.TextField(_("title"))
    post_count = models.PositiveIntegerField(_("issues"), default=0, editable=False)
    first_seen = models.DateTimeField(_("first seen"), null=True, editable=False)
    last_seen = models.DateTimeField(_("last seen"), null=True, editable=False)
    hidden = models.BooleanField(
        _("hidden"),
        default=False,
        help_text=_("Not a section of the site; issues keep the heading."),
    )
    merged_into = models.ForeignKey(
        "self", related_name="merged", on_delete=models.CASCADE, null=True, editable=False
    )

    class Meta:
        verbose_name = _("recurring section")
        verbose_name_plural = _("recurring sections")
        ordering = ("title",)
        # Not with the title: a long one would not fit an index entry.
        indexes = (
            models.Index(fields=["-post_count", "id"], name="posts_sections_by_use"),
            models.Index(fields=["-last_seen", "id"], name="posts_sections_by_date"),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("posts:section", args=[self.slug])


class Section(models.Model):
    """One heading and the Markdown below it, up to the next heading, verbatim in ``source``."""

    post = models.ForeignKey(
        Post, related_name="sections", on_delete=models.CASCADE, db_index=False
    )
    position = models.PositiveIntegerField()
    source = models.TextField(_("Markdown"))
    heading = models.TextField(_("heading"), blank=True)
    level = models.PositiveSmallIntegerField(default=0)
    anchor = models.TextField(blank=True)
    recurring = models.ForeignKey(
        RecurringSection,
        related_name="sections",
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
    )
    repeat = models.PositiveSmallIntegerField(
        default=0, help_text=_("How many sections of this issue before it have the same heading.")
    )
    date = models.DateTimeField(null=True)  # Post.listed_at
    item_count = models.PositiveIntegerField(_("items"), default=0)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ("post", "position")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "position"], name="posts_section_position"),
        ]
        indexes = (
            models.Index(fields=["recurring", "repeat", "-date"], name="posts_section_page"),
            models.Index(fields=["date", "repeat", "recurring"], name="posts_sections_to_come"),
        )

    def __str__(self) -> str:
        return self.heading or str(_("(opening)"))


class LinkedItem(models.Model):
    """One curated entry of a section: derived on save, but its identity survives edits.

    A row whose text is gone stays as a tombstone (``removed_at``), so that bringing the text back
    brings back what was decided about it.
    """

    class Kind(models.TextChoices):
        LIST = "list", _("List item")
        PARAGRAPH = "paragraph", _("Paragraph")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    post = models.ForeignKey(Post, related_name="items", on_delete=models.CASCADE, db_index=False)
    section = models.ForeignKey(
        Section,
        related_name="items",
        on_delete=models.SET_NULL,
        null=True,
        verbose_name=_("section"),
    )
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind.choices)
    group = models.TextField(_("group"), blank=True)
    title = models.TextField(_("title"), blank=True)
    summary = models.TextField(_("summary"), blank=True)
    url = models.TextField(_("main link as written"), blank=True)
    anchor_text = models.TextField(_("anchor text"), blank=True)
    link = models.ForeignKey(
        Link, related_name="main_items", on_delete=models.PROTECT, null=True, verbose_name=_("link")
    )
    link_count = models.PositiveIntegerField(_("links"), default=0)
    start_line = models.PositiveIntegerField(default=0)
    end_line = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, editable=False)
    hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Left out of the page and the feeds.")
    )
    is_news = models.BooleanField(
        _("news"),
        default=False,
        db_default=False,
        help_text=_("Its page does not say that an earlier issue had the same link."),
    )
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)
    date = models.DateTimeField(null=True, editable=False)  # Post.listed_at; None if hidden
    # Whether a few other posts have its main link, too: see posts.publishing.returning.
    returns = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("linked item")
        verbose_name_plural = _("linked items")
        ordering = ("post", "section__position", "position")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind__in=["list", "paragraph"]), name="posts_item_kind_valid"
            ),
        ]
        indexes = (
            models.Index(fields=["-post", "section", "position"], name="posts_items_of_an_issue"),
            models.Index(
                fields=["-date", "id"], condition=Q(date__isnull=False), name="posts_items_by_date"
            ),
            models.Index(
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False),
                name="posts_item_tombstones",
            ),
            models.Index(
                fields=["post"], condition=Q(returns=True), name="posts_items_that_return"
            ),
            models.Index(
                fields=["link"], condition=Q(returns=True), name="posts_links_that_return"
            ),
        )

    def __str__(self) -> str:
        return self.title or self.summary[:80] or self.url

    def get_absolute_url(self) -> str:
        return f"{self.post.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """The fragment of the item's permalink."""
        return item_anchor(self.uid)


def item_anchor(uid: uuid.UUID) -> str:
    """Return the fragment of the permalink of the item that has an identity."""
    return anchor_of(uid.hex)


def anchor_of(digits: str) -> str:
    """Return the same for the 32 hexadecimal digits of an identity."""
    return f"item-{digits[:12]}"


class SectionEntry(models.Model):
    """An item in the list of a recurring section: under its heading, or under one below that.

    Only what readers see has entries, one for each of the headings it stands under.
    """

    recurring = models.ForeignKey(
        RecurringSection, related_name="entries", on_delete=models.CASCADE, db_index=False
    )
    item = models.ForeignKey(
        LinkedItem, related_name="entries", on_delete=models.CASCADE, db_index=False
    )
    date = models.DateTimeField()  # Post.listed_at

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["item", "recurring"], name="posts_section_entry"),
        ]
        indexes = (
            models.Index(fields=["recurring", "-date", "item"], name="posts_entries_of_a_section"),
        )

    def __str__(self) -> str:
        return f"{self.recurring_id}: {self.item_id}"


class Appearance(models.Model):
    """One place a Link stands: in an item, or elsewhere in a section (a heading, a table).

    One place of each link that readers see in a post has a ``host``: that is what the page of a
    source lists. An ``owner`` is a source, too; what is there of it is there of its host.
    """

    post = models.ForeignKey(Post, related_name="appearances", on_delete=models.CASCADE)
    section = models.ForeignKey(
        Section, related_name="appearances", on_delete=models.CASCADE, db_index=False
    )
    item = models.ForeignKey(
        LinkedItem, related_name="appearances", on_delete=models.CASCADE, null=True
    )
    link = models.ForeignKey(
        Link, related_name="appearances", on_delete=models.PROTECT, db_index=False
    )
    position = models.PositiveIntegerField()
    url = models.TextField(_("address as written"))
    anchor_text = models.TextField(_("anchor text"), blank=True)
    host = models.ForeignKey(
        Source, related_name="+", on_delete=models.PROTECT, null=True, db_index=False
    )
    owner = models.ForeignKey(
        Source, related_name="+", on_delete=models.PROTECT, null=True, db_index=False
    )
    date = models.DateTimeField(null=True)  # Post.listed_at

    class Meta:
        verbose_name = _("appearance")
        verbose_name_plural = _("appearances")
        ordering = ("post", "section", "position")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["section", "position"], name="posts_appearance_place"),
        ]
        indexes = (
            *(
                models.Index(
                    fields=[source, "-date", "id"],
                    condition=Q(**{f"{source}__isnull": False}),
                    name=f"posts_links_of_{source}",
                )
                for source in ("host", "owner")
            ),
            models.Index(fields=["link", "-date", "id"], name="posts_places_of_a_link"),
        )

    def __str__(self) -> str:
        return self.url
