"""What was sent and could not be saved comes back, as it was filled in."""

import sqlite3
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, DataError, OperationalError
from django.test import Client
from django.urls import reverse
from psycopg import errors

from links.models import InboxEntry
from newsletter.unsaved import is_busy
from posts import publishing
from posts.models import Post, Tag
from tests.builders import make_draft, make_post
from tests.conftest import SignIn
from tests.reading import Page


def locked() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    return error


def wrapped(cause: Exception) -> DatabaseError:
    return wrapped_as(OperationalError, cause)


def wrapped_as(kind: type[DatabaseError], cause: Exception) -> DatabaseError:
    """Return an error of a database's driver as Django raises it."""
    error = kind(str(cause))
    error.__cause__ = cause
    return error


def meet_a_lock(*_args: Any, **_kwargs: Any) -> None:
    raise wrapped(locked())


@pytest.fixture
def quiet(sign_in: SignIn, admin: User) -> Client:
    """A signed-in client that shows errors as browsers get them."""
    client = sign_in(admin)
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize(
    "cause",
    [
        locked(),
        errors.LockNotAvailable(),
        errors.DeadlockDetected(),
        errors.SerializationFailure(),
        errors.QueryCanceled(),
        errors.AdminShutdown(),
        errors.OperationalError("connection refused"),
    ],
)
def test_a_lock_or_a_limit_of_time_is_no_fault_of_the_site(cause: Exception) -> None:
    assert is_busy(wrapped(cause))


def test_a_full_disk_or_a_missing_table_is_one() -> None:
    assert not is_busy(wrapped(sqlite3.OperationalError("no such table")))
    assert not is_busy(wrapped(errors.UndefinedTable()))
    assert not is_busy(wrapped_as(DataError, errors.DataError("no NUL in a text")))
    assert not is_busy(ValueError("locked"))


@pytest.mark.parametrize("cause", [locked(), errors.LockNotAvailable()])
def test_a_save_that_meets_a_lock_comes_back_with_the_text_and_can_be_sent_again(
    quiet: Client, monkeypatch: pytest.MonkeyPatch, cause: Exception
) -> None:
    post = make_draft()
    address = reverse("admin:posts_post_change", args=[post.pk])
    text = "\r\n\r\n제목 <b>&amp;\r\n\r\nA text."
    sent = Page(quiet.get(address)).fields("#post_form") | {"text": text, "_save": "1"}

    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise wrapped(cause)

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "save_document", refuse)
        answer = quiet.post(address, sent)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "no-store" in answer.headers["Cache-Control"]
    page = Page(answer)
    form = page.one("form[method=post]")
    assert form.attributes["action"] == address
    again = page.fields("form")
    sent.pop("csrfmiddlewaretoken")
    assert {name: again[name] for name in sent} == sent
    assert quiet.post(address, again).status_code == 302
    assert Post.objects.get().document.endswith(text.replace("\r\n", "\n"))


