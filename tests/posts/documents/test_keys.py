"""Titles, dates and tags under the keys that the world's generators write."""

from datetime import UTC, date, datetime

import pytest

from posts.documents import DocumentError, Metadata, parse_issue, rewrite_header


def metadata(header: str) -> Metadata:
    return parse_issue(f"---\n{header}\n---\nx\n".encode()).metadata


@pytest.mark.parametrize(
    "key",
    "date pubDate pubDatetime publishDate publish_date published published_at publishedAt post_date"
    " created created_at createdAt Date-Created sent_at issue-date 발행일 날짜".split(),
)
def test_dates_have_many_keys(key: str) -> None:
    assert metadata(f"{key}: 2024-05-01").date == date(2024, 5, 1)


@pytest.mark.parametrize("key", "title Subject headline name 제목".split())
def test_titles_have_many_keys(key: str) -> None:
    assert metadata(f"{key}: Hello").title == "Hello"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("May 10, 2024", date(2024, 5, 10)),
        ("Jul 08 2022", date(2022, 7, 8)),
        ("10 September 2024", date(2024, 9, 10)),
        ("2024년 5월 10일", date(2024, 5, 10)),
        ("2024年5月10日", date(2024, 5, 10)),
        ("2024. 5. 10.", date(2024, 5, 10)),
        ("10. Mai 2024", date(2024, 5, 10)),
        ("Freitag, 10. März 2024", date(2024, 3, 10)),
        ("vendredi 10 août 2024 12:30", datetime(2024, 8, 10, 12, 30)),  # noqa: DTZ001
        ("10 de mayo de 2024", date(2024, 5, 10)),
        ("1715344200", datetime(2024, 5, 10, 12, 30, tzinfo=UTC)),
        ("1715344200000", datetime(2024, 5, 10, 12, 30, tzinfo=UTC)),
        ("2024-05-10 1:30 PM", datetime(2024, 5, 10, 13, 30)),  # noqa: DTZ001
        ("2024-05-10 12:30 am", datetime(2024, 5, 10, 0, 30)),  # noqa: DTZ001
        ("2024-05-10 09:00 KST", datetime(2024, 5, 10, tzinfo=UTC)),
        ("2024-05-10 09:00:00 Asia/Seoul", datetime(2024, 5, 10, tzinfo=UTC)),
        ("2024-05-05T00:00:00.000Z", datetime(2024, 5, 5, tzinfo=UTC)),
        ("2024년 5월 10일 (금)", date(2024, 5, 10)),
        ("2024年5月10日（金）", date(2024, 5, 10)),
        ("2024年5月10日(金曜日) 午後1:30", datetime(2024, 5, 10, 13, 30)),  # noqa: DTZ001
        ("2024. 5. 10. 오후 1:30:00", datetime(2024, 5, 10, 13, 30)),  # noqa: DTZ001
        ("May 10, 2024 1:30 PM", datetime(2024, 5, 10, 13, 30)),  # noqa: DTZ001
        ("May 10th, 2024 at 9:00 am", datetime(2024, 5, 10, 9)),  # noqa: DTZ001
        ("10 May 2024, 12:15 a.m. UTC", datetime(2024, 5, 10, 0, 15, tzinfo=UTC)),
        (
            "Fri May 10 2024 09:00:00 GMT+0900 (Korean Standard Time)",
            datetime(2024, 5, 10, tzinfo=UTC),
        ),
        ("Fri May 10 09:00:00 KST 2024", datetime(2024, 5, 10, tzinfo=UTC)),
        ("Fri May  3 09:00:00 2024", datetime(2024, 5, 3, 9)),  # noqa: DTZ001
        ("Fri, 10 May 2024 09:00:00 +0900 (KST)", datetime(2024, 5, 10, tzinfo=UTC)),
        ("2024-05-10 09:00 PDT", datetime(2024, 5, 10, 16, tzinfo=UTC)),
        ("2024-05-10T09:00:00+09:00[Asia/Seoul]", datetime(2024, 5, 10, tzinfo=UTC)),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, moment: date) -> None:
    assert metadata(f"date: '{text}'").date == moment


@pytest.mark.parametrize(
    "text", ["2024-05-10 09:00 XYZ", "May 10, 2024 09:00 and so on", "Fri, 10 May 2024 09:00 +9"]
)
def test_what_is_not_understood_of_a_date_is_never_left_out(text: str) -> None:
    with pytest.raises(DocumentError, match="is not a date"):
        metadata(f"date: '{text}'")


@pytest.mark.parametrize("text", ["Last Modified", "git Created"])
def test_a_date_that_is_asked_of_the_file_is_none(text: str) -> None:
    assert metadata(f"title: a\ndate: {text}") == Metadata("a")
    assert metadata(f"date: {text}\ncreated: 2024-05-10").date == date(2024, 5, 10)


