"""Numbers that no page of ours sends: each is answered as if nothing was asked, or refused."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from posts.models import WorkingCopy
from posts.numbers import number_in
from tests.builders import make_draft

pytestmark = pytest.mark.django_db
POSTS = "/admin/posts/post/"
ODD = ["²", "0", "9" * 18, "1" + "0" * 29, "1" * 5_000]
PAGE = "00000000-0000-0000-0000-000000000001"


def test_a_number_is_plain_digits_and_not_too_many() -> None:
    assert [number_in(odd) for odd in ODD] == [0, 0, int("9" * 18), 0, 0]
    assert [number_in(one) for one in ("12", "", None, "-1", "٣")] == [12, 0, 0, 0, 0]


@pytest.mark.parametrize("odd", ODD)
def test_pages_that_look_at_something_by_number_stand_odd_ones(
    admin_client: Client, admin_user: User, odd: str
) -> None:
    for address in (
        "/admin/posts/picture/find/?post=",
        "/admin/posts/picture/replace/?picture=",
        f"{POSTS}working-copies/?user={admin_user.pk}&post=",
        f"{POSTS}add/?start=template-",
        f"{POSTS}inbox/?page=",
        f"{POSTS}inbox/?post=",
        "/admin/posts/tag/merge/?tag=1&tag=",
        "/admin/posts/author/merge/?author=",
        "/admin/posts/recurringsection/merge/?section=",
        "/admin/links/inboxentry/copy/?entry=",
    ):
        answer = admin_client.get(address + odd)
        assert answer.status_code in {200, 302, 404}, address
    assert admin_client.get(f"{POSTS}{odd}/history/").status_code in {302, 404}


@pytest.mark.parametrize("odd", ODD)
def test_what_is_sent_with_odd_numbers_is_taken_or_refused(
    admin_client: Client, admin_user: User, odd: str
) -> None:
    post = make_draft()

    def send(address: str, **data: Any) -> int:
        return admin_client.post(POSTS + address, data).status_code

    kept = {"working_copy": f"{PAGE}.{PAGE}", "text": "Typed", "user": admin_user.pk}
    assert send("working-copies/keep/", **kept, post=odd, number="1") == 200
    accepted = {200} if number_in(odd) else {400}
    assert send("working-copies/keep/", **kept, number=odd) in accepted
    assert send("preflight/", post=odd, text="Typed") == 200
    assert send(f"{post.pk}/review/", verb=f"resolve:{odd}") == 404
    assert send(f"{odd}/change/", title="A", seen_version="1") == 409
    assert send(f"{post.pk}/change/", title="A", seen_version=odd) in {200, 409}
    assert WorkingCopy.objects.filter(text="Typed").exists()


@pytest.mark.parametrize(
    "sent", ["[" * 100_000, '{"post": Infinity}', '{"post": ' + "1" * 5_000 + "}"]
)
def test_json_that_cannot_be_read_is_refused(admin_client: Client, sent: str) -> None:
    for address in ("proof/", "proof/known/"):
        answer = admin_client.post(POSTS + address, sent, content_type="application/json")
        assert answer.status_code == 400, sent[:20]