def test_a_readers_form_comes_back_without_a_cookie(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False

    monkeypatch.setattr("posts.readers.pages.comes_from_here", meet_a_lock)
    answer = client.post("/suggest/", {"url": "https://example.org/a", "note": "Worth it, I think"})
    assert answer.status_code == 503
    assert not answer.cookies
    assert Page(answer).one("textarea[name=note]").text().strip() == "Worth it, I think"
    assert Page(answer).value("input[name=url]", "value") == "https://example.org/a"


def test_a_form_comes_back_only_once_it_is_known_to_be_ours(
    quiet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the check for forgery, and before the limits of sizes, nothing of it is shown."""

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", meet_a_lock)
    sent = {"action": "delete_selected", "note": "x" * 70_000}
    answer = quiet.post(reverse("admin:posts_post_changelist"), sent)
    assert answer.status_code == 503
    assert Page(answer).all("form, input, textarea") == []


def test_a_link_to_the_site_says_that_it_is_busy(
    quiet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.views.shortcut", meet_a_lock)
    assert quiet.get("/admin/r/1/1/").status_code == 503


def test_a_password_never_comes_back(client: Client, db: None, monkeypatch: Any) -> None:
    client.raise_request_exception = False

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", meet_a_lock)
    sent = {"username": "somebody", "password": "a secret of mine"}
    answer = client.post("/admin/login/", sent)
    assert answer.status_code == 503
    assert "secret" not in answer.content.decode()


def test_scripts_that_collect_get_json(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False

    monkeypatch.setattr("posts.readers.collect.read_token", meet_a_lock)
    answer = client.post("/collect/", headers={"Authorization": "Bearer nobody"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert answer.json()["error"]["code"] == "busy"


def test_a_lock_that_middleware_meets_is_answered_the_same(
    quiet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newsletter.middleware.SessionMiddleware.process_response", meet_a_lock)
    assert quiet.get(reverse("admin:posts_post_changelist")).status_code == 503


def test_a_page_that_is_only_read_offers_to_open_it_again(
    quiet: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any, **_kwargs: Any) -> None:
        raise wrapped(errors.QueryCanceled())

    monkeypatch.setattr("posts.admin.queue.views.desk_of", meet_a_lock)
    queue = reverse("admin:links_queueentry_changelist")
    answer = quiet.get(queue)
    assert answer.status_code == 503
    assert Page(answer).value("a.action", "href") == queue


def test_words_about_what_was_deleted_meanwhile_can_be_copied(quiet: Client) -> None:
    make_post()
    tag = Tag.objects.get(name="AI")
    words = "What this subject is about, at length."
    address = reverse("admin:posts_tag_change", args=[tag.pk])
    tag.delete()
    answer = quiet.post(address, {"name": "AI", "slug": "ai", "description": words})
    assert answer.status_code == 409
    assert words in Page(answer).one("textarea").text()


def test_a_collected_link_that_left_the_inbox_loses_no_note(quiet: Client) -> None:
    address = reverse("admin:links_inboxentry_change", args=[12345])
    answer = quiet.post(address, {"title": "T", "note": "A long thought about it"})
    assert answer.status_code == 409
    assert "A long thought" in Page(answer).one("textarea").text()
    assert not InboxEntry.objects.exists()


# What no page of ours seems to have sent


def forged(user: User, **headers: str) -> Any:
    """Return the answer to a form of a page of before somebody signed in anew."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    sent = {"url": "https://new.example.org/", "note": "Words that took an hour.", "_save": "1"}
    return client.post(reverse("admin:links_inboxentry_add"), sent, headers=headers)


def test_a_form_that_lost_its_proof_comes_back_to_be_copied(editor: User, settings: Any) -> None:
    answer = forged(editor, referer="http://testserver/admin/links/inboxentry/add/?url=x")
    page = Page(answer)

    assert answer.status_code == 403
    assert "This was not taken" in page.one("h1").text()
    assert page.texts(".masthead .site-name") == [settings.SITE_NAME]
    assert page.texts("textarea[readonly]") == ["Words that took an hour."]
    assert not page.all("main form")
    assert page.value(".action", "href") == "/admin/links/inboxentry/add/?url=x"
    assert not InboxEntry.objects.exists()
    settings.LANGUAGE_CODE = "ko"
    assert "받지 않았어요" in Page(forged(editor)).one("h1").text()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "referer": "https://evil.example/"},
        {"origin": "https://evil.example"},
    ],
)
def test_what_another_site_sent_is_not_shown(editor: User, headers: dict[str, str]) -> None:
    page = Page(forged(editor, **headers))

    assert not page.all("textarea")
    assert page.value(".action", "href") == "/admin/links/inboxentry/add/"


def test_a_password_of_a_form_without_proof_never_comes_back(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    sent = {"username": "a long name of somebody", "password": "a secret of several words"}
    answer = strict.post("/admin/login/", sent)

    assert answer.status_code == 403
    assert b"secret" not in answer.content
