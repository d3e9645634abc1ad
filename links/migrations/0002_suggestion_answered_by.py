"""A suggestion knows the decision that answered it."""

from __future__ import annotations

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count, Min, OuterRef, Subquery

# The status of a suggestion, and the decisions that give it.
ANSWERS = {
    "accepted": ("approve", "replace"),
    "declined": ("block", "mark_broken", "rule"),
}


def find_decisions(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Until now the moment told: what a decision answered has its own. Two at once tell nothing."""
    suggestions = apps.get_model("links", "Suggestion").objects
    decisions = apps.get_model("links", "Decision").objects
    for status, actions in ANSWERS.items():
        then = decisions.filter(at=OuterRef("answered_at"), action__in=actions).order_by()
        only = then.values("at").annotate(found=Count("pk"), key=Min("pk")).filter(found=1)
        suggestions.filter(status=status).update(answered_by=Subquery(only.values("key")))


class Migration(migrations.Migration):
    dependencies = [
        ("links", "0001_squashed"),
    ]

    operations = [
        migrations.AddField(
            model_name="suggestion",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answered_suggestions",
                to="links.decision",
            ),
        ),
        migrations.RunPython(find_decisions, migrations.RunPython.noop),
    ]
