"""Items know whether their link came back in another issue."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0007_source_dates"),
        ("posts", "0008_curated_sections"),
    ]

    operations = [
        migrations.AddField(
            model_name="linkeditem",
            name="returns",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddIndex(
            model_name="linkeditem",
            index=models.Index(
                condition=models.Q(("returns", True)),
                fields=["post"],
                name="posts_items_that_return",
            ),
        ),
        migrations.AddIndex(
            model_name="linkeditem",
            index=models.Index(
                condition=models.Q(("returns", True)),
                fields=["link"],
                name="posts_links_that_return",
            ),
        ),
    ]
