"""The links of a source and the items of a section are ranges of an index."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0007_source_dates"),
        ("posts", "0006_list_dates_and_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="appearance",
            name="date",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="appearance",
            name="host",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="links.source",
            ),
        ),
        migrations.AddField(
            model_name="appearance",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="links.source",
            ),
        ),
        migrations.AddField(
            model_name="linkeditem",
            name="date",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="linkeditem",
            name="recurring",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="items",
                to="posts.recurringsection",
            ),
        ),
        migrations.AddIndex(
            model_name="appearance",
            index=models.Index(
                condition=models.Q(("host__isnull", False)),
                fields=["host", "-date", "id"],
                name="posts_links_of_host",
            ),
        ),
        migrations.AddIndex(
            model_name="appearance",
            index=models.Index(
                condition=models.Q(("owner__isnull", False)),
                fields=["owner", "-date", "id"],
                name="posts_links_of_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="linkeditem",
            index=models.Index(
                condition=models.Q(("date__isnull", False)),
                fields=["recurring", "-date", "id"],
                name="posts_items_of_a_section",
            ),
        ),
    ]
