"""What the lists of staff and the desk cost: a few queries, however much lies there."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from benchmarks.pages import staff
from links.decisions import make_rule
from links.inbox import gather
from links.models import ApiToken, Kind, SourceRule
from links.queue import Worry, raise_concerns
from mailing.models import Mailing, MailSettings, Suppression
from mailing.settling import settle
from posts import reviewing
from posts.models import IssueTemplate, Page, PendingVersion, Post, Redirect, WorkingCopy
from tests.builders import (
    BODY,
    make_draft,
    make_member,
    make_picture,
    make_post,
    make_scheduled,
    make_suggestion,
    make_task,
    picture_file,
)
from tests.conftest import SignIn
from tests.mailing.builders import make_delivery, make_mailing, make_subscriber

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12


def cost(client: Client, path: str) -> int:
    client.get(path)  # which may look at what is kept for a while
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def fill(number: int, admin: User) -> None:
    """Add a row, or some, to every list."""
    body = BODY.replace("example.org", f"n{number}.example.org")
    post = make_post(f"Issue {number}", body, tags=["AI", f"t{number}"], authors=[f"A{number}"])
    fill_desk(number, admin, post)
    fill_site(number, post)
    fill_mail(number, post)
    fill_rules(number, admin)


def fill_desk(number: int, admin: User, post: Post) -> None:
    make_scheduled(f"To come {number}")
    draft = make_draft(f"Draft {number}")
    reviewing.ask(draft, by=admin)
    copy = {"key": uuid.uuid4(), "page": uuid.uuid4(), "number": 1, "kept_at": timezone.now()}
    WorkingCopy.objects.create(editor=make_member(f"editor {number}"), post=post, **copy)
    WorkingCopy.objects.create(editor=admin, post=draft, **{**copy, "key": uuid.uuid4()})
    gather(f"https://new.example.org/{number}", by=admin, title="Found")
    make_suggestion(f"Suggested {number}")
    links = post.items.exclude(link=None).values_list("link", flat=True)
    raise_concerns({link: [Worry(Kind.BROKEN, "broken", "404")] for link in links})
    make_task(
        task_path="posts.following.rebuild_stale", status="FAILED", finished_at=copy["kept_at"]
    )


def fill_site(number: int, post: Post) -> None:
    later = {"based_on": post.version, "base": "", "published_at": post.published_at}
    PendingVersion.objects.create(post=post, slug=post.slug, saved_at=timezone.now(), **later)
    IssueTemplate.objects.create(name=f"Weekly {number}")
    Page.objects.create(title=f"Page {number}", slug=f"page-{number}")
    Redirect.objects.create(old=f"/old-{number}/", new="/")
    make_picture(f"{number}.png", picture_file((number, 0, 0)))
    Group.objects.create(name=f"Group {number}")


def fill_mail(number: int, post: Post) -> None:
    make_delivery(make_mailing(post, trouble="552"), make_subscriber())
    Mailing.objects.create(title=f"Weekly {number}", status=Mailing.Status.PLANNED)
    Suppression.objects.create(digest=f"{number}", reason=Suppression.Reason.BOUNCED)


def fill_rules(number: int, admin: User) -> None:
    rule = SourceRule(host=f"n{number}.example.org", action=SourceRule.Action.HOLD, reason="New")
    make_rule(rule, by=admin)
    ends = timezone.now() + timedelta(days=1)
    ApiToken.objects.create(user=admin, name=f"{number}", digest=f"{number}", expires_at=ends)


def test_every_list_of_staff_takes_few_queries_however_much_it_lists(
    sign_in: SignIn, admin: User, settings: Settings
) -> None:
    settings.EMAIL = {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    settle(MailSettings(is_on=True))
    client = sign_in(admin)
    for number in range(2):
        fill(number, admin)
    few = {name: cost(client, path) for name, path in staff().items()}
    for number in range(2, 4):
        fill(number, admin)

    many = {name: cost(client, path) for name, path in staff().items()}

    assert {name: count for name, count in many.items() if count > MOST_QUERIES} == {}
    assert many == few


LISTS = ("posts/post", "posts/tag", "links/link", "tasks/storedtask", "auth/user", "axes/accesslog")
BEYOND = "99999999999999999999"


@pytest.mark.parametrize("table", LISTS)
def test_a_list_takes_a_whole_text_for_words_and_shows_those_that_it_looked_for(
    table: str, admin_client: Client
) -> None:
    answer = admin_client.get(f"/admin/{table}/", {"q": "a word " * 500})

    assert answer.status_code == 200
    assert answer.context["cl"].query == " ".join(["a word"] * 25)


@pytest.mark.parametrize("table", LISTS)
def test_a_list_is_found_for_numbers_that_no_row_can_have(table: str, admin_client: Client) -> None:
    narrowed = admin_client.get(f"/admin/{table}/", {"id__in": f"1,{BEYOND}"}, follow=True)

    assert narrowed.status_code in {200, 400}


@pytest.mark.parametrize("key", [BEYOND, "x"])
def test_an_action_for_rows_that_cannot_be_leads_back_to_the_list(
    key: str, admin_client: Client
) -> None:
    sent = {"action": "delete_selected", "_selected_action": key}

    for path in ("/admin/auth/user/", "/admin/tasks/storedtask/"):
        assert admin_client.post(path, sent, follow=True).status_code == 200
    assert User.objects.filter(username="admin").exists()
