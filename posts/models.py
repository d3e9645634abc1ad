"""Posts and everything derived from their Markdown.

Only ``Post``'s header and metadata, its ``Section`` sources, its ``Image`` files and what people
decided (``LinkedItem.hidden``) are canonical; every other column is derived on save by
``posts.publishing`` and rebuilt with the same result by ``manage.py rebuild_posts``.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager
from taggit.models import ItemBase, TagBase

from links.models import Link, Source
from posts.naming import fold, tag_slug

if TYPE_CHECKING:
    pass

SLUG_LENGTH = 200


Moment = datetime | OuterRef


def public(at: Moment | None = None, post: str = "") -> Q:
    """Return the condition "readers may see it at this moment" (default: now).

    The moment may be a column of an outer query. ``post`` is the path from the queried model to
    the post, such as ``content_object``. With ``Post.objects.published``, which applies it, this
    is the only definition of "public": views, feeds, sitemap, counts and search all use it.
    """
    path = f"{post}__" if post else ""
    return Q(
        **{f"{path}status": Post.Status.PUBLISHED, f"{path}published_at__lte": at or timezone.now()}
    )


class PostQuerySet(models.QuerySet["Post"]):
    def published(self, at: Moment | None = None) -> PostQuerySet:
        """Return what readers may see at a moment (default: now)."""
        return self.filter(public(at))

    def scheduled(self, at: datetime | None = None) -> PostQuerySet:
        """Return what will become public after a moment (default: now) by itself."""
        return self.filter(status=Post.Status.PUBLISHED, published_at__gt=at or timezone.now())

    def newest_first(self) -> PostQuerySet:
        return self.order_by("-published_at", "-id")


PostManager = models.Manager.from_queryset(PostQuerySet)


class Post(models.Model):
    """One issue: metadata, tags, its header exactly as written, and ordered Sections."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    title = models.CharField(_("title"), max_length=500)
    slug = models.CharField(
        _("slug"),
        max_length=SLUG_LENGTH,
        unique=True,
        help_text=_("The last part of the address. An old address keeps working after a change."),
    )
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    cover = models.CharField(
        _("cover image"),
        max_length=1000,
        blank=True,
        help_text=_("An address, or the path of an image that came with the issue."),
    )
    status = models.CharField(
        _("status"), max_length=16, choices=Status.choices, default=Status.DRAFT
    )
    published_at = models.DateTimeField(_("publish time"), null=True, blank=True)
    revised_at = models.DateTimeField(_("updated"), null=True, blank=True)
    tags = TaggableManager(  # type: ignore[no-untyped-call]
        through="posts.TaggedPost", blank=True, verbose_name=_("tags")
    )

    header = models.TextField(_("header as written"), blank=True, editable=False)
    source_name = models.CharField(
        _("file name"),
        max_length=500,
        blank=True,
        editable=False,
        help_text=_("Name relative to the imported folder; recognises the file on re-import."),
    )
    source_digest = models.CharField(max_length=64, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    modified_at = models.DateTimeField(_("modified"), default=timezone.now, editable=False)

    problem = models.TextField(
        _("problem"),
        blank=True,
        editable=False,
        help_text=_("Why the text cannot be rendered; a post with a problem stays a draft."),
    )
    stale_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When something was decided that its page does not show yet."),
    )
    item_count = models.PositiveIntegerField(_("items"), default=0, editable=False)
    link_count = models.PositiveIntegerField(_("links"), default=0, editable=False)
    reading_minutes = models.PositiveIntegerField(default=0, editable=False)

    objects = PostManager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ("-published_at", "-id")
        permissions = (("publish_post", "Can publish and withdraw post"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "published"]), name="posts_post_status_valid"
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="posts_post_published_has_time",
            ),
            models.UniqueConstraint(
                fields=["source_name"],
                condition=~Q(source_name=""),
                name="posts_post_source_name_unique",
            ),
        ]
        indexes = (
            models.Index(fields=["status", "-published_at", "-id"], name="posts_home_and_archive"),
            models.Index(fields=["-published_at", "-id"], name="posts_admin_list"),
            models.Index(
                fields=["id"],
                condition=Q(stale_since__isnull=False),
                name="posts_to_make_again",
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("posts:post", args=[self.slug])

    def is_public(self, at: datetime | None = None) -> bool:
        """Tell whether this row is in ``Post.objects.published(at)``."""
        return (
            self.status == self.Status.PUBLISHED
            and self.published_at is not None
            and self.published_at <= (at or timezone.now())
        )

    @property
    def is_counted(self) -> bool:
        """Whether counters include this post: published or scheduled, and rendered."""
        return self.status == self.Status.PUBLISHED

    @property
    def body(self) -> str:
        """The Markdown below the header: all section sources joined."""
        return "".join(self.sections.order_by("position").values_list("source", flat=True))

    @property
    def document(self) -> str:
        """The whole issue, as imported or last edited."""
        return self.header + self.body


class OldSlug(models.Model):
    """A slug a post had before; its address redirects."""

    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    post = models.ForeignKey(Post, related_name="old_slugs", on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.slug


class Tag(TagBase):
    """A subject. Names keep their spaces and script; case and width do not make another tag."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True, blank=True)
    key = models.CharField(max_length=400, unique=True, editable=False)
    description = models.TextField(_("description"), blank=True)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("name",)
        permissions = (("merge_tag", "Can merge tag"),)
        indexes = (models.Index(fields=["-post_count", "name"], name="posts_tag_index_page"),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = " ".join(self.name.split())
        self.key = fold(self.name)
        super().save(*args, **kwargs)  # type: ignore[no-untyped-call]

    def slugify(self, tag: str, i: int | None = None) -> str:
        """Return the slug of a name; ``i`` counts the tries when one is taken."""
        slug = tag_slug(tag)[: SLUG_LENGTH - 8]
        return slug if i is None else f"{slug}-{i}"

    def get_absolute_url(self) -> str:
        return reverse("posts:tag", args=[self.slug])


class TagAlias(models.Model):
    """Another name of a tag: the name of a tag merged into it, or its earlier name or slug."""

    key = models.CharField(max_length=400, unique=True)
    name = models.CharField(_("name"), max_length=200)
    slug = models.CharField(_("slug"), max_length=SLUG_LENGTH, unique=True)
    tag = models.ForeignKey(Tag, related_name="aliases", on_delete=models.CASCADE)

    class Meta:
        verbose_name = _("tag alias")
        verbose_name_plural = _("tag aliases")

    def __str__(self) -> str:
        return self.name


class TaggedPost(ItemBase):
    """A tag on a post; carries the post's time so that a tag page reads one index in order."""

    # Here and below: no index of its own for a key that leads a wider one.
    tag = models.ForeignKey(Tag, related_name="taggings", on_delete=models.CASCADE, db_index=False)
    content_object = models.ForeignKey(
        Post, related_name="taggings", on_delete=models.CASCADE, db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0)
    date = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["content_object", "tag"], name="posts_tag_once"),
        ]
        indexes = (
            models.Index(fields=["tag", "-date", "-content_object"], name="posts_tag_page"),
            models.Index(fields=["date"], name="posts_scheduled_tags"),
        )


class RecurringSection(models.Model):
    """A heading that comes back in issue after issue, however it is decorated."""

    key = models.CharField(max_length=400, unique=True)
    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    title = models.TextField()
    post_count = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("recurring section")
        verbose_name_plural = _("recurring sections")
        ordering = ("title",)
        # Not with the title: a long one would not fit an index entry.
        indexes = (models.Index(fields=["-post_count"], name="posts_section_index_page"),)

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
        default=0, help_text=_("How many sections of this post before it have the same heading.")
    )
    date = models.DateTimeField(null=True)
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
            models.Index(fields=["date"], name="posts_scheduled_sections"),
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
    post = models.ForeignKey(Post, related_name="items", on_delete=models.CASCADE)
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
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True, editable=False)

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
            models.Index(
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False),
                name="posts_item_tombstones",
            ),
        )

    def __str__(self) -> str:
        return self.title or self.summary[:80] or self.url

    def get_absolute_url(self) -> str:
        return f"{self.post.get_absolute_url()}#{self.anchor}"

    @property
    def anchor(self) -> str:
        """The fragment of the item's permalink."""
        return f"item-{self.uid.hex[:12]}"


