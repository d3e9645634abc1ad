"""Writing an issue in the admin: what is saved, what stays, what is refused."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from posts.admin.fields import join_tags, split_tags
from posts.documents import parse_issue
from posts.documents.metadata import distinct_tags
from posts.models import OldSlug, Post
from posts.publishing import save_document
from tests.builders import BODY, make_draft, make_post, make_scheduled
from tests.conftest import SignIn
from tests.reading import Page, shown

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ADD = "/admin/posts/post/add/"


@pytest.fixture
def client(sign_in: SignIn, editor: User) -> Client:
    return sign_in(editor)


def change(post: Post) -> str:
    return reverse("admin:posts_post_change", args=[post.pk])


def stored(text: str | bytes, name: str = "") -> Post:
    data = text.encode() if isinstance(text, str) else text
    return save_document(Post(source_name=name), parse_issue(data, name))


def fields(response: Any) -> dict[str, str]:
    """Return what a browser would submit of the form on a page."""
    return Page(response).fields("#post_form")


def opened(client: Client, post: Post) -> dict[str, str]:
    return fields(client.get(change(post)))


def save(client: Client, post: Post, button: str = "_save", **edits: str) -> Any:
    """Open a post, edit fields and press a button."""
    return client.post(change(post), opened(client, post) | edits | {button: "1"})


def said(response: Any) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)


# What was not edited stays


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: One\ntags: [a, b]\n---\n\nText\n\n## Two\n- [x](https://e.org)\n",
        "---\r\ntitle: One\r\n---\r\n\r\nText\r\n\r\n## Two\r\n",
        "---\rtitle: One\r---\r\rText\r\r## Two\r",
        "---\ntitle: One\r\n---\n\nText\r\nmore\rand\n\r\n## Two\n",
        "\ufeff---\ntitle: One\n---\n\nText\n",
        "---\ntitle: One\n---\n\nno newline at the end",
        "---\ntitle: One\n---\n\n\n\n  \n\nafter blank lines\n\n\n",
        "---\ntitle: One\n---\n\ntrailing spaces  \n\ttab\t\n   \n",
        "---\ntitle: One\n---\n\nline\u2028separator\u0085next\x0cfeed\n",
        "---\ntitle: One\n---\n\n</textarea>\n<script>alert(1)</script>\n&amp; &lt;\n",
        "---\ntitle: One\n---",
        "\n\n# A title without a header\n\nText\n",
        "\ufeff# A title after a mark\n",
        'title: Pelican\ndate: 2014-11-17 12:30\ntags: a, "b"\n\nText\n',
        "---\n# a comment\ntitle:   'Quoted'   # why\ndescription: >\n  folded\n  text\n"
        "update: 2024-05-10 12:30\ndraft: true\nslug: a-slug\nlang: ko\nother: {a: 1}\n---\nText\n",
    ],
)
def test_saving_without_changes_leaves_the_document_to_the_byte(client: Client, text: str) -> None:
    post = stored(text)
    status, moment = post.status, post.published_at

    response = save(client, post)

    assert response.status_code == 302
    post.refresh_from_db()
    assert post.document == text
    assert (post.status, post.published_at) == (status, moment)


def test_an_edited_line_changes_alone(client: Client) -> None:
    text = "---\r\ntitle:  One   # kept\r\n---\r\n\r\nfirst\r\nsecond\nthird\r\n"
    post = stored(text)

    save(client, post, text="first\r\nSECOND\r\nthird\r\n")

    post.refresh_from_db()
    assert post.document == text.replace("second\n", "SECOND\r\n")


def test_a_changed_field_changes_its_own_line_of_the_header(client: Client) -> None:
    post = stored("---\n# mine\ntitle: One\nfoo: bar\ntags:\n  - a\n  - b\n---\n\nText\n")

    save(client, post, title="하나: 둘", description="About it", updated="2024-06-01")

    post.refresh_from_db()
    assert post.document == (
        '---\n# mine\ntitle: "하나: 둘"\nfoo: bar\ntags:\n  - a\n  - b\n'
        "description: About it\nupdate: 2024-06-01\n---\n\nText\n"
    )
    assert (post.title, post.description) == ("하나: 둘", "About it")


def test_tags_keep_their_spaces_and_script(client: Client) -> None:
    post = make_post(tags=["AI"])

    save(client, post, tags='AI, Llama 3 평가,  "x, y" ,ai, C++')

    names = list(post.taggings.order_by("position").values_list("tag__name", flat=True))
    assert names == ["AI", "Llama 3 평가", "x, y", "C++"]
    assert opened(client, post)["tags"] == 'AI, Llama 3 평가, "x, y", C++'


@given(st.lists(st.text(alphabet="ab ,\"평가'", min_size=1)))
def test_any_tag_names_can_be_shown_and_read_back(names: list[str]) -> None:
    kept = list(distinct_tags(names))

    assert split_tags(join_tags(kept)) == kept


def test_emptied_fields_leave_the_header(client: Client) -> None:
    post = make_post(tags=["AI"], description="old", cover="https://e.org/a.png")

    save(client, post, tags="", description="", cover="")

    post.refresh_from_db()
    assert "tags" not in post.header
    assert "description" not in post.header
    assert "cover" not in post.header
    assert not post.taggings.exists()


# New posts


def test_a_new_post_gets_a_header_and_stays_a_draft(client: Client) -> None:
    response = client.post(
        ADD,
        {
            "title": "새 글",
            "text": "## 첫째\r\n- [x](https://e.org)\r\n",
            "tags": "AI",
            "_save": "1",
        },
    )

    post = Post.objects.get()
    assert response.headers["Location"] == change(post)
    assert post.document == (
        "---\ntitle: 새 글\ntags:\n  - AI\n---\n\n## 첫째\n- [x](https://e.org)\n"
    )
    assert (post.status, post.slug) == ("draft", "새-글")
    assert LogEntry.objects.get().is_addition()


def test_a_whole_document_can_be_pasted(client: Client) -> None:
    text = "---\ntitle: Pasted\ndate: 2024-05-10\nfoo: bar\n---\n\nText\n"

    client.post(ADD, {"title": "", "text": text, "_save": "1"})

    post = Post.objects.get()
    assert post.document == text
    assert post.title == "Pasted"
    assert post.published_at == datetime(2024, 5, 10, tzinfo=UTC)
    assert post.status == "draft"


def test_fields_win_over_a_pasted_header(client: Client) -> None:
    client.post(ADD, {"title": "Mine", "text": "---\ntitle: Theirs\n---\nText\n", "_save": "1"})

    assert Post.objects.get().header == "---\ntitle: Mine\n---\n"


def test_a_title_can_come_from_the_first_heading(client: Client) -> None:
    client.post(ADD, {"title": "", "text": "# 오늘의 소식\n\nText", "_save": "1"})

    post = Post.objects.get()
    assert post.title == "오늘의 소식"
    assert post.header == "---\ntitle: 오늘의 소식\n---\n\n"


def test_a_new_post_published_at_once_says_its_date(client: Client) -> None:
    client.post(ADD, {"title": "Now", "text": "Text", "_publish": "1"})

    post = Post.objects.get()
    assert post.is_public()
    assert "date: " in post.header


# Buttons


def test_publish_now_publishes_now(client: Client) -> None:
    post = make_draft()

    response = save(client, post, "_publish")

    post.refresh_from_db()
    assert post.is_public()
    assert "Published. Readers see it now" in said(response)
    assert LogEntry.objects.filter(change_message__contains="published").count() == 1


def test_publish_now_does_not_wait_for_a_time_to_come(client: Client) -> None:
    post = make_scheduled()

    save(client, post, "_publish")

    post.refresh_from_db()
    assert post.is_public()


def test_publish_now_keeps_a_time_that_has_passed(client: Client) -> None:
    post = stored("---\ntitle: Old\ndate: 2024-05-10\ndraft: true\n---\n\nText\n")

    save(client, post, "_publish")

    post.refresh_from_db()
    assert post.is_public()
    assert post.published_at == datetime(2024, 5, 10, tzinfo=UTC)
    assert post.header == "---\ntitle: Old\ndate: 2024-05-10\ndraft: false\n---\n\n"


def test_a_time_to_come_is_scheduled_and_said_so(client: Client) -> None:
    post = make_draft()
    moment = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)

    response = save(client, post, "_schedule", published_at=f"{moment:%Y-%m-%dT%H:%M}")

    post.refresh_from_db()
    assert (post.status, post.published_at) == ("published", moment)
    assert not post.is_public()
    assert "scheduled" in said(response)
    assert f"date: {moment:%Y-%m-%dT%H:%M}" in post.header


@pytest.mark.parametrize(
    ("moment", "said"), [("", "Choose when"), ("2024-01-01T00:00", "still to come")]
)
def test_schedule_asks_for_a_time_to_come(client: Client, moment: str, said: str) -> None:
    post = make_draft()

    response = save(client, post, "_schedule", published_at=moment, title="Typed")

    assert response.status_code == 200
    assert said in " ".join(Page(response).texts(".errorlist li"))
    assert fields(response)["title"] == "Typed"
    post.refresh_from_db()
    assert post.status == "draft"


def withdrawal(post: Post) -> str:
    return reverse("admin:posts_post_withdraw", args=[post.pk])


def test_withdrawing_stands_apart_from_saving_and_asks_first(client: Client) -> None:
    post = make_post()
    page = Page(client.get(change(post)))
    assert withdrawal(post) in page.values(".post-state a", "href")
    assert not page.all(".submit-row [name=_withdraw]")

    asked = Page(client.get(withdrawal(post)))

    assert "its address /posts/a-first-issue/ answers 404" in asked.one("form.decision").text()
    assert asked.value("form.decision", "method") == "post"
    assert asked.texts("form.decision button") == ["Withdraw"]
    assert Client().get(post.get_absolute_url()).status_code == 200


def test_what_is_withdrawn_keeps_its_time_and_leads_back(client: Client) -> None:
    post = make_post()

    response = client.post(withdrawal(post))

    assert response.headers["Location"] == change(post)
    moment = post.published_at
    post.refresh_from_db()
    assert (post.status, post.published_at) == ("draft", moment)
    assert Client().get(post.get_absolute_url()).status_code == 404
    page = Page(client.get(change(post)))
    assert "Withdrawn. Its address answers 404 now." in page.one(".messagelist").text()
    back = page.value(".messagelist a", "href")
    assert "with its date" in Page(client.get(back)).one("form.decision").text()
    client.post(back)
    assert Client().get(post.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_draft, "Readers see it at once, at /posts/a-draft/ and in the feeds."),
        (make_scheduled, "Readers see it at once, at /posts/to-come/ and in the feeds, not at"),
    ],
)
def test_publishing_says_first_what_happens(
    client: Client, make: Callable[[], Post], words: str
) -> None:
    page = Page(client.get(change(make())))

    assert words in shown(page.one(".publish-ask"))
    assert page.all(".publish-ask button[name=_publish]")


def test_a_day_is_written_as_a_day(client: Client) -> None:
    post = make_draft()

    save(client, post, published_at="2024-05-10T00:00")

    post.refresh_from_db()
    assert "\ndate: 2024-05-10\n" in post.header
    assert post.published_at == datetime(2024, 5, 10, tzinfo=UTC)


def test_the_time_of_a_draft_can_be_taken_away(client: Client) -> None:
    post = make_draft()
    save(client, post, published_at="2024-05-10T00:00")

    save(client, post, published_at="")

    post.refresh_from_db()
    assert post.published_at is None
    assert "date" not in post.header


def test_a_public_post_keeps_a_time(client: Client) -> None:
    response = save(client, make_post(), published_at="")

    assert "needs a time" in " ".join(Page(response).texts(".errorlist li"))


def test_seconds_survive_a_save_that_does_not_touch_the_time(client: Client) -> None:
    moment = datetime(2024, 5, 10, 9, 30, 12, 345, tzinfo=UTC)
    post = make_post(at=moment)

    save(client, post, title="Other")

    post.refresh_from_db()
    assert post.published_at == moment


# Addresses


def test_an_old_address_redirects(client: Client) -> None:
    post = make_post("First name")

    save(client, post, slug="새-주소")

    post.refresh_from_db()
    assert post.slug == "새-주소"
    assert OldSlug.objects.get().slug == "first-name"
    assert client.get("/posts/first-name/").headers["Location"] == post.get_absolute_url()


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("", "needs an address"),
        ("Not A Slug", "not-a-slug"),
        ("a/b", "ab"),
        ("second", "Another issue"),
        ("!!", "letters, digits"),
    ],
)
def test_an_address_that_cannot_be_is_refused_at_its_field(
    client: Client, slug: str, words: str
) -> None:
    make_post("Second")
    post = make_post("First")

    response = save(client, post, slug=slug)

    errors = Page(response).one(".field-slug .errorlist")
    assert words in errors.text()
    post.refresh_from_db()
    assert post.slug == "first"


# Refusals lose nothing


def test_the_heading_of_a_first_section_is_no_title_of_a_new_issue(client: Client) -> None:
    sent = {"title": "", "text": "## News\n\n## Tools\n- x\n", "published_at_0": ""}

    refused = client.post(ADD, {**sent, "_publish": "1"})
    assert "An issue needs a title" in Page(refused).one(".field-title .errorlist").text()
    assert not Post.objects.exists()

    client.post(ADD, {**sent, "text": "# Weekly\n\n## News\n- x\n", "_publish": "1"})
    assert Post.objects.get().title == "Weekly"


@pytest.mark.parametrize(
    ("edits", "field", "words"),
    [
        ({"title": " "}, "title", "needs a title"),
        ({"language": "no language"}, "language", "code such as"),
        ({"tags": "x" * 201}, "tags", "at most 200"),
        ({"updated": "yesterday"}, "updated", "valid date"),
        ({"text": "a" * 1_000_001}, "text", "larger than 1 MB"),
        ({"text": "nul \0 byte"}, "text", "Null characters"),
        ({"seen_version": ""}, "", "Load the page again"),
        ({"seen_version": "0"}, "", ""),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    client: Client, edits: dict[str, str], field: str, words: str
) -> None:
    post = make_post()
    typed = {"description": "Typed", "text": BODY + "\r\n더 쓴 글  \r\n"} | edits

    response = save(client, post, **typed)

    page = Page(response)
    assert response.status_code == 200
    assert page.texts(".error-summary")
    if field:
        errors = page.one(f".field-{field} .errorlist")
        assert words in errors.text()
    assert words in page.text()
    shown = fields(response)
    assert shown["description"] == "Typed"
    if "\0" not in typed["text"]:
        assert shown["text"].replace("\r\n", "\n") == typed["text"].replace("\r\n", "\n")
    post.refresh_from_db()
    assert post.version == 1


def test_a_header_that_cannot_be_changed_is_said_at_the_text(client: Client) -> None:
    post = stored("---\n{title: One}\n---\n\nText\n")

    response = save(client, post, title="Two")

    errors = Page(response).one(".field-text .errorlist")
    assert "braces" in errors.text()


def test_text_is_not_swallowed_by_the_header(client: Client) -> None:
    post = stored("title: One\ndate: 2024-05-10\nText\n")

    response = save(client, post, text="Summary: not text any more\r\nText\r\n")

    assert "part of the header" in Page(response).one(".field-text .errorlist").text()
    post.refresh_from_db()
    assert post.version == 1


def test_a_text_beyond_the_limits_is_stored_as_a_draft_with_its_problem(client: Client) -> None:
    post = make_post()
    deep = "fine\r\n\r\n" + "> " * 30 + "too deep\r\n"

    response = save(client, post, text=deep)

    post.refresh_from_db()
    assert post.body == deep.replace("\r\n", "\n")
    assert post.status == "draft"
    assert "line 3" in post.problem
    assert post.problem in said(response)
    page = Page(client.get(change(post)))
    assert post.problem in page.one(".field-text .errorlist").text()


# Two editors: more of it in test_meeting.py


def test_a_refused_save_does_not_publish(client: Client) -> None:
    post = make_draft()
    mine = opened(client, post) | {"_publish": "1"}
    save(client, post, text="Theirs\r\n")

    assert client.post(change(post), mine).status_code == 409
    post.refresh_from_db()
    assert post.status == "draft"
    assert LogEntry.objects.count() == 1


# Around the form


def test_the_form_shows_the_outline_with_items_and_links(client: Client) -> None:
    page = Page(client.get(change(make_post())))
    outline = page.one(".outline")

    assert [node.text() for node in outline.css(".outline-heading")] == [
        "(opening)",
        "Preview",
        "Viewpoint 🤖",
        "Overview",
    ]
    assert "First find" in outline.text()
    assert "https://two.example.org/b" in outline.text()
    assert "https://opening.example.org/hello" in outline.text()


def test_preview_shows_a_draft_and_view_on_site_a_public_post(client: Client) -> None:
    draft, public = make_draft(), make_post()

    links = {
        post.pk: [
            str(node.attributes["href"])
            for node in Page(client.get(change(post))).all(".post-state a")
        ]
        for post in (draft, public)
    }

    assert links[draft.pk][0].startswith("/preview/")
    assert Client().get(links[draft.pk][0]).status_code == 200
    assert draft.get_absolute_url() not in links[draft.pk]
    assert public.get_absolute_url() in links[public.pk]


def test_the_header_is_shown_as_written(client: Client) -> None:
    post = stored("---\n# a comment\ntitle: One\n---\n\nText\n")

    page = Page(client.get(change(post)))

    assert page.one(".header-fold pre").text() == post.header


def test_the_update_date_of_a_header_with_a_time_is_left_alone(client: Client) -> None:
    post = stored("---\ntitle: One\nupdate: 2024-05-10 12:30\n---\n\nText\n")

    assert opened(client, post)["updated"] == str(date(2024, 5, 10))
    save(client, post, title="Two")

    post.refresh_from_db()
    assert "update: 2024-05-10 12:30\n" in post.header


# What was done, read later


def test_a_history_is_told_in_the_language_of_who_reads_it(client: Client, settings: Any) -> None:
    post = make_draft()
    save(client, post, "_publish", title="Renamed")
    client.post(reverse("admin:posts_post_withdraw", args=[post.pk]), {"decide": "1"})
    LogEntry.objects.create(
        user_id=client.session["_auth_user_id"],
        content_type_id=LogEntry.objects.first().content_type_id,
        object_id=str(post.pk),
        object_repr="x",
        action_flag=2,
        change_message="Published.",  # as rows were written before they held templates
    )

    def told() -> list[str]:
        history = Page(client.get(reverse("admin:posts_post_history", args=[post.pk])))
        return history.texts(".history-words")[:-1]

    assert told() == ["Published.", "Withdrawn.", "Changed title. Now published."]
    settings.LANGUAGE_CODE = "ko"
    assert told() == ["발행했어요.", "발행을 취소했어요.", "변경 내용: 제목. 이제 발행한 글이에요."]
