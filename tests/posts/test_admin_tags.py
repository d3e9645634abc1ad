"""Tags renamed, merged and suggested in the admin; old names and addresses keep working."""

from urllib.parse import quote

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from posts import following, publishing, retagging
from posts.models import Post, PostPage, Tag, TagAlias
from posts.models.names import NameTaken
from posts.publishing import counting, saving
from posts.retagging import merge, rename
from tests.builders import BODY, make_draft, make_post, make_posts, parsed
from tests.conftest import SignIn
from tests.reading import Page
from tests.tasks.test_working import RunWaiting

pytestmark = pytest.mark.django_db
TAGS = "/admin/posts/tag/"


@pytest.fixture
def client(sign_in: SignIn, moderator: User) -> Client:
    return sign_in(moderator)


def change(tag: Tag) -> str:
    return reverse("admin:posts_tag_change", args=[tag.pk])


def tag(name: str) -> Tag:
    return Tag.objects.get(name=name)


def names_on(path: str) -> list[str]:
    page = Page(Client().get(path))
    return [node.text() for node in page.all(".post .tags .tag")]


def assert_counts_are_right() -> None:
    kept = dict(Tag.objects.values_list("name", "post_count"))
    counting.recount()
    assert dict(Tag.objects.values_list("name", "post_count")) == kept


# Renaming


def test_a_renamed_tag_keeps_its_old_name_and_address(client: Client) -> None:
    post = make_post(tags=["LLM", "AI"])

    response = client.post(change(tag("LLM")), {"name": "언어 모델", "slug": "llm"})

    assert response.status_code == 302
    renamed = tag("언어 모델")
    assert renamed.slug == "언어-모델"
    assert Client().get("/tags/llm/").headers["Location"] == renamed.get_absolute_url()
    assert names_on(post.get_absolute_url()) == ["언어 모델", "AI"]
    later = make_post("Later", tags=["llm"])
    assert list(later.tags.all()) == [renamed]
    assert LogEntry.objects.get().is_change()
    assert_counts_are_right()


def test_the_text_of_issues_stays_as_it_is(client: Client) -> None:
    post = make_post(tags=["LLM"])
    text = post.document

    client.post(change(tag("LLM")), {"name": "Models", "slug": ""})

    post.refresh_from_db()
    assert post.document == text


def test_another_case_of_the_same_name_needs_no_alias(client: Client) -> None:
    post = make_post(tags=["ai"])

    client.post(change(tag("ai")), {"name": "AI", "slug": "ai"})

    assert not TagAlias.objects.exists()
    assert names_on(post.get_absolute_url()) == ["AI"]


def test_an_address_can_change_alone(client: Client) -> None:
    make_post(tags=["AI"])

    client.post(change(tag("AI")), {"name": "AI", "slug": "artificial"})

    assert tag("AI").slug == "artificial"
    assert Client().get("/tags/ai/").headers["Location"] == "/tags/artificial/"


def test_a_tag_can_be_called_as_before_again(client: Client) -> None:
    make_post(tags=["One"])
    for name in ("Two", "Three", "One", "Two"):
        client.post(change(Tag.objects.get()), {"name": name, "slug": Tag.objects.get().slug})

    subject = Tag.objects.get()
    assert (subject.name, subject.slug) == ("Two", "two")
    assert set(subject.aliases.values_list("name", "slug")) == {("One", "one"), ("Three", "three")}


def test_old_names_and_addresses_survive_when_either_is_taken_back() -> None:
    make_post(tags=["One"])
    subject = Tag.objects.get()
    rename(subject, "Two")
    rename(subject, "Three", "one")

    assert Client().get("/tags/two/").headers["Location"] == "/tags/one/"
    assert Client().get("/tags/two/feed.xml").headers["Location"] == "/tags/one/feed.xml"
    for name in ("One", "Two", "Three"):
        make_post(f"With {name}", tags=[name])
    assert Tag.objects.count() == 1


