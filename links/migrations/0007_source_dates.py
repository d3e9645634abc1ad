"""When a source was first and last seen; indexes of hosts, of owners, and of owners of a host."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0006_short_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="source",
            name="first_seen",
            field=models.DateTimeField(editable=False, null=True, verbose_name="first seen"),
        ),
        migrations.AddField(
            model_name="source",
            name="last_seen",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last seen"),
        ),
        migrations.AlterField(
            model_name="source",
            name="parent",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="owners",
                to="links.source",
                verbose_name="host",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("parent__isnull", True)),
                fields=["-post_count", "id"],
                name="links_hosts_by_use",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("parent__isnull", True)),
                fields=["-last_seen", "id"],
                name="links_hosts_by_date",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                condition=models.Q(("parent__isnull", False)),
                fields=["-post_count", "id"],
                name="links_owners_by_use",
            ),
        ),
        migrations.AddIndex(
            model_name="source",
            index=models.Index(
                fields=["parent", "-post_count", "id"], name="links_owners_of_a_host"
            ),
        ),
    ]
