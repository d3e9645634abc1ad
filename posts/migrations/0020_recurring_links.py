"""Links that several posts have, and items that are news."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0008_former_keys"),
        ("posts", "0019_pages"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecurringLink",
            fields=[
                (
                    "link",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="links.link",
                    ),
                ),
                ("post_count", models.PositiveIntegerField()),
                ("first_seen", models.DateTimeField(null=True)),
                ("last_seen", models.DateTimeField(null=True)),
                ("returned_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="linkeditem",
            name="is_news",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Its page does not say that an earlier issue had the same link.",
                verbose_name="news",
            ),
        ),
        migrations.AlterField(
            model_name="appearance",
            name="link",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="appearances",
                to="links.link",
            ),
        ),
        migrations.AddIndex(
            model_name="appearance",
            index=models.Index(fields=["link", "-date", "id"], name="posts_places_of_a_link"),
        ),
        migrations.AddIndex(
            model_name="recurringlink",
            index=models.Index(fields=["-post_count", "link"], name="posts_links_by_use"),
        ),
        migrations.AddIndex(
            model_name="recurringlink",
            index=models.Index(
                condition=models.Q(("returned_at__isnull", False)),
                fields=["-returned_at", "link"],
                name="posts_links_rediscovered",
            ),
        ),
    ]
