"""A new issue starts from something: the last ones, a template, or another issue."""

from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from posts import publishing, starting
from posts.models import IssueTemplate, LinkedItem, Post
from posts.publishing import save_document
from posts.starting.titles import next_number, next_title
from tests.builders import make_draft, make_member, make_picture, make_post, parsed
from tests.conftest import SignIn
from tests.reading import Page, value_of

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
ADD = "/admin/posts/post/add/"
WEDNESDAY = datetime(2026, 12, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (["This Week in Rust 664", "This Week in Rust 663"], "This Week in Rust 665"),
        (["Issue #12: Cats", "Issue #11: Dogs"], "Issue #13: "),
        (["AI 소식 31호", "AI 소식 30호"], "AI 소식 32호"),
        (["제12호 · 봄", "제11호 · 겨울"], "제13호 · "),
        (["Llama 3 is out", "Gemma 2 is out"], ""),
        (["2026년 5월 2일 소식", "2026년 5월 1일 소식"], ""),
        (["2026-05-02 News", "2026-05-01 News"], ""),
        (["News of 2026", "News of 2025"], ""),
        (["Issue 9", "Issue 8", "Issue 10"], "Issue 11"),  # a draft has 10 already
        (["Alone 7"], ""),
        ([], ""),
    ],
)
def test_a_number_that_counts_up_in_titles_is_counted_on(titles: list[str], expected: str) -> None:
    assert next_title(titles) == expected


@pytest.mark.parametrize(
    ("pattern", "titles", "number"),
    [
        ("Issue {number} · {date}", ["Issue 41 · 27 Nov 2026", "Issue 40 · x"], 42),
        ("제{number}호 ({date})", ["제7호 (2026년 11월 27일)", "다른 글"], 8),
        ("Issue {number}", ["Something else"], 1),
        ("{date}", ["x 5"], 1),
    ],
)
def test_the_number_of_a_template_follows_the_titles_like_it(
    pattern: str, titles: list[str], number: int
) -> None:
    assert next_number(pattern, titles) == number


# Templates


def weekly(**values: object) -> IssueTemplate:
    defaults: dict[str, object] = {
        "name": "Weekly",
        "title": "Issue {number} · {date}",
        "text": "Hello, this is issue {number}.\n\n## Links\n",
        "tags": "AI, Llama 3 평가",
        "authors": "Ann",
        "language": "en",
        "weekday": IssueTemplate.Weekday.FRIDAY,
        "time": time(9, 0),
    }
    return IssueTemplate.objects.create(**{**defaults, **values})


@time_machine.travel(WEDNESDAY, tick=False)
def test_the_form_begins_with_the_template_and_is_saved_as_it_stands(
    sign_in: SignIn, editor: User
) -> None:
    make_post("Issue 41 · 27 November 2026")
    template = weekly()
    client = sign_in(editor)

    page = Page(client.get(f"{ADD}?start=template-{template.pk}"))
    fields = page.fields("#post_form")
    assert fields["title"] == "Issue 42 · 4 December 2026"
    assert fields["text"].startswith("Hello, this is issue 42.")
    assert (fields["tags"], fields["authors"]) == ("AI, Llama 3 평가", "Ann")
    assert fields["published_at"] == "2026-12-04T09:00"
    assert Post.objects.count() == 1  # looking stores nothing

    answer = client.post(f"{ADD}?start=template-{template.pk}", {**fields, "_save": "1"})
    post = Post.objects.get(title__startswith="Issue 42")
    assert "start=" not in answer.headers["Location"]
    assert (post.state(), post.published_at) == ("draft", datetime(2026, 12, 4, 9, tzinfo=UTC))


@time_machine.travel(WEDNESDAY, tick=False)
def test_the_next_day_that_is_free_is_taken_and_said_in_the_language(editor: User) -> None:
    make_post("Already", at=datetime(2026, 12, 4, 15, tzinfo=UTC))
    make_draft("A draft with a date", date="2026-12-11")
    template = weekly(language="ko", title="제{number}호 · {date}", time=None)

    begun = starting.from_template(template)

    assert begun.title == "제1호 · 2026년 12월 18일"
    assert begun.published_at == datetime(2026, 12, 18, tzinfo=UTC)


@time_machine.travel(datetime(2026, 12, 4, 9, 0, tzinfo=UTC), tick=False)
def test_on_the_day_itself_what_is_past_is_not_taken() -> None:
    assert starting.from_template(weekly(time=time(9, 0))).published_at == datetime(
        2026, 12, 11, 9, tzinfo=UTC
    )
    later = weekly(name="Later", time=time(9, 1))
    assert starting.from_template(later).published_at == datetime(2026, 12, 4, 9, 1, tzinfo=UTC)


def test_a_template_with_a_gap_that_nothing_fills_is_refused(sign_in: SignIn, editor: User) -> None:
    client = sign_in(editor)
    path = reverse("admin:posts_issuetemplate_add")
    data = {"name": "Weekly", "title": "Issue {nummer}", "text": "## Links\n", "language": "en"}
    assert "Nothing fills {nummer}" in Page(client.post(path, data)).text()
    assert client.post(path, {**data, "title": "Issue {number}"}).status_code == 302
    assert IssueTemplate.objects.get().text == "## Links\n"


