from django.db import migrations, models


class Migration(migrations.Migration):
    """A source is known by its name: a host, or an owner on a host that many share."""

    dependencies = [("links", "0001_initial")]

    operations = [
        migrations.RemoveIndex("source", "links_source_index_page"),
        # Not unique for a moment: PostgreSQL drops an index that would keep the name that the new
        # column's index needs.
        migrations.AlterField("source", "host", models.CharField(max_length=253)),
        migrations.RenameField("source", "host", "name"),
        migrations.AlterField(
            "source", "name", models.CharField(max_length=400, unique=True, verbose_name="name")
        ),
        migrations.AddIndex(
            "source", models.Index(fields=["-post_count", "name"], name="links_source_index_page")
        ),
        migrations.AddField(
            "source",
            "host",
            models.CharField(db_index=True, default="", max_length=253, verbose_name="host"),
        ),
        migrations.RunSQL("UPDATE links_source SET host = name", migrations.RunSQL.noop),
        migrations.AlterModelOptions(
            "source",
            {"ordering": ("name",), "verbose_name": "source", "verbose_name_plural": "sources"},
        ),
    ]
