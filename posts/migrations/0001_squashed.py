import django.db.models.deletion
import django.utils.timezone
import taggit.managers
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # What databases have that were made before the first release; the rest is in 0002_groups.
    replaces = [
        ("posts", "0001_initial"),
        ("posts", "0003_stale_since"),
        ("posts", "0005_feed_body"),
        ("posts", "0006_fewer_indexes"),
    ]

    dependencies = [
        ("links", "0001_squashed"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchiveMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "month",
                    models.DateField(
                        help_text="The first day, in the site's time zone.", unique=True
                    ),
                ),
                ("post_count", models.PositiveIntegerField(default=0)),
                ("link_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ("-month",),
            },
        ),
        migrations.CreateModel(
            name="Post",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=500, verbose_name="title")),
                (
                    "slug",
                    models.CharField(
                        help_text="The last part of the address. An old address keeps working after a change.",
                        max_length=200,
                        unique=True,
                        verbose_name="slug",
                    ),
                ),
                ("description", models.TextField(blank=True, verbose_name="description")),
                ("language", models.CharField(blank=True, max_length=16, verbose_name="language")),
                (
                    "cover",
                    models.CharField(
                        blank=True,
                        help_text="An address, or the path of an image that came with the issue.",
                        max_length=1000,
                        verbose_name="cover image",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("published", "Published")],
                        default="draft",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "published_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="publish time"),
                ),
                ("revised_at", models.DateTimeField(blank=True, null=True, verbose_name="updated")),
                (
                    "header",
                    models.TextField(blank=True, editable=False, verbose_name="header as written"),
                ),
                (
                    "source_name",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="Name relative to the imported folder; recognises the file on re-import.",
                        max_length=500,
                        verbose_name="file name",
                    ),
                ),
                ("source_digest", models.CharField(blank=True, editable=False, max_length=64)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "modified_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="modified"
                    ),
                ),
                (
                    "problem",
                    models.TextField(
                        blank=True,
                        editable=False,
                        help_text="Why the text cannot be rendered; a post with a problem stays a draft.",
                        verbose_name="problem",
                    ),
                ),
                (
                    "stale_since",
                    models.DateTimeField(
                        editable=False,
                        help_text="When something was decided that its page does not show yet.",
                        null=True,
                    ),
                ),
                (
                    "item_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="items"),
                ),
                (
                    "link_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="links"),
                ),
                ("reading_minutes", models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                "verbose_name": "post",
                "verbose_name_plural": "posts",
                "ordering": ("-published_at", "-id"),
                "permissions": (("publish_post", "Can publish and withdraw post"),),
            },
        ),
        migrations.CreateModel(
            name="PostPage",
            fields=[
                (
                    "post",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="page",
                        serialize=False,
                        to="posts.post",
                    ),
                ),
                (
                    "digest",
                    models.CharField(help_text="Of what feeds send; their ETag.", max_length=64),
                ),
                ("card", models.BinaryField(help_text="One row of a list.")),
                ("newer", models.BinaryField(help_text="The link to it from the issue before.")),
                ("older", models.BinaryField(help_text="The link to it from the issue after.")),
                ("rss", models.BinaryField(help_text="RSS item without its content.")),
                ("atom", models.BinaryField(help_text="Atom entry without its content.")),
                ("json", models.BinaryField(help_text="JSON Feed item without its content.")),
                ("head", models.BinaryField(help_text="Metadata for the page's head.")),
                ("intro", models.BinaryField(help_text="The article up to its body.")),
                ("outro", models.BinaryField(help_text="The article after its body.")),
                ("opening", models.BinaryField(help_text="The post as the home page opens it.")),
                ("body", models.BinaryField(help_text="Sanitised HTML of the whole issue.")),
                (
                    "feed_body",
                    models.BinaryField(
                        help_text="The body as feeds send it, where it is another.", null=True
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OldSlug",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.CharField(max_length=200, unique=True)),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="old_slugs",
                        to="posts.post",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecurringSection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=400, unique=True)),
                ("slug", models.CharField(max_length=200, unique=True)),
                ("title", models.TextField()),
                ("post_count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "recurring section",
                "verbose_name_plural": "recurring sections",
                "ordering": ("title",),
                "indexes": [models.Index(fields=["-post_count"], name="posts_section_index_page")],
            },
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("source", models.TextField(verbose_name="Markdown")),
                ("heading", models.TextField(blank=True, verbose_name="heading")),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("anchor", models.TextField(blank=True)),
                (
                    "repeat",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How many sections of this post before it have the same heading.",
                    ),
                ),
                ("date", models.DateTimeField(null=True)),
                ("item_count", models.PositiveIntegerField(default=0, verbose_name="items")),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sections",
                        to="posts.post",
                    ),
                ),
                (
                    "recurring",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="sections",
                        to="posts.recurringsection",
                    ),
                ),
            ],
            options={
                "verbose_name": "section",
                "verbose_name_plural": "sections",
                "ordering": ("post", "position"),
            },
        ),
        migrations.CreateModel(
            name="LinkedItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[("list", "List item"), ("paragraph", "Paragraph")],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("group", models.TextField(blank=True, verbose_name="group")),
                ("title", models.TextField(blank=True, verbose_name="title")),
                ("summary", models.TextField(blank=True, verbose_name="summary")),
                ("url", models.TextField(blank=True, verbose_name="main link as written")),
                ("anchor_text", models.TextField(blank=True, verbose_name="anchor text")),
                ("link_count", models.PositiveIntegerField(default=0, verbose_name="links")),
                ("start_line", models.PositiveIntegerField(default=0)),
                ("end_line", models.PositiveIntegerField(default=0)),
                ("digest", models.CharField(editable=False, max_length=64)),
                (
                    "hidden",
                    models.BooleanField(
                        default=False,
                        help_text="Left out of the page and the feeds.",
                        verbose_name="hidden",
                    ),
                ),
                (
                    "removed_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="removed"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="main_items",
                        to="links.link",
                        verbose_name="link",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="posts.post",
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="items",
                        to="posts.section",
                        verbose_name="section",
                    ),
                ),
            ],
            options={
                "verbose_name": "linked item",
                "verbose_name_plural": "linked items",
                "ordering": ("post", "section__position", "position"),
            },
        ),
        migrations.CreateModel(
            name="Appearance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("url", models.TextField(verbose_name="address as written")),
                ("anchor_text", models.TextField(blank=True, verbose_name="anchor text")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appearances",
                        to="links.link",
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appearances",
                        to="posts.linkeditem",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appearances",
                        to="posts.post",
                    ),
                ),
                (
                    "section",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appearances",
                        to="posts.section",
                    ),
                ),
            ],
            options={
                "verbose_name": "appearance",
                "verbose_name_plural": "appearances",
                "ordering": ("post", "section", "position"),
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                (
                    "slug",
                    models.CharField(blank=True, max_length=200, unique=True, verbose_name="slug"),
                ),
                ("key", models.CharField(editable=False, max_length=400, unique=True)),
                ("description", models.TextField(blank=True, verbose_name="description")),
                (
                    "post_count",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="posts"),
                ),
            ],
            options={
                "verbose_name": "tag",
                "verbose_name_plural": "tags",
                "ordering": ("name",),
                "permissions": (("merge_tag", "Can merge tag"),),
                "indexes": [
                    models.Index(fields=["-post_count", "name"], name="posts_tag_index_page")
                ],
            },
        ),
        migrations.CreateModel(
            name="TagAlias",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=400, unique=True)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("slug", models.CharField(max_length=200, unique=True, verbose_name="slug")),
                (
                    "tag",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aliases",
                        to="posts.tag",
                    ),
                ),
            ],
            options={
                "verbose_name": "tag alias",
                "verbose_name_plural": "tag aliases",
            },
        ),
        migrations.CreateModel(
            name="TaggedPost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("date", models.DateTimeField(editable=False, null=True)),
                (
                    "content_object",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taggings",
                        to="posts.post",
                    ),
                ),
                (
                    "tag",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="taggings",
                        to="posts.tag",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="post",
            name="tags",
            field=taggit.managers.TaggableManager(
                blank=True,
                help_text="A comma-separated list of tags.",
                through="posts.TaggedPost",
                to="posts.Tag",
                verbose_name="tags",
            ),
        ),
        migrations.CreateModel(
            name="Image",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("path", models.CharField(max_length=500, verbose_name="path as written")),
                (
                    "file",
                    models.ImageField(
                        height_field="height", upload_to="posts/%Y/%m", width_field="width"
                    ),
                ),
                ("width", models.PositiveIntegerField(default=0, editable=False)),
                ("height", models.PositiveIntegerField(default=0, editable=False)),
                ("digest", models.CharField(editable=False, max_length=64)),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="images",
                        to="posts.post",
                    ),
                ),
            ],
            options={
                "verbose_name": "image",
                "verbose_name_plural": "images",
                "constraints": [
                    models.UniqueConstraint(fields=("post", "path"), name="posts_image_path")
                ],
            },
        ),
        migrations.CreateModel(
            name="Citation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("link_count", models.PositiveIntegerField()),
                ("date", models.DateTimeField(null=True)),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="citations",
                        to="links.source",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="citations",
                        to="posts.post",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["source", "-date", "-post"], name="posts_source_page"),
                    models.Index(fields=["date"], name="posts_scheduled_citations"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("post", "source"), name="posts_citation_once")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="section",
            index=models.Index(fields=["recurring", "repeat", "-date"], name="posts_section_page"),
        ),
        migrations.AddIndex(
            model_name="section",
            index=models.Index(fields=["date"], name="posts_scheduled_sections"),
        ),
        migrations.AddConstraint(
            model_name="section",
            constraint=models.UniqueConstraint(
                fields=("post", "position"), name="posts_section_position"
            ),
        ),
        migrations.AddIndex(
            model_name="linkeditem",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", False)),
                fields=["removed_at"],
                name="posts_item_tombstones",
            ),
        ),
        migrations.AddConstraint(
            model_name="linkeditem",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["list", "paragraph"])),
                name="posts_item_kind_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="appearance",
            constraint=models.UniqueConstraint(
                fields=("section", "position"), name="posts_appearance_place"
            ),
        ),
        migrations.AddIndex(
            model_name="taggedpost",
            index=models.Index(fields=["tag", "-date", "-content_object"], name="posts_tag_page"),
        ),
        migrations.AddIndex(
            model_name="taggedpost",
            index=models.Index(fields=["date"], name="posts_scheduled_tags"),
        ),
        migrations.AddConstraint(
            model_name="taggedpost",
            constraint=models.UniqueConstraint(
                fields=("content_object", "tag"), name="posts_tag_once"
            ),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(
                fields=["status", "-published_at", "-id"], name="posts_home_and_archive"
            ),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(fields=["-published_at", "-id"], name="posts_admin_list"),
        ),
        migrations.AddIndex(
            model_name="post",
            index=models.Index(
                condition=models.Q(("stale_since__isnull", False)),
                fields=["id"],
                name="posts_to_make_again",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["draft", "published"])),
                name="posts_post_status_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "published"), _negated=True),
                    ("published_at__isnull", False),
                    _connector="OR",
                ),
                name="posts_post_published_has_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="post",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source_name", ""), _negated=True),
                fields=("source_name",),
                name="posts_post_source_name_unique",
            ),
        ),
    ]
