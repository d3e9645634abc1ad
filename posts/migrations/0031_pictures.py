"""The library of pictures: those of all issues are in it."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db import migrations, models
from django.utils.text import slugify


def adopt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Bring the pictures of issues into the library, each once; nothing is copied."""
    image, picture = apps.get_model("posts", "Image"), apps.get_model("posts", "Picture")
    taken: set[str] = set()
    known: dict[str, int] = {}
    for row in image.objects.exclude(path__contains="//").order_by("pk").iterator():
        if row.file.name not in known:
            stem = slugify(PurePosixPath(unquote(row.path)).stem, allow_unicode=True)[:60]
            name, number = stem or "picture", 1
            while name in taken:
                number += 1
                name = f"{stem or 'picture'}-{number}"
            taken.add(name)
            new = picture(name=f"{name}.webp", digest=row.digest, sizes=row.sizes)
            new.file.name, new.width, new.height = row.file.name, row.width, row.height
            new.save()
            known[row.file.name] = new.pk
        image.objects.filter(pk=row.pk).update(picture=known[row.file.name])


class Migration(migrations.Migration):
    dependencies = [
        ("posts", "0030_working_copies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Picture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        editable=False, max_length=120, unique=True, verbose_name="name"
                    ),
                ),
                (
                    "file",
                    models.ImageField(
                        height_field="height", upload_to="posts/images", width_field="width"
                    ),
                ),
                ("width", models.PositiveIntegerField(default=0, editable=False)),
                ("height", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "digest",
                    models.CharField(editable=False, help_text="Of what was sent.", max_length=64),
                ),
                ("sizes", models.JSONField(editable=False, null=True)),
                (
                    "alt",
                    models.CharField(
                        blank=True,
                        help_text="What is to be seen, for those who do not see it.",
                        max_length=1000,
                        verbose_name="description",
                    ),
                ),
                (
                    "is_decorative",
                    models.BooleanField(
                        default=False,
                        help_text="It says nothing that the text does not.",
                        verbose_name="only decoration",
                    ),
                ),
                ("caption", models.CharField(blank=True, max_length=1000, verbose_name="caption")),
                (
                    "credit",
                    models.CharField(
                        blank=True,
                        help_text="Who made it, or whose it is.",
                        max_length=300,
                        verbose_name="credit",
                    ),
                ),
                ("added_at", models.DateTimeField(auto_now_add=True, verbose_name="added")),
                (
                    "added_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
            ],
            options={
                "verbose_name": "picture",
                "verbose_name_plural": "pictures",
                "ordering": ("-added_at", "-pk"),
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="image",
            name="picture",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="images",
                to="posts.picture",
            ),
        ),
        migrations.AddIndex(
            model_name="picture",
            index=models.Index(fields=["-added_at", "-id"], name="posts_pictures"),
        ),
        migrations.AddIndex(
            model_name="picture",
            index=models.Index(fields=["file"], name="posts_picture_file"),
        ),
        migrations.RunPython(adopt, migrations.RunPython.noop),
    ]
