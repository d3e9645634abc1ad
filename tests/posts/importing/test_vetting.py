"""What an import makes of files that are private, unfinished, expired, or no issues."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils import translation
from pytest_django.fixtures import Settings

from posts import publishing
from posts.importing import Kind
from posts.models import Post
from tests.posts.test_importing import TOO_DEEP, run, run_one, write, zipped

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def issue(header: str = "", body: str = "text [a](https://example.org/)\n") -> str:
    return f"---\ntitle: T\ndate: 2024-05-10\n{header}\n---\n\n{body}"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("published: false", "its header says “published: false”"),
        ("unlisted: true", "its header says “unlisted: true”"),
        ("status: private", "its header says “status: private”"),
        ("deleted: true", "its header says “deleted: true”"),
        ("expiryDate: 2025-01-01", "it expired on 2025-01-01"),
        ("status: scheduled", "its header says “status: scheduled”"),
    ],
)
@pytest.mark.parametrize("status", [None, "published"])
def test_what_an_author_holds_back_is_no_public_issue(
    tmp_path: Path, header: str, reason: str, status: str | None
) -> None:
    outcome = run_one(tmp_path, issue(header), status=status)
    assert f"stays a draft: {reason}" in str(outcome)
    assert not outcome.failed
    assert not Post.objects.published().exists()
    assert Post.objects.get().status == "draft"
    assert run_one(tmp_path, issue(header), status=status, update=True).kind is Kind.UNCHANGED


@pytest.mark.parametrize(
    ("header", "day"),
    [
        ("publishDate: 2999-01-01T00:00:00Z", "2999-01-01"),
        ("date: 2999-01-01\nstatus: scheduled", "2999-01-01"),
    ],
)
@pytest.mark.parametrize("status", [None, "published"])
def test_what_is_not_public_yet_is_scheduled(
    tmp_path: Path, header: str, day: str, status: str | None
) -> None:
    text = issue(header) if "date:" not in header else f"---\ntitle: T\n{header}\n---\nx\n"
    outcome = run_one(tmp_path, text, status=status)
    assert f"scheduled for {day}" in str(outcome)
    assert Post.objects.scheduled().count() == 1


@pytest.mark.parametrize("also", ["draft: true", "private: true", "visibility: members"])
def test_a_schedule_lifts_nothing_else(tmp_path: Path, also: str) -> None:
    text = f"---\ntitle: T\ndate: 2999-01-01\nstatus: scheduled\n{also}\n---\nx\n"
    assert f"its header says “{also}”" in str(run_one(tmp_path, text))
    assert not Post.objects.scheduled().exists()


@pytest.mark.parametrize(
    "name",
    ["_drafts/a.md", "x/drafts/a.md", "_scheduled/a.md", "private/a.md", "_a.md", "a.draft.md"],
)
@pytest.mark.parametrize("status", [None, "published"])
def test_folders_and_names_hold_back_too(tmp_path: Path, name: str, status: str | None) -> None:
    outcome = run_one(tmp_path, issue(), name, status=status)
    assert "stays a draft: it" in str(outcome)
    assert Post.objects.get().status == "draft"


@pytest.mark.parametrize("said", ["layout: page", "type: page"])
def test_a_page_of_a_site_is_no_public_issue_unless_something_dates_it(
    tmp_path: Path, said: str
) -> None:
    header = f"title: About\n{said}"
    outcome = run_one(tmp_path, f"---\n{header}\n---\ntext\n")
    assert f"its header says “{said}”" in str(outcome)
    assert not Post.objects.published().exists()
    run_one(tmp_path / "b", f"---\n{header}\ndate: 2024-05-10\n---\ntext\n", "b.md")
    run_one(tmp_path / "c", f"---\n{header}\n---\ntext\n", "2024-05-10-c.md")
    assert Post.objects.published().count() == 2


def test_the_folder_that_is_imported_counts(tmp_path: Path) -> None:
    run(write(tmp_path, {"_drafts/a.md": issue()}) / "_drafts")
    run(tmp_path / "_drafts" / "a.md")
    assert Post.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "+++\ntitle = 'T'\ndate = 2024-05-10\ndraft = true # not yet\n+++\n",
            "draft = false # not yet",
        ),
        ('{\n  "title": "T",\n  "date": "2024-05-10",\n  "draft": true\n}\n', '"draft": false\n'),
        ("---\ntitle: T\ndate: 2024-05-10\npublished: false\n---\n", "published: true\n"),
    ],
)
def test_who_publishes_it_here_changes_what_its_header_says(
    tmp_path: Path, before: str, after: str
) -> None:
    run_one(tmp_path, f"{before}\ntext\n")
    publishing.publish([Post.objects.get()])
    post = Post.objects.get()
    assert after in post.header
    assert post.document.endswith("\n\ntext\n")
    assert Post.objects.published().exists()


@pytest.mark.parametrize("held", ["draft: true", "published: false", "status: private"])
def test_what_its_file_no_longer_holds_back_is_published(tmp_path: Path, held: str) -> None:
    run_one(tmp_path, issue())
    run_one(tmp_path, issue(held), update=True)
    assert not Post.objects.published().exists()

    run_one(tmp_path, issue(), update=True)

    assert Post.objects.published().exists()


def test_what_staff_withdrew_stays_so_whatever_its_file_says_now(tmp_path: Path) -> None:
    run_one(tmp_path, issue("draft: false"))
    publishing.withdraw([Post.objects.get()])
    run_one(tmp_path, issue(body="another text\n"), update=True)
    assert Post.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<!--\ntitle: X\ndraft: true\n-->\n\ntext\n", "draft: true"),
        ("<!-- (c) us -->\n---\ntitle: X\npublished: no\n---\ntext\n", "published: no"),
        ("```yaml\ntitle: X\ndraft: true\n```\n\ntext\n", "draft: true"),
        ("---\ntitle: X\n---\n\n---\nstatus: private\n---\ntext\n", "status: private"),
        ("———\ntitle: X\ndraft: true\n———\n\ntext\n", "draft: true"),
        ("# X\n\n- **Status**: draft\n\ntext\n", "Status: draft"),
        ("제목: 주간\n상태: 초안\n\n본문\n", "상태: 초안"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_nothing_becomes_public_that_a_header_in_another_form_holds_back(
    tmp_path: Path, text: str, said: str, end: str
) -> None:
    outcome = run_one(tmp_path, text.replace("\n", end), "2024-05-10-a.md")
    assert f"its text begins like a header that is not read: “{said}”" in str(outcome)
    assert not Post.objects.published().exists()


@pytest.mark.parametrize(
    "text",
    [
        "The status: draft of it is long\n\nPrivate: a word. Hidden: 3\n",
        "Published: yes\n\n- Access: 3 members\n- draft: many\n",
        "a\n\nb\n\nc\n\ndraft: true\n",
    ],
)
def test_prose_holds_nothing_back(tmp_path: Path, text: str) -> None:
    run_one(tmp_path, text, "2024-05-10-a.md")
    assert Post.objects.published().exists()


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        ("text\n\n- [x]()\n", "no address for [x]() (line 9)"),
        ("[x](www.example.org) [y](b.md)\n", "no page of this site for www.example.org, b.md "),
        ("a\n\n[old](/2024/old.html)\n", "no page of this site for /2024/old.html (line 9)"),
        ("[call](tel:+82)\n[port](https://example.org:99999/)\n",
         "readers get no link of tel:+82, https://example.org:99999/ (line 7)"),
        ("`#z`\n\n[z](#z)\n", "no place in this issue for #z (line 9)"),
        ("<svg><text>Up</text></svg>\n", "words in <svg> are not shown (line 7)"),
        ("import X from './x'\n\ntext\n",
         "template tags are shown as text: import … from … (line 7)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_what_readers_get_nothing_of_is_named_with_its_line(
    tmp_path: Path, body: str, remark: str, end: str
) -> None:
    outcome = run_one(tmp_path, issue(body=body).replace("\n", end))
    assert remark in str(outcome)
    assert Post.objects.published().exists()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("piece", ["import a\n", "\n", "<svg>", "<svg><style>"])
def test_marks_that_never_end_cost_time_in_proportion(tmp_path: Path, piece: str, end: str) -> None:
    """A pattern that is quadratic, or worse, would take minutes here, not a moment."""
    body = f"A title\n{piece * (200_000 // len(piece))}</b>\n"
    assert run_one(tmp_path, body.replace("\n", end), "2024-05-10-a.md").kind


def test_links_that_lead_somewhere_need_no_remark(tmp_path: Path) -> None:
    body = (
        "[a](/tags/) [b](../another-issue/) [c](?a=1) [d](#top) [e](mailto:a@example.org)"
        " [f](//example.org/x) <http://localhost:PORT> [g](https://example.org:65535/)\n\n"
        "<svg><style>a {}</style><path d='M0 0'/></svg> `<svg>words</svg>`\n"
    )
    assert run_one(tmp_path, issue(body=body)).notices == ()


def test_what_stands_in_comments_needs_no_remark(tmp_path: Path) -> None:
    body = (
        "Words <!-- [a][b] {% c %} ![d](e f.png) ![g](h.png) %%i%% [j](#k) --> here.\n\n"
        "<!--\n{{< l >}} [[m]]\n\n<svg>n</svg> ![o](p q.png)\n\n%% r %%\n-->\n\n"
        "<div>\n<!-- ![](s.png) {{ t }} --></div>\n"
    )
    assert run_one(tmp_path, issue(body=body)).notices == ()


@pytest.mark.parametrize("name", ["a.mdx", "b/a.MKD"])
def test_what_is_called_otherwise_is_named_and_not_passed_over(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path, {"f/ok.md": issue(), f"f/{name}": issue(), "f/x.txt": "x"}) / "f"
    archive = write(tmp_path, {"a.zip": zipped({"ok.md": b"x", name: b"x"})}) / "a.zip"
    for path in (folder, archive):
        refused = [outcome for outcome in run(path) if outcome.kind is Kind.REFUSED]
        assert len(refused) == 1
        assert "are not read: call it .md" in refused[0].reason


def test_a_dry_run_says_so(tmp_path: Path) -> None:
    outcome = run_one(tmp_path, issue("private: true"), dry_run=True)
    assert "stays a draft: its header says “private: true”" in str(outcome)


def test_an_expiry_to_come_is_told(tmp_path: Path) -> None:
    outcome = run_one(tmp_path, issue("expires: 2999-01-01"))
    assert "expires on 2999-01-01: withdraw it then by hand" in outcome.notices
    assert Post.objects.published().exists()


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/readme.ko.md",
        "CONTRIBUTING.md",
        "LICENSE.md",
        "_index.md",
        "FUNDING.md",
        "style-guide.md",
    ],
)
def test_files_about_a_folder_are_skipped(tmp_path: Path, name: str) -> None:
    outcome = run_one(tmp_path, "# How to write\n\ntext\n", name)
    assert outcome.kind is Kind.SKIPPED
    assert not outcome.failed
    assert not Post.objects.exists()


@pytest.mark.parametrize(
    ("name", "text"), [("README.md", issue()), ("2025/11/README.md", "text\n")]
)
def test_they_are_issues_when_something_dates_them(tmp_path: Path, name: str, text: str) -> None:
    assert run_one(tmp_path, text, name).kind is Kind.CREATED


@pytest.mark.parametrize(
    "text", ["", "\ufeff\n \n", "<!--\nto come\n-->\n", "---\ntitle: T\ndate: 2024-05-10\n---\n\n"]
)
def test_a_file_without_text_is_a_draft(tmp_path: Path, text: str) -> None:
    outcome = run_one(tmp_path, text, status="published")
    assert "stays a draft: it holds no text" in outcome.notices
    assert Post.objects.get().status == "draft"


CONFLICT = "a\n\n<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> b\n"


def test_a_merge_conflict_keeps_an_issue_a_draft(tmp_path: Path) -> None:
    outcome = run_one(tmp_path, issue(body=CONFLICT))
    assert outcome.problem == "line 9: a merge conflict is not resolved"
    assert Post.objects.get().status == "draft"
    shown = run_one(tmp_path / "b", issue(body=f"```\n{CONFLICT}```\n"), "b.md")
    assert not shown.problem


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        ("{% include a.html %}\n\n[x]({{< ref y >}})", "{% include %}, {{< ref >}} (line 7)"),
        ("text {{ site.url }}/a\n", "{{ site.url }} (line 7)"),
        ("<%= date %>\n", "<% date %> (line 7)"),
        ("{{#if x}}{{> y}}{{{z}}}{{/if}}\n", "{{#if}}, {{>y}}, {{ z }} (line 7)"),
        (
            '> [!NOTE]\n> a\n\n:::{tip}\nb\n:::\n!!! info "c"\n',
            "[!NOTE], :::tip, !!! info (line 7)",
        ),
        (
            '[caption id="1"]a[/caption] [embed]//b[/embed] [c] d[/e]\n',
            "[caption], [embed] (line 7)",
        ),
        ("Dear *|FNAME|*\n\n*a*|B|*c*\n", "*|FNAME|* (line 7)"),
        ("a\n\n{{% notice %}}x{{% /notice %}}\n", "{{% notice %}} (line 9)"),
    ],
)
def test_template_tags_are_told(tmp_path: Path, body: str, remark: str) -> None:
    outcome = run_one(tmp_path, issue(body=body))
    assert f"template tags are shown as text: {remark}" in outcome.notices


def test_template_tags_in_code_are_what_an_author_wants(tmp_path: Path) -> None:
    body = "`{% raw %}` and ``{{ x }}``\n\n```jinja\n{% if x %}\n{{ y }}\n```\n\n{ % } {{}}\n"
    assert run_one(tmp_path, issue(body=body)).notices == ()


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        ("Text %%ask Ann%% goes on\n", "%%ask Ann%% (line 7)"),
        ("Text\n\n%%\nask Ann\n\n- or Bob\n%%\n\nMore\n", "%% ask Ann - or Bob %% (line 9)"),
        ("한글%%물어보기%%\r\n\r\n- %% b\r\nc %%", "%%물어보기%%, %% b c %% (line 7)"),
        ("> %%a%%\n\n%%b 50%%%\n", "%%a%% (line 7)"),
        (f"%%{'a' * 99}%%\n", f"%%{'a' * 58}… (line 7)"),
    ],
)
def test_comments_that_readers_see_are_told(tmp_path: Path, body: str, remark: str) -> None:
    outcome = run_one(tmp_path, issue(body=body))
    assert outcome.notices == (f"comments are shown to readers: {remark}",)


@pytest.mark.parametrize(
    "body",
    [
        "`%%a%%` and ``%% b %%``\n\n```\n%%c%%\n```\n\n    %%d%%\n",
        "- ~~~\n  %%\n  e\n  %%\n  ~~~\n",
        "I am 100%% sure, and 50%% more, or 20%%-30%% less\n",
        "<https://example.org/a%%20b%%20c%%> https://example.org/?a=%%b%%\n",
        "%% This is file\n%% made by\n\n%%\n%% A title\n%%\n\n%%%%%% a %%%%%%\n",
        'Call printf("%%d and %%s")\n\n%%%%\n\n%%\n\n%%\n',
    ],
)
def test_what_is_no_comment_needs_no_remark(tmp_path: Path, body: str) -> None:
    assert run_one(tmp_path, issue(body=body)).notices == ()


# Lines


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    assert run_one(tmp_path, TOO_DEEP).problem.startswith("line 5: ")
    header = issue("a: 1\nb: 2").replace("\n", "\r\n")
    assert "line 9: " in run_one(tmp_path / "b", header + "- " * 60 + "x\r\n", "b.md").problem


def test_a_loss_is_found_at_the_line_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(source: str, html: str) -> str:
        return f"line {source[: source.index('lost')].count(chr(10)) + 1}"

    monkeypatch.setattr("posts.importing.files.find_losses", find)
    assert run_one(tmp_path, issue("a: 1", "text\n\nlost\n")).problem == "line 9"


def test_what_is_said_is_said_in_the_language_of_the_site(
    tmp_path: Path, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "ko"
    with translation.override("ko"):
        held = run_one(tmp_path, issue("published: false"))
        refused = run_one(tmp_path / "b", '---\ntitle: "My issue\n---\n', "b.md")
        deep = str(run_one(tmp_path / "c", TOO_DEEP, "c.md"))
    assert "초안으로 남아요: 헤더에 “published: false”(이)라고 되어 있어요" in held.notices
    assert refused.reason == "2번째 줄: *My issue* 앞의 따옴표가 닫히지 않았어요"
    assert deep.partition(": ")[2].startswith("초안으로 두었어요: 5번째 줄: ")
