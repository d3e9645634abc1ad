"""What modules rely on whose tests share rows."""

import pytest
from django.test import Client

from posts.models import Post
from tests.reading import Page

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("run", [1, 2])
def test_what_a_test_does_to_shared_rows_is_undone(issue: Post, client: Client, run: int) -> None:
    assert Page(client.get(issue.get_absolute_url())).texts("h1") == ["A first issue"]
    Post.objects.all().delete()


@pytest.mark.parametrize("run", [1, 2])
def test_shared_rows_are_there_once(issue: Post, run: int) -> None:
    assert list(Post.objects.all()) == [issue]
