from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0002_groups"),
    ]

    operations = [
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
                "indexes": [models.Index(fields=["window"], name="posts_rate_to_prune")],
                "constraints": [
                    models.UniqueConstraint(fields=("key", "window"), name="posts_rate_window")
                ],
            },
        ),
    ]
