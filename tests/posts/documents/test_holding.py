"""What authors hold back, in the words of the generators they use."""

import pytest

from posts.documents import DocumentError, Metadata, parse_issue, rewrite_header


def metadata(header: str) -> Metadata:
    return parse_issue(f"---\ntitle: T\n{header}\n---\nx\n".encode()).metadata


PRIVATE = (
    "published: false|published: no|publish: false|Public: 'false'|listed: false|private: true"
    "|unlisted: yes|hidden: 1|is_private: true|status: private|status: unlisted|status: trash"
    "|visibility: private|visibility: members|visibility: paid|audience: only_paid|access: members"
    "|password: secret|permalink: false|status: scheduled|post_status: future|비공개: true"
    "|extra: {private: true}|visibility: [members]|공개: 아니오|下書き: はい|公开: false"
    "|_build: {render: never}|build: {list: false}|not_public: true|email_type: premium"
    "|draft: false\nprivate: true|released: false|expired: true"
).split("|")
DRAFTS = (
    "draft: true|draft: 'yes'|draft: 1|Draft: \"true\"|status: draft|status: pending"
    "|status: in-progress|status: idea|is_draft: true|wip: true|status: published\ndraft: true"
    "|params: {draft: true}|draft: [true]|draft: 예|state: draft|stage: WIP|상태: 초안"
).split("|")
OPEN = (
    "draft: false|published: true|published: 2024-05-10|status: published|status: sent"
    "|stage: production|state: 서울|발행: 예|visibility: [public]"
    "|visibility: public|audience: everyone|audience: developers|access: everyone|private: false"
    "|password:|permalink: /a/|hide: [toc]|hidden: 'no'|unlisted: 0|publisher: none|stats: 5"
    "|released: 2024-05-10|expired: false"
).split("|")


@pytest.mark.parametrize("header", PRIVATE)
def test_what_is_private_is_held_strictly(header: str) -> None:
    read = metadata(header)
    assert read.draft is True
    assert read.hold is not None
    assert read.hold.is_strict


@pytest.mark.parametrize("header", DRAFTS)
def test_drafts_are_held_until_somebody_publishes_all(header: str) -> None:
    read = metadata(header)
    assert read.draft is True
    assert read.hold is not None
    assert not read.hold.is_strict


@pytest.mark.parametrize("header", OPEN)
def test_what_is_public_is_not_held(header: str) -> None:
    read = metadata(header)
    assert read.hold is None
    assert not read.draft


def test_the_reason_is_what_the_header_says() -> None:
    hold = metadata("Published: false").hold
    assert hold is not None
    assert hold.reason == "its header says “Published: false”"


@pytest.mark.parametrize("header", ["darft: true", "unlistd: yes", "publised: false"])
def test_a_key_that_is_meant_to_hold_back_does(header: str) -> None:
    hold = metadata(header).hold
    assert hold is not None
    assert "which is not read (did you mean" in hold.reason


def test_a_draft_that_is_neither_yes_nor_no_is_refused_with_its_line() -> None:
    with pytest.raises(DocumentError, match="Line 3: draft: “maybe” is neither true nor false"):
        metadata("draft: maybe")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("published: false", "published: true"),
        ("private: true\nstatus: draft", "private: false\nstatus: published"),
        ("visibility: members", "visibility: public"),
        ("draft: yes", "draft: false"),
        ("extra: {private: true}", "extra: {private: true}\nprivate: false"),
        ("password: x\ndraft: true", "password: x\ndraft: false"),
    ],
)
def test_publishing_changes_every_key_that_holds_back(before: str, after: str) -> None:
    header = rewrite_header(f"---\n{before}\n---\n", {"draft": False})
    assert header == f"---\n{after}\n---\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("published: true", "published: false"),
        ("status: published", "status: draft"),
        ("visibility: public", "visibility: private"),
        ("draft: false\npublished: true", "draft: true\npublished: true"),
        ("private: true", "private: true"),
        ("slug: x", "slug: x\ndraft: true"),
    ],
)
def test_withdrawing_changes_the_key_that_says_the_contrary(before: str, after: str) -> None:
    header = rewrite_header(f"---\n{before}\n---\n", {"draft": True})
    assert header == f"---\n{after}\n---\n"
