"""Verbs ask themselves who may, from wherever they are called."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from posts.access import Actor
from posts.following import set_hidden
from posts.models import LinkedItem, Post, Tag
from posts.publishing import delete, publish, withdraw
from posts.retagging import merge, rename
from tests.builders import make_post

pytestmark = pytest.mark.django_db

# Who may, who may not, and what it is.
VERBS: dict[str, tuple[str, str, Callable[[Actor], object]]] = {
    "publish": ("editor", "moderator", lambda by: publish(Post.objects.all(), by=by)),
    "withdraw": ("editor", "moderator", lambda by: withdraw(Post.objects.all(), by=by)),
    "delete": ("admin", "editor", lambda by: delete(Post.objects.get(), by=by)),
    "hide": (
        "moderator",
        "editor",
        lambda by: set_hidden(LinkedItem.objects.all(), True, by=by, reason="x"),
    ),
    "rename": (
        "moderator",
        "outsider",
        lambda by: rename(Tag.objects.get(name="AI"), "A.I.", by=by),
    ),
    "merge": (
        "moderator",
        "editor",
        lambda by: merge(Tag.objects.all(), Tag.objects.all()[0], by=by),
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_asks_who_may(verb: str, request: pytest.FixtureRequest) -> None:
    make_post()
    role, other, act = VERBS[verb]

    with pytest.raises(PermissionDenied):
        act(request.getfixturevalue(other))
    act(request.getfixturevalue(role))
