from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0004_link_flag"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="link",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["source", "-decided_at"],
                name="links_decided_of_a_source",
            ),
        ),
    ]
