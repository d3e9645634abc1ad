import django.db.models.deletion
import django.utils.timezone
import secrets
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # What databases have that were made before the first release.
    replaces = [
        ("links", "0001_initial"),
        ("links", "0002_rename_source_host"),
        ("links", "0003_link_desk"),
        ("links", "0004_link_flag"),
        ("links", "0005_decided_of_a_source"),
        ("links", "0006_rekeying"),
        ("links", "0007_fewer_indexes"),
    ]

    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("approve", "Approved"),
                            ("block", "Blocked"),
                            ("replace", "Replaced"),
                            ("mark_broken", "Marked broken"),
                            ("restore", "Restored"),
                            ("hide", "Hidden"),
                            ("show", "Shown again"),
                            ("rule", "Rule made"),
                            ("end_rule", "Rule ended"),
                            ("undo", "Undone"),
                            ("rekey", "Keyed anew"),
                        ],
                        max_length=16,
                        verbose_name="decision",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("replacement_url", models.TextField(blank=True, verbose_name="replacement")),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
                (
                    "by_name",
                    models.CharField(
                        blank=True,
                        help_text="Outlives the account.",
                        max_length=150,
                        verbose_name="by",
                    ),
                ),
                (
                    "subject",
                    models.TextField(
                        blank=True,
                        help_text="In words: an address, a rule, how many links.",
                        verbose_name="about",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "undoes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="links.decision",
                    ),
                ),
            ],
            options={
                "verbose_name": "decision",
                "verbose_name_plural": "decisions",
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Keying",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="version of the rules")),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
            ],
            options={
                "verbose_name": "keying",
                "verbose_name_plural": "keyings",
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        editable=False, max_length=64, unique=True, verbose_name="key"
                    ),
                ),
                ("url", models.TextField(verbose_name="canonical URL")),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="first seen"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("approved", "Approved"),
                            ("blocked", "Blocked"),
                        ],
                        default="pending",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "decided_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="decided"),
                ),
                (
                    "held",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="New under pre-moderation: waits for approval.",
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("shown", "Shown"),
                            ("held", "Waits for approval"),
                            ("blocked", "Blocked"),
                        ],
                        default="shown",
                        editable=False,
                        max_length=16,
                        verbose_name="readers",
                    ),
                ),
                ("replacement_url", models.TextField(blank=True, verbose_name="replacement")),
                (
                    "health",
                    models.CharField(
                        choices=[
                            ("unchecked", "Not checked yet"),
                            ("ok", "Works"),
                            ("redirected", "Redirected"),
                            ("restricted", "Restricted"),
                            ("broken", "Broken"),
                            ("gone", "Gone"),
                        ],
                        default="unchecked",
                        max_length=16,
                        verbose_name="health",
                    ),
                ),
                ("title", models.TextField(blank=True, editable=False, verbose_name="title found")),
                (
                    "description",
                    models.TextField(blank=True, editable=False, verbose_name="description found"),
                ),
                (
                    "final_url",
                    models.TextField(blank=True, editable=False, verbose_name="leads to"),
                ),
                (
                    "flag",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="What is wrong with a page that answers: soft-404, parked.",
                        max_length=32,
                        verbose_name="flag",
                    ),
                ),
                (
                    "archived_url",
                    models.TextField(blank=True, editable=False, verbose_name="archived copy"),
                ),
                ("archive_asked_at", models.DateTimeField(editable=False, null=True)),
                (
                    "checked_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="checked"),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="Empty: never, since nothing can be asked or somebody marked it broken.",
                        null=True,
                        verbose_name="next check",
                    ),
                ),
                ("claimed_until", models.DateTimeField(editable=False, null=True)),
                (
                    "failures",
                    models.PositiveSmallIntegerField(
                        default=0, editable=False, help_text="Days in a row on which it failed."
                    ),
                ),
                ("etag", models.CharField(blank=True, editable=False, max_length=500)),
                ("last_modified", models.CharField(blank=True, editable=False, max_length=100)),
            ],
            options={
                "verbose_name": "link",
                "verbose_name_plural": "links",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Where it is used.", max_length=100, verbose_name="name"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
                (
                    "used_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="last used"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "token",
                "verbose_name_plural": "tokens",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Effect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("label", models.TextField(verbose_name="row")),
                ("before", models.JSONField(verbose_name="before")),
                ("after", models.JSONField(verbose_name="after")),
                (
                    "content_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="effects",
                        to="links.decision",
                    ),
                ),
            ],
            options={
                "verbose_name": "effect",
                "verbose_name_plural": "effects",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="Check",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="time"),
                ),
                (
                    "health",
                    models.CharField(
                        choices=[
                            ("unchecked", "Not checked yet"),
                            ("ok", "Works"),
                            ("redirected", "Redirected"),
                            ("restricted", "Restricted"),
                            ("broken", "Broken"),
                            ("gone", "Gone"),
                        ],
                        max_length=16,
                        verbose_name="result",
                    ),
                ),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(null=True, verbose_name="HTTP status"),
                ),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                (
                    "flag",
                    models.CharField(
                        blank=True,
                        help_text="Such as a soft 404 or a parked domain.",
                        max_length=32,
                        verbose_name="flag",
                    ),
                ),
                ("final_url", models.TextField(blank=True, verbose_name="leads to")),
                ("hops", models.JSONField(blank=True, default=list, verbose_name="redirects")),
                (
                    "milliseconds",
                    models.PositiveIntegerField(default=0, verbose_name="milliseconds"),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks",
                        to="links.link",
                    ),
                ),
            ],
            options={
                "verbose_name": "check",
                "verbose_name_plural": "checks",
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="QueueEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new_source", "New source"),
                            ("broken", "Broken"),
                            ("suggestion", "Suggested by a reader"),
                            ("report", "Reported"),
                            ("suspicious", "Suspicious"),
                            ("held", "Waits for approval"),
                        ],
                        max_length=16,
                        verbose_name="reason",
                    ),
                ),
                ("weight", models.PositiveSmallIntegerField(verbose_name="weight")),
                (
                    "opened_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="waits since"
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed")),
                ("claimed_until", models.DateTimeField(null=True)),
                (
                    "claimed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closed_entries",
                        to="links.decision",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="queue_entries",
                        to="links.link",
                    ),
                ),
            ],
            options={
                "verbose_name": "queue entry",
                "verbose_name_plural": "queue",
                "ordering": ("-weight", "opened_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Concern",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("new_source", "New source"),
                            ("broken", "Broken"),
                            ("suggestion", "Suggested by a reader"),
                            ("report", "Reported"),
                            ("suspicious", "Suspicious"),
                            ("held", "Waits for approval"),
                        ],
                        max_length=16,
                        verbose_name="reason",
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        blank=True, help_text="Which rule of suspicion, in a word.", max_length=32
                    ),
                ),
                ("detail", models.TextField(blank=True, verbose_name="detail")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="since"),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="concerns",
                        to="links.queueentry",
                    ),
                ),
            ],
            options={
                "verbose_name": "concern",
                "verbose_name_plural": "concerns",
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="RateCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("window", models.DateTimeField(help_text="When it began.")),
                ("count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["window"], name="links_rate_to_prune")],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "window"), name="links_rate_window")
                ],
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("broken", "It does not work"),
                            ("misleading", "It leads somewhere else than it says"),
                            ("harmful", "It is spam or harmful"),
                            ("other", "Something else"),
                        ],
                        max_length=16,
                        verbose_name="what is wrong",
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=1000, verbose_name="note")),
                (
                    "place",
                    models.CharField(
                        blank=True,
                        help_text="Path of the page and its item.",
                        max_length=500,
                        verbose_name="where",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="reported"
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="links.link",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "report",
                "verbose_name_plural": "reports",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=400, unique=True, verbose_name="name")),
                ("host", models.CharField(db_index=True, max_length=253, verbose_name="host")),
                (
                    "post_count",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="Published or scheduled posts that cite this source.",
                        verbose_name="posts",
                    ),
                ),
                (
                    "link_count",
                    models.PositiveIntegerField(
                        default=0,
                        editable=False,
                        help_text="Times this source is cited in those posts.",
                        verbose_name="links",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="created"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="owners",
                        to="links.source",
                        verbose_name="host",
                    ),
                ),
            ],
            options={
                "verbose_name": "source",
                "verbose_name_plural": "sources",
                "ordering": ("name",),
            },
        ),
        migrations.AddField(
            model_name="link",
            name="source",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="links",
                to="links.source",
                verbose_name="source",
            ),
        ),
        migrations.CreateModel(
            name="SourceRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=253, verbose_name="host")),
                ("path", models.CharField(blank=True, max_length=1000, verbose_name="path")),
                ("subdomains", models.BooleanField(default=False, verbose_name="sub-domains too")),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("allow", "Allow"),
                            ("hold", "Hold for approval"),
                            ("block", "Block"),
                        ],
                        max_length=16,
                        verbose_name="rule",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                (
                    "made_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, editable=False, verbose_name="made"
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="ended"
                    ),
                ),
            ],
            options={
                "verbose_name": "source rule",
                "verbose_name_plural": "source rules",
                "ordering": ("host", "path", "-made_at"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["allow", "hold", "block"])),
                        name="links_rule_action_valid",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("host", "path", "subdomains"),
                        name="links_one_rule_for_a_place",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="link",
            name="rule",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="links",
                to="links.sourcerule",
                verbose_name="rule",
            ),
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "token",
                    models.CharField(
                        default=secrets.token_urlsafe, editable=False, max_length=64, unique=True
                    ),
                ),
                ("url", models.TextField(verbose_name="address as written")),
                ("title", models.CharField(blank=True, max_length=300, verbose_name="title")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="e-mail")),
                ("language", models.CharField(blank=True, editable=False, max_length=16)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                        ],
                        default="waiting",
                        max_length=16,
                        verbose_name="status",
                    ),
                ),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        help_text="Shown on the reader's status page.",
                        max_length=500,
                        verbose_name="answer",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="suggested"
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True, verbose_name="answered")),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="links.link",
                        verbose_name="link",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggestion",
                "verbose_name_plural": "suggestions",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="InboxEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.TextField(verbose_name="address as written")),
                ("title", models.CharField(blank=True, max_length=300, verbose_name="title")),
                ("note", models.TextField(blank=True, verbose_name="note")),
                (
                    "added_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="added"),
                ),
                (
                    "done_at",
                    models.DateTimeField(
                        help_text="When it was printed or put aside.",
                        null=True,
                        verbose_name="done",
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbox_entries",
                        to="links.link",
                        verbose_name="link",
                    ),
                ),
                (
                    "suggestion",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="inbox_entry",
                        to="links.suggestion",
                    ),
                ),
            ],
            options={
                "verbose_name": "inbox entry",
                "verbose_name_plural": "inbox",
                "ordering": ("-added_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="Undertaking",
            fields=[
                (
                    "decision",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="undertaking",
                        serialize=False,
                        to="links.decision",
                    ),
                ),
                ("todo", models.JSONField(default=list)),
                ("total", models.PositiveIntegerField(verbose_name="links")),
                (
                    "skipped",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="Links that were changed by somebody else since.",
                        verbose_name="left alone",
                    ),
                ),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "undertaking",
                "verbose_name_plural": "undertakings",
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)),
                        fields=["decision"],
                        name="links_unfinished",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["-at", "-id"], name="links_decision_log"),
        ),
        migrations.AddConstraint(
            model_name="effect",
            constraint=models.UniqueConstraint(
                fields=("content_type", "object_id", "decision"), name="links_effect_once"
            ),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(fields=["link", "-at", "-id"], name="links_history_of_a_link"),
        ),
        migrations.AddIndex(
            model_name="check",
            index=models.Index(fields=["-at"], name="links_checks_by_day"),
        ),
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["-weight", "opened_at", "id"],
                name="links_queue_by_weight",
            ),
        ),
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["opened_at", "id"],
                name="links_queue_by_age",
            ),
        ),
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(
                condition=models.Q(("closed_at", None)),
                fields=["kind", "opened_at", "id"],
                name="links_queue_by_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="queueentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("link",),
                name="links_one_open_entry",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(fields=["-post_count", "name"], name="links_source_index_page"),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["status", "-id"], name="links_admin_by_status"),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["health", "-id"], name="links_admin_by_health"),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["due_at", "id"], name="links_due_for_a_check"),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("rule__isnull", False)),
                fields=["rule"],
                name="links_under_a_rule",
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["source", "-decided_at"],
                name="links_decided_of_a_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "approved", "blocked"])),
                name="links_link_status_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(("standing__in", ["shown", "held", "blocked"])),
                name="links_link_standing_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "health__in",
                        ["unchecked", "ok", "redirected", "restricted", "broken", "gone"],
                    )
                ),
                name="links_link_health_valid",
            ),
        ),
        migrations.AddIndex(
            model_name="suggestion",
            index=models.Index(fields=["status", "-created_at"], name="links_suggestion_list"),
        ),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["waiting", "accepted", "declined"])),
                name="links_suggestion_status_valid",
            ),
        ),
        migrations.AddConstraint(
            model_name="inboxentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at", None)),
                fields=("link",),
                name="links_once_in_the_inbox",
            ),
        ),
    ]
