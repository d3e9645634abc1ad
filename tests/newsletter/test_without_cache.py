"""A Redis that is away takes nothing along: no page, no sign-in, no limit hangs on the cache."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings
from redis.exceptions import ConnectionError as NoConnection

from posts.health.keeping import measure_links
from tests.builders import make_post

pytestmark = pytest.mark.django_db

PUBLIC = ("/", "/archive/", "/tags/", "/sources/", "/feed.xml", "/suggest/", "/healthz")
STAFF = ("/admin/", "/admin/posts/post/", "/admin/links/link/", "/admin/links/link/health/")


@pytest.fixture(autouse=True)
def away(settings: Settings) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:1/0"}}
    with pytest.raises(NoConnection):
        cache.get("anything")


def test_every_page_answers(client: Client) -> None:
    make_post()
    User.objects.create_superuser("chief", password="right")
    client.post("/admin/login/", {"username": "chief", "password": "right"})
    measure_links.call()

    assert {path: client.get(path).status_code for path in (*PUBLIC, *STAFF)} == dict.fromkeys(
        (*PUBLIC, *STAFF), 200
    )


def test_sign_ins_are_limited_all_the_same(client: Client) -> None:
    guess = {"username": "chief", "password": "guess"}
    answers = [client.post("/admin/login/", guess).status_code for _try in range(6)]

    assert answers[-1] == 429
