"""The trash: what is deleted is gone from everything, and comes back whole for 30 days."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from links.models import Link
from posts import access, following, publishing, reviewing
from posts.models import (
    Appearance,
    Image,
    LinkedItem,
    OldSlug,
    Post,
    Review,
    Revision,
    SearchEntry,
    Section,
    Tag,
)
from posts.previewing import sign_preview
from posts.publishing.trashing import KEPT_FOR, empty_trash
from tests.builders import BODY, item, make_draft, make_post, parsed
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


LIST = "/admin/posts/post/"


def identities(post: Post) -> list[tuple[Any, ...]]:
    rows = post.items.order_by("section__position", "position", "pk")
    return list(rows.values_list("uid", "section", "position", "title", "hidden", "is_news"))


def picture(post: Post, name: str = "posts/2024/05/a.webp") -> Image:
    image = Image(post=post, path="a.png", digest="0" * 64, sizes=[["webp", 480, "posts/b.webp"]])
    for made in (name, "posts/b.webp"):
        image.file.storage.save(made, ContentFile(b"picture"))
    image.file.name = name
    Image.objects.bulk_create([image])
    return image


# Into the trash


def test_a_deleted_issue_is_gone_from_everything_but_the_trash() -> None:
    post = make_post(authors="Kim")
    preview = sign_preview(post)
    address = post.get_absolute_url()

    assert publishing.delete(post)

    assert not Post.objects.exists()
    assert list(Post.everything.trashed()) == [post]
    assert Client().get(address).status_code == 404
    assert Client().get(preview).status_code == 410
    assert not Appearance.objects.exists()
    assert not SearchEntry.objects.exists()
    assert not LinkedItem.objects.filter(removed_at=None).exists()
    assert not Tag.objects.filter(post_count__gt=0).exists()
    for path in ("/", "/archive/", "/tags/", "/sources/", "/feed.xml", "/api/v1/posts"):
        assert post.title not in Client().get(path).content.decode()


def test_staff_find_no_trace_of_it_in_their_lists(client: Client) -> None:
    post = make_post()
    publishing.delete(post)

    for model in ("post", "linkeditem", "section"):
        page = client.get(f"/admin/posts/{model}/").content.decode()
        assert post.title not in page, model
    assert post.title not in client.get("/admin/").content.decode()
    assert client.get(reverse("admin:posts_post_change", args=[post.pk])).status_code == 302


def test_a_form_that_was_open_saves_its_text_as_a_new_issue(client: Client) -> None:
    post = make_draft()
    address = reverse("admin:posts_post_change", args=[post.pk])
    sent = Page(client.get(address)).fields("#post_form")
    publishing.delete(post)

    answer = client.post(address, {**sent, "text": "Mine"})

    assert answer.status_code == 409
    assert "Mine" in answer.content.decode()


def test_what_moderators_decide_meanwhile_wakes_it_not_up() -> None:
    post = make_post()
    find = item(post, "First find")
    publishing.delete(post)

    following.set_hidden([find], True, reason="A mistake")

    assert not Post.objects.exists()
    assert not Appearance.objects.exists()


def test_a_new_issue_may_have_the_address_of_one_in_the_trash() -> None:
    publishing.delete(make_post())

    assert make_post().slug == "a-first-issue"


def test_a_file_whose_issue_was_deleted_makes_a_new_one() -> None:
    publishing.delete(make_post(source_name="a.md"))

    assert make_post(source_name="a.md").slug == "a-first-issue"


# Out of it


def test_an_issue_comes_back_as_a_draft_with_all_that_was_known_of_it() -> None:
    post = make_post(source_name="a.md", authors="Kim")
    publishing.save_document(post, parsed(), slug="another-address", status="published")
    following.set_hidden([item(post, "First find")], True, reason="A mistake")
    following.set_news([item(post, "Second find")], True)
    before, document = identities(post), post.document
    image = picture(post)
    publishing.delete(post)

    assert publishing.recover(post)

    post = Post.objects.get()
    assert (post.status, post.slug, post.source_name) == ("draft", "another-address", "a.md")
    assert post.document == document
    assert identities(post) == before
    assert [one.file.name for one in post.images.all()] == [image.file.name]
    assert OldSlug.objects.get().slug == "a-first-issue"
    assert Link.objects.get(url="https://one.example.org/a").appearances.exists()
    assert publishing.publish([post]) == [post]
    page = Client().get(post.get_absolute_url()).content.decode()
    assert "Second find" in page
    assert "First find" not in page


def test_equal_items_come_back_as_those_that_they_were() -> None:
    twice = "# One\n- **Same**: [a](https://e.org/a)\n\n# Two\n- **Same**: [a](https://e.org/a)\n"
    post = make_draft(body="- **Same**: [a](https://e.org/a)\n\n" + twice)
    publishing.save_document(post, parsed("A draft", twice))
    last = post.items.filter(removed_at=None).order_by("-pk")[:1]
    following.set_hidden(last, True, reason="A mistake")
    before = identities(post)
    publishing.delete(post)

    publishing.recover(post)

    assert identities(post) == before


def test_one_whose_address_was_taken_comes_back_at_another() -> None:
    post = make_post(source_name="a.md")
    publishing.delete(post)
    make_post(source_name="a.md")

    publishing.recover(post)

    assert post.slug == "a-first-issue-2024-05-10"
    assert post.source_name == ""


def test_the_counters_are_what_they_were_after_there_and_back() -> None:
    post = make_post()
    counts = list(Tag.objects.order_by("pk").values_list("name", "post_count"))

    publishing.delete(post)
    publishing.recover(post)
    publishing.publish([post])

    assert list(Tag.objects.order_by("pk").values_list("name", "post_count")) == counts


# For good


def test_after_thirty_days_it_is_gone_with_the_files_of_its_pictures(
    settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    post, other = make_post(), make_post("Another")
    picture(post)
    picture(other, "posts/2024/05/other.webp")
    with django_capture_on_commit_callbacks(execute=True):
        publishing.delete(post)
        assert empty_trash.func() == 0
    after = timezone.now() + KEPT_FOR + timedelta(minutes=1)
    with time_machine.travel(after), django_capture_on_commit_callbacks(execute=True):
        assert empty_trash.func() == 1

    assert list(Post.everything.all()) == [other]
    assert not Revision.objects.filter(post=post.pk).exists()
    assert not Section.objects.filter(post=post.pk).exists()
    assert not (tmp_path / "posts/2024/05/a.webp").exists()
    assert (tmp_path / "posts/2024/05/other.webp").exists()


def test_a_file_that_another_picture_has_too_stays(
    settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    post = make_post()
    image = picture(post)
    Image.objects.filter(pk=image.pk).update(path="b.png")
    image.pk, image.post = None, make_post("Another")
    Image.objects.bulk_create([image])
    publishing.delete(post)

    with django_capture_on_commit_callbacks(execute=True):
        publishing.erase(post)

    assert (tmp_path / "posts/2024/05/a.webp").exists()


def test_what_is_not_in_the_trash_is_not_erased() -> None:
    post = make_post()

    assert not publishing.erase(post)
    assert Post.objects.get() == post


# Who may, and the pages


@pytest.mark.parametrize("verb", ["delete", "recover", "erase"])
def test_nobody_does_that_without_the_right_to_delete(editor: User, verb: str) -> None:
    post = make_post()
    if verb != "delete":
        publishing.delete(post)
    assert not access.may(editor, access.DELETE)
    with pytest.raises(PermissionDenied):
        getattr(publishing, verb)(post, by=editor)


def test_the_way_through_the_pages(client: Client) -> None:
    post = make_post(body=BODY)
    delete = reverse("admin:posts_post_delete", args=[post.pk])
    assert "30 days" in Page(client.get(delete)).text()
    assert Post.objects.exists(), "asking deletes nothing"

    said = Page(client.post(delete, follow=True))
    assert "lies in the trash now" in said.text()

    trash = Page(client.get(reverse("admin:posts_post_trash")))
    assert trash.texts(".trash-title") == ["A first issue"]
    assert "Deleted by admin" in trash.text()
    back, gone = trash.value(".trash-acts .button", "href"), trash.value(".deletelink", "href")
    assert "for good" in Page(client.get(gone)).text()
    client.get(back)
    assert not Post.objects.exists(), "asking brings nothing back"

    answer = client.post(back, follow=True)
    assert "draft again" in Page(answer).text()
    assert Post.objects.get().status == "draft"

    client.post(delete)
    client.post(gone)
    assert not Post.everything.exists()
    assert client.post(back).status_code == 404
    assert "empty" in Page(client.get(reverse("admin:posts_post_trash"))).text()


def test_issues_that_were_deleted_together_come_back_together(client: Client) -> None:
    posts = [make_post(title=f"Issue {n}") for n in range(3)]
    chosen = {"action": "delete_selected", "_selected_action": [post.pk for post in posts[:2]]}
    said = Page(client.post(LIST, chosen | {"decide": "1"}, follow=True))
    assert Post.objects.count() == 1

    back = said.value(".messagelist a", "href")
    asked = Page(client.get(back))
    assert asked.texts(".outline-links li") == ["Issue 1", "Issue 0"]
    assert Post.objects.count() == 1, "asking brings nothing back"
    answer = Page(client.post(back, follow=True))

    assert answer.texts(".messagelist") == ["2 issues are drafts again."]
    assert Post.objects.filter(status="draft").count() == 2
    assert "They do not lie in the trash." in Page(client.post(back, follow=True)).text()


def test_of_more_than_an_address_can_name_the_trash_is_the_way_out(client: Client) -> None:
    posts = [make_post(title=f"Issue {n}") for n in range(51)]
    chosen = {"action": "delete_selected", "_selected_action": [post.pk for post in posts]}

    said = Page(client.post(LIST, chosen | {"decide": "1"}, follow=True))

    assert said.value(".messagelist a", "href") == reverse("admin:posts_post_trash")
    assert client.get(LIST + "trash/recover/?of=x,-1,,1e3").status_code == 302


def test_who_takes_one_out_reads_which_address_it_got_where_its_own_was_taken(
    client: Client,
) -> None:
    post = make_post(title="긴 글", slug="긴-글")
    publishing.delete(post)
    make_post(title="긴 글", slug="긴-글")
    assert "/posts/긴-글/" in Page(client.get(reverse("admin:posts_post_trash"))).text()

    back = reverse("admin:posts_post_recover", args=[post.pk])
    said = Page(client.post(back, follow=True)).texts(".messagelist")[0]

    assert "Another issue has its address now" in said
    assert "/posts/긴-글-2024-05-10/" in said


def test_a_way_to_the_form_of_one_in_the_trash_leads_to_the_way_out(
    client: Client, sign_in: SignIn, writer: User
) -> None:
    post = make_post()
    publishing.delete(post)
    form = reverse("admin:posts_post_change", args=[post.pk])

    said = Page(client.get(form, follow=True))
    for_writers = Page(sign_in(writer).get(form, follow=True))

    way = reverse("admin:posts_post_recover", args=[post.pk])
    assert "“A first issue” lies in the trash." in said.texts(".messagelist")[0]
    assert said.values(".messagelist a", "href") == [way]
    assert "lies in the trash" in for_writers.texts(".messagelist")[0]
    assert not for_writers.all(".messagelist a")
    gone = reverse("admin:posts_post_change", args=[post.pk + 1])
    assert "doesn’t exist" in Page(client.get(gone, follow=True)).texts(".messagelist")[0]


def test_the_trash_takes_as_many_queries_for_two_issues_as_for_one(
    client: Client,
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(reverse("admin:posts_post_trash"))
        return len(caught)

    publishing.delete(make_post())
    count()
    one = count()
    publishing.delete(make_post("Another"))
    assert count() == one


def test_a_deleted_issue_takes_its_share_address_and_its_review_along(writer: User) -> None:
    post = make_draft()
    share = reviewing.share(post, by=writer)
    review = reviewing.ask(post, by=writer)

    publishing.delete(post)
    publishing.recover(post)

    assert reviewing.open_share(post) is None
    assert Client().get(share.get_absolute_url()).status_code == 410
    assert Post.objects.get().review_since is None
    review.refresh_from_db()
    assert review.outcome == Review.Outcome.TAKEN_BACK
