"""Times in which this machine had no network: what it could not reach then is nobody's fault."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone

from links.checking.asking import Answer, Asker, MakeFetcher, Question
from links.checking.verdicts import REACHED
from links.models import Check, Outage

# Pages that answered lately and are asked whether there is a network at all.
WITNESSES = 3
ARCHIVE = "https://archive.org/"


def is_from_outside(answer: Answer) -> bool:
    """Tell whether an answer shows that this machine is online."""
    verdict = answer.verdict
    return verdict is None or verdict.status is not None or verdict.cause in REACHED


def is_online(make: MakeFetcher) -> bool:
    """Ask pages that answered before, and tell whether one of them does; note what that means."""
    with Asker(make) as asker:
        for url in _witnesses():
            asker.ask(Question(0, url))
        found = False
        while asker.open and not found:
            found = any(map(is_from_outside, asker.answers(1.0)))
    _note(is_on=found)
    return found


def _witnesses() -> list[str]:
    answered = Check.objects.filter(status_code__isnull=False).order_by("-at", "-id")
    urls = list(answered.values_list("link__url", flat=True)[:WITNESSES])
    return urls if settings.LINKS_ARCHIVE == "none" else [*urls, ARCHIVE]


def _note(*, is_on: bool) -> None:
    """Write down that there is a network, or that there is none."""
    now, current = timezone.now(), Outage.objects.filter(ended_at=None)
    if is_on:
        current.update(ended_at=now)
    elif not current.exists():
        Outage.objects.create(began_at=now)


def current_outage() -> Outage | None:
    """Return the outage that lasts, if one does."""
    return Outage.objects.filter(ended_at=None).first()
