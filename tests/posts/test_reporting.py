"""Readers say what is wrong with a link, from the item it stands in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from links.decisions import decide
from links.models import Concern, QueueEntry, Report
from posts.following import set_hidden
from posts.models import LinkedItem, Post
from tests.builders import item, make_post, make_scheduled
from tests.conftest import SignIn
from tests.readers import HERE, errors, ticket
from tests.reading import Page

pytestmark = pytest.mark.django_db

SEVERAL = """## Finds
- **Two links**: [second](https://two.example.org/b) here, and [first](https://one.example.org/a)
- **No link here**: but a word
"""


@pytest.fixture(scope="module")
def today(shared_rows: None) -> Post:
    """A public issue."""
    return make_post("Finds of today")


@pytest.fixture
def find(today: Post) -> LinkedItem:
    """An item of a public issue."""
    return item(Post.objects.get(pk=today.pk), "First find")


def path_of(find: LinkedItem) -> str:
    return f"/report/?item={find.anchor.removeprefix('item-')}"


def send(client: Client, find: LinkedItem, **fields: str) -> Any:
    data = {"link": str(find.link_id), "kind": "broken", "ticket": ticket("report"), **fields}
    return client.post(path_of(find), data, headers=HERE)


# From the issue


def test_every_item_with_a_link_leads_to_its_form_without_a_script(
    client: Client, find: LinkedItem
) -> None:
    issue = Page(client.get(find.post.get_absolute_url()))
    (choose,) = issue.values(".issue-end a[rel=nofollow]", "href")

    leads = Page(client.get(choose)).values("main li a", "href")
    assert leads == [path_of(row) for row in find.post.items.exclude(link=None)]
    assert len(leads) == 4
    for path in leads:
        assert client.get(path).status_code == 200


def test_an_item_has_one_link_of_its_own_to_where_it_stands(
    client: Client, find: LinkedItem
) -> None:
    issue = Page(client.get(find.post.get_absolute_url()))

    own = [node for node in issue.all(".body a") if not node.text()]
    anchors = {f"#{row.anchor}" for row in find.post.items.all()}
    assert {node.attributes["href"] for node in own} == anchors
    assert len(own) == len(anchors) == 5


def test_there_is_nothing_to_choose_from_what_readers_do_not_see(client: Client) -> None:
    scheduled = make_scheduled()
    for slug in (scheduled.slug, "", "never-written", "\0"):
        assert client.get("/report/", {"issue": slug}).status_code == 404


def test_search_engines_stay_out_of_the_forms(client: Client, find: LinkedItem) -> None:
    for path in (path_of(find), f"/report/?issue={find.post.slug}"):
        assert Page(client.get(path)).value("meta[name=robots]", "content") == "noindex"


def test_a_blocked_link_cannot_be_reported(
    client: Client, find: LinkedItem, moderator: User
) -> None:
    decide([find.link], "block", by=moderator, reason="Spam")

    issue = Page(client.get(find.post.get_absolute_url()))
    own = issue.one(f"a[href='#{find.anchor}']")
    assert "data-host" not in own.attributes
    leads = Page(client.get(f"/report/?issue={find.post.slug}")).values("main li a", "href")
    assert leads
    assert path_of(find) not in leads


# The form


def test_the_form_shows_what_is_reported(client: Client, find: LinkedItem) -> None:
    page = Page(client.get(path_of(find)))

    assert page.texts(".page-header .description") == ["First find"]
    assert page.texts(".page-header a") == ["Finds of today"]
    assert page.value(".page-header a", "href") == find.get_absolute_url()
    assert page.values("[name=link]", "value") == [str(find.link_id)]


def test_the_host_of_the_link_stands_beside_its_words(client: Client, find: LinkedItem) -> None:
    page = Page(client.get(path_of(find)))
    assert page.texts(".reported") == ["Read more one.example.org"]

    alone = item(make_post("One", "- [As it is](https://two.example.org/): words\n"), "As it is")
    assert Page(client.get(path_of(alone))).texts(".reported") == ["two.example.org"]
    several = Page(client.get(path_of(item(make_post("Several", SEVERAL), "Two links"))))
    assert len(several.all("label .host")) == 2


def test_what_is_missing_is_said_in_words_of_the_form(client: Client, find: LinkedItem) -> None:
    response = send(client, find, kind="")

    assert Page(response).texts(".errorlist") == ["Say what is wrong."]


def test_of_several_links_the_reader_chooses_and_the_main_one_is_chosen(client: Client) -> None:
    find = item(make_post("Several", SEVERAL), "Two links")
    page = Page(client.get(path_of(find)))

    assert len(page.all("[type=radio][name=link]")) == 2
    assert page.values("[type=radio][name=link][checked]", "value") == [str(find.link_id)]


@pytest.mark.parametrize("given", ["", "x", "0" * 12, "g" * 12, "a" * 40, "\0" * 12])
def test_there_is_no_form_for_an_item_that_is_not_there(client: Client, given: str) -> None:
    assert client.get("/report/", {"item": given}).status_code == 404


def test_there_is_no_form_for_what_readers_do_not_see(client: Client, admin: User) -> None:
    scheduled = item(make_scheduled(), "First find")
    without_link = item(make_post("Several", SEVERAL), "No link here")
    hidden = item(make_post("Hidden"), "First find")
    set_hidden([hidden], True, by=admin, reason="x")

    for find in (scheduled, without_link, hidden):
        assert client.get(path_of(find)).status_code == 404


# Sending


def test_a_report_asks_for_a_decision(client: Client, find: LinkedItem) -> None:
    response = send(client, find, kind="misleading", note="It leads to a shop.")

    assert response.status_code == 303
    thanks = Page(client.get(response.headers["Location"]))
    assert find.get_absolute_url() in thanks.values("main a", "href")
    report = Report.objects.get()
    assert (report.link, report.kind, report.note, report.place) == (
        find.link,
        "misleading",
        "It leads to a shop.",
        find.get_absolute_url(),
    )
    concern = Concern.objects.get(kind="report")
    assert (concern.rule, concern.detail) == ("misleading", "×1\nIt leads to a shop.")
    assert (concern.entry.link, concern.entry.kind) == (find.link, "report")


def test_several_reports_of_one_link_add_up(client: Client, find: LinkedItem) -> None:
    for note in ("", "Nothing there.", ""):
        send(client, find, note=note)
    send(client, find, kind="harmful")

    details = Concern.objects.filter(kind="report").values_list("rule", "detail")
    assert dict(details) == {"broken": "×3\nNothing there.", "harmful": "×1"}
    assert QueueEntry.objects.filter(link=find.link, closed_at=None).count() == 1


def test_the_queue_shows_each_report(
    client: Client, find: LinkedItem, admin: User, sign_in: SignIn
) -> None:
    for note in ("", "Nothing there."):
        send(client, find, note=note)

    entry = QueueEntry.objects.get(kind="report")
    page = Page(sign_in(admin).get("/admin/links/queueentry/", {"entry": entry.pk}))
    assert page.text().count("It does not work") == 2
    assert "Nothing there." in page.text()


def test_where_it_was_reported_is_said_in_letters_that_people_read(
    client: Client, admin: User, sign_in: SignIn
) -> None:
    send(client, item(make_post("느린 웹", SEVERAL), "Two links"))

    entry = QueueEntry.objects.get(kind="report")
    page = Page(sign_in(admin).get("/admin/links/queueentry/", {"entry": entry.pk}))
    assert page.texts(".note a")[0].startswith("/posts/느린-웹/#item-")


def test_after_a_decision_reports_are_counted_anew(
    client: Client, find: LinkedItem, moderator: User
) -> None:
    send(client, find)
    decide([find.link], "approve", by=moderator)
    send(client, find)

    concern = Concern.objects.get(kind="report", entry__closed_at=None)
    assert concern.detail == "×1"


def test_a_link_of_another_item_cannot_be_slipped_in(client: Client, find: LinkedItem) -> None:
    other = item(find.post, "Second find").link

    assert errors(send(client, find, link=str(other.pk)))
    assert not Report.objects.exists()


def test_what_was_typed_is_kept_when_something_is_missing(client: Client, find: LinkedItem) -> None:
    response = send(client, find, kind="", note="My <words>")

    assert errors(response)
    assert Page(response).one("[name=note]").text().strip() == "My <words>"


@pytest.mark.parametrize(
    "fields",
    [
        {"homepage": "https://spam.example"},
        {"ticket": ""},
        {"ticket": ticket("suggest")},
    ],
)
def test_machines_are_not_taken(client: Client, find: LinkedItem, fields: dict[str, str]) -> None:
    assert errors(send(client, find, **fields))
    assert not Report.objects.exists()


def test_a_form_filled_in_faster_than_people_do_is_not_taken(
    client: Client, find: LinkedItem
) -> None:
    assert errors(send(client, find, ticket=ticket("report", timedelta(0))))
    assert not Report.objects.exists()


def test_a_report_that_another_site_sends_is_turned_away(client: Client, find: LinkedItem) -> None:
    data = {"link": str(find.link_id), "kind": "broken", "ticket": ticket("report")}
    response = client.post(path_of(find), data, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert not Report.objects.exists()


def test_a_client_that_reports_too_much_has_to_wait(client: Client, find: LinkedItem) -> None:
    codes = [send(client, find).status_code for _ in range(11)]

    assert codes == [303] * 10 + [429]


def test_a_report_is_taken_once(client: Client, find: LinkedItem) -> None:
    once = ticket("report")
    codes = [send(client, find, ticket=once).status_code for _ in range(3)]

    assert codes == [303, 409, 409]
    assert Report.objects.count() == 1


def test_no_page_sets_a_cookie_or_varies_by_one(client: Client, find: LinkedItem) -> None:
    sent = send(client, find)
    answers = [client.get(path_of(find)), client.get(sent.headers["Location"]), sent]

    for answer in answers:
        assert not answer.cookies
        assert "Cookie" not in answer.headers.get("Vary", "")