class Appearance(models.Model):
    """One place a Link stands: in an item, or elsewhere in a section (a heading, a table)."""

    post = models.ForeignKey(Post, related_name="appearances", on_delete=models.CASCADE)
    section = models.ForeignKey(
        Section, related_name="appearances", on_delete=models.CASCADE, db_index=False
    )
    item = models.ForeignKey(
        LinkedItem, related_name="appearances", on_delete=models.CASCADE, null=True
    )
    link = models.ForeignKey(Link, related_name="appearances", on_delete=models.PROTECT)
    position = models.PositiveIntegerField()
    url = models.TextField(_("address as written"))
    anchor_text = models.TextField(_("anchor text"), blank=True)

    class Meta:
        verbose_name = _("appearance")
        verbose_name_plural = _("appearances")
        ordering = ("post", "section", "position")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["section", "position"], name="posts_appearance_place"),
        ]

    def __str__(self) -> str:
        return self.url


class Citation(models.Model):
    """A post that cites a source: what a source page lists, in the order of one index."""

    post = models.ForeignKey(
        Post, related_name="citations", on_delete=models.CASCADE, db_index=False
    )
    source = models.ForeignKey(
        Source, related_name="citations", on_delete=models.PROTECT, db_index=False
    )
    link_count = models.PositiveIntegerField()
    date = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "source"], name="posts_citation_once"),
        ]
        indexes = (
            models.Index(fields=["source", "-date", "-post"], name="posts_source_page"),
            models.Index(fields=["date"], name="posts_scheduled_citations"),
        )

    def __str__(self) -> str:
        return f"{self.source_id} in {self.post_id}"


