"""What editors save for later of a published issue: shared by them, seen by no reader."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from posts import drafting, searching
from posts.documents import parse_issue
from posts.documents.editing import plain
from posts.models import EarlierEdition, PendingVersion, Post
from posts.publishing import delete, publish, rebuild, recover, save_document, withdraw
from tests.builders import (
    LONG_AGO,
    document,
    make_draft,
    make_member,
    make_post,
    make_posts,
    make_scheduled,
)
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
BODY = "As it was: quagga.\n\n## News\n- **One**: [read](https://one.example.org/)\n"


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


@pytest.fixture
def other(sign_in: SignIn, admin: User) -> Client:
    return sign_in(admin)


@pytest.fixture
def post() -> Post:
    return make_post(body=BODY, source_name="issue.md")


def change(post: Post) -> str:
    return f"/admin/posts/post/{post.pk}/change/"


def fields(client: Client, post: Post) -> dict[str, str]:
    return Page(client.get(change(post))).fields("#post_form")


def press(client: Client, post: Post, button: str, **edits: str) -> Any:
    return client.post(change(post), fields(client, post) | edits | {button: "1"})


def later(client: Client, post: Post, **edits: str) -> Any:
    return press(client, post, "_later", **edits)


def public_pages(post: Post) -> list[bytes]:
    reader = Client()
    addresses = ("/", post.get_absolute_url(), f"/posts/{post.slug}.md", "/feed.xml", "/feed.json",
                 "/archive/", "/api/v1/issues/", "/sitemap.xml", "/tags/")  # fmt: skip
    return [reader.get(address).content for address in addresses]


def test_what_is_saved_for_later_is_seen_by_no_reader_until_the_site_is_updated(
    client: Client, post: Post
) -> None:
    before, version = public_pages(post), post.version

    answer = later(
        client, post, text=BODY.replace("quagga", "zebra"), title="하나", tags="New", slug="other"
    )

    assert answer.status_code == 302
    post.refresh_from_db()
    assert public_pages(post) == before
    assert post.version == version
    assert not searching.search("zebra").hits
    shown = fields(client, post)
    assert "zebra" in shown["text"]
    assert (shown["title"], shown["tags"], shown["slug"]) == ("하나", "New", "other")

    assert press(client, post, "_save").status_code == 302

    post.refresh_from_db()
    assert (post.title, post.slug) == ("하나", "other")
    assert "zebra" in post.body
    assert b"zebra" in Client().get("/posts/other/").content
    assert not PendingVersion.objects.exists()


def test_it_stays_out_of_exports_and_outlives_rebuilding_and_publishing_again(
    client: Client, post: Post
) -> None:
    later(client, post, text="Zebra\n")

    data = b"".join(client.get("/admin/posts/post/export/").streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"Zebra" in archive.read(name) for name in archive.namelist())
    rebuild(post)
    withdraw([post])
    publish([post])

    assert plain(fields(client, post)["text"]) == "Zebra\n"
    assert post.body == BODY


def test_lines_that_nobody_changed_stay_to_the_byte_over_two_steps(client: Client) -> None:
    text = "---\r\ntitle:  One   # kept\r\ndate: 2024-05-10\r\n---\r\nfirst\r\nsecond\nthird\r\n"
    post = save_document(Post(), parse_issue(text.encode()))
    later(client, post, text="first\r\nSECOND\r\nthird\r\n")
    later(client, post, text="FIRST\r\nSECOND\r\nthird\r\n")
    press(client, post, "_save")

    post.refresh_from_db()
    assert post.document == text.replace("second\n", "SECOND\r\n").replace("first", "FIRST")


def test_editors_share_it_and_are_told_who_saved_it_and_what_differs(
    client: Client, post: Post, sign_in: SignIn
) -> None:
    later(client, post, text=BODY.replace("quagga", "zebra"), description="New")
    other = sign_in(make_member("admin"))

    form = Page(other.get(change(post)))
    page = Page(other.get(f"/admin/posts/post/{post.pk}/pending/"))

    assert "editor saved it for later" in form.one(".pending-bar").text()
    assert "zebra" in form.one("#id_text").text()
    assert "zebra" in page.one(".diff .ours").text()
    assert "quagga" in page.one(".diff .theirs").text()
    assert page.texts("tbody th") == ["Description"]
    assert Page(other.get("/admin/posts/post/")).texts(".field-title_and_problem .aside") != []


def test_the_second_to_save_for_later_is_asked_about_lines_that_the_first_changed_too(
    client: Client, post: Post, other: Client
) -> None:
    mine = fields(other, post)
    later(client, post, text="First\n")

    for button in ("_later", "_save"):
        refused = other.post(change(post), mine | {"text": "Second\n", button: "1"})
        assert refused.status_code == 409
        shown = Page(refused)
        assert "editor" in shown.one(".conflict").text()
        assert shown.texts("[data-mine]") == ["Second"]
        assert shown.texts("[data-theirs]") == ["First"]

    again = shown.fields("#post_form")
    assert (
        "two versions stand here" in Page(other.post(change(post), again | {"_later": "1"})).text()
    )
    assert other.post(change(post), again | {"text": "Both\n", "_later": "1"}).status_code == 302
    assert PendingVersion.objects.get().body == "Both\n"


def test_two_editors_of_one_pending_version_are_both_in_it(
    client: Client, post: Post, other: Client
) -> None:
    later(client, post, text=BODY.replace("quagga", "okapi"))
    mine = fields(client, post)
    later(other, post, text=BODY.replace("quagga", "okapi").replace("News", "Old"), title="Theirs")
    edits = {"text": mine["text"].replace("okapi", "zebra"), "tags": "Mine"}

    answer = client.post(change(post), mine | edits | {"_later": "1"}, follow=True)

    pending = PendingVersion.objects.get()
    assert pending.body == BODY.replace("quagga", "zebra").replace("News", "Old")
    form = fields(client, post)
    assert (form["title"], form["tags"]) == ("Theirs", "Mine")
    assert "admin saved this for later while you were writing" in Page(answer).text()
    post.refresh_from_db()
    assert post.body == BODY


def test_what_arose_while_the_form_was_open_goes_together_with_it(
    client: Client, post: Post, other: Client
) -> None:
    mine = fields(client, post)
    later(other, post, text=BODY.replace("quagga", "zebra"))

    sent = mine | {"text": BODY.replace("News", "Old"), "_later": "1"}
    assert client.post(change(post), sent).status_code == 302

    assert PendingVersion.objects.get().body == BODY.replace("quagga", "zebra").replace(
        "News", "Old"
    )


def test_the_site_is_not_updated_with_what_another_saved_for_later_unread(
    client: Client, post: Post, other: Client
) -> None:
    later(client, post, text=BODY.replace("quagga", "okapi"))
    mine = fields(client, post)
    later(other, post, text=BODY.replace("quagga", "okapi").replace("News", "Old"))

    for button in ({"_save": "1"}, {}):  # none: Enter in a field
        answer = client.post(change(post), mine | {"description": "Mine"} | button)
        assert answer.status_code == 409
        assert "Nothing clashes" in Page(answer).one(".conflict").text()
        post.refresh_from_db()
        assert post.body == BODY

    client.post(change(post), Page(answer).fields("#post_form") | {"_save": "1"})
    post.refresh_from_db()
    assert post.body == BODY.replace("quagga", "okapi").replace("News", "Old")
    assert post.description == "Mine"


def test_a_form_of_what_was_put_on_the_site_meanwhile_goes_on_from_there(
    client: Client, post: Post, other: Client
) -> None:
    later(client, post, text=BODY.replace("quagga", "okapi"))
    mine = fields(client, post)
    press(other, post, "_save", title="Theirs")

    edits = {"text": mine["text"].replace("News", "Old"), "_later": "1"}
    assert client.post(change(post), mine | edits).status_code == 302

    pending = PendingVersion.objects.get()
    assert pending.body == BODY.replace("quagga", "okapi").replace("News", "Old")
    assert fields(client, post)["title"] == "Theirs"


def test_a_form_of_what_was_discarded_meanwhile_is_shown_beside_the_site(
    client: Client, post: Post, other: Client
) -> None:
    later(client, post, text="Begun\n")
    later(client, post, text="Gone on with\n")
    mine = fields(client, post)
    address = f"/admin/posts/post/{post.pk}/pending/drop/"
    other.post(address, Page(other.get(address)).fields("form.decision"))

    refused = client.post(change(post), mine | {"_later": "1"})

    assert refused.status_code == 409
    page = Page(refused)
    assert "quagga" in page.one(".conflict textarea.theirs").text()
    assert plain(page.fields("#post_form")["text"]) == "Gone on with\n"
    assert client.post(change(post), page.fields("#post_form") | {"_later": "1"}).status_code == 302
    assert PendingVersion.objects.get().body == "Gone on with\n"


def test_an_update_of_what_changed_elsewhere_on_the_site_is_looked_over_first(
    client: Client, post: Post, tmp_path: Path
) -> None:
    later(client, post, text=BODY.replace("quagga", "zebra"))
    (tmp_path / "issue.md").write_text(document(body=BODY.replace("News", "Old")))
    call_command("import_posts", str(tmp_path), "--update")

    refused = press(client, post, "_save")

    assert refused.status_code == 409
    client.post(change(post), Page(refused).fields("#post_form") | {"_save": "1"})
    post.refresh_from_db()
    assert post.body == BODY.replace("quagga", "zebra").replace("News", "Old")


def test_earlier_editions_are_forgotten_after_a_month(client: Client, post: Post) -> None:
    later(client, post, text="One\n")
    later(client, post, text="Two\n")
    assert drafting.prune_editions.call() == 0

    EarlierEdition.objects.update(saved_at=LONG_AGO)

    assert drafting.prune_editions.call() == 1
    assert PendingVersion.objects.get().body == "Two\n"


def test_the_history_says_that_something_waits_and_by_whom(
    client: Client, post: Post, moderator: User, sign_in: SignIn
) -> None:
    address = f"/admin/posts/post/{post.pk}/history/"
    assert Page(client.get(address)).all(".history-waits") == []
    later(client, post, text="For later\n")

    page = Page(client.get(address))

    assert "editor saved it for later" in page.one(".history-waits").text()
    assert page.value(".history-waits a", "href").endswith(f"/{post.pk}/pending/")
    assert "Saved for later." in page.text()
    assert Page(sign_in(moderator).get(address)).all(".history-waits a") == []


def test_an_update_of_what_changed_on_the_site_since_is_compared_with_the_site(
    client: Client, post: Post, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later(client, post, text="For later\n")
    (tmp_path / "issue.md").write_text(document(body="From a file\n"))

    call_command("import_posts", str(tmp_path), "--update")

    assert "saved for later" in capsys.readouterr().out
    assert plain(fields(client, post)["text"]) == "For later\n"
    assert "changed since" in Page(client.get(change(post))).one(".pending-bar").text()
    refused = press(client, post, "_save")
    assert refused.status_code == 409
    shown = Page(refused)
    assert "Two people" in shown.one(".conflict h2").text()
    assert "From a file" in shown.one(".conflict textarea.theirs").text()
    chosen = {"text": "For later\n", "_save": "1"}
    assert client.post(change(post), shown.fields("#post_form") | chosen).status_code == 302
    post.refresh_from_db()
    assert post.body == "For later\n"


def test_a_new_version_of_the_same_text_is_no_conflict(client: Client, post: Post) -> None:
    later(client, post, text="For later\n")
    withdraw([post])
    publish([post])

    assert press(client, post, "_save").status_code == 302


def test_discarding_asks_and_takes_no_version_that_nobody_saw(client: Client, post: Post) -> None:
    later(client, post, text="One\n")
    address = f"/admin/posts/post/{post.pk}/pending/drop/"
    seen = Page(client.get(address)).fields("form.decision")
    later(client, post, text="Two\n")

    assert client.post(address, seen).status_code == 200
    assert PendingVersion.objects.get().body == "Two\n"
    again = Page(client.get(address)).fields("form.decision")
    assert client.post(address, again).status_code == 302
    assert plain(fields(client, post)["text"]) == BODY
    words = [str(entry) for entry in LogEntry.objects.order_by("pk")]
    assert len(words) == 3


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_what_readers_do_not_see_is_saved_at_once(client: Client, make: Callable[[], Post]) -> None:
    post = make()

    assert Page(client.get(change(post))).all("button[name=_later]") == []
    assert later(client, post, text="Now\n").status_code == 302

    post.refresh_from_db()
    assert post.body == "Now\n"
    assert not PendingVersion.objects.exists()


def test_a_time_of_its_own_counts_once_the_site_is_updated(client: Client, post: Post) -> None:
    later(client, post, published_at="2024-06-01T08:00")
    post.refresh_from_db()
    assert post.published_at == LONG_AGO

    press(client, post, "_save")

    post.refresh_from_db()
    assert post.published_at == datetime(2024, 6, 1, 8, tzinfo=UTC)


def test_moderators_neither_save_nor_see_nor_discard_it(
    client: Client, post: Post, sign_in: SignIn, moderator: User
) -> None:
    later(client, post, text="For later\n")
    theirs = sign_in(moderator)

    assert "For later" not in theirs.get(change(post)).content.decode()
    assert theirs.get(f"/admin/posts/post/{post.pk}/pending/").status_code == 403
    assert theirs.post(f"/admin/posts/post/{post.pk}/pending/drop/").status_code == 403


def test_a_writer_neither_sees_nor_settles_it_in_what_is_a_draft_again(
    client: Client, post: Post, sign_in: SignIn, writer: User
) -> None:
    later(client, post, text="For later\n")
    delete(post)
    recover(post)
    theirs = sign_in(writer)

    first, second = fields(theirs, post), fields(theirs, post)
    assert "For later" not in theirs.get(change(post)).content.decode()
    theirs.post(change(post), first | {"text": "The writer's\n", "_save": "1"})
    answer = theirs.post(change(post), second | {"text": "Another's\n", "_save": "1"})

    assert answer.status_code == 409
    assert "For later" not in answer.content.decode()
    assert Post.objects.get().body == "The writer's\n"
    assert PendingVersion.objects.get().body == "For later\n"
    assert "For later" in fields(client, post)["text"]


def test_publishing_again_says_that_what_was_saved_for_later_stays(
    client: Client, post: Post
) -> None:
    later(client, post, text="For later\n")
    withdraw([post])
    address = f"/admin/posts/post/{post.pk}/publish/"

    asked = Page(client.get(address))

    assert "what was saved for later is not published by this" in asked.text()
    assert change(post) in asked.values("#content-main form a", "href")
    client.post(address)
    assert PendingVersion.objects.get().body == "For later\n"


def test_the_list_asks_once_what_waits_however_much_does(client: Client) -> None:
    posts = make_posts(6)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get("/admin/posts/post/")
        return len(asked)

    later(client, posts[0], text="x\n")
    few = queries()
    for post in posts[1:]:
        later(client, post, text="x\n")
    assert queries() == few


def test_who_publishes_several_issues_reads_of_which_something_stays_for_later(
    client: Client, post: Post
) -> None:
    later(client, post, text="Other words.")
    withdraw([post])
    data = {"action": "publish_selected", "decide": "1", "why": "Seen."}
    chosen = [str(post.pk), str(make_draft("Plain").pk)]

    page = Page(client.post("/admin/posts/post/", data | {"_selected_action": chosen}, follow=True))

    assert f"stays for later: “{post.title}”" in page.one(".messagelist").text()
    assert "Plain" not in page.one(".messagelist").text()
