"""Posts: an issue's metadata, its pictures, its earlier addresses, and the page readers get."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from posts.models.pictures import Picture

SLUG_LENGTH = 200

Moment = datetime | OuterRef


def public(at: Moment | None = None, post: str = "") -> Q:
    """Return the condition "readers may see it at this moment" (default: now).

    The moment may be a column of an outer query. ``post`` is the path from the queried model to
    the post, such as ``content_object``. With ``Post.objects.published``, which applies it, this
    is the only definition of "public": views, feeds, sitemap, counts and search all use it, and the
    rows of lists that carry their post's time (``Post.listed_at``).
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

    def in_state(self, state: str) -> PostQuerySet:
        """Return the posts whose ``state`` is this one now."""
        if state == "published":
            return self.published()
        if state == "scheduled":
            return self.scheduled()
        if state == "problem":
            return self.exclude(problem="")
        drafts = self.filter(status=Post.Status.DRAFT, problem="")
        if state == "review":
            return drafts.filter(review_since__isnull=False)
        return drafts.filter(review_since=None, withdrawn_at__isnull=state == "draft")

    def newest_first(self) -> PostQuerySet:
        return self.order_by("-published_at", "-id")

    def kept(self) -> PostQuerySet:
        """Return what does not lie in the trash: all that ``Post.objects`` knows."""
        return self.filter(trashed_at=None)

    def trashed(self) -> PostQuerySet:
        """Return what lies in the trash; of ``Post.everything``."""
        return self.filter(trashed_at__isnull=False)


PostManager = models.Manager.from_queryset(PostQuerySet)


class KeptManager(PostManager):  # type: ignore[type-arg]
    """Posts outside the trash. What lies there is gone from all pages, lists and counts."""

    def get_queryset(self) -> PostQuerySet:
        """Return the posts that are kept."""
        return PostQuerySet(self.model, using=self._db).kept()


