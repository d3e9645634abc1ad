"""What lists of what is still to come read stands in their indexes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0007_source_dates"),
        ("posts", "0009_links_that_return"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="citation",
            name="posts_scheduled_citations",
        ),
        migrations.RemoveIndex(
            model_name="section",
            name="posts_scheduled_sections",
        ),
        migrations.RemoveIndex(
            model_name="taggedpost",
            name="posts_scheduled_tags",
        ),
        migrations.AddIndex(
            model_name="citation",
            index=models.Index(fields=["date", "source"], name="posts_citations_to_come"),
        ),
        migrations.AddIndex(
            model_name="section",
            index=models.Index(
                fields=["date", "repeat", "recurring"], name="posts_sections_to_come"
            ),
        ),
        migrations.AddIndex(
            model_name="taggedpost",
            index=models.Index(fields=["date", "tag"], name="posts_taggings_to_come"),
        ),
    ]
