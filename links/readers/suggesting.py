"""Links that readers suggest: taken in as pending, answered by staff, seen on a status page."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from links import access
from links.access import Actor
from links.decisions import answer_waiting, decide
from links.models import Decision, InboxEntry, Kind, Link, Suggestion
from links.normalizing import AddressError
from links.queue import Worry, raise_concerns, withdraw
from links.registering import register

Status = Suggestion.Status


class AnswerMissing(ValueError):
    """A suggestion is declined without a word to the reader."""


def suggest(
    url: str, *, title: str = "", note: str = "", email: str = "", language: str = ""
) -> Suggestion:
    """Take in a suggestion: a pending link, in the queue with what the reader says about it.

    ``url`` is the address as written, ``language`` that of the page the reader wrote it on. A link
    that is blocked, by itself or with its source, is declined at once, and one that was collected
    for the next issue already is accepted at once; neither asks for a decision. Raises
    AddressError for what is no web address.
    """
    with transaction.atomic():
        link = register([url]).get(url)
        if link is None or not link.url.startswith("http"):
            raise AddressError("Only web addresses can be suggested.")
        status = _answer_at_once(link)
        suggestion = Suggestion.objects.create(
            link=link,
            url=url,
            title=title,
            note=note,
            email=email if status == Status.WAITING else "",
            language=language,
            status=status,
            answered_at=None if status == Status.WAITING else timezone.now(),
        )
        if status == Status.WAITING:
            said = "\n".join(filter(None, (title, note)))
            raise_concerns({link.pk: [Worry(Kind.SUGGESTION, detail=said)]})
    return suggestion


def _answer_at_once(link: Link) -> str:
    if link.standing == Link.Standing.BLOCKED:
        return Status.DECLINED
    if InboxEntry.objects.filter(link=link, done_at=None).exists():
        return Status.ACCEPTED
    return Status.WAITING


def accept(suggestions: Iterable[Suggestion], *, by: Actor, answer: str = "") -> Decision:
    """Approve suggested links and put them into the inbox; return the record of it.

    All who wait for word about these links are answered; ``answer`` is shown to them. Somebody may
    accept what was declined before. Raises DecisionError for no links or too many, and
    PermissionDenied.
    """
    access.check(by, access.ANSWER_READERS)
    chosen = list(suggestions)
    with transaction.atomic():
        links = _lock_links(chosen)
        declined = Q(pk__in=[row.pk for row in chosen], status=Status.DECLINED)
        waiting = Q(link__in=links, status=Status.WAITING)
        Suggestion.objects.filter(declined | waiting).update(
            status=Status.WAITING, answer=_tidy(answer)
        )
        return decide(links, Decision.Action.APPROVE, by=by, right=access.ANSWER_READERS)


def decline(suggestions: Iterable[Suggestion], *, by: Actor, answer: str) -> list[Suggestion]:
    """Decline suggestions, saying why; return those that waited and are declined now.

    This decides nothing about the link, which may still be printed. Its entry in the queue is
    closed unless something else speaks for one. Raises AnswerMissing without an answer, and
    PermissionDenied.
    """
    access.check(by, access.ANSWER_READERS)
    answer = _tidy(answer)
    if not answer:
        raise AnswerMissing("Say why: the reader is told.")
    with transaction.atomic():
        links = _lock_links(suggestions)
        declined = answer_waiting(links, Status.DECLINED, answer=answer)
        # A source that is new because somebody suggested it is no question any more.
        for kind in (Kind.SUGGESTION, Kind.NEW_SOURCE):
            withdraw(links, kind)
    return declined


def _lock_links(suggestions: Iterable[Suggestion]) -> list[int]:
    """Lock what was suggested and return its keys: links first, as whoever decides about them."""
    wanted = {row.link_id for row in suggestions}
    rows = Link.objects.select_for_update().filter(pk__in=wanted).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def _tidy(answer: str) -> str:
    return " ".join(answer.split())[:500]