class ArchiveMonth(models.Model):
    """How many posts a month holds, published or scheduled; the archive's index."""

    month = models.DateField(unique=True, help_text=_("The first day, in the site's time zone."))
    post_count = models.PositiveIntegerField(default=0)
    link_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-month",)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Image(models.Model):
    """A picture that came with an issue; the Markdown names it by its relative path."""

    post = models.ForeignKey(Post, related_name="images", on_delete=models.CASCADE)
    path = models.CharField(_("path as written"), max_length=500)
    file = models.ImageField(upload_to="posts/%Y/%m", width_field="width", height_field="height")
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    digest = models.CharField(max_length=64, editable=False)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "path"], name="posts_image_path"),
        ]

    def __str__(self) -> str:
        return self.path


class PostPage(models.Model):
    """What readers get of a post, ready as bytes (UTF-8), in a table of its own.

    A page is ``head`` inside the site's shell, then ``intro`` + ``body`` + ``outro``. Small
    columns come first: a row's list columns are read without touching the large ones.
    """

    post = models.OneToOneField(
        Post, related_name="page", on_delete=models.CASCADE, primary_key=True
    )
    digest = models.CharField(max_length=64, help_text=_("Of what feeds send; their ETag."))
    card = models.BinaryField(help_text=_("One row of a list."))
    newer = models.BinaryField(help_text=_("The link to it from the issue before."))
    older = models.BinaryField(help_text=_("The link to it from the issue after."))
    rss = models.BinaryField(help_text=_("RSS item without its content."))
    atom = models.BinaryField(help_text=_("Atom entry without its content."))
    json = models.BinaryField(help_text=_("JSON Feed item without its content."))
    head = models.BinaryField(help_text=_("Metadata for the page's head."))
    intro = models.BinaryField(help_text=_("The article up to its body."))
    outro = models.BinaryField(help_text=_("The article after its body."))
    opening = models.BinaryField(help_text=_("The post as the home page opens it."))
    body = models.BinaryField(help_text=_("Sanitised HTML of the whole issue."))
    feed_body = models.BinaryField(
        null=True, help_text=_("The body as feeds send it, where it is another.")
    )

    def __str__(self) -> str:
        return str(self.post_id)
