from datetime import timedelta
from typing import Any

from django.db import migrations, models
from django.utils import timezone

KINDS = [
    ("new_source", "New source"),
    ("short", "Short address"),
    ("broken", "Broken"),
    ("suggestion", "Suggested by a reader"),
    ("report", "Reported"),
    ("suspicious", "Suspicious"),
    ("held", "Waits for approval"),
]
WEIGHTS = {"new_source": 10, "short": 20, "broken": 30, "suggestion": 40, "held": 50, "report": 60}
WEIGHTS["suspicious"] = 70


def tell_apart(apps: Any, _schema: Any) -> None:
    """Call short addresses so where they wait as suspicious ones, and let them be resolved next."""
    concerns = apps.get_model("links", "Concern").objects
    entries = apps.get_model("links", "QueueEntry").objects
    links = apps.get_model("links", "Link").objects
    concerns.filter(rule="shortener", kind="suspicious").update(kind="short")
    short = entries.filter(closed_at=None, kind="suspicious", concerns__kind="short").distinct()
    for entry in short:
        kinds = concerns.filter(entry=entry).values_list("kind", flat=True)
        entry.kind = max(kinds, key=WEIGHTS.__getitem__)
        entry.weight = WEIGHTS[entry.kind]
        entry.save(update_fields=["kind", "weight"])
    waiting = links.filter(queue_entries__closed_at=None, queue_entries__concerns__kind="short")
    unknown = links.filter(pk__in=waiting.values("pk"), health="unchecked", due_at__isnull=False)
    unknown.update(due_at=timezone.now() - timedelta(days=30))


class Migration(migrations.Migration):
    dependencies = [("links", "0005_outage")]

    operations = [
        migrations.AlterField(
            "concern",
            "kind",
            models.CharField(choices=KINDS, max_length=16, verbose_name="reason"),
        ),
        migrations.AlterField(
            "queueentry",
            "kind",
            models.CharField(choices=KINDS, max_length=16, verbose_name="reason"),
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
    ]
