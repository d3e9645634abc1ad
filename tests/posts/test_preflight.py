"""What is found in an issue before readers see it, and what holds it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django.fixtures import Settings

from links.models import Link
from posts.auditing import words_of
from posts.dead_ends import missing_pages
from posts.models import Image, Picture, Post, Redirect, Tag, TagAlias
from posts.preflight import (
    Details,
    Finding,
    Written,
    check,
    check_post,
    levels,
    releasing,
    set_levels,
    suggest_tags,
)
from posts.publishing import save_document, trashing
from posts.slots import CHECKS, Check, Level
from tests.builders import make_draft, make_picture, make_post, make_scheduled, parsed
from tests.reading import Page

pytestmark = pytest.mark.django_db

EVERYTHING = {one.name: Level.WARN for one in CHECKS}
COMPLETE = Details(title="An issue", description="What it is", tags=("AI",))


def found(text: str, kind: str, details: Details = COMPLETE) -> list[Finding]:
    """Return what a check finds in a text."""
    remarks = check(Written(text, details), None, {**dict.fromkeys(EVERYTHING, Level.OFF),
                                                   kind: Level.WARN})  # fmt: skip
    assert {remark.finding.kind for remark in remarks} <= {kind}
    return [remark.finding for remark in remarks]


def mended(text: str, kind: str) -> str:
    """Return a text after all that a check offers was done."""
    edits = [finding.edit for finding in found(text, kind) if finding.edit]
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


# In each: what is wrong, with its line; then what is right and must not be taken for it.
WRONG = [
    ("missing-picture", "One\n\n![A chart](images/chart.png)\n", 3),
    ("missing-picture", '<p>\n<img src="images/a.png" alt="A">\n</p>\n', 2),
    ("missing-picture", "One\n\n![A chart](/images/chart.png)\n", 3),
    ("missing-picture", '<p>\n<img src="/old/a.png" alt="A">\n</p>\n', 2),
    ("missing-picture", "One\n\n- ![A chart](그림 1.png)\n", 3),
    ("missing-alt", "![](https://a.example/x.png)\n", 1),
    ("missing-alt", "- text\n  ![image.png](x.png)\n", 2),
    ("missing-alt", "![이미지 1](x.png)\n", 1),
    ("remote-picture", "![A cat](https://a.example/cat.png)\n", 1),
    ("unfinished-link", "See\n[this](https://a.example/x\n", 2),
    ("unfinished-link", "- [글](\n- next\n", 1),
    ("unfinished-link", "a [text]() b\n", 1),
    ("unfinished-link", "| a | b |\n|---|---|\n| [x](https://a.example | y |\n", 3),
    ("unfinished-link", "Text [half](htp://example.org\n", 1),
    ("unfinished-link", "Text\n[whole](htp://example.org) here\n", 2),
    ("dropped-html", "Text\n\n<script src='https://a.example/x.js'></script>\n", 3),
    ("dropped-html", "<p>\n<svg><text x='1'>Growth</text></svg></p>\n", 2),
    ("dropped-html", "<div>\n<STYLE>p {}</style>\n</div>\n", 2),
    ("unfinished-link", "- [half](http:/example.org and more\n", 1),
    ("unfinished-link", "- [ ](https://a.example/)\n", 1),
    ("unfinished-link", "- [](https://a.example/x)\n", 1),
    ("no-content", "## One\n\n# Two\n", 0),
    ("no-content", "\n", 0),
    ("bare-title", "- https://a.example/x\n", 1),
    ("bare-title", "* <https://a.example/x>: 설명\n", 1),
    ("short-link", "[x](https://bit.ly/abc)\n", 1),
    ("tracked-link", "\n\n> 1. [x](https://a.example/?utm_source=b)\n", 3),
    ("tracked-link", "<https://a.example/?fbclid=b>\n", 1),
    ("tracked-link", "[x](https://www.google.com/url?q=https://a.example/b)\n", 1),
    ("duplicate-link", "- [A](https://a.example/)\n- [Again](https://a.example/)\n", 2),
    ("undefined-reference", "Text\n[one][two]\n", 2),
    ("dead-place", "# Here\n\n[there](#nowhere)\n", 3),
    ("unfinished-link", "Text\n\n[call](tel:+82) us\n", 3),
    ("unfinished-link", "[port](https://example.org:99999/x)\n", 1),
    ("missing-page", "Text\n[x](www.example.org)\n", 2),
    ("missing-page", "- [part 2](other.md#here)\n", 1),
    ("missing-page", "[x](/2024/05/10/issue.html)\n", 1),
    ("missing-page", "[x](../an-issue-that-is-not-there/)\n", 1),
    ("missing-page", "\n<a href='/about/'>x</a>\n", 2),
    ("missing-page", "[x](/posts/a%00b/)\n", 1),
    ("look-alike", "[x](https://paypa1.com/)\n", 1),
    ("look-alike", "[paypal.com/login](https://a.example/)\n", 1),
    ("template-tag", "Hello\n{{ name }}\n", 2),
    ("template-tag", "{{< figure src=x >}}\n", 1),
    ("template-tag", "{% include a.html %}\n", 1),
    ("shown-comment", "One\ntwo %%ask Ann%% three\n", 2),
    ("shown-comment", "- One\n\n%%\nask Ann\n\n- 50%\n%%\n\nTwo\n", 3),
    ("placeholder", "- One\n- TODO\n", 2),
    ("placeholder", "TODO: an opening\n", 1),
    ("placeholder", "The price is [TK] a month\n", 1),
    ("placeholder", "Text TKTK text\n", 1),
    ("placeholder", "Text\nwith a TODO in it\n", 2),
    ("placeholder", "FIXME check this. `TODO`\n", 1),
    ("placeholder", "- **제목**: 작성 예정\n", 1),
    ("placeholder", "(추후 추가 예정)\n", 1),
    ("placeholder", "[여기에 요약 입력]\n", 1),
    ("placeholder", "（待补充）\n", 1),
    ("placeholder", "Lorem ipsum dolor\n", 1),
    ("open-fence", "Text\n```python\nprint()\n", 2),
    ("open-fence", "- ```\n  code\n\nText\n", 1),
    ("empty-section", "## One\n\n## Two\nText\n", 1),
    ("empty-section", "## One\nText\n\n### 둘\n", 4),
    ("heading-order", "## One\n\n#### Two\n", 3),
]
RIGHT = [
    ("missing-picture", "![A](https://a.example/x.png) ![B](/media/x) ![C](data:image/png;,)\n"),
    ("missing-picture", "![A](//a.example/x.png) `![B](a b.png)` ![C](a b) ![D](a b).png\n"),
    ("missing-alt", '<img src="x.png" alt="">\n\n![A chart of 3 lines](x.png)\n'),
    ("remote-picture", "![A](x.png) [B](https://a.example/cat.png)\n"),
    ("unfinished-link", "`[a](` and \\[b](https://a.example [c] (https://a.example) f(x)[0](y)\n"),
    ("dropped-html", "```html\n<script></script>\n```\n\nThe `<script>` element, <b>bold</b>\n"),
    ("dropped-html", "`<svg>a</svg>` <svg><style>a {}</style><path d='M0 0'/></svg>\n"),
    ("unfinished-link", "```\n[a](https://a.example\n```\n\n[b](https://b.example/x_(y) 'c')\n"),
    ("unfinished-link", "[![A](x.png)](https://a.example/) <a href='https://b.example'> </a>\n"),
    ("no-content", "## One\n- x\n"),
    ("no-content", "## [One](https://a.example/)\n"),
    ("no-content", "![A](x.png)\n"),
    ("bare-title", "- [Title](https://a.example/x): https://b.example/y\n\nSee https://c.example/\n"),
    ("short-link", "[x](https://youtu.be/abcdefghijk) [y](https://bit.ly/)\n"),
    ("tracked-link", "[x](https://a.example/?id=1&page=2#:~:text=words) `?utm_source=x`\n"),
    ("duplicate-link", "- [A](https://a.example/)\n- [B](https://a.example/x)\n"),
    ("duplicate-link", "* May 3. [Us](https://a.example/)\n* May 10. [Us](https://a.example/)\n"),
    ("duplicate-link", "- [A](https://a.example/) [B](https://a.example/b)\n"
                       "- [A](https://a.example/) [C](https://a.example/c)\n"),
    ("undefined-reference", "a[i][j] [x] [y][z](https://a.example/) \\[one][two]\n"),
    ("undefined-reference", "- [series][video] [Title](https://a.example/)\n"),
    ("dead-place", "# Some where\n\n[there](#some-where) [top](#top)\n"),
    ("missing-page", "[x](/tags/) [y](/archive/2024/?a=b) [z](?a=1) [a](#b) [m](mailto:a@b.c)\n"),
    ("missing-page", "[x](//example.org/) [u]({{ x }}) ![p](a.png) [e]() [m](/media/a.pdf)\n"),
    ("look-alike", "[Stockly.ai](https://a.example/) [www.a.org: news](https://github.com/a/a)\n"),
    ("template-tag", "`{{ name }}` and {curly}\n\n    {{ code }}\n"),
    ("shown-comment", "`%%a%%` 100%% sure, 50%% of it\n\n    %%b%%\n\n- ```\n  %%c%%\n  ```\n"),
    ("placeholder", "A to-do app, [WIP] parsers, TK kernels, XXX, todo!(), 새 기능 추가 예정\n"),
    ("placeholder", "TODO.md, todo/TODO, TODO-list, [remove TODO marks](https://a.example/)\n"),
    ("placeholder", "[TODO](https://todo.example/) `TODO: x` <!-- TODO: hidden -->\n"),
    ("open-fence", "```\na\n```\n\n> ~~~\n> b\n> ~~~\n\n- ````\n  ```\n  ````\n"),
    ("empty-section", "# Group\n\n## One\nText\n\n## [Linked](https://a.example/)\n"),
    ("heading-order", "#### One\n\n# Two\n\n## Three\n"),
]  # fmt: skip


@pytest.mark.one_database
@pytest.mark.parametrize(("kind", "text", "line"), WRONG)
def test_what_is_wrong_is_found_at_its_line(kind: str, text: str, line: int) -> None:
    assert [finding.line for finding in found(text, kind)] == [line]


@pytest.mark.one_database
@pytest.mark.parametrize(("kind", "text"), RIGHT)
def test_what_is_right_is_not_taken_for_it(kind: str, text: str) -> None:
    assert found(text, kind) == []


DETAILS = [
    ("no-description", {"description": " "}),
    ("no-tags", {"tags": ()}),
    ("long-title", {"title": "긴" * 60}),
    ("long-description", {"description": "long " * 70}),
    ("new-tag", {"tags": ("Never used",)}),
    ("odd-date", {"at": timezone.now() - timedelta(days=9)}),
    ("odd-date", {"at": timezone.now() + timedelta(days=900)}),
    ("odd-date", {"title": "2024-05-10 소식", "at": timezone.now()}),
    ("other-language", {"language": "ko"}),
    ("missing-picture", {"cover": "cover.png"}),
    ("missing-picture", {"cover": "/images/cover.png"}),
    ("advertising-mark", {"title": "[광고] 새 소식"}),
    ("advertising-mark", {"title": "새 소식 (광 고)"}),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("kind", "changes"), DETAILS)
def test_what_is_wrong_in_fields_is_found(kind: str, changes: dict[str, object]) -> None:
    values = {"title": "An issue", "description": "What", "tags": ("AI",), **changes}

    (finding,) = found("An English text of a few words.\n", kind, Details(**values))

    assert finding.field
    assert not finding.line


ADVERTISING = [
    ("- [AD] 새 노트북을 써 봤어요 [리뷰](https://a.example/)", 1),
    ("- Sponsored: 새 노트북을 써 봤어요 [리뷰](https://a.example/)", 1),
    ("- [최저가로 사기](https://link.coupang.com/a/xyz)", 1),
    ("- [광고] 새 노트북을 써 봤어요 [리뷰](https://a.example/)", 0),
    ("- [최저가로 사기](https://link.coupang.com/a/xyz) 쿠팡 파트너스 활동으로 수수료를 받아요", 0),
    ("- GitHub Sponsors로 후원하는 방법 [글](https://a.example/)", 0),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("text", "count"), ADVERTISING)
def test_what_is_paid_for_says_so_in_korean(text: str, count: int) -> None:
    assert len(found(f"오늘의 소식이에요.\n\n{text}\n", "advertising-mark")) == count


def test_a_translation_key_that_links_to_no_issue_is_found() -> None:
    english = make_post("Hello", body="Hello and welcome.\n", translationKey="hello", language="en")
    make_draft("Gone", translationKey="gone", language="en", body="Gone.\n")
    trashing.delete(Post.objects.get(title="Gone"))

    def told(key: str, language: str) -> list[str]:
        details = replace(COMPLETE, translationkey=key, language=language)
        return [str(one.words) for one in found("A text.\n", "lone-translation", details)]

    assert told("hello", "ko") == told("", "ko") == []
    assert told("helo", "ko") == ["No other issue has the translation key “helo” yet."]
    assert told("gone", "ko") == ["No other issue has the translation key “gone” yet."]
    assert told("hello", "en") == ["“Hello” has the same key and language: the two are not linked."]
    kinds = {remark.finding.kind for remark in check_post(english)}
    assert "lone-translation" in kinds  # it has no other yet itself


def test_advertising_in_other_languages_is_nobodys_business_here() -> None:
    assert (
        found("Today's news.\n\n- Sponsored: [A](https://a.example/)\n", "advertising-mark") == []
    )


def test_an_address_loses_what_counts_readers_and_nothing_else() -> None:
    text = (
        "- [한국](https://ko.wikipedia.org/wiki/한국?utm_source=x&action=raw#역사)\n"
        "- https://a.example/b?b=2&utm_medium=x&a=1\n"
        '- <a href="https://a.example/?x=1&amp;fbclid=y">z</a> [r][q]\n\n'
        "[q]: https://r.example/?gclid=1\n"
    )

    assert mended(text, "tracked-link") == (
        "- [한국](https://ko.wikipedia.org/wiki/한국?action=raw#역사)\n"
        "- https://a.example/b?b=2&a=1\n"
        '- <a href="https://a.example/?x=1">z</a> [r][q]\n\n'
        "[q]: https://r.example/\n"
    )


def test_a_short_address_gives_way_to_where_it_was_found_to_lead() -> None:
    make_post(body="[x](https://bit.ly/abc)")
    Link.objects.update(final_url="https://long.example/page")

    assert mended("[x](https://bit.ly/abc)\n", "short-link") == "[x](https://long.example/page)\n"


def test_what_is_known_of_links_is_said() -> None:
    make_post(body="[a](https://a.example/) [b](https://b.example/) [c](https://c.example/)")
    Link.objects.filter(url="https://a.example/").update(health=Link.Health.GONE)
    Link.objects.filter(url="https://b.example/").update(standing=Link.Standing.BLOCKED)
    Link.objects.filter(url="https://c.example/").update(standing=Link.Standing.HELD)
    text = "[a](https://a.example/)\n[b](https://b.example/)\n[c](https://c.example/)\n"

    assert [f.line for f in found(text, "broken-link")] == [1]
    assert [f.line for f in found(text, "blocked-link")] == [2]
    assert [f.line for f in found(text, "held-link")] == [3]


def test_a_link_that_an_earlier_issue_had_is_said_with_title_day_and_place() -> None:
    evening = datetime(2024, 5, 10, 20, tzinfo=UTC)
    make_post("Earlier", "- [A](https://a.example/)", at=evening, tags=())

    with timezone.override("Asia/Seoul"), translation.override("ko"):
        (finding,) = found("- [A again](https://a.example/)\n", "covered-before")

    assert "“Earlier” (2024년 5월 11일)" in finding.words
    assert finding.path.startswith("/posts/earlier/#item-")


def test_a_running_list_of_events_was_not_covered_before() -> None:
    events = "## Events\n" + "".join(f"- [E{n}](https://a.example/{n})\n" for n in range(4))
    make_post("Earlier", events)

    assert found(events, "covered-before") == []
    assert len(found(events.replace("Events", "News"), "covered-before")) == 4


def test_what_many_issues_have_is_furniture() -> None:
    for n in range(9):
        make_post(f"Issue {n}", "- [Us](https://us.example/)")

    assert found("- [Us](https://us.example/)\n", "covered-before") == []


def test_pictures_that_came_with_an_issue_are_there() -> None:
    post = make_draft(body="![A](images/a%20b.png) ![B](images/c.png)")
    Image.objects.bulk_create(
        [Image(post=post, path="images/a b.png", file="a.png", width=1, height=1)]
    )

    remarks = check(Written(post.body, COMPLETE), post, EVERYTHING)

    missing = [r.finding.words for r in remarks if r.finding.kind == "missing-picture"]
    assert [words for words in missing if "c.png" in words] == missing
    assert len(missing) == 1


def test_pictures_of_the_library_are_there_and_ornaments_need_no_words() -> None:
    picture = make_picture()
    text = f"![]({picture.path})\n"

    assert found(text, "missing-picture") == []
    assert len(found(text, "missing-alt")) == 1
    Picture.objects.update(is_decorative=True)
    assert found(text, "missing-alt") == []


def test_pictures_elsewhere_are_fine_where_they_are_kept_here(settings: Settings) -> None:
    settings.MIRROR_IMAGES = True

    assert found("![A](https://a.example/x.png)\n", "remote-picture") == []


def test_a_new_tag_that_looks_like_another_is_asked_about() -> None:
    make_post(tags=("LangChain",))

    (finding,) = found("Text\n", "new-tag", Details(tags=("lang chain", "Langchain")))

    assert "Is it “LangChain”?" in finding.words


def test_a_text_that_cannot_be_shown_is_one_finding() -> None:
    remarks = check(Written("> " * 30 + "deep"), None, EVERYTHING)

    assert [(r.finding.kind, r.finding.line) for r in remarks] == [("unreadable", 1)]


def test_queries_stay_the_same_when_an_issue_grows() -> None:
    make_post(body="".join(f"- [A{n}](https://a.example/{n})\n" for n in range(40)))

    def queries(count: int) -> int:
        text = "".join(
            f"- [A{n}](https://a.example/{n}) [B{n}](https://b.example/{n})\n" for n in range(count)
        )
        with CaptureQueriesContext(
            connection,
        ) as asked:
            check(Written(text, Details(tags=("new",))), None, EVERYTHING)
        return len(asked)

    assert queries(40) == queries(20)


def test_an_app_above_adds_a_check_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CHECKS, "_entries", dict(CHECKS._entries))
    words = "Too large for a mail"
    CHECKS.add(Check("mail-size", "Size", lambda written, _facts: [Finding("mail-size", words)]))

    assert words in [r.finding.words for r in check(Written("Text"), None, levels())]


# What holds


BROKEN = "- [One](https://one.example/\n"


def send(client: Client, post: Post, **data: str) -> Post:
    address = reverse("admin:posts_post_change", args=[post.pk])
    shown = Page(client.get(address)).fields("#post_form")
    client.post(address, {**shown, **data})
    return Post.objects.get(pk=post.pk)


def test_a_finding_that_holds_keeps_an_issue_from_being_published(admin_client: Client) -> None:
    post = make_draft(body=BROKEN)

    assert not send(admin_client, post, _publish="1").is_public()
    later = f"{timezone.localtime() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    scheduled = send(admin_client, post, _schedule="1", published_at=later)
    assert scheduled.status == Post.Status.DRAFT
    address = reverse("admin:posts_post_change", args=[post.pk])
    form = Page(admin_client.get(address)).fields("#post_form")
    for button, words in (("_schedule", "Not scheduled yet"), ("_publish", "Not published yet")):
        answer = admin_client.post(address, {**form, button: "1", "published_at": later})
        assert words in Page(answer).one(".errornote, .error-summary").text()
    assert send(admin_client, post, _save="1", title="Saved").title == "Saved"


def test_overriding_needs_a_reason_and_is_recorded(admin_client: Client) -> None:
    post = make_draft(body=BROKEN)

    assert send(admin_client, post, _publish="1", override="It is meant so").is_public()

    entry = LogEntry.objects.latest("pk")
    assert "(Links that are not finished): It is meant so" in words_of(entry)
    with translation.override("ko"):
        assert "(완성되지 않은 링크): It is meant so" in words_of(entry)
    assert entry.user.username == "admin"


@pytest.mark.parametrize("make", [make_scheduled, make_post])
def test_saving_what_readers_have_or_will_get_is_held_and_nothing_is_lost(
    admin_client: Client, make: Callable[[], Post]
) -> None:
    post = make()
    before = post.body
    address = reverse("admin:posts_post_change", args=[post.pk])
    form = Page(admin_client.get(address)).fields("#post_form")

    answer = admin_client.post(address, {**form, "text": BROKEN, "_save": "1"})

    assert "Not saved yet, because readers would get it" in Page(answer).text()
    assert Page(answer).fields("#post_form")["text"].strip() == BROKEN.strip()
    assert Post.objects.get().body == before
    if post.is_public():
        admin_client.post(address, {**form, "text": BROKEN, "_later": "1"})
        assert Post.objects.get().body == before, "later is not now: that is looked at then"
    send(admin_client, post, text=BROKEN, _save="1", override="It is meant so")
    assert Post.objects.get().body == BROKEN
    assert "It is meant so" in words_of(LogEntry.objects.latest("pk"))


def test_restoring_what_readers_would_get_needs_a_reason_too(admin_client: Client) -> None:
    post = make_draft(body=BROKEN)
    send(admin_client, post, text="All right\n", _publish="1")
    address = reverse("admin:posts_post_restore", args=[post.pk, 1])
    asked = Page(admin_client.get(address))
    assert "A link that is not finished" in asked.text()
    form = asked.fields("#content-main form")

    admin_client.post(address, {**form, "why": " "})
    assert Post.objects.get().body == "All right\n"
    admin_client.post(address, {**form, "why": "It is meant so"})
    assert Post.objects.get().body == BROKEN
    assert "It is meant so" in words_of(LogEntry.objects.latest("pk"))


def test_moving_in_the_calendar_says_what_a_check_would_hold(admin_client: Client) -> None:
    post = make_scheduled(body=BROKEN)
    move = reverse("admin:posts_post_move", args=[post.pk])

    answer = admin_client.post(move, {"published_at": "2030-01-02T08:00"}, follow=True)

    assert "is moved to" in Page(answer).text()
    assert "a check would hold it" in Page(answer).text()


def test_a_remark_holds_nothing(admin_client: Client, admin_user: User) -> None:
    set_levels({**levels(), "unfinished-link": Level.WARN}, by=admin_user)

    assert send(admin_client, make_draft(body=BROKEN), _publish="1").is_public()


def test_several_issues_are_published_but_those_that_are_held(admin_client: Client) -> None:
    fine, held = make_draft("Fine"), make_draft("Held", BROKEN)
    address = reverse("admin:posts_post_changelist")
    data = {"action": "publish_selected", "_selected_action": [str(fine.pk), str(held.pk)]}

    asked = admin_client.post(address, data)
    assert "Held (1 finding holds it)" in asked.content.decode()
    admin_client.post(address, {**data, "decide": "1"})
    assert [p.title for p in Post.objects.published()] == ["Fine"]

    admin_client.post(address, {**data, "decide": "1", "why": "All right"})
    assert Post.objects.published().count() == 2
    assert "All right" in words_of(LogEntry.objects.filter(object_id=held.pk).latest("pk"))


def test_what_somebody_saves_meanwhile_is_not_published_unseen(
    admin_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_draft("Clean", "Words.\n")
    look = releasing.check_post

    def look_slowly(seen: Post, *given: Any) -> Any:
        found = look(seen, *given)
        save_document(Post.objects.get(pk=seen.pk), parsed("Clean", "TODO [x](\n"))
        return found

    monkeypatch.setattr(releasing, "check_post", look_slowly)
    done = releasing.release([post], lambda _said: lambda _post: None, by=admin_user)
    assert done.held == [post]
    assert not Post.objects.published().exists()


def test_an_issue_published_from_its_own_page_is_held_too(admin_client: Client) -> None:
    post = make_draft(body=BROKEN)
    address = reverse("admin:posts_post_publish", args=[post.pk])

    assert "A link that is not finished" in admin_client.get(address).content.decode()
    admin_client.post(address, {"why": " "})
    assert not Post.objects.published().exists()
    admin_client.post(address, {"why": "It is meant so"})
    assert Post.objects.published().exists()


def test_the_owner_chooses_what_holds(admin_client: Client) -> None:
    address = reverse("admin:posts_sitesettings_checks")
    chosen = {name: level.value for name, level in levels().items()}

    admin_client.post(address, {**chosen, "no-tags": "stop", "no-description": "off"})

    assert levels()["no-tags"] == Level.STOP
    assert levels()["no-description"] == Level.OFF
    assert "no-description, no-tags" in words_of(LogEntry.objects.latest("pk"))


def test_without_scripts_the_page_after_a_save_says_what_was_found(admin_client: Client) -> None:
    post = make_draft(body=BROKEN)
    address = reverse("admin:posts_post_change", args=[post.pk])

    send(admin_client, post, _save="1", _plain="1")
    page = admin_client.get(f"{address}?checks=1").content.decode()

    assert "A link that is not finished" in page
    assert "A link that is not finished" not in admin_client.get(address).content.decode()


def test_a_document_pasted_whole_is_checked_by_its_header_and_its_lines(
    admin_client: Client,
) -> None:
    text = "---\ntitle: T\ndescription: D\ntags: [A]\n---\n\n😀 [x](https://a.example/?fbclid=1)\n"

    answer = admin_client.post(reverse("admin:posts_post_preflight"), {"text": text}).json()

    assert answer["marks"][0]["line"] == 7
    assert "No description" not in answer["html"]
    start = text.encode("utf-16-le").index("https".encode("utf-16-le")) // 2
    assert f'data-from="{start}"' in answer["html"]


# The command


def test_scripts_get_a_line_for_each_finding_and_fail_by_level() -> None:
    make_draft("하나", BROKEN, tags=())
    out = StringIO()

    with pytest.raises(CommandError):
        call_command("check_posts", stdout=out)
    assert "하나:5: stop unfinished-link: A link that is not finished" in out.getvalue()
    assert "하나: warn no-tags" in out.getvalue()

    make_draft("Two", "Text\n", tags=())
    call_command("check_posts", "two", stdout=out)
    with pytest.raises(CommandError):
        call_command("check_posts", "two", "--level", "warn", stdout=out)
    with pytest.raises(CommandError, match="no issue three"):
        call_command("check_posts", "three", stdout=out)


# Tags


def test_tags_are_suggested_by_words_and_by_other_names_and_say_why() -> None:
    make_post(tags=("Llama 3 평가", "Go", "Rust"))
    TagAlias.objects.create(tag=Tag.objects.get(name="Rust"), name="러스트", key="러스트", slug="x")
    text = (
        "- 러스트는 빨라요\n- 러스트로 썼어요\n- 러스트 소식\n\ngo go go and go\n\nLlama 3 평가\n"
    )

    suggested = suggest_tags(Written(text, Details(title="Llama 3 평가 모음")))

    assert [one.name for one in suggested] == ["Rust", "Llama 3 평가"]
    assert suggested[0].why == "“러스트” stands 3 times in the text"


def test_tags_are_suggested_by_the_sources_of_links() -> None:
    for n in range(4):
        make_post(f"Paper {n}", f"- [P](https://arxiv.org/abs/240{n}.01234)", tags=("Papers",))
    make_post("Other", "- [P](https://arxiv.org/abs/2409.01234)", tags=("Other",))
    text = "- [New](https://arxiv.org/abs/2501.01234)\n"

    (suggested,) = suggest_tags(Written(text))

    assert suggested.name == "Papers"
    assert suggested.why == "4 of 5 issues that cite arxiv.org have it"
    assert suggest_tags(Written(text, Details(tags=("papers",)))) == []


def test_an_other_name_that_is_typed_offers_the_tag(admin_client: Client) -> None:
    make_post(tags=("Rust",))
    TagAlias.objects.create(tag=Tag.objects.get(), name="러스트", key="러스트", slug="x")

    answer = admin_client.get(reverse("admin:posts_tag_suggest"), {"q": "러스"}).json()

    assert answer["tags"] == [{"name": "Rust", "post_count": 1, "alias": "러스트"}]


def test_of_many_findings_so_many_are_shown_and_the_number_is_said(admin_client: Client) -> None:
    text = "[a](\n\n" * 250

    answer = admin_client.post(reverse("admin:posts_post_preflight"), {"text": text}).json()

    assert len(Page(answer["html"]).all(".remarks-stop li")) == 100
    assert "and 150 more" in Page(answer["html"]).text()
    assert answer["count"] > 250
    assert sum(mark["level"] == "error" for mark in answer["marks"]) == 100


def test_scripts_get_so_many_lines_of_one_check_and_the_number_of_the_rest() -> None:
    make_draft(body="[a](\n\n" * 105)
    out = StringIO()

    with pytest.raises(CommandError, match="105 findings"):
        call_command("check_posts", stdout=out)

    lines = [line for line in out.getvalue().splitlines() if "unfinished-link" in line]
    assert len(lines) == 101
    assert lines[-1].endswith("unfinished-link: 5 more")


def test_a_link_to_an_issue_or_to_where_something_led_before_leads_somewhere() -> None:
    make_post(slug="there")
    Redirect.objects.create(old="/2024/old.html", new="/posts/there/")
    text = "[a](/posts/there/) [b](../there/#items) [c](../there.md) [d](/2024/old.html)\n"
    assert not found(text, "missing-page")


def test_as_many_links_to_pages_are_looked_for_as_a_text_may_hold() -> None:
    if connection.vendor == "sqlite":
        most = connection.connection.setlimit(SQLITE_LIMIT_VARIABLE_NUMBER, 1_000)
    try:
        assert len(missing_pages(f"/posts/{number}/" for number in range(1_500))) == 1_500
    finally:
        if connection.vendor == "sqlite":
            connection.connection.setlimit(SQLITE_LIMIT_VARIABLE_NUMBER, most)


def test_each_of_thousands_of_links_in_a_line_is_found_in_its_place() -> None:
    text = "Text\n\n" + "".join(f"[{number}](b{number}.md) " for number in range(3_000))
    spans = [finding.span for finding in found(text, "missing-page")]
    assert [text[slice(*span)] for span in (spans[0], spans[-1])] == [
        "[0](b0.md)",
        "[2999](b2999.md)",
    ]
