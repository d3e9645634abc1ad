"""Keep what readers suggested in step with what is decided about the links: no more than that."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from links.models import Decision, InboxEntry, SourceRule, Suggestion
from links.signals import suggestions_answered
from links.standing import links_under

Status = Suggestion.Status
# What a decision about a link says to those who suggested it; other decisions say nothing.
ANSWERS: dict[str, str] = {
    Decision.Action.APPROVE: Status.ACCEPTED,
    Decision.Action.REPLACE: Status.ACCEPTED,
    Decision.Action.BLOCK: Status.DECLINED,
    Decision.Action.MARK_BROKEN: Status.DECLINED,
}


def follow(links: Sequence[int], decision: Decision) -> None:
    """Answer the suggestions of links (by key) that a decision was made about.

    What is accepted goes into the inbox. The decision's reason is for staff and is not shown to
    readers.
    """
    status = ANSWERS.get(decision.action)
    if status is not None:
        answer_waiting(links, status, decision)


def follow_rule(rule: SourceRule, decision: Decision) -> None:
    """Decline what readers suggested of a source that is blocked now."""
    if rule.action == SourceRule.Action.BLOCK:
        under = links_under(rule).order_by().values("pk")
        waiting = Suggestion.objects.filter(link__in=under, status=Status.WAITING)
        links = sorted(set(waiting.order_by().values_list("link", flat=True)))
        answer_waiting(links, Status.DECLINED, decision)


def go_back(decision: Decision) -> None:
    """Let suggestions wait again that a decision answered, now that it is undone.

    What of them is in the inbox leaves it; what was printed or put aside since stays accepted.
    """
    InboxEntry.objects.filter(suggestion__answered_by=decision, done_at=None).delete()
    Suggestion.objects.filter(answered_by=decision, inbox_entry=None).update(
        status=Status.WAITING, answer="", answered_at=None, answered_by=None
    )


def answer_waiting(
    links: Sequence[int], status: str, decision: Decision | None = None, *, answer: str = ""
) -> list[Suggestion]:
    """Answer everybody who waits for word about links (by key); return the suggestions.

    ``decision`` is the one that answers them, if one does; what it accepts goes into the inbox.
    ``answer`` is what their status pages say. Call it in a transaction.
    """
    at = decision.at if decision else timezone.now()
    waiting = list(
        Suggestion.objects.select_for_update()
        .filter(link__in=links, status=Status.WAITING)
        .order_by("pk")
    )
    for suggestion in waiting:
        suggestion.status, suggestion.answered_at, suggestion.answered_by = status, at, decision
        suggestion.answer = answer or suggestion.answer
    Suggestion.objects.bulk_update(waiting, ["status", "answer", "answered_at", "answered_by"])
    if decision and status == Status.ACCEPTED:
        _collect(waiting, decision)
    if waiting:
        suggestions_answered.send(sender=Suggestion, suggestions=waiting)
    return waiting


def _collect(suggestions: Sequence[Suggestion], decision: Decision) -> None:
    """Put accepted suggestions into the inbox: of several of one link the first."""
    InboxEntry.objects.bulk_create(
        (
            InboxEntry(
                link_id=suggestion.link_id,
                url=suggestion.url,
                title=suggestion.title,
                note=suggestion.note,
                added_by_id=decision.by_id,
                suggestion=suggestion,
                added_at=decision.at,
            )
            for suggestion in suggestions
        ),
        ignore_conflicts=True,
    )