class Post(models.Model):
    """One issue: metadata, tags, its header exactly as written, and ordered Sections."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    # What the outside may know it by: it stays when the slug changes.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=500)
    slug = models.CharField(
        _("slug"),
        max_length=SLUG_LENGTH,
        unique=True,
        help_text=_("The last part of the address. An old address keeps working after a change."),
    )
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    translation_key = models.CharField(
        _("translation key"), max_length=200, blank=True, editable=False
    )
    # What it is told of issues that share the key; see posts.publishing.translations.
    translations = models.JSONField(default=list, editable=False)
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

    preview_round = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text=_("Previews signed in an earlier round have ended."),
    )
    review_since = models.DateTimeField(
        null=True, editable=False, help_text=_("When somebody asked for the review that is open.")
    )
    withdrawn_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When readers lost it; empty for what they never had, or have again."),
    )
    problem = models.TextField(
        _("problem"),
        blank=True,
        editable=False,
        help_text=_("Why the text cannot be rendered; an issue with a problem stays a draft."),
    )
    stale_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("When something was decided that its page does not show yet."),
    )
    item_count = models.PositiveIntegerField(_("items"), default=0, editable=False)
    link_count = models.PositiveIntegerField(_("links"), default=0, editable=False)
    reading_minutes = models.PositiveIntegerField(default=0, editable=False)

    # While it lies in the trash it is a draft without address; ``trash`` is what it gives up.
    trashed_at = models.DateTimeField(_("deleted"), null=True, editable=False)
    trash: models.JSONField[dict[str, str]] = models.JSONField(default=dict, editable=False)

    objects = KeptManager()
    everything = PostManager()

    class Meta:
        verbose_name = _("issue")
        verbose_name_plural = _("issues")
        ordering = ("-published_at", "-id")
        permissions = (("publish_post", "Can publish and withdraw issue"),)
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
            # Of few rows: else a database that knows no drafts yet reads all posts to find some.
            models.Index(
                fields=["-modified_at", "-id"],
                condition=Q(status="draft"),
                name="posts_drafts",
            ),
            models.Index(fields=["translation_key"], name="posts_translations"),
            models.Index(
                fields=["id"],
                condition=Q(stale_since__isnull=False),
                name="posts_to_make_again",
            ),
            models.Index(
                fields=["-trashed_at"],
                condition=Q(trashed_at__isnull=False),
                name="posts_in_the_trash",
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

    def state(self, at: datetime | None = None) -> str:
        """Return on which step to print it stands: draft, review, scheduled, published, withdrawn;
        or problem, where its text cannot be shown."""
        if self.problem:
            return "problem"
        if self.status == self.Status.PUBLISHED:
            return "published" if self.is_public(at) else "scheduled"
        if self.review_since:
            return "review"
        return "withdrawn" if self.withdrawn_at else "draft"

    @property
    def listed_at(self) -> datetime | None:
        """The time under which lists and counters have this post; None while it is a draft.

        Rows of lists carry it as their ``date``: which of them are public at a moment, the date
        alone says, and a list is one range of one index.
        """
        return self.published_at if self.status == self.Status.PUBLISHED else None

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


class Image(models.Model):
    """A picture in an issue; the Markdown names it by a path without a host."""

    post = models.ForeignKey(Post, related_name="images", on_delete=models.CASCADE)
    # The one of the library; none for what is shown from elsewhere (posts.mirroring).
    picture = models.ForeignKey(
        Picture, related_name="images", null=True, editable=False, on_delete=models.PROTECT
    )
    path = models.CharField(_("path as written"), max_length=500)
    file = models.ImageField(upload_to="posts/%Y/%m", width_field="width", height_field="height")
    width = models.PositiveIntegerField(default=0, editable=False)
    height = models.PositiveIntegerField(default=0, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    # Smaller files of it, as (kind, width, name); nothing until they are made.
    sizes = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "path"], name="posts_image_path"),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """What browsers may choose from: kinds with the addresses and widths of files, best first.

        The picture itself is among those of its own kind.
        """
        found: dict[str, list[str]] = {"avif": [], "webp": []}
        for kind, width, name in self.sizes or ():
            if kind in found:
                found[kind].append(f"{self.file.storage.url(name)} {width}w")
        if found["webp"]:
            found["webp"].append(f"{self.file.url} {self.width}w")
        return tuple((f"image/{kind}", ", ".join(files)) for kind, files in found.items() if files)

    @property
    def mailed(self) -> str:
        """The address of the file that every mail program shows; of the picture without one."""
        names = (name for kind, _width, name in self.sizes or () if kind == "jpeg")
        return str(self.file.storage.url(name) if (name := next(names, "")) else self.file.url)


class PostPage(models.Model):
    """What readers get of a post, ready as bytes (UTF-8), in a table of its own.

    A page is ``head`` inside the site's shell, then ``intro`` + ``body`` + ``outro``. Small
    columns come first: SQLite goes through all of a row that stands before what it reads.
    """

    post = models.OneToOneField(
        Post, related_name="page", on_delete=models.CASCADE, primary_key=True
    )
    digest = models.CharField(max_length=64, help_text=_("Of what feeds send; their ETag."))
    card = models.BinaryField(help_text=_("One row of a list."))
    api = models.BinaryField(null=True, help_text=_("The issue as the API lists it, as JSON."))
    newer = models.BinaryField(help_text=_("The link to it from the issue before."))
    older = models.BinaryField(help_text=_("The link to it from the issue after."))
    rss = models.BinaryField(help_text=_("RSS item without its content."))
    atom = models.BinaryField(help_text=_("Atom entry without its content."))
    json = models.BinaryField(help_text=_("JSON Feed item without its content."))
    markdown_head = models.BinaryField(
        null=True, help_text=_("What the issue as Markdown says of itself.")
    )
    head = models.BinaryField(help_text=_("Metadata for the page's head."))
    intro = models.BinaryField(help_text=_("The article up to its body."))
    outro = models.BinaryField(help_text=_("The article after its body."))
    opening = models.BinaryField(help_text=_("The issue as the home page opens it."))
    body = models.BinaryField(help_text=_("Sanitised HTML of the whole issue."))
    feed_body = models.BinaryField(
        null=True, help_text=_("The body as feeds send it, where it is another.")
    )
    markdown = models.BinaryField(
        null=True, help_text=_("The Markdown that readers get, with what was decided.")
    )

    def __str__(self) -> str:
        return str(self.post_id)
