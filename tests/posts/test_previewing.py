"""A signed address shows a post to whoever holds it, until it expires."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from posts import publishing
from posts.models import Post
from posts.previewing import PreviewError, PreviewExpired, read_preview, sign_preview
from tests.builders import make_draft, make_post, make_scheduled, parsed
from tests.conftest import SignIn
from tests.reading import Page, shown

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def test_a_draft_is_shown_as_readers_will_see_it(client: Client) -> None:
    draft = make_draft("Not yet public")

    response = client.get(sign_preview(draft))

    assert response.status_code == 200
    page = Page(response)
    assert page.texts("article h1") == ["Not yet public"]
    assert "First find" in page.one(".body").text()
    assert client.get(draft.get_absolute_url()).status_code == 404


def test_a_preview_stays_out_of_caches_search_engines_and_logs(client: Client) -> None:
    response = client.get(sign_preview(make_draft()))

    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert not response.cookies


@pytest.mark.parametrize(
    ("make", "state", "words"),
    [
        (make_draft, "Draft", "Readers do not see it."),
        (make_scheduled, "Scheduled", "Readers see it from"),
        (make_post, "Published", "Readers see this page."),
    ],
)
def test_a_bar_says_what_is_seen_here_by_whom_and_until_when(
    client: Client, settings: Settings, make: Callable[[], Post], state: str, words: str
) -> None:
    settings.PREVIEW_MAX_AGE = 3600
    with time_machine.travel(NOW, tick=False):
        post = make()
        address = sign_preview(post)
        page = Page(client.get(address))

    assert page.texts(".preview-state") == [f"Preview · {state}"]
    said = shown(page.one(".preview-bar"))
    assert words in said
    assert "Whoever has this address sees it until 1 Jun 2024, 13:00 UTC." in said
    assert page.value(".preview-bar input", "value") == f"http://testserver{address}"
    form = f"/admin/posts/post/{post.pk}/change/"
    assert form in page.values(".preview-bar a", "href")
    assert page.value("meta[name=robots]", "content") == "noindex"


def test_the_public_page_has_no_bar(client: Client) -> None:
    post = make_post()
    client.get(sign_preview(post))

    assert not Page(client.get(post.get_absolute_url())).all(".preview-bar")


def test_a_preview_expires(client: Client, settings: Settings) -> None:
    settings.PREVIEW_MAX_AGE = 3600
    with time_machine.travel(NOW, tick=False) as traveller:
        address = sign_preview(make_draft())
        traveller.move_to(NOW + timedelta(minutes=59))
        assert client.get(address).status_code == 200
        traveller.move_to(NOW + timedelta(minutes=61))
        assert client.get(address).status_code == 410


def test_a_forged_address_shows_nothing(client: Client) -> None:
    address = sign_preview(make_post())
    token = address.split("/")[-2]
    forged = [address.replace(token, other) for other in (f"{token[:-1]}_", "x", f"{token}:x")]

    assert {client.get(path).status_code for path in forged} == {404}


def test_a_signature_made_for_something_else_is_no_preview() -> None:
    for token in (signing.dumps(1), signing.dumps("1", salt="posts.preview")):
        with pytest.raises(PreviewError):
            read_preview(token)


def test_an_expired_token_says_so(settings: Settings) -> None:
    with time_machine.travel(NOW, tick=False):
        token = sign_preview(make_draft()).split("/")[-2]

    with pytest.raises(PreviewExpired):
        read_preview(token)


# Ended


def test_whoever_writes_ends_all_previews_given_away(sign_in: SignIn, editor: User) -> None:
    draft = make_draft()
    given = sign_preview(draft)
    client = sign_in(editor)
    form = reverse("admin:posts_post_change", args=[draft.pk])
    (address,) = {
        href for href in Page(client.get(form)).values("#content a", "href") if "previews" in href
    }

    assert "End the previews" in Page(client.get(address)).one("#content button").text()
    assert Client().get(given).status_code == 200
    client.post(address)

    assert Client().get(given).status_code == 410
    draft.refresh_from_db()
    assert Client().get(sign_preview(draft)).status_code == 200
    assert "Previews ended." in LogEntry.objects.get().change_message


def test_nobody_ends_previews_without_the_right_to(sign_in: SignIn, moderator: User) -> None:
    address = reverse("admin:posts_post_previews", args=[make_draft().pk])
    assert sign_in(moderator).post(address).status_code == 403


def test_previews_end_with_withdrawal_and_deletion(client: Client) -> None:
    post = make_post()
    given = sign_preview(post)
    publishing.withdraw([post])
    assert client.get(given).status_code == 410

    given = sign_preview(post)
    assert client.get(given).status_code == 200
    publishing.delete(post)
    assert client.get(given).status_code == 410


def test_previews_end_when_the_text_says_draft_again(client: Client) -> None:
    post = make_post()
    given = sign_preview(post)
    publishing.save_document(post, parsed(draft="true"))
    assert client.get(given).status_code == 410


def test_a_save_brings_no_preview_back_that_was_ended_meanwhile(client: Client) -> None:
    draft = make_draft()
    given = sign_preview(draft)
    publishing.end_previews(Post.objects.get(pk=draft.pk))
    publishing.save_document(draft, parsed("Another title"))
    assert client.get(given).status_code == 410


def test_a_preview_given_away_before_there_were_rounds_works(client: Client) -> None:
    draft = make_draft()
    token = signing.dumps(draft.pk, salt="posts.preview")
    assert client.get(reverse("posts:preview", args=[token])).status_code == 200
