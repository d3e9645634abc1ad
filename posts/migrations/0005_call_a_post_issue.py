"""An issue is called issue wherever a person reads, in the names of permissions, too."""

from __future__ import annotations

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Value
from django.db.models.functions import Replace


def rename_permissions(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor | None) -> None:
    """Say issue in the names of the permissions on posts."""
    rows = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="posts", content_type__model="post"
    )
    rows.update(name=Replace("name", Value(" post"), Value(" issue")))


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0004_post_uid"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="post",
            options={
                "ordering": ("-published_at", "-id"),
                "permissions": (("publish_post", "Can publish and withdraw issue"),),
                "verbose_name": "issue",
                "verbose_name_plural": "issues",
            },
        ),
        migrations.AlterField(
            model_name="post",
            name="problem",
            field=models.TextField(
                blank=True,
                editable=False,
                help_text="Why the text cannot be rendered; an issue with a problem stays a draft.",
                verbose_name="problem",
            ),
        ),
        migrations.AlterField(
            model_name="postpage",
            name="opening",
            field=models.BinaryField(help_text="The issue as the home page opens it."),
        ),
        migrations.AlterField(
            model_name="section",
            name="repeat",
            field=models.PositiveSmallIntegerField(
                default=0,
                help_text="How many sections of this issue before it have the same heading.",
            ),
        ),
        migrations.AlterField(
            model_name="tag",
            name="post_count",
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name="issues"),
        ),
        migrations.RunPython(rename_permissions, migrations.RunPython.noop),
    ]