@pytest.mark.parametrize(("name", "slug"), [("ai", ""), ("Other", "ai"), ("Old", ""), ("X", "old")])
def test_a_name_or_address_of_another_tag_is_refused(client: Client, name: str, slug: str) -> None:
    make_post(tags=["Old", "Mine"])
    rename(tag("Old"), "AI")
    mine = tag("Mine")

    response = client.post(change(mine), {"name": name, "slug": slug, "description": "typed"})

    page = Page(response)
    assert "Another tag" in " ".join(page.texts(".errorlist li"))
    assert page.one("[name=description]").text().strip() == "typed"
    mine.refresh_from_db()
    assert (mine.name, mine.description) == ("Mine", "")
    with pytest.raises(NameTaken):
        rename(mine, name, slug)


def test_a_description_can_be_written_without_renaming(client: Client) -> None:
    post = make_post(tags=["AI"])
    version = post.version

    client.post(change(tag("AI")), {"name": "AI", "slug": "ai", "description": "About it"})

    assert tag("AI").description == "About it"
    post.refresh_from_db()
    assert post.version == version


# Merging


def test_merging_asks_first_and_says_how_many_posts_it_touches(client: Client) -> None:
    make_post("One", tags=["AI", "A.I."])
    make_draft("Two", tags=["A.I."])
    pks = [tag("AI").pk, tag("A.I.").pk]

    response = client.post(TAGS, {"action": "merge_selected", "_selected_action": pks})
    page = Page(client.get(response.headers["Location"]))

    assert "2 issues have one of these tags" in page.one("form.decision").text()
    assert Tag.objects.count() == 2


def test_merged_tags_are_one(client: Client) -> None:
    both = make_post("Both", tags=["AI", "A.I.", "Other"])
    one = make_post("One", tags=["A.I."])
    draft = make_draft("Draft", tags=["A.I."])
    into, other = tag("AI"), tag("A.I.")

    response = client.post(
        f"{TAGS}merge/", {"tag": [into.pk, other.pk], "into": into.pk, "merge": "1"}
    )

    assert response.headers["Location"] == change(into)
    assert names_on(both.get_absolute_url()) == ["AI", "Other"]
    assert names_on(one.get_absolute_url()) == ["AI"]
    assert list(draft.tags.all()) == [into]
    into.refresh_from_db()
    assert into.post_count == 2
    assert Client().get(f"/tags/{other.slug}/").headers["Location"] == "/tags/ai/"
    assert "A.I." in LogEntry.objects.get().change_message
    assert_counts_are_right()


def test_a_merge_lasts_when_an_issue_is_saved_again() -> None:
    post = make_post(tags=["A.I."])
    into = Tag.objects.create(name="AI", slug="ai")
    merge([tag("A.I.")], into)

    publishing.save_document(post, parsed(tags=["A.I."]))

    assert list(post.tags.all()) == [into]
    assert Tag.objects.count() == 1


def test_aliases_follow_into_the_next_merge() -> None:
    make_post(tags=["One", "Two", "Three"])
    merge([tag("One")], tag("Two"))
    merge([tag("Two")], tag("Three"))

    for slug in ("one", "two"):
        assert Client().get(f"/tags/{slug}/").headers["Location"] == "/tags/three/"


def test_a_tag_is_not_merged_into_itself() -> None:
    make_post(tags=["AI"])

    assert merge([tag("AI")], tag("AI")) == 0
    assert Tag.objects.count() == 1


def test_one_tag_is_too_few(client: Client) -> None:
    make_post(tags=["AI"])

    response = client.get(f"{TAGS}merge/?tag={tag('AI').pk}")

    assert response.headers["Location"] == TAGS


def test_the_other_tag_is_found_by_its_name(client: Client) -> None:
    make_post(tags=["AI", "인공 지능"])

    page = Page(client.get(f"{TAGS}merge/?tag={tag('AI').pk}&also={quote('인공  지능')}"))

    assert page.texts("form.decision .choices strong") == ["AI", "인공 지능"]


def test_nothing_is_merged_by_looking(client: Client) -> None:
    make_post(tags=["One", "Two"])
    pks = "&".join(f"tag={pk}" for pk in Tag.objects.values_list("pk", flat=True))

    client.get(f"{TAGS}merge/?{pks}&into={tag('One').pk}&merge=1")

    assert Tag.objects.count() == 2


