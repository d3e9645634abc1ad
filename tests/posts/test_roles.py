"""Who may do what in the admin: one row for each right, or the tests fail."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin as django_admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse

from links.decisions import make_rule
from links.inbox import gather, issue_token
from links.models import ApiToken, Link, QueueEntry, Source, SourceRule
from links.readers import suggest
from posts import identity
from posts.models import (
    Author,
    IssueTemplate,
    LinkedItem,
    Post,
    RateCount,
    RecurringSection,
    Redirect,
    Section,
    Tag,
)
from posts.models import Page as OwnPage
from posts.pages import save as save_page
from tests.builders import LONG_AGO, make_member, make_picture, make_post, make_task
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db

OURS = ("posts", "links", "tasks")
STANDARD = ("changelist", "add", "history", "delete", "change")

ROLES = ("admin", "editor", "moderator", "writer")
# The admin gets to every page, and so do its queries on each database: who is refused asks nothing.
EACH_ROLE = [
    "admin",
    *(pytest.param(role, marks=pytest.mark.one_database) for role in ROLES if role != "admin"),
]
# right: who has it, in the order of ROLES, without writers. An action has the name of its function,
# a page that of its URL.
MATRIX = {
    "post view": (True, True, True),
    "post add": (True, True, False),
    "post change": (True, True, False),
    "post delete": (True, False, False),
    "post delete_selected": (True, False, False),
    "post publish_selected": (True, True, False),
    "post withdraw_selected": (True, True, False),
    "post export_selected": (True, True, False),
    "post page upload": (True, True, False),
    "post page export": (True, True, False),
    "post page publish": (True, True, False),
    "post page withdraw": (True, True, False),
    "post page correct": (True, True, False),
    "post page previews": (True, True, False),
    "post page copies": (True, True, False),
    "post page unsaved": (True, True, False),
    "post page copy": (True, True, False),
    "post page keep": (True, True, False),
    "post page discard": (True, True, False),
    "post page pending": (True, True, False),
    "post page drop": (True, True, False),
    "post page compare": (True, True, True),
    "post page version": (True, True, True),
    "post page restore": (True, True, False),
    "post page name": (True, True, False),
    "post page trash": (True, False, False),
    "post page recover": (True, False, False),
    "post page untrash": (True, False, False),
    "post page erase": (True, False, False),
    "post page inbox": (True, True, True),
    "post page proof": (True, True, False),
    "post page known": (True, True, False),
    "post page review": (True, True, False),
    "post page preflight": (True, True, False),
    "post page address": (True, True, False),
    "post page title": (True, True, False),
    "post page duplicate": (True, True, False),
    "post page calendar": (True, True, True),
    "post page move": (True, True, False),
    "issuetemplate view": (True, True, False),
    "issuetemplate add": (True, True, False),
    "issuetemplate change": (True, True, False),
    "issuetemplate delete": (True, True, False),
    "author view": (True, True, False),
    "author add": (True, False, False),
    "author change": (True, True, False),
    "author delete": (True, False, False),
    "author merge_selected": (True, True, False),
    "author page merge": (True, True, False),
    "page view": (True, True, False),
    "page add": (True, True, False),
    "page change": (True, True, False),
    "page delete": (True, False, False),
    "picture view": (True, True, False),
    "picture add": (True, True, False),
    "picture change": (True, True, False),
    "picture delete": (True, True, False),
    "picture page send": (True, True, False),
    "picture page find": (True, True, False),
    "picture page words": (True, True, False),
    "picture page replace": (True, True, False),
    "sitesettings page checks": (True, False, False),
    "sitesettings view": (True, False, False),
    "sitesettings add": (False, False, False),
    "sitesettings change": (True, False, False),
    "sitesettings delete": (False, False, False),
    "redirect view": (True, False, False),
    "redirect add": (True, False, False),
    "redirect change": (True, False, False),
    "redirect delete": (True, False, False),
    "redirect page table": (True, False, False),
    "redirect page file": (True, False, False),
    "section view": (True, True, True),
    "section add": (False, False, False),
    "section change": (False, False, False),
    "section delete": (False, False, False),
    "recurringsection view": (True, True, True),
    "recurringsection add": (False, False, False),
    "recurringsection change": (True, True, True),
    "recurringsection delete": (False, False, False),
    "recurringsection hide_selected": (True, True, True),
    "recurringsection show_selected": (True, True, True),
    "recurringsection merge_selected": (True, True, True),
    "recurringsection page merge": (True, True, True),
    "linkeditem view": (True, True, True),
    "linkeditem add": (False, False, False),
    "linkeditem change": (True, False, True),
    "linkeditem delete": (False, False, False),
    "linkeditem hide_selected": (True, False, True),
    "linkeditem show_selected": (True, False, True),
    "linkeditem mark_news": (True, True, False),
    "linkeditem unmark_news": (True, True, False),
    "tag view": (True, True, True),
    "tag add": (False, False, False),
    "tag change": (True, True, True),
    "tag delete": (True, False, False),
    "tag merge_selected": (True, False, True),
    "tag page merge": (True, False, True),
    "tag page suggest": (True, True, True),
    "link view": (True, True, True),
    "link add": (False, False, False),
    "link change": (False, False, False),
    "link delete": (False, False, False),
    "link approve_selected": (True, False, True),
    "link block_selected": (True, False, True),
    "link mark_broken_selected": (True, False, True),
    "link restore_selected": (True, False, True),
    "link page decide": (True, False, True),
    "link page health": (True, True, True),
    "link page healthfile": (True, True, True),
    "link page measure": (True, True, True),
    "source view": (True, True, True),
    "source add": (False, False, False),
    "source change": (False, False, False),
    "source delete": (False, False, False),
    "sourcerule view": (True, True, True),
    "sourcerule add": (True, False, True),
    "sourcerule change": (False, False, False),
    "sourcerule delete": (False, False, False),
    "sourcerule page end": (True, False, True),
    "decision view": (True, True, True),
    "decision add": (False, False, False),
    "decision change": (False, False, False),
    "decision delete": (False, False, False),
    "decision page undo": (True, False, True),
    "suggestion view": (True, True, True),
    "suggestion add": (False, False, False),
    "suggestion change": (True, False, True),
    "suggestion delete": (False, False, False),
    "suggestion accept_selected": (True, False, True),
    "suggestion decline_selected": (True, False, True),
    "inboxentry view": (True, True, True),
    "inboxentry add": (True, True, True),
    "inboxentry change": (True, True, True),
    "inboxentry delete": (True, False, False),
    "inboxentry copy_selected": (True, True, True),
    "inboxentry finish_selected": (True, True, True),
    "inboxentry reopen_selected": (True, True, True),
    "inboxentry page copy": (True, True, True),
    "inboxentry page anywhere": (True, True, True),
    "apitoken view": (True, True, True),
    "apitoken add": (True, True, True),
    "apitoken change": (False, False, False),
    "apitoken delete": (True, True, True),
    "queueentry view": (True, False, True),
    "queueentry add": (False, False, False),
    "queueentry change": (True, False, True),
    "queueentry delete": (False, False, False),
    "queueentry page decide": (True, False, True),
    "queueentry page open": (True, False, True),
    "queueentry page skip": (True, False, True),
    "queueentry page claim": (True, False, True),
    "queueentry page release": (True, False, True),
    "queueentry page undo": (True, False, True),
    "queueentry page rule": (True, False, True),
    "queueentry page bulk": (True, False, True),
    "queueentry page progress": (True, False, True),
    "storedtask view": (True, False, False),
    "storedtask add": (False, False, False),
    "storedtask change": (True, False, False),
    "storedtask delete": (False, False, False),
    "storedtask retry_selected": (True, False, False),
}
# What writers may, here about an issue that is published.
WRITERS = {
    "post view",
    "post add",
    "post export_selected",
    "post page export",
    "post page copies",
    "post page unsaved",
    "post page copy",
    "post page keep",
    "post page discard",
    "post page inbox",
    "post page address",
    "post page title",
    "post page proof",
    "post page known",
    "post page preflight",
    "post page duplicate",
    "post page calendar",
    "post page compare",
    "post page version",
    "issuetemplate view",
    "picture view",
    "picture add",
    "picture change",
    "picture page send",
    "picture page find",
    "picture page words",
    "author view",
    "section view",
    "recurringsection view",
    "linkeditem view",
    "tag view",
    "tag page suggest",
    "link view",
    "link page health",
    "link page healthfile",
    "link page measure",
    "source view",
    "sourcerule view",
    "decision view",
    "suggestion view",
    "inboxentry view",
    "inboxentry add",
    "inboxentry change",
    "inboxentry copy_selected",
    "inboxentry finish_selected",
    "inboxentry reopen_selected",
    "inboxentry page copy",
    "inboxentry page anywhere",
    "apitoken view",
    "apitoken add",
    "apitoken delete",
}
VERBS = ("view", "add", "change", "delete")


def holds(role: str, right: str) -> bool:
    """Tell whether the tables say that a role has a right."""
    return right in WRITERS if role == "writer" else MATRIX[right][ROLES.index(role)]


def our_admins() -> dict[str, django_admin.ModelAdmin]:
    return {
        str(model._meta.model_name): model_admin
        for model, model_admin in django_admin.site._registry.items()
        if model._meta.app_label in OURS
    }


def rights_that_exist() -> Iterator[str]:
    """Yield every right the admin knows: of everybody, so that no hidden one is missed."""
    for name, model_admin in our_admins().items():
        yield from (f"{name} {verb}" for verb in VERBS)
        for _function, action, _words in model_admin._get_base_actions():  # type: ignore[attr-defined]
            if action != "delete_selected" or name == "post":
                yield f"{name} {action}"
        for url in model_admin.get_urls():
            page = (getattr(url, "name", "") or "").rpartition("_")[2]
            if page and page not in STANDARD:
                yield f"{name} page {page}"


def test_every_right_has_a_row() -> None:
    assert set(rights_that_exist()) == set(MATRIX)


@pytest.fixture(scope="module")
def content(shared_rows: None) -> dict[str, str]:
    """A row of each model, by the key of its page."""
    post = make_post()
    unused = Tag.objects.create(name="unused", slug="unused")
    owner = User.objects.create_superuser("owner")
    decision = make_rule(SourceRule(host="elsewhere.example", action="allow"), by=owner)
    rows = {
        "post": post,
        "section": Section.objects.filter(post=post).first(),
        "recurringsection": RecurringSection.objects.first(),
        "linkeditem": LinkedItem.objects.filter(post=post).first(),
        "tag": unused,
        "link": Link.objects.first(),
        "source": Source.objects.first(),
        "sourcerule": SourceRule.objects.get(),
        "decision": decision,
        "suggestion": suggest("https://suggested.example.org/"),
        "inboxentry": gather("https://collected.example.org/", by=owner).entry,
        "apitoken": issue_token(owner, "script", timedelta(days=1))[0],
        "queueentry": QueueEntry.objects.first(),
        "page": save_page(OwnPage(title="About", slug="about")),
        "sitesettings": identity.compose(),
        "issuetemplate": IssueTemplate.objects.create(name="Weekly"),
        "author": Author.objects.create(name="Ann", slug="ann"),
        "picture": make_picture(),
        "redirect": Redirect.objects.create(old="/old", new="/about/"),
        "storedtask": make_task(),
    }
    return {name: str(row.pk) for name, row in rows.items() if row}


@pytest.fixture(scope="module")
def cast(shared_rows: None, sign_in: SignIn) -> dict[str, tuple[User, Client]]:
    """Somebody of each role, with a client in which they are signed in."""
    people = {role: make_member(role) for role in ROLES}
    return {role: (user, sign_in(user)) for role, user in people.items()}


def address_of(page: str, row: str) -> str:
    """Return the address of a page of all rows, of one, or of the first version of one."""
    for args in ([], [row], [row, "1"]):
        with suppress(NoReverseMatch):
            return reverse(page, args=args) + ("?action=block" if args else "")
    raise NoReverseMatch(page)


def may(client: Client, user: User, right: str, content: dict[str, str]) -> bool:
    """Try a right over HTTP; actions are also looked up, since Django ignores unknown ones."""
    name, _, what = right.partition(" ")
    model_admin = our_admins()[name]
    base = f"admin:{model_admin.opts.app_label}_{name}"
    if what == "view":
        return client.get(reverse(f"{base}_changelist")).status_code == 200
    if what == "add":
        return client.get(reverse(f"{base}_add")).status_code == 200
    if what == "change":
        path = reverse(f"{base}_change", args=[content[name]])
        return client.post(path, {}).status_code != 403
    if what == "delete":
        path = reverse(f"{base}_delete", args=[content[name]])
        return client.post(path, {"post": "yes"}).status_code == 302
    if what.startswith("page "):
        path = address_of(f"{base}_{what.removeprefix('page ')}", content[name])
        response = client.get(path)
        if response.status_code == 405:  # it only acts
            response = client.post(path)
        list(getattr(response, "streaming_content", ()))  # whose end closes what it reads
        return response.status_code in {200, 302, 400, 409}  # 400, 409: they may, with more
    request = RequestFactory().get("/")
    request.user = user
    return what in model_admin.get_actions(request)


@pytest.mark.parametrize("right", MATRIX)
@pytest.mark.parametrize("role", EACH_ROLE)
def test_a_role_may_do_what_the_matrix_says(
    role: str, right: str, cast: dict[str, tuple[User, Client]], content: dict[str, str]
) -> None:
    user, client = cast[role]
    ApiToken.objects.update(user=user)  # of others' tokens staff know nothing

    assert may(client, user, right, content) is holds(role, right)


@pytest.mark.parametrize("role", ["editor", "moderator", "writer"])
def test_an_action_that_a_role_may_not_use_does_nothing(
    role: str, cast: dict[str, tuple[User, Client]], content: dict[str, str]
) -> None:
    _user, client = cast[role]
    for right in MATRIX:
        name, _, action = right.partition(" ")
        if holds(role, right) or not action.endswith("_selected"):
            continue
        model_admin = our_admins()[name]
        path = reverse(f"admin:{model_admin.opts.app_label}_{name}_changelist")
        data = {"action": action, "_selected_action": content[name], "reason": "x", "post": "yes"}
        response = client.post(path, data)
        assert "Content-Disposition" not in response.headers, right

    assert not LogEntry.objects.exists()
    assert Post.objects.get().status == "published"
    assert set(Link.objects.values_list("status", flat=True)) == {"pending"}
    assert not LinkedItem.objects.filter(hidden=True).exists()


@pytest.mark.parametrize("role", ["editor", "moderator", "writer"])
def test_accounts_and_security_logs_are_for_the_admin_alone(
    role: str, cast: dict[str, tuple[User, Client]]
) -> None:
    _user, client = cast[role]
    for model in django_admin.site._registry:
        if model._meta.app_label not in (*OURS, "mailing"):
            path = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            assert client.get(reverse(path)).status_code == 403, path


def test_outsiders_and_strangers_are_asked_to_sign_in(
    sign_in: SignIn, outsider: User, content: dict[str, str]
) -> None:
    for client in (Client(), sign_in(outsider)):
        for name, model_admin in our_admins().items():
            base = f"admin:{model_admin.opts.app_label}_{name}"
            for path in (
                reverse(f"{base}_changelist"),
                reverse(f"{base}_change", args=[content[name]]),
            ):
                assert client.get(path).headers["Location"].startswith("/admin/login/")
        for page in (
            "posts_post_upload",
            "posts_post_export",
            "posts_tag_merge",
            "posts_recurringsection_merge",
            "posts_tag_suggest",
            "links_link_health",
            "links_link_healthfile",
        ):
            response = client.get(reverse(f"admin:{page}"))
            assert response.headers["Location"].startswith("/admin/login/")


# Every page of staff that Django's admin does not have by itself


@pytest.fixture(scope="module")
def pages(content: dict[str, str]) -> list[str]:
    found = []
    for right in MATRIX:
        name, _, page = right.partition(" page ")
        if page:
            base = f"admin:{our_admins()[name].opts.app_label}_{name}"
            found.append(address_of(f"{base}_{page}", content[name]))
    return [*found, reverse("admin:posts_post_add")]


def rows_of_all_tables() -> dict[str, int]:
    """Count them, but not how often somebody came with a wrong token."""
    models = (model for model in apps.get_models() if model is not RateCount)
    return {model._meta.label: model._base_manager.count() for model in models}


def is_strict(answer: HttpResponse) -> bool:
    policy = answer.headers.get("Content-Security-Policy", "")
    return "default-src 'none'" in policy and "unsafe" not in policy


def test_every_page_asks_strangers_and_outsiders_to_sign_in(
    sign_in: SignIn, outsider: User, pages: list[str]
) -> None:
    clients = (Client(), sign_in(outsider))
    before = rows_of_all_tables()
    for client in clients:
        for page in pages:
            for answer in (client.get(page), client.post(page)):
                assert answer.headers.get("Location", "").startswith("/admin/login/"), page
                assert is_strict(answer), page
    assert rows_of_all_tables() == before


def test_an_owner_may_what_editors_and_moderators_may_and_set_the_site_up(
    sign_in: SignIn, content: dict[str, str]
) -> None:
    owner = User.objects.create_user("of the site", is_staff=True)
    owner.groups.add(Group.objects.get(name="Owner"))
    own = {"sitesettings page checks", "redirect page table", "redirect page file"}
    client = sign_in(owner)
    ApiToken.objects.update(user=owner)
    for right in MATRIX:
        if " page " in right:
            is_held = holds("editor", right) or holds("moderator", right) or right in own
            assert may(client, owner, right, content) is is_held, right


@pytest.mark.parametrize("role", EACH_ROLE)
def test_no_page_acts_without_the_token_of_a_form_or_on_a_get(
    role: str, cast: dict[str, tuple[User, Client]], pages: list[str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = cast[role][1].cookies
    before = rows_of_all_tables()
    for page in pages:
        forged = client.post(page)
        assert forged.status_code == 403, page
        answer = client.get(page)
        list(getattr(answer, "streaming_content", ()))
        assert is_strict(forged), page
        assert is_strict(answer), page
    assert rows_of_all_tables() == before


def test_what_is_shared_from_a_phone_and_the_manifest_change_nothing(
    cast: dict[str, tuple[User, Client]], content: dict[str, str]
) -> None:
    before = rows_of_all_tables()
    shared = {"url": "https://shared.example.org/", "title": "Shared"}
    for client in (Client(), *(client for _user, client in cast.values())):
        for answer in (
            client.get("/manifest.webmanifest"),
            client.get("/collect/", shared),
            client.post("/collect/", shared),
        ):
            assert is_strict(answer)
            assert answer.status_code in {200, 302, 401}
    assert rows_of_all_tables() == before


def test_the_groups_hold_no_right_beyond_these() -> None:
    held = {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()
                     if p.content_type.app_label in OURS}
        for group in Group.objects.exclude(name="List keeper")  # see tests/mailing/test_roles.py
    }  # fmt: skip

    owners = {
        "posts.view_sitesettings",
        "posts.change_sitesettings",
        "posts.delete_page",
        "posts.add_author",
        "posts.delete_author",
        *(f"posts.{verb}_redirect" for verb in ("add", "change", "delete", "view")),
        "tasks.change_storedtask",
        "tasks.view_storedtask",
    }
    assert held == {
        "Owner": held["Editor"] | held["Moderator"] | owners,
        "Editor": {
            "posts.add_issuetemplate",
            "posts.change_issuetemplate",
            "posts.delete_issuetemplate",
            "posts.view_issuetemplate",
            "posts.change_author",
            "posts.view_author",
            "posts.add_page",
            "posts.change_page",
            "posts.view_page",
            "posts.add_post",
            "posts.change_post",
            "posts.view_post",
            "posts.publish_post",
            "posts.view_section",
            "posts.change_recurringsection",
            "posts.view_recurringsection",
            "posts.view_linkeditem",
            "posts.change_tag",
            "posts.view_tag",
            "links.view_link",
            "links.view_source",
            "links.view_decision",
            "links.view_sourcerule",
            "links.view_suggestion",
            "links.add_inboxentry",
            "links.change_inboxentry",
            "links.view_inboxentry",
            "links.add_apitoken",
            "links.delete_apitoken",
            "links.view_apitoken",
        },
        "Writer": {
            "posts.view_issuetemplate",
            "posts.add_post",
            "posts.change_post",
            "posts.view_post",
            "posts.view_section",
            "posts.view_recurringsection",
            "posts.view_linkeditem",
            "posts.view_tag",
            "posts.view_author",
            "links.view_link",
            "links.view_source",
            "links.view_decision",
            "links.view_sourcerule",
            "links.view_suggestion",
            "links.add_inboxentry",
            "links.change_inboxentry",
            "links.view_inboxentry",
            "links.add_apitoken",
            "links.delete_apitoken",
            "links.view_apitoken",
        },
        "Moderator": {
            "posts.view_post",
            "posts.view_section",
            "posts.change_recurringsection",
            "posts.view_recurringsection",
            "posts.change_linkeditem",
            "posts.view_linkeditem",
            "posts.change_tag",
            "posts.view_tag",
            "posts.merge_tag",
            "links.change_link",
            "links.view_link",
            "links.view_source",
            "links.view_decision",
            "links.add_sourcerule",
            "links.change_sourcerule",
            "links.view_sourcerule",
            "links.change_queueentry",
            "links.view_queueentry",
            "links.change_suggestion",
            "links.view_suggestion",
            "links.add_inboxentry",
            "links.change_inboxentry",
            "links.view_inboxentry",
            "links.add_apitoken",
            "links.delete_apitoken",
            "links.view_apitoken",
        },
    }


def test_the_buttons_that_publish_ask_for_the_right(
    cast: dict[str, tuple[User, Client]], content: dict[str, str]
) -> None:
    _user, client = cast["editor"]
    Group.objects.get(name="Editor").permissions.remove(
        Permission.objects.get(codename="publish_post")
    )
    post = Post.objects.get()
    path = reverse("admin:posts_post_change", args=[post.pk])

    for button in ("_publish", "_schedule"):
        assert client.post(path, {button: "1"}).status_code == 403
    assert not Page(client.get(path)).all("[name=_publish], [href$='/withdraw/']")
    for page in ("publish", "withdraw"):
        assert client.post(reverse(f"admin:posts_post_{page}", args=[post.pk])).status_code == 403
    data = {
        "title": "x",
        "text": "x",
        "slug": post.slug,
        "seen_version": "1",
        "published_at": "2030-01-01T00:00",
    }
    answer = client.post(path, data)
    assert answer.status_code == 403
    assert Page(answer).one("#id_text").text().strip() == "x"  # to be saved as a new draft
    post.refresh_from_db()
    assert (post.title, post.published_at) == ("A first issue", LONG_AGO)