def test_an_issue_is_dated_from_when_it_is_public() -> None:
    assert metadata("date: 2026-01-01\npublishDate: 2099-01-01").date == date(2099, 1, 1)
    assert metadata("publishDate: 2020-01-01\ndate: 2026-01-01").date == date(2026, 1, 1)
    assert metadata("created: 2020-01-01\ndate: 2019-01-01").date == date(2019, 1, 1)
    assert metadata("published: true\ncreated: 2020-01-01").date == date(2020, 1, 1)


def test_a_publication_that_is_no_date_holds_back() -> None:
    issue = parse_issue(b"---\ntitle: T\ndate: 2024-05-10\npublishDate: soon\n---\nx\n")
    assert issue.metadata.date == date(2024, 5, 10)
    assert issue.metadata.hold is not None
    assert "“soon” is not a date" in issue.metadata.hold.reason
    assert not issue.metadata.hold.is_strict


def test_a_creation_or_expiry_that_is_no_date_is_told() -> None:
    issue = parse_issue(b"---\ntitle: T\ncreated: by Kim\nexpires: 30d\n---\nx\n", "2024-05-10.md")
    assert issue.metadata.hold is None
    assert "“by Kim” is not a date" in issue.notices[0]
    assert "“30d” is not a date" in issue.notices[1]


def test_a_new_date_is_written_where_the_old_ones_stand() -> None:
    header = "---\ndate: 2026-01-01\npublishDate: 2099-01-01\n---\n"
    assert rewrite_header(header, {"date": date(2026, 5, 1)}) == (
        "---\ndate: 2026-05-01\npublishDate: 2026-05-01\n---\n"
    )
    header = "---\npubDate: 2026-01-01\n---\n"
    assert rewrite_header(header, {"date": date(2026, 5, 1)}) == "---\npubDate: 2026-05-01\n---\n"


def test_tables_say_what_nothing_above_them_says() -> None:
    read = metadata("extra: {subtitle: S, tags: [x]}\ntaxonomies: {tags: [a, b]}\ntags: [t]")
    assert (read.description, read.tags) == ("S", ("t",))
    assert metadata("taxonomies:\n  tags: [a, b]\n  categories: [c]").tags == ("a", "b")
    assert metadata("categories:\n- c").tags == ("c",)


def test_another_spelling_that_holds_something_else_is_no_mistake() -> None:
    read = metadata("title: T\nname: [a]\nheadline: {a: b}\nbanner: [a.png]\nsummary: [a]")
    assert read == Metadata("T")


@pytest.mark.parametrize(
    ("key", "piece"),
    [("pubDat", "date"), ("newsletter_date", "date"), ("titel", "title"), ("tagss", "tags")],
)
def test_a_key_that_is_meant_for_ours_is_named(key: str, piece: str) -> None:
    issue = parse_issue(f"---\n{key}: x\n---\ntext\n".encode())
    assert f"“{key}” is not read; did you mean {piece}?" in issue.notices


def test_a_key_that_holds_a_date_is_named_where_none_else_dates_the_issue() -> None:
    told = "“fecha” is not read; did you mean date?"
    assert told in parse_issue(b"---\ntitle: T\nfecha: 2024-05-10\n---\ntext\n").notices
    assert not parse_issue(b"---\ntitle: T\ndate: 2024-05-10\nfecha: 2024-05-10\n---\nx\n").notices


def test_nobody_is_asked_about_what_the_header_says_elsewhere() -> None:
    issue = parse_issue(b"---\ntitle: T\nlinkTitle: x\ndate: 2024-05-10\nlayout: post\n---\ntext\n")
    assert issue.notices == ()


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("Issue 3 1a2b.md", "# Issue 3\n\nTags: a\nDate: May 10, 2024\n\ntext", date(2024, 5, 10)),
        ("a.md", "**발행일**: 2024-05-10\n\ntext", date(2024, 5, 10)),
        ("a.md", "# Links 2024-05-10\n\ntext", date(2024, 5, 10)),
        ("a.md", "# 2024년 5월 10일 소식", date(2024, 5, 10)),
        ("2024-05-11.md", "# Links 2024-05-10", date(2024, 5, 11)),
        ("a.md", "# What 2024 brought", None),
        ("a.md", "text\n\n- on 2024-05-10: a\n\n## 2024-05-10\n", None),
        ("", "# T\n\nDate: 2024-05-10\n", None),
    ],
)
def test_a_text_without_a_date_elsewhere_may_begin_with_one(
    name: str, text: str, day: date | None
) -> None:
    assert parse_issue(text.encode(), name).metadata.date == day
