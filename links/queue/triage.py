"""Look at links that were just seen for the first time: hold them, or ask for a decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task

from links.models import Kind, Link, QueueEntry, Source
from links.normalizing import AddressError, canonicalize, host_of
from links.queue.entries import Worry, raise_concerns
from links.queue.suspicions import Suspicion, about_target, is_short, suspicions, text_mismatch
from links.standing import active_rules, settle

# Sources of an older issue are no news: an archive is imported. Of those, the queue takes what
# somebody may look at; the rest counts as known, and is found on the page of sources.
NEWS = timedelta(days=30)
BACKLOG = 200
# Links that are asked about at a time when a rule holds them.
A_RUN = 200


def known_among(sources: Iterable[Source]) -> set[int]:
    """Return the keys of those sources of which readers see something already.

    Asks only under pre-moderation: otherwise it makes no difference.
    """
    if not settings.LINKS_PREMODERATION:
        return set()
    shown = Link.objects.filter(source__in=list(sources), standing=Link.Standing.SHOWN)
    return set(shown.order_by().values_list("source", flat=True).distinct())


def hold_or_show(links: Sequence[Link], known_sources: Iterable[int]) -> None:
    """Set what readers get of new, unsaved links.

    Under pre-moderation (``LINKS_PREMODERATION``) a link waits for approval unless its source is
    among ``known_sources``, the keys of sources of which readers see something already.
    """
    known = set(known_sources)
    rules = active_rules()
    if not rules and not settings.LINKS_PREMODERATION:
        return  # a new link is shown
    for link in links:
        link.held = settings.LINKS_PREMODERATION and link.source_id not in known
        settle(link, rules)


def among_news(new_sources: Sequence[int], printed_at: datetime | None) -> Sequence[int]:
    """Return those of new sources (by key) that are worth a decision of their own.

    All of an issue of the last 30 days (``printed_at``; None: just now) or to come. Of an older
    one those that the queue has room for, so that an archive of ten years does not drown it.
    """
    if not new_sources or printed_at is None or printed_at > timezone.now() - NEWS:
        return new_sources
    waiting = QueueEntry.objects.filter(kind=Kind.NEW_SOURCE, closed_at=None).order_by()
    return new_sources[: BACKLOG - waiting[:BACKLOG].count()]


def ask_about_new(links: Sequence[Link], new_sources: Iterable[int]) -> None:
    """Put links seen for the first time into the queue where there is reason to.

    ``new_sources`` are the keys of sources to ask about; one link stands for each. A link that a
    rule blocks or allows needs nobody, unless it is suspicious.
    """
    asked = set(new_sources)
    worries: dict[int, list[Worry]] = {}
    for link in links:
        found = [Worry(_kind_of(found.rule), *found) for found in suspicions(link.url)]
        if link.standing == Link.Standing.HELD:
            found.append(Worry(Kind.HELD))
        if link.source_id in asked and link.rule_id is None:
            asked.discard(link.source_id)
            found.append(Worry(Kind.NEW_SOURCE))
        if found and link.standing != Link.Standing.BLOCKED:
            worries[link.pk] = found
    raise_concerns(worries)


def _kind_of(rule: str) -> str:
    return Kind.SHORT if rule == "shortener" else Kind.SUSPICIOUS


def worries_about_target(url: str, final_url: str) -> list[Worry]:
    """Return why somebody should look at where a canonical address leads, once that is known."""
    found = list(about_target(url, final_url))
    if is_short(url) and (host := _blocked_host(final_url)):
        found.append(Suspicion("leads-to-blocked", host))
    return [Worry(Kind.SUSPICIOUS, *suspicion) for suspicion in found]


def _blocked_host(url: str) -> str:
    """Return the host of an address that readers would not get; "" if they would."""
    try:
        canonical = canonicalize(url)
    except AddressError:
        return ""
    key = Link.key_for(canonical)
    link = Link.objects.filter(key=key).first() or Link(key=key, url=canonical)
    settle(link, active_rules())
    return host_of(canonical) if link.standing == Link.Standing.BLOCKED else ""


def compare_texts(places: Iterable[tuple[Link, str]]) -> None:
    """Ask about links whose text names another site than the one they lead to.

    ``places`` are links with the text they have in one place. What was decided about is left alone.
    """
    worries: dict[int, list[Worry]] = {}
    for link, text in places:
        if link.status == Link.Status.PENDING and (found := text_mismatch(link.url, text)):
            worries.setdefault(link.pk, []).append(Worry(Kind.SUSPICIOUS, *found))
    raise_concerns(worries)


@task()
def ask_about_held(rule_pk: int, after: int = 0) -> None:
    """Put the links that a rule holds into the queue, some at a time, by their keys."""
    held = Link.objects.filter(rule=rule_pk, standing=Link.Standing.HELD, pk__gt=after)
    keys = list(held.order_by("pk").values_list("pk", flat=True)[:A_RUN])
    with transaction.atomic():
        raise_concerns({pk: [Worry(Kind.HELD)] for pk in keys})
    if len(keys) == A_RUN:
        ask_about_held.enqueue(rule_pk, keys[-1])
