"""What tests rely on: whatever ran before, the roles are there and the network is not."""

import socket

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", [1, 2])
def test_roles_outlive_tests_that_empty_the_database(
    editor: User, moderator: User, run: int
) -> None:
    assert editor.has_perm("posts.change_post")
    assert moderator.has_perm("links.change_link")
    assert not moderator.has_perm("posts.change_post")


@pytest.mark.parametrize("run", [1, 2])
def test_the_cache_is_empty_at_the_start(run: int) -> None:
    assert cache.add("newsletter:isolation", run)


def test_the_network_is_blocked() -> None:
    with pytest.raises(OSError, match="a test tried to look up"):
        socket.create_connection(("example.org", 80), timeout=1)
    with (
        socket.socket() as plain,
        pytest.warns(UserWarning, match="A test tried"),
        pytest.raises(RuntimeError, match="A test tried to use socket"),
    ):
        plain.connect(("192.0.2.1", 80))