def test_a_template_that_is_gone_leaves_an_empty_form(sign_in: SignIn, editor: User) -> None:
    page = Page(sign_in(editor).get(f"{ADD}?start=template-99"))
    assert "it starts empty" in page.text()
    assert page.fields("#post_form")["title"] == ""


# The last ones

DIGEST = """Good morning!

## News
Found by us.
- [{number}](https://example.org/{number})

## Only in {number}
- x

Tools
-----
Write to us: <mailto:us@example.org>
"""


@time_machine.travel(WEDNESDAY, tick=False)
def test_an_issue_like_the_last_one_has_what_comes_back_and_nothing_else() -> None:
    for number in range(1, 5):
        at = datetime(2026, 11, 6, 8, 30, tzinfo=UTC) + timedelta(weeks=number - 1)
        make_post(f"Digest {number}", DIGEST.format(number=number), at=at)

    begun = starting.from_last()

    assert begun.title == "Digest 5"
    assert begun.text == (
        "Good morning!\n\n## News\nFound by us.\n\n"
        "Tools\n-----\nWrite to us: <mailto:us@example.org>\n\n"
    )
    assert begun.published_at == datetime(2026, 12, 4, 8, 30, tzinfo=UTC)


CODE = """## Styles
```css
.issue-{number} {{
  color: red;
}}

```
- ```
  always
  ```
<style>
.issue-{number} {{}}
</style>

<div>
{number}
</div>

Always.
"""


def test_an_issue_like_the_last_one_takes_blocks_of_code_whole_or_not_at_all() -> None:
    for number in range(1, 4):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)
        make_post(f"Digest {number}", CODE.format(number=number), at=at)
    assert starting.from_last().text == "## Styles\n- ```\n  always\n  ```\nAlways.\n\n"

    for number in range(4, 7):
        at = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number)
        make_post(f"Digest {number}", CODE.format(number=1), at=at)
    assert "```css\n.issue-1 {\n  color: red;\n}\n\n```\n" in starting.from_last().text


def test_after_one_issue_all_its_headings_are_offered() -> None:
    make_post("First", "Hello.\n\n## One\n- a\n\n## Two\n- b\n")
    assert starting.from_last().text == "## One\n\n## Two\n\n"
    assert starting.from_last().published_at is None


def test_where_no_issue_is_there_is_no_last_one(sign_in: SignIn, editor: User) -> None:
    assert starting.choices() == []
    with pytest.raises(starting.NoBeginning):
        starting.from_last()


@pytest.mark.parametrize("page", ["/admin/", "/admin/posts/post/", ADD])
@pytest.mark.parametrize("role", ["editor", "writer"])
def test_starting_is_one_click_from_desk_list_and_form(
    page: str, role: str, sign_in: SignIn
) -> None:
    make_post()
    template = weekly()
    ways = [
        (node.text().strip(), value_of(node, "href"))
        for node in Page(sign_in(make_member(role)).get(page)).all("#content a[href*='start=']")
    ]
    assert ways == [
        ("Like the last one", f"{ADD}?start=last"),
        ("From template: Weekly", f"{ADD}?start=template-{template.pk}"),
    ]


# Duplicates


def test_a_duplicate_has_the_text_links_and_pictures_and_an_identity_of_its_own(
    sign_in: SignIn, writer: User
) -> None:
    picture = make_picture()
    body = f"![Look]({picture.path})\n\n- **Find**: [x](https://one.example.org/)\n"
    post = save_document(
        Post(),
        parsed("Original", body, date="2024-05-10", slug="original", draft="false", layout="wide"),
    )
    assert post.images.count() == 1
    publishing.publish([post])

    answer = sign_in(writer).post(reverse("admin:posts_post_duplicate", args=[post.pk]))

    made = Post.objects.exclude(pk=post.pk).get()
    assert answer.headers["Location"] == reverse("admin:posts_post_change", args=[made.pk])
    assert (made.title, made.state(), made.published_at) == ("Original (copy)", "draft", None)
    assert made.body == post.body
    assert "layout: wide" in made.header
    assert "2024" not in made.header
    assert "original" not in made.header
    assert made.slug != post.slug
    assert made.uid != post.uid
    assert list(made.images.values_list("path", "file")) == list(
        post.images.values_list("path", "file")
    )
    uids = LinkedItem.objects.values_list("uid", flat=True)
    assert len(uids) == len(set(uids)) == 2
    assert Client().get(post.get_absolute_url()).status_code == 200


def test_templates_are_written_by_those_who_may(editor: User, moderator: User) -> None:
    template = IssueTemplate(name="Weekly")
    with pytest.raises(PermissionDenied):
        starting.write_template(template, by=moderator)
    starting.write_template(template, by=editor)
    with pytest.raises(PermissionDenied):
        starting.delete_templates([template], by=moderator)
    assert IssueTemplate.objects.exists()
    starting.delete_templates([template], by=editor)
    assert not IssueTemplate.objects.exists()
