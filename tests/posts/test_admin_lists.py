"""The lists of the admin: what they show, find and do to many rows, and what they cost."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from links.decisions import undo
from links.models import Decision
from posts.auditing import words_of
from posts.documents import parse_issue
from posts.models import LinkedItem, Post, PostPage, RecurringSection, Section, Tag
from posts.publishing import save_document, withdraw
from tests.builders import BODY, LONG_AGO, item, make_draft, make_post, make_posts, make_scheduled
from tests.conftest import SignIn
from tests.reading import Page, shown

pytestmark = pytest.mark.django_db
POSTS = "/admin/posts/post/"
PUBLISHED = "Published."


@pytest.fixture
def client(sign_in: SignIn, admin: User) -> Client:
    return sign_in(admin)


def titles(client: Client, path: str) -> list[str]:
    page = Page(client.get(path))
    return [node.text() for node in page.all("#result_list tbody th .title")]


def said(response: object) -> str:
    return " ".join(str(message) for message in response.wsgi_request._messages)  # type: ignore[attr-defined]


def act(client: Client, path: str, action: str, *rows: object, **more: str) -> object:
    data = {"action": action, "_selected_action": [row.pk for row in rows], **more}  # type: ignore[attr-defined]
    return client.post(path, data)


# Posts


def test_the_list_answers_the_next_question(client: Client) -> None:
    make_post(tags=["Llama 3 평가", "AI"])

    page = Page(client.get(POSTS))
    cells = {node.attributes["class"]: node.text() for node in page.all("#result_list td")}

    assert cells["field-state"] == "Published"
    assert cells["field-date"] == "10 May 2024"
    assert cells["field-tag_names"] == "Llama 3 평가, AI"
    assert cells["field-item_count"] == "5"
    assert cells["field-link_count"] == "4"


def test_posts_are_filtered_by_what_editors_call_their_state(client: Client) -> None:
    make_post("Public")
    make_draft("Not yet")
    make_scheduled("Tomorrow")
    make_post("Broken", "> " * 30 + "deep")

    found = {
        state: titles(client, f"{POSTS}?state={state}")
        for state in ("draft", "scheduled", "published", "problem")
    }

    assert found == {
        "draft": ["Not yet"],
        "scheduled": ["Tomorrow"],
        "published": ["Public"],
        "problem": ["Broken"],
    }


def test_posts_are_filtered_by_tag_and_language(client: Client) -> None:
    make_post("하나", "## 소식\n\n한국어로 쓴 글이에요.\n", tags=["AI"])
    make_post("Two", tags=["Other"])

    assert titles(client, f"{POSTS}?tag=ai") == ["하나"]
    assert titles(client, f"{POSTS}?language=ko") == ["하나"]


@pytest.mark.parametrize("query", ["하나", "about", "llama 3 평가", "하나-글"])
def test_posts_are_found_by_title_description_tag_and_address(client: Client, query: str) -> None:
    make_post("하나 글", description="All about it", tags=["Llama 3 평가"])
    make_post("Another", tags=["AI"])

    assert titles(client, f"{POSTS}?q={query}") == ["하나 글"]


def test_posts_are_found_by_date(client: Client) -> None:
    make_post("Long ago")
    make_scheduled("To come")

    for period, found in (("2024", True), ("2024-05", True), ("2024-06", False), ("2023", False)):
        assert titles(client, f"{POSTS}?date={period}") == ["Long ago"] * found
    assert titles(client, f"{POSTS}?date=nonsense") == ["To come", "Long ago"]


def test_the_years_from_the_first_issue_to_the_last_are_offered(client: Client) -> None:
    make_post("First", at=LONG_AGO - timedelta(days=700))
    make_post("Last")
    make_draft("Without a date")

    years = {f"?date={year}" for year in (2022, 2023, 2024)}
    assert periods(client, POSTS) == years
    months = {f"?date=2023-{month:02}" for month in range(1, 13)}
    assert periods(client, f"{POSTS}?date=2023") == years | months


def periods(client: Client, path: str) -> set[str]:
    links = Page(client.get(path)).values("#changelist-filter a", "href")
    return {link for link in links if link.startswith("?date=") and "&" not in link}


def test_languages_are_offered_as_long_as_an_issue_is_in_them(client: Client) -> None:
    def offered() -> set[str]:
        links = Page(client.get(POSTS)).values("#changelist-filter a", "href")
        return {link for link in links if link.startswith("?language=")}

    korean = make_post("하나", "## 소식\n\n한국어로 쓴 글이에요.\n")
    make_post("Two")
    assert offered() == {"?language=ko", "?language=en"}

    withdraw([korean])
    assert offered() == {"?language=en"}


def test_several_posts_are_published_at_once(client: Client) -> None:
    one, two, to_come = make_draft("One"), make_draft("Two"), make_scheduled("Three")
    broken = make_post("Broken", "> " * 30 + "deep")
    act(client, POSTS, "withdraw_selected", to_come, decide="1")

    response = act(client, POSTS, "publish_selected", one, two, to_come, broken, decide="1")

    assert "2 issues are published" in said(response)
    assert "1 issue is scheduled" in said(response)
    assert "1 issue has a problem" in said(response)
    assert set(Post.objects.published().values_list("title", flat=True)) == {"One", "Two"}
    logged = [entry.object_repr for entry in LogEntry.objects.all() if words_of(entry) == PUBLISHED]
    assert set(logged) == {"One", "Two", "Three"}


def test_several_posts_are_withdrawn_at_once(client: Client) -> None:
    posts = make_posts(2)

    asked = Page(act(client, POSTS, "withdraw_selected", *posts))
    assert "their addresses answer 404" in asked.one("form.decision").text()
    assert Post.objects.published().count() == 2
    response = act(client, POSTS, "withdraw_selected", *posts, decide="1")

    assert "2 issues are withdrawn" in said(response)
    assert not Post.objects.published().exists()
    assert Tag.objects.get(name="AI").post_count == 0
    assert [words_of(entry) for entry in LogEntry.objects.all()] == ["Withdrawn."] * 2


def test_publishing_what_is_public_changes_nothing(client: Client) -> None:
    post = make_post()

    response = act(client, POSTS, "publish_selected", post)

    assert "already" in said(response)
    assert not LogEntry.objects.exists()


def test_a_publish_that_fails_leaves_no_trace(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make_draft("One")

    def fail(*_args: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr("posts.auditing.record", fail)
    with pytest.raises(RuntimeError, match="no room"):
        act(client, POSTS, "publish_selected", one, decide="1")

    one.refresh_from_db()
    assert one.status == "draft"


def test_deleting_posts_keeps_the_counts_right(client: Client) -> None:
    kept, *gone = make_posts(3)

    question = Page(act(client, POSTS, "delete_selected", *gone))
    assert "Issue 2" in question.one("#content").text()
    act(client, POSTS, "delete_selected", *gone, decide="1")

    assert list(Post.objects.all()) == [kept]
    assert Tag.objects.get(name="AI").post_count == 1

    client.post(reverse("admin:posts_post_delete", args=[kept.pk]), {"post": "yes"})

    assert not Post.objects.exists()
    assert Tag.objects.get(name="AI").post_count == 0


# Sections


def test_sections_are_found_by_heading_and_text(client: Client) -> None:
    make_post()

    assert titles(client, "/admin/posts/section/?q=viewpoint") == ["Viewpoint 🤖"]
    assert titles(client, "/admin/posts/section/?q=at the end") == ["Overview"]


def test_who_finds_no_issue_by_its_title_looks_for_the_words_in_the_texts(client: Client) -> None:
    post = make_post()
    page = Page(client.get(POSTS, {"q": "at the end"}))
    assert titles(client, f"{POSTS}?q=at the end") == []

    found = Page(client.get(page.value("#content a[href^='/admin/posts/section/?q=']", "href")))

    assert found.values("#result_list .field-post_title a", "href") == [f"{POSTS}{post.pk}/change/"]


def test_sections_are_filtered_by_their_series(client: Client) -> None:
    make_posts(2)
    make_post("Other", "## Something else\n\nText\n")
    series = RecurringSection.objects.get(title="Preview")

    assert titles(client, f"/admin/posts/section/?recurring={series.slug}") == ["Preview"] * 2


def test_a_section_shows_its_text_and_items(client: Client) -> None:
    section = make_post().sections.get(heading="Preview")

    page = Page(client.get(reverse("admin:posts_section_change", args=[section.pk])))

    shown = page.one("#content").text()
    assert "* **Topic one**" in shown
    assert "https://one.example.org/a" in shown
    assert not page.all("[name=_save]")


# Items

ITEMS = "/admin/posts/linkeditem/"


def test_hidden_items_leave_the_page_at_once(client: Client) -> None:
    post = make_post()

    response = act(client, ITEMS, "hide_selected", item(post, "First find"), reason="an advert")

    assert "1 item is hidden" in said(response)
    page = Page(client.get(post.get_absolute_url())).text()
    assert "First find" not in page
    assert "Second find" in page
    post.refresh_from_db()
    assert post.item_count == 4
    assert Decision.objects.get().action == "hide"

    act(client, ITEMS, "show_selected", item(post, "First find"))

    assert "First find" in Page(client.get(post.get_absolute_url())).one(".body").text()
    assert Decision.objects.count() == 2


def test_nothing_is_hidden_before_somebody_said_why(client: Client) -> None:
    post = make_post()
    first, second = item(post, "First find"), item(post, "Second find")

    question = Page(act(client, ITEMS, "hide_selected", first, second))
    refusal = Page(act(client, ITEMS, "hide_selected", first, second, reason="  "))

    assert [node.text() for node in question.all(".outline-links li")] == [
        "First findA first issue",
        "Second findA first issue",
    ]
    assert [node.text() for node in question.all("form.decision button")] == ["Hide 2 items"]
    assert not question.all(".errorlist")
    assert [node.text() for node in refusal.all(".errorlist")] == ["This field is required."]
    assert not Decision.objects.exists()
    assert "First find" in Page(client.get(post.get_absolute_url())).one(".body").text()


def test_a_reason_that_is_refused_is_not_lost(client: Client) -> None:
    reason = "an advert " * 60

    page = Page(act(client, ITEMS, "hide_selected", item(make_post(), "First find"), reason=reason))

    (field,) = page.all("input[name=reason]")
    assert field.attributes["value"] == reason


def test_the_question_keeps_a_selection_of_all_pages(client: Client) -> None:
    post = make_post()
    path = f"{ITEMS}?q=find"
    all_found = {"select_across": "1"}

    page = Page(act(client, path, "hide_selected", item(post, "First find"), **all_found))
    answer = {
        node.attributes["name"]: node.attributes["value"] or ""
        for node in page.all("form.decision input[type=hidden]")
        if node.attributes["name"] != "csrfmiddlewaretoken"
    }
    client.post(path, {**answer, "reason": "all adverts"})

    assert [node.text() for node in page.all("form.decision button")] == ["Hide 3 items"]
    assert [node.attributes["href"] for node in page.all("a.closelink")] == [path]
    hidden = LinkedItem.objects.filter(hidden=True)
    assert {row.title for row in hidden} == {"First find", "Second find", "Third find"}
    assert Decision.objects.get().reason == "all adverts"


def test_hiding_is_on_the_record_and_can_be_undone(client: Client, admin: User) -> None:
    post = make_post()
    first, third = item(post, "First find"), item(post, "Third find")
    before = PostPage.objects.filter(post=post).values().get()

    act(client, ITEMS, "hide_selected", first, third, reason="two  adverts")

    decision = Decision.objects.get()
    assert (decision.reason, decision.by, decision.by_name) == ("two adverts", admin, "admin")
    assert [(row.object_id, row.before, row.after) for row in decision.effects.order_by("pk")] == [
        (row.pk, {"hidden": False}, {"hidden": True}) for row in (first, third)
    ]
    assert PostPage.objects.filter(post=post).values().get() != before

    undo(decision, by=admin)

    assert not LinkedItem.objects.filter(hidden=True).exists()
    assert PostPage.objects.filter(post=post).values().get() == before


def test_an_item_is_hidden_on_its_own_page(client: Client) -> None:
    post = make_post()
    path = reverse("admin:posts_linkeditem_change", args=[item(post, "First find").pk])

    client.post(path, {"hidden": "on", "reason": "an advert", "title": "Forged"})

    assert item(post, "First find").hidden
    assert Decision.objects.get().reason == "an advert"
    assert "First find" not in Page(client.get(post.get_absolute_url())).text()
    assert LogEntry.objects.get().is_change()


def test_the_page_of_an_item_asks_why_it_gets_hidden(client: Client) -> None:
    post = make_post()
    path = reverse("admin:posts_linkeditem_change", args=[item(post, "First find").pk])

    refusal = Page(client.post(path, {"hidden": "on", "reason": " "}))

    assert [node.text() for node in refusal.all(".field-reason .errorlist")] == [
        "A hidden item needs a reason."
    ]
    assert refusal.all("input[name=hidden][checked]")
    assert not item(post, "First find").hidden

    client.post(path, {"hidden": "on", "reason": "an advert"})
    client.post(path, {"hidden": "on", "reason": ""})

    assert Decision.objects.count() == 1

    client.post(path, {"reason": ""})

    assert not item(post, "First find").hidden
    assert list(Decision.objects.order_by("pk").values_list("action", "reason")) == [
        ("hide", "an advert"),
        ("show", ""),
    ]


def test_who_may_only_look_is_not_asked_why(sign_in: SignIn, editor: User) -> None:
    path = reverse("admin:posts_linkeditem_change", args=[item(make_post(), "First find").pk])

    page = Page(sign_in(editor).get(path))

    assert page.all(".field-hidden")
    assert not page.all(".field-reason")


def test_hiding_twice_is_written_down_once(client: Client) -> None:
    post = make_post()
    for _time in range(2):
        act(client, ITEMS, "hide_selected", item(post, "First find"), reason="an advert")

    assert Decision.objects.count() == 1
    response = act(client, ITEMS, "hide_selected", item(post, "First find"))
    assert said(response).endswith("These items are hidden already.")


def test_items_are_found_and_filtered(client: Client) -> None:
    post = make_post()
    act(client, ITEMS, "hide_selected", item(post, "Second find"), reason="an advert")
    LinkedItem.objects.filter(title="Third find").update(removed_at=post.created_at, section=None)

    assert titles(client, f"{ITEMS}?q=matters") == ["Second find"]
    assert titles(client, f"{ITEMS}?q=topic one") == ["First find", "Second find"]
    assert titles(client, f"{ITEMS}?shown=hidden") == ["Second find"]
    assert titles(client, f"{ITEMS}?shown=removed") == ["Third find"]
    assert titles(client, f"{ITEMS}?shown=yes") == ["opening link", "First find", "No link here"]


def test_the_pages_of_a_link_its_source_and_item_say_where_and_since_when_they_stand(
    client: Client,
) -> None:
    link = item(make_post(), "First find").link
    assert link is not None
    assert link.source is not None
    first = LinkedItem.objects.get(title="First find")

    page = Page(client.get(f"/admin/links/link/{link.pk}/change/"))
    assert "In 1 issue of 10 May 2024." in page.texts(".outline p")
    assert "Added" in shown(page.one(".field-seen"))
    page = Page(client.get(f"/admin/links/source/{link.source.pk}/change/"))
    assert shown(page.one(".field-first")) == "First seen: 10 May 2024"
    page = Page(client.get(f"/admin/posts/linkeditem/{first.pk}/change/"))
    assert "line 3 of the section" in shown(page.one(".field-place"))
    assert shown(page.one(".field-news")) == "News: No"

    make_post("Later", BODY, at=LONG_AGO + timedelta(days=22))
    page = Page(client.get(f"/admin/links/link/{link.pk}/change/"))
    assert "In issues from 10 May 2024 to 1 Jun 2024." in page.texts(".outline p")


def test_items_stand_as_in_their_issue_the_newest_issue_first(client: Client) -> None:
    old = make_post("Old", "## One\n- **a** x\n- **b** x\n\n## Two\n- **c** x\n")
    make_post("New", "## One\n- **d** x\n- **e** x\n")
    save_document(old, parse_issue(b"## One\n- **new** x\n- **b** x\n\n## Two\n- **c** x\n"))

    assert titles(client, ITEMS) == ["d", "e", "a", "new", "b", "c"]


# What it costs


def cost(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "path",
    [
        POSTS,
        f"{POSTS}?q=issue&tag=ai&state=published",
        "/admin/posts/section/",
        "/admin/posts/linkeditem/",
        "/admin/posts/tag/",
        "/admin/links/link/",
        "/admin/links/source/",
        "/admin/",
    ],
)
def test_a_list_of_twice_the_rows_takes_the_same_queries(client: Client, path: str) -> None:
    def add(number: int) -> None:
        body = BODY.replace("example.org", f"n{number}.example.org")
        make_post(f"Issue {number}", body, tags=["AI", f"tag {number}"])

    for number in range(3):
        add(number)
    before = cost(client, path)
    for number in range(3, 6):
        add(number)

    assert cost(client, path) == before


@pytest.mark.parametrize(
    "page",
    [
        lambda post: reverse("admin:posts_post_change", args=[post.pk]),
        lambda post: reverse("admin:posts_section_change", args=[last(post).pk]),
    ],
)
def test_the_form_of_a_post_twice_as_long_takes_the_same_queries(
    client: Client, page: Callable[[Post], str]
) -> None:
    def body(times: int) -> str:
        sections = [
            f"## Part {n}\n- **Find {n}**: [x](https://e{n}.org/) [y](https://f{n}.org/)\n"
            for n in range(times)
        ]
        many = "".join(f"- **More {n}**: [z](https://g{n}.org/)\n" for n in range(times))
        return "".join(sections) + "## Last\n" + many

    short = make_post("Short", body(3), tags=["a"])
    long = make_post("Long", body(6), tags=["a", "b", "c"])

    assert cost(client, page(long)) == cost(client, page(short))


def last(post: Post) -> Section:
    return post.sections.order_by("-position")[0]
