"""Verbs ask themselves who may, from wherever they are called."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from links.decisions import decide, decide_entries, decide_entry, end_rule, make_rule, undo
from links.inbox import gather, issue_token, put_aside, reopen
from links.models import Decision, InboxEntry, Link, QueueEntry, SourceRule, Suggestion
from links.queue import claim
from links.readers import accept, decline, suggest
from tests.builders import make_post

pytestmark = pytest.mark.django_db

VERBS: dict[str, Callable[[User], object]] = {
    "decide": lambda by: decide(Link.objects.all()[:1], "approve", by=by),
    "undo": lambda by: undo(Decision.objects.get(action="approve"), by=by),
    "undo a rule": lambda by: undo(Decision.objects.get(action="rule"), by=by),
    "make a rule": lambda by: make_rule(SourceRule(host="a.example", action="allow"), by=by),
    "end a rule": lambda by: end_rule(SourceRule.objects.get(), by=by),
    "claim": lambda by: claim(QueueEntry.objects.first().pk, by),
    "decide an entry": lambda by: decide_entry(QueueEntry.objects.first(), "approve", by=by),
    "decide entries": lambda by: decide_entries(QueueEntry.objects.all(), "approve", by=by),
    "accept": lambda by: accept(Suggestion.objects.all(), by=by),
    "decline": lambda by: decline(Suggestion.objects.all(), by=by, answer="No."),
    "collect": lambda by: gather("https://new.example/", by=by),
    "put aside": lambda by: put_aside(InboxEntry.objects.all(), by=by),
    "put back": lambda by: reopen(InboxEntry.objects.all(), by=by),
    "make a token": lambda by: issue_token(by, "script", timedelta(days=1)),
}


@pytest.fixture(scope="module")
def _content(shared_rows: None) -> None:
    somebody = User.objects.create_superuser("somebody")
    make_post()
    suggest("https://suggested.example/")
    gather("https://collected.example/", by=somebody)
    decide(Link.objects.order_by("pk")[:1], "approve", by=somebody)
    make_rule(SourceRule(host="one.example", action="allow"), by=somebody)


@pytest.mark.usefixtures("_content")
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_refuses_whoever_has_not_the_right(verb: str, outsider: User) -> None:
    decided = Decision.objects.count()

    with pytest.raises(PermissionDenied):
        VERBS[verb](outsider)

    assert Decision.objects.count() == decided
    assert not QueueEntry.objects.exclude(claimed_by=None).exists()
    assert InboxEntry.objects.filter(done_at=None).count() == 1


@pytest.mark.usefixtures("_content")
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_does_what_moderators_ask(verb: str, moderator: User) -> None:
    VERBS[verb](moderator)
