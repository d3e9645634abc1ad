"""Who may do what with mail: one row for each right, or the tests fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import AnonymousUser, Group, User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, get_resolver, reverse

from mailing.admin.verbs import VERBS
from mailing.models import MailSettings, Subscriber, Suppression, Transfer
from tests.builders import make_member
from tests.conftest import SignIn
from tests.mailing.builders import make_mailing, make_subscriber

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.one_database,
    pytest.mark.usefixtures("mail_is_on"),
]

ROLES = ("anonymous", "outsider", "writer", "moderator", "editor", "keeper", "owner")
STANDARD = ("changelist", "add", "history", "delete", "change")
VERBS_OF_ROWS = ("view", "add", "change", "delete")
LIST = ("keeper", "owner")
MAILINGS = ("editor", "keeper", "owner")
SENDERS = ("editor", "owner")
NOBODY: tuple[str, ...] = ()
# right: who has it. A page has the name of its URL, an action that of its function, "do" is what
# can be done with one subscriber.
MATRIX = {
    "mailsettings view": ("owner",),
    "mailsettings add": NOBODY,
    "mailsettings change": ("owner",),
    "mailsettings delete": NOBODY,
    "mailsettings page try": ("owner",),
    "subscriber view": LIST,
    "subscriber add": NOBODY,
    "subscriber change": NOBODY,
    "subscriber delete": NOBODY,
    "subscriber page find": LIST,
    "subscriber page numbers": MAILINGS,
    "subscriber page import": LIST,
    "subscriber page progress": LIST,
    "subscriber page report": LIST,
    "subscriber page export": LIST,
    "subscriber do ask": LIST,
    "subscriber do invite": LIST,
    "subscriber do pause": LIST,
    "subscriber do resume": LIST,
    "subscriber do leave": LIST,
    "subscriber do suppress": LIST,
    "subscriber do unsuppress": LIST,
    "subscriber do erase": ("owner",),
    "mailing view": MAILINGS,
    "mailing add": NOBODY,
    "mailing change": NOBODY,
    "mailing delete": NOBODY,
    "mailing page plan": SENDERS,
    "mailing page test": SENDERS,
    "mailing page do": SENDERS,
    "mailing page cancel": SENDERS,
    "mailing page progress": MAILINGS,
    "suppression view": LIST,
    "suppression add": NOBODY,
    "suppression change": NOBODY,
    "suppression delete": NOBODY,
    "suppression page find": LIST,
    "suppression page undo": LIST,
}
# Pages of readers: open to whoever has their address, the keys in them are the right.
PUBLIC = {
    "address", "asked", "come-back", "confirm", "data", "erase", "leave", "move", "pause", "reader",
    "renew", "style", "subscribe",
    # Told by providers, with a secret: tests/mailing/test_provider_events.py.
    "events",
}  # fmt: skip


def our_admins() -> dict[str, django_admin.ModelAdmin]:
    return {
        str(model._meta.model_name): model_admin
        for model, model_admin in django_admin.site._registry.items()
        if model._meta.app_label == "mailing"
    }


def rights_that_exist() -> Iterator[str]:
    """Yield every right the admin knows: of everybody, so that no hidden one is missed."""
    yield from (f"subscriber do {verb}" for verb in VERBS)
    for name, model_admin in our_admins().items():
        yield from (f"{name} {verb}" for verb in VERBS_OF_ROWS)
        for _function, action, _words in model_admin._get_base_actions():  # type: ignore[attr-defined]
            if action != "delete_selected" and model_admin.actions is not None:
                yield f"{name} {action}"
        for url in model_admin.get_urls():
            page = (getattr(url, "name", "") or "").rpartition("_")[2]
            if page and page not in (*STANDARD, "act"):
                yield f"{name} page {page}"


def test_every_right_has_a_row() -> None:
    assert set(rights_that_exist()) == set(MATRIX)


def test_every_page_of_readers_has_a_row() -> None:
    names = get_resolver("mailing.urls").reverse_dict  # and views, by which Django finds them, too
    assert {name for name in names if isinstance(name, str)} == PUBLIC


@pytest.fixture
def content() -> dict[str, str]:
    """A row of each model, by the key of its page."""
    active, gone = make_subscriber("ann@example.org"), make_subscriber("bob@example.org")
    waiting = make_subscriber("cem@example.org", status="waiting")
    Suppression.objects.create(digest=gone.digest, reason="staff")
    suppression = Suppression.objects.create(digest="f" * 64, reason="erased")
    Transfer.objects.create(pk=active.pk, name="members.csv", key="0" * 32)
    mailing = make_mailing()
    rows = {
        "page plan": mailing.post,
        "page test": mailing.post,
        "mailsettings": MailSettings.objects.get(),
        "subscriber": active,
        "suppression": suppression,
        "mailing": mailing,
        "unsuppress": gone,
        "ask": waiting,
    }
    return {name: str(row.pk) for name, row in rows.items() if row}


def client_of(role: str, sign_in: SignIn) -> tuple[Client, User | None]:
    if role == "anonymous":
        return Client(), None
    user = make_member(role)
    return sign_in(user), user


def address_of(page: str, row: str) -> str:
    for args in ([], [row]):
        with suppress(NoReverseMatch):
            return reverse(page, args=args)
    raise NoReverseMatch(page)


def is_allowed(answer: HttpResponse) -> bool:
    """Tell whether an answer is no refusal and does not lead to the page to sign in.

    What is missing, or asked for in the wrong way, is said to those who may ask.
    """
    return answer.status_code != 403 and not answer.headers.get("Location", "").startswith(
        "/admin/login/"
    )


def may(client: Client, user: User | None, right: str, content: dict[str, str]) -> bool:
    """Try a right over HTTP; actions are also looked up, since Django ignores unknown ones."""
    name, _, what = right.partition(" ")
    base = f"admin:mailing_{name}"
    if what.startswith("do "):
        verb = what.removeprefix("do ")
        row = content.get(verb, content["subscriber"])
        path = reverse("admin:mailing_subscriber_act", args=[row, verb])
        return is_allowed(client.get(path)) and is_allowed(client.post(path, {"reason": "x"}))
    if what.startswith("page "):
        row = content.get(what, content[name])
        path = address_of(f"{base}_{what[5:]}", row)
        answer = client.get(path)
        return is_allowed(client.post(path) if answer.status_code == 405 else answer)
    if what == "view":
        return is_allowed(client.get(reverse(f"{base}_changelist")))
    if what == "add":
        with suppress(NoReverseMatch):
            return is_allowed(client.get(reverse(f"{base}_add")))
        return False
    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    model_admin = our_admins()[name]
    if what in {"change", "delete"}:
        path = reverse(f"{base}_{what}", args=[content[name]])
        # The page of a mailing has no form, and answers whatever is sent.
        has = getattr(model_admin, f"has_{what}_permission")(request)
        return is_allowed(client.post(path, {"post": "yes"})) and has
    return what in model_admin.get_actions(request)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_matrix_says(
    role: str, sign_in: SignIn, content: dict[str, str]
) -> None:
    client, user = client_of(role, sign_in)
    # What erases comes last.
    rights = sorted(MATRIX, key=lambda right: right.endswith("erase"))

    held = {right for right in rights if may(client, user, right, content)}

    assert held == {right for right, roles in MATRIX.items() if role in roles}
    # Whoever may not has changed nothing.
    if role not in {*LIST, *MAILINGS}:
        states = Subscriber.objects.order_by("pk").values_list("status", flat=True)
        assert list(states) == ["active", "active", "waiting"]


def test_whoever_may_not_gets_no_file(sign_in: SignIn) -> None:
    make_subscriber("ann@example.org")
    for role in ROLES:
        client, _user = client_of(role, sign_in)
        answer: Any = client.post(reverse("admin:mailing_subscriber_export"))
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert (b"ann@example.org" in body) is (role in LIST), role


HELD_BY_KEEPERS = {
    "view_mailing", "view_subscriber", "see_addresses", "add_subscriber", "change_subscriber",
    "export_subscribers", "view_consent", "view_suppression", "add_suppression",
    "delete_suppression",
}  # fmt: skip


def test_the_groups_hold_no_right_beyond_these() -> None:
    held = {
        group.name: set(
            group.permissions.filter(content_type__app_label="mailing").values_list(
                "codename", flat=True
            )
        )
        for group in Group.objects.all()
    }

    assert held == {
        "Owner": HELD_BY_KEEPERS
        | {"view_mailsettings", "change_mailsettings", "send_mailing", "delete_subscriber"},
        "Editor": {"view_mailing", "send_mailing"},
        "List keeper": HELD_BY_KEEPERS,
        "Moderator": set(),
        "Writer": set(),
    }


def test_list_keepers_look_after_the_list_and_nothing_else() -> None:
    keepers = Group.objects.get(name="List keeper")

    assert not keepers.permissions.exclude(content_type__app_label="mailing").exists()