def test_a_merge_that_fails_leaves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    make_post(tags=["One", "Two"])

    def fail(_post: Post, _tags: object, _authors: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(saving, "compose_frame", fail)
    with pytest.raises(RuntimeError, match="no room"):
        merge([tag("One")], tag("Two"))

    assert Tag.objects.count() == 2
    assert not TagAlias.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        BODY,
        "Only an opening, [linked](https://e.org/).[^1]\n\n[^1]: A note.\n",
        "## Heading first\n- [x](https://e.org/)\n",
        'Opening\n\n# 큰 제목 & 더\n\nText\n\n## "Quotes" <b>\n- [x](https://e.org/)\n',
        "Opening\n\n##\n\nno heading text\n",
        "",
    ],
)
def test_a_page_made_again_is_the_page_that_saving_makes(body: str) -> None:
    post = make_post("A post", body, tags=["One"], description="About it")
    for found in post.items.all()[:1]:
        following.set_hidden([found], True, reason="spam")
    rename(tag("One"), "Two & three")
    columns = [field.name for field in PostPage._meta.fields]
    again = PostPage.objects.values(*columns).get()

    publishing.rebuild(Post.objects.get())

    assert PostPage.objects.values(*columns).get() == again


# Deleting


def test_only_a_tag_that_no_issue_names_can_be_deleted(sign_in: SignIn, admin: User) -> None:
    make_draft(tags=["Used"])
    unused = Tag.objects.create(name="Unused", slug="unused")
    client = sign_in(admin)

    for subject, status in ((tag("Used"), 403), (unused, 302)):
        path = reverse("admin:posts_tag_delete", args=[subject.pk])
        assert client.post(path, {"post": "yes"}).status_code == status

    assert [subject.name for subject in Tag.objects.all()] == ["Used"]


# Finding


def test_tags_are_found_by_their_old_names(client: Client) -> None:
    make_post(tags=["Old"])
    rename(tag("Old"), "New")

    page = Page(client.get(f"{TAGS}?q=old"))

    assert [node.text() for node in page.all("#result_list th a")][-1] == "New"


def test_suggestions_hold_what_was_typed_those_that_start_so_first(client: Client) -> None:
    make_post("One", tags=["Big AI", "AI", "Llama 3 평가"])
    make_post("Two", tags=["Big AI"])

    def suggested(typed: str) -> list[str]:
        response = client.get(f"{TAGS}suggest/", {"q": typed})
        return [row["name"] for row in response.json()["tags"]]

    assert suggested("ai") == ["AI", "Big AI"]
    assert suggested("3 평") == ["Llama 3 평가"]
    assert suggested("nothing like it") == []
    assert suggested("") == ["Big AI", "AI", "Llama 3 평가"]


# On very many issues


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> list[Post]:
    """More issues with a tag than are done at once, one of them with both tags."""
    monkeypatch.setattr(retagging, "FEW", 2)
    monkeypatch.setattr(retagging, "A_RUN", 2)
    both = make_post("Both", tags=["AI", "A.I."])
    return [both, *make_posts(3, tags=["A.I.", "Other"]), make_draft(tags=["A.I."])]


def test_what_is_merged_on_many_issues_is_listed_at_once_and_named_by_the_worker(
    many: list[Post], run_waiting_tasks: RunWaiting
) -> None:
    other = tag("A.I.")

    assert merge([other], tag("AI")) == len(many)

    assert tag("AI").post_count == len(many) - 1
    assert len(Page(Client().get("/tags/ai/")).all(".card")) == len(many) - 1
    assert_counts_are_right()
    assert names_on(many[1].get_absolute_url()) == ["A.I.", "Other"]
    run_waiting_tasks()
    assert [names_on(post.get_absolute_url()) for post in many[:2]] == [["AI"], ["AI", "Other"]]
    assert_counts_are_right()


def test_what_the_worker_names_anew_may_be_gone_or_done_already(many: list[Post]) -> None:
    rename(tag("A.I."), "Machines")
    keys = [post.pk for post in many]
    publishing.delete(many[0])

    assert retagging.retag_posts.call(keys) == len(many) - 1
    assert retagging.retag_posts.call(keys) == len(many) - 1
    assert names_on(many[1].get_absolute_url()) == ["Machines", "Other"]
