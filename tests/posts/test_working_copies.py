"""What somebody typed and did not save: kept, offered again, private, and gone once it is saved."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from posts import drafting
from posts.admin.writing.copies import SHOWN
from posts.documents.comparing import MOST_ROWS
from posts.documents.editing import plain
from posts.drafting import Handle, copies
from posts.models import Post, WorkingCopy
from posts.publishing import delete, recover
from tests.builders import make_draft, make_member, make_post, make_posts
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db
COPIES = "/admin/posts/post/working-copies/"
ADD = "/admin/posts/post/add/"
KEY = uuid.UUID(int=1)


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


class Form:
    """The form of an issue in a tab: what a browser keeps of it, and sends."""

    def __init__(self, client: Client, post: Post | None = None, address: str = "") -> None:
        self.client, self.post = client, post
        self.address = address or (f"/admin/posts/post/{post.pk}/change/" if post else ADD)
        self.page = Page(client.get(self.address))
        self.fields = self.page.fields("#post_form")
        self.user = self.page.value("[data-keeping]", "data-user")
        self.number = 0

    def type(self, **edits: str) -> dict[str, Any]:
        """Type, and have it kept; return the answer."""
        self.fields |= edits
        answer = self.send()
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told

    def send(self) -> Any:
        self.number += 1
        told = {"post": self.post.pk if self.post else "", "number": self.number, "user": self.user}
        return self.client.post(f"{COPIES}keep/", {**self.fields, **told})

    def save(self) -> Any:
        return self.client.post(self.address, {**self.fields, "_save": "1"})

    def compared(self) -> Page:
        """Open the page of what differs in the first copy that is offered."""
        (address, *_others) = self.page.values(".kept-copy a[href*='compare/']", "href")
        return Page(self.client.get(address))

    def offered(self) -> list[str]:
        return self.page.values(".kept-copy a.button", "href")


Open = Callable[..., Form]


@pytest.fixture
def opened(client: Client) -> Open:
    """Return a function that opens the form of an issue as the editor."""

    def opened(post: Post | None = None, address: str = "") -> Form:
        return Form(client, post, address)

    return opened


def test_what_is_typed_is_kept_and_offered_with_what_differs(opened: Open) -> None:
    post = make_draft()

    told = opened(post).type(title="하나", text="한 줄\n", tags="AI, 새 태그")

    assert told["state"] == "kept"
    assert told["words"].startswith("Kept at ")
    again = opened(post)
    assert again.fields["title"] == "A draft"
    differing = again.compared()
    assert "한 줄" in differing.one(".diff .ours").text()
    assert "하나" in differing.one("table").text()
    (address,) = again.offered()
    going_on = opened(post, address)
    assert going_on.fields["title"] == "하나"
    assert plain(going_on.fields["text"]) == "한 줄\n"
    assert going_on.fields["tags"] == "AI, 새 태그"


def test_long_copies_cost_the_form_nothing_and_are_compared_in_part(opened: Open) -> None:
    for _tab in range(3):
        opened().type(text="a\n" * 20_000)

    again = opened()

    assert len(again.offered()) == 3
    assert again.page.all(".diff") == []
    differing = again.compared()
    assert len(differing.all(".diff > *")) == MOST_ROWS
    assert "17000 more lines differ" in differing.text().replace(",", "")


def test_a_save_closes_the_copy_of_its_form_even_to_a_write_on_its_way(opened: Open) -> None:
    post = make_draft()
    form = opened(post)
    form.type(text="Typed\n")

    assert form.save().status_code == 302

    assert form.type()["state"] == "done"
    post.refresh_from_db()
    assert post.body == "Typed\n"
    assert not WorkingCopy.objects.unsaved().exists()
    assert opened(post).offered() == []
    assert not WorkingCopy.objects.exclude(text="").exists()


def test_a_save_that_is_refused_leaves_the_copy_to_the_form_that_comes_back(opened: Open) -> None:
    post = make_draft()
    form = opened(post)
    form.type(title="", text="Typed\n")

    back = Page(form.save())

    assert back.fields("#post_form")["working_copy"] == form.fields["working_copy"]
    assert back.all(".kept-copy") == []
    assert WorkingCopy.objects.unsaved().count() == 1


def test_a_text_that_was_never_saved_leads_to_no_saved_one(opened: Open) -> None:
    post = make_draft()
    opened().type(title="New")
    opened(post).type(title="Old")

    ways = [
        opened(issue, opened(issue).offered()[0]).page.texts(".kept-copy a.button")
        for issue in (None, post)
    ]

    assert ways == [["Begin with an empty form"], ["Back to what is saved"]]


def test_two_tabs_of_one_editor_never_overwrite_each_other(opened: Open) -> None:
    post = make_draft()
    one, other = opened(post), opened(post)

    one.type(text="In one\n")
    other.type(text="In the other\n")
    one.save()

    assert set(WorkingCopy.objects.unsaved().values_list("text", flat=True)) == {"In the other\n"}


def test_who_goes_on_with_a_copy_that_is_still_typed_in_gets_one_of_their_own(opened: Open) -> None:
    post = make_draft()
    first = opened(post)
    first.type(text="One\n")
    second = opened(post, opened(post).offered()[0])

    assert second.type(text="One, and more\n")["state"] == "kept"
    told = first.type(text="One, otherwise\n")

    assert told["state"] == "forked"
    first.fields["working_copy"] = told["handle"]
    assert first.type()["state"] == "kept"
    texts = set(WorkingCopy.objects.unsaved().values_list("text", flat=True))
    assert texts == {"One, and more\n", "One, otherwise\n"}


def test_an_older_write_that_comes_late_changes_nothing(opened: Open) -> None:
    form = opened(make_draft())
    form.number = 5
    form.type(text="Newer\n")
    form.number = 3

    told = form.type(text="Older\n")

    assert (told["state"], told["number"]) == ("older", 6)
    assert WorkingCopy.objects.get().text == "Newer\n"


def test_a_new_issue_is_offered_where_one_is_begun_and_on_the_start_page(
    opened: Open, client: Client
) -> None:
    opened().type(title="새 글", text="시작\n")

    desk = Page(client.get("/admin/"))
    (address,) = opened().offered()

    assert desk.values("#pile-unsaved + ul a", "href") == [address]
    assert "새 글" in desk.texts("#pile-unsaved + ul a")
    form = opened(None, address)
    assert form.save().status_code == 302
    assert Post.objects.get().title == "새 글"
    assert opened().offered() == []


def test_all_unsaved_texts_are_listed_and_the_start_page_leads_there(
    opened: Open, client: Client, sign_in: SignIn
) -> None:
    for number in range(7):
        opened().type(title=f"Text {number}", text=f"\n## Begins with {number}\n")
    (address,) = Page(client.get("/admin/")).values("#pile-unsaved a", "href")

    page = Page(client.get(address))

    assert page.texts("h2.trash-title") == [f"Text {number}" for number in reversed(range(7))]
    assert "## Begins with 0" in page.text()
    assert len(page.values(".trash a.button", "href")) == 7
    others = Page(sign_in(make_member("admin")).get(address))
    assert "Nothing is unsaved" in others.text()


def test_the_form_shows_the_latest_of_several_unsaved_texts_and_folds_the_rest(
    opened: Open,
) -> None:
    for number in range(3):
        opened().type(title=f"Text {number}")

    page = opened().page

    assert "Text 2" in page.one(".kept-copies > .kept-copy").text()
    assert page.texts(".kept-copies-more > summary") == ["2 more texts were not saved"]
    assert len(page.all(".kept-copies-more .kept-copy")) == 2


def test_a_form_that_goes_on_with_an_old_text_says_so_however_many_are_newer(opened: Open) -> None:
    for number in range(SHOWN + 2):
        opened().type(title=f"Text {number}")
    oldest = WorkingCopy.objects.unsaved().last()
    assert oldest

    page = opened(None, f"{ADD}?copy={oldest.key}").page

    assert "Text 0" in page.one("[data-copy-open]").text()
    assert len(page.all(".kept-copy")) == SHOWN


def test_what_was_typed_in_an_issue_that_is_deleted_makes_a_new_one(opened: Open) -> None:
    post = make_draft()
    form = opened(post)
    form.type(text="Kept\n")
    delete(post)
    assert len(opened().offered()) == 1

    told = form.type(text="Kept still\n")

    assert "deleted" in told["words"]
    (address,) = opened().offered()
    assert opened(None, address).save().status_code == 302
    assert Post.objects.get().body == "Kept still\n"


def test_what_is_typed_while_an_issue_lies_in_the_trash_is_offered_once_it_is_back(
    opened: Open,
) -> None:
    post = make_draft()
    form = opened(post)
    delete(post)
    form.type(text="Typed after it was deleted\n")
    recover(post)

    (address,) = opened(post).offered()

    assert f"/{post.pk}/change/" in address
    assert opened(post, address).fields["text"].strip() == "Typed after it was deleted"
    assert opened().offered() == []


def test_a_copy_says_when_its_issue_was_saved_since_and_saving_it_compares(
    opened: Open, sign_in: SignIn
) -> None:
    post = make_draft()
    opened(post).type(text="Mine\n")
    theirs = Form(sign_in(make_member("admin")), post)
    theirs.fields["text"] = "Theirs\n"
    theirs.save()

    again = opened(post)

    assert "was saved since" in again.page.one(".kept-copy").text()
    assert opened(post, again.offered()[0]).save().status_code == 409


def test_nobody_else_reads_goes_on_with_or_discards_what_somebody_typed(
    opened: Open, sign_in: SignIn
) -> None:
    post = make_draft()
    form = opened(post)
    form.type(text="For my eyes\n")
    key = form.fields["working_copy"].split(".")[0]
    other = Form(sign_in(make_member("admin")), post)
    other.fields["working_copy"] = form.fields["working_copy"]

    assert other.offered() == []
    assert other.client.get(f"{COPIES}compare/?copy={key}").status_code == 302
    assert other.type(text="Mine now\n")["state"] == "forked"
    not_theirs = Form(other.client, post, f"{other.address}?copy={key}").fields["text"]
    assert plain(not_theirs) == post.body
    other.client.post(f"{COPIES}discard/?copy={key}")
    assert WorkingCopy.objects.unsaved().get().text == "For my eyes\n"


def test_a_form_that_somebody_else_opened_keeps_nothing_in_the_account_that_is_signed_in_now(
    opened: Open, sign_in: SignIn
) -> None:
    form = opened(make_draft())
    form.client = sign_in(make_member("admin"))
    form.fields["text"] = "For my eyes\n"

    answer = form.send()
    renewed = form.client.get(COPIES, {"user": form.user})

    assert (answer.status_code, renewed.status_code) == (409, 409)
    assert "Somebody else is signed in" in answer.json()["words"]
    assert "token" not in renewed.json()
    assert not WorkingCopy.objects.exists()


def test_who_may_not_write_keeps_nothing(sign_in: SignIn, moderator: User, opened: Open) -> None:
    form = opened(make_draft())
    form.client = sign_in(moderator)

    assert form.send().status_code == 403
    assert form.client.get(COPIES, {"post": form.post.pk if form.post else ""}).status_code == 403
    assert not WorkingCopy.objects.exists()


def test_discarding_asks_first(opened: Open, client: Client) -> None:
    post = make_draft()
    opened(post).type(text="Away\n")
    address = opened(post).page.one(".kept-copy .deletelink").attributes["href"] or ""

    assert "Away" in Page(client.get(address)).text()
    assert opened(post).offered() != []
    assert client.post(address).headers["Location"] == f"/admin/posts/post/{post.pk}/change/"
    assert opened(post).offered() == []


def test_more_than_an_issue_may_be_is_refused_in_words(opened: Open) -> None:
    form = opened(make_draft())
    form.fields["text"] = "가" * 340_000

    answer = form.send()

    assert answer.status_code == 413
    assert "this browser" in answer.json()["words"]


@pytest.mark.parametrize("handle", ["", "x", "a.b", f"{KEY}.{KEY}.x.1"])
def test_a_write_that_says_nothing_of_its_copy_is_refused(opened: Open, handle: str) -> None:
    form = opened(make_draft())
    form.fields["working_copy"] = handle

    assert form.send().status_code == 400
    assert form.save().status_code == 302


def test_what_no_database_takes_is_left_out(opened: Open) -> None:
    opened(make_draft()).type(title="\0A", text="B\0", tags="\0")

    copy = WorkingCopy.objects.get()
    assert (copy.title, copy.text, copy.fields["tags"]) == ("A", "B", "")


def test_nothing_of_a_copy_reaches_readers_or_the_version_of_the_site(
    opened: Open, client: Client
) -> None:
    post = make_post()
    before = client.get(post.get_absolute_url()).content
    version = post.version

    opened(post).type(text="Not for readers\n")

    post.refresh_from_db()
    assert post.version == version
    assert client.get(post.get_absolute_url()).content == before


def test_others_see_for_some_minutes_who_is_editing(opened: Open, sign_in: SignIn) -> None:
    post = make_draft()
    opened(post).type(text="At it\n")
    other = sign_in(make_member("admin"))

    told = Form(other, post).type(text="Me, too\n")
    shown = Page(other.get("/admin/posts/post/")).texts(".others-editing")

    assert told["others"] == "editor is editing"
    assert shown == ["editor is editing"]
    assert opened(post).page.texts("[data-keeping-others]") == ["admin is editing"]
    with time_machine.travel(timezone.now() + timedelta(minutes=3)):
        assert Page(other.get("/admin/posts/post/")).texts(".others-editing") == []


def test_the_list_asks_once_who_is_editing_however_many_are(opened: Open, sign_in: SignIn) -> None:
    other = sign_in(make_member("admin"))
    posts = make_posts(6)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            other.get("/admin/posts/post/")
        return len(asked)

    for post in posts[:2]:
        opened(post).type(text="x")
    few = queries()
    for post in posts[2:]:
        opened(post).type(text="x")
    assert queries() == few


def test_copies_of_long_ago_are_forgotten(opened: Open) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=91)):
        opened(make_draft()).type(text="Old\n")
    opened(make_draft("Another")).type(text="New\n")

    assert drafting.prune_working_copies.call() == 1
    assert WorkingCopy.objects.get().text == "New\n"


def test_of_many_copies_those_that_were_touched_last_are_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "MOST", 3)
    monkeypatch.setattr(copies, "MOST_CLOSED", 2)
    keys = [uuid.uuid4() for _one in range(9)]
    for key in keys[:4]:
        drafting.finish(Handle(key, KEY), by=_editor())

    for number, key in enumerate(keys[4:], 1):
        handle = {"working_copy": f"{key}.{KEY}", "user": _editor().pk}
        data = {**handle, "number": number, "text": "Typed"}
        assert client.post(f"{COPIES}keep/", data).json()["state"] == "kept"

    assert set(WorkingCopy.objects.values_list("pk", flat=True)) == {*keys[2:4], *keys[6:]}
    assert WorkingCopy.objects.unsaved().count() == 3


def _editor() -> User:
    return User.objects.get(username="editor")
