"""What readers say is wrong with a link; several reports of one link add up in the queue."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from links.models import Concern, Kind, Link, Report
from links.queue import Worry, raise_concerns

SHOWN_NOTES = 5


def report(link: Link, kind: str, *, note: str = "", place: str = "") -> Report:
    """Take in a report and ask for a decision about the link.

    ``place`` is where the reader found it: the path of the page and its item. For each kind of
    fault the queue says how many readers reported it since it asks, and what the last few wrote.
    """
    with transaction.atomic():
        # The lock makes two who report the same link at once count one another.
        Link.objects.select_for_update().get(pk=link.pk)
        made = Report.objects.create(link=link, kind=kind, note=note, place=place[:500])
        concerns = Concern.objects.filter(
            entry__link=link, entry__closed_at=None, kind=Kind.REPORT, rule=kind
        )
        asked = concerns.first()
        if asked is None:
            worry = Worry(Kind.REPORT, kind, _summary(link, kind, made.created_at))
            raise_concerns({link.pk: [worry]})
            concerns.update(created_at=made.created_at)
        else:
            asked.detail = _summary(link, kind, asked.created_at)
            asked.save(update_fields=["detail"])
    return made


def _summary(link: Link, kind: str, since: datetime) -> str:
    """Return how many reports there are, as ``×3``, and the notes of the latest."""
    reports = Report.objects.filter(link=link, kind=kind, created_at__gte=since)
    notes = reports.exclude(note="").order_by("-created_at", "-pk").values_list("note", flat=True)
    return "\n".join([f"×{reports.count()}", *notes[:SHOWN_NOTES]])
