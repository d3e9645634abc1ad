"""What readers want, and how: changed by them on their page, or as a form of theirs said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from links.rows import chunks
from mailing import access, choosing, rhythms
from mailing.access import Actor
from mailing.models import Choice, Chosen, Subscriber
from posts.searching.queries import clean

Wish = tuple[str, str]
"""A kind of ``Choice`` and its value."""
EVERYTHING: Final[Wish] = (Choice.Kind.EVERYTHING, "")
MOST: Final = 200  # choices of one reader
LONGEST: Final = 400  # letters of one
_HOW: Final = frozenset(("rhythm", "language", "zone", "hour"))


def wish_of(text: str) -> Wish | None:
    """Return the choice that a form, an address or a file names; None for what cannot be chosen."""
    kind, _colon, value = text.partition(":")
    if text == ":".join(EVERYTHING):
        return EVERYTHING
    is_search = kind == Choice.Kind.SEARCH
    if is_search:
        value = clean(value)[:LONGEST]
    if kind not in Choice.Kind.values or kind == Choice.Kind.EVERYTHING:
        return None
    if not (0 < len(value) <= LONGEST and value.isprintable()):
        return None
    return None if is_search and not choosing.finds_items(value) else (kind, value)


@transaction.atomic
def choose(
    subscriber: Subscriber,
    choices: Iterable[Wish] | None = None,
    *,
    by: Actor = None,
    **how: Any,
) -> Subscriber:
    """Let a reader get other things (none is everything), in another rhythm, language and so on.

    ``how`` may hold rhythm, language, zone and hour; what becomes of what waits for a roll-up,
    ``mailing.rhythms`` says. Raises PermissionDenied for staff without the right, and
    Subscriber.DoesNotExist for who is erased at this moment.
    """
    access.check(by, access.CHANGE_SUBSCRIBERS)
    if unknown := how.keys() - _HOW:
        raise TypeError(f"no such wish: {', '.join(sorted(unknown))}")
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    subscriber.language = how.pop("language", subscriber.language)
    if any(getattr(subscriber, name) != value for name, value in how.items()):
        rhythms.turn(subscriber, timezone.now(), **how)
    subscriber.save()
    if choices is not None:
        _keep(subscriber, list(dict.fromkeys(choices))[:MOST] or [EVERYTHING])
    return subscriber


def keys_of(wishes: Iterable[Wish]) -> dict[Wish, int]:
    """Return the keys of the rows of choices, which stay until the caller's transaction ends;
    those that are new are stored in it."""
    # In one order for all, or two readers with the same new choices wait for each other for ever.
    wanted = sorted(set(wishes))
    keys = _stored(wanted)
    new = [Choice(kind=kind, value=value) for kind, value in wanted if (kind, value) not in keys]
    if new:
        Choice.objects.bulk_create(new, ignore_conflicts=True)
        keys = _stored(wanted)
    return keys


def _stored(wishes: Iterable[Wish]) -> dict[Wish, int]:
    """Return the keys of those choices that are stored, and lock them: what nobody chose yet would
    be forgotten before it is (``mailing.forgetting``)."""
    found: dict[Wish, int] = {}
    for some in chunks(wishes):
        named = Q(kind__in={kind for kind, _value in some}, value__in={value for _k, value in some})
        rows = Choice.objects.filter(named).select_for_update(no_key=True).order_by("pk")
        found |= {(kind, value): pk for kind, value, pk in rows.values_list("kind", "value", "pk")}
    return found


def wishes_of(subscriber: Subscriber) -> list[Wish]:
    """Return what a reader chose, in the order in which it was."""
    rows = Chosen.objects.filter(subscriber=subscriber).order_by("pk")
    return list(rows.values_list("choice__kind", "choice__value"))


def _keep(subscriber: Subscriber, wishes: list[Wish]) -> None:
    if EVERYTHING in wishes:
        wishes = [EVERYTHING]
    if any(kind == Choice.Kind.SEARCH for kind, _value in wishes):
        transaction.on_commit(choosing.key_new_searches.enqueue)
    keys = keys_of(wishes)
    wanted = [keys[wish] for wish in wishes]
    subscriber.chosen.exclude(choice__in=wanted).delete()
    rows = [Chosen(subscriber=subscriber, choice_id=pk) for pk in wanted]
    Chosen.objects.bulk_create(rows, ignore_conflicts=True)
