"""A post gets an identity of its own."""

from __future__ import annotations

import uuid

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 500


def fill(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every post there is a random one, some at a time."""
    posts = apps.get_model("posts", "Post").objects
    bare = posts.filter(uid=None).order_by().only("pk")
    while rows := list(bare[:BATCH]):
        for row in rows:
            row.uid = uuid.uuid4()
        posts.bulk_update(rows, ["uid"])


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0003_rate_counts"),
    ]

    operations = [
        migrations.AddField(
            model_name="post",
            name="uid",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="post",
            name="uid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
