"""Pictures know their smaller files."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0024_search"),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="sizes",
            field=models.JSONField(editable=False, null=True),
        ),
    ]
