"""What limits readers is counted in the tables of `posts` from here on; counts are kept for a day."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0002_suggestion_answered_by"),
    ]

    operations = [
        migrations.DeleteModel(
            name="RateCount",
        ),
    ]
