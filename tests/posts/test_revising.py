"""What an issue said after each save is kept, to the byte, and brought back as a new save."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from posts import publishing, revising
from posts.models import Post, Revision, RevisionPiece
from posts.publishing import EditConflict
from posts.revising import Cause
from posts.revising.pieces import LONG, MANY, Piece, cut, pack
from posts.revising.sieving import sieve_revisions
from tests.builders import BODY, make_draft, make_post, parsed
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = pytest.mark.django_db


def kinds(post: Post) -> list[str]:
    return list(post.revisions.order_by("number").values_list("kind", flat=True))


def latest(post: Post) -> Revision:
    return post.revisions.order_by("number").get(number=post.version)


# What is kept


def test_every_save_is_a_revision_that_says_what_the_issue_said(editor: User) -> None:
    post = make_draft()
    first = post.document
    cause = Cause(by=editor, note="A second find")
    publishing.save_document(post, parsed("A draft", BODY + "- more\n"), cause=cause)

    before, after = post.revisions.order_by("number")
    assert revising.text_of(before) == first
    assert revising.text_of(after) == post.document
    assert (after.number, after.by, after.who) == (post.version, editor, "editor")
    assert after.note == "A second find"
    assert after.change["added"] == 1
    assert after.change["removed"] == 0
    assert after.change["sections"] == ["Overview"]


def test_what_was_said_before_there_were_revisions_is_kept_by_the_first_save() -> None:
    post = make_draft()
    Revision.objects.all().delete()
    RevisionPiece.objects.all().delete()
    before = post.document

    publishing.save_document(post, parsed("A draft", "Other words"))

    assert kinds(post) == ["before", "saved"]
    assert revising.text_of(post.revisions.get(number=1)) == before


def test_publishing_withdrawing_correcting_and_the_trash_are_revisions_too(admin: User) -> None:
    post = make_draft()
    publishing.publish([post], by=admin)
    publishing.correct(post, "It was two.", timezone.localdate(), by=admin)
    publishing.withdraw([post], by=admin)
    publishing.delete(post, by=admin)
    publishing.recover(post, by=admin)

    assert kinds(post) == [
        "saved", "published", "corrected", "withdrawn", "trashed", "recovered",
    ]  # fmt: skip
    rows = post.revisions.order_by("number")
    assert [row.turning for row in rows] == [False, True, False, True, False, False]
    assert {row.who for row in rows[1:]} == {"admin"}


def test_rebuilding_is_no_revision() -> None:
    post = make_post()
    publishing.rebuild(post)
    publishing.retag(post)
    assert kinds(post) == ["saved"]


def test_a_section_that_stays_is_stored_once() -> None:
    post = make_draft()
    pieces = RevisionPiece.objects.count()
    publishing.save_document(post, parsed("A draft", BODY + "- more\n"))
    assert RevisionPiece.objects.count() == pieces + 1


def test_a_form_says_who_saved_and_the_record_hangs_on_it(editor: User, sign_in: SignIn) -> None:
    post = make_draft()
    address = reverse("admin:posts_post_change", args=[post.pk])
    client = sign_in(editor)
    sent = Page(client.get(address)).fields("#post_form")
    client.post(address, {**sent, "text": "Other words"})

    post.refresh_from_db()
    row = latest(post)
    assert row.by == editor
    assert row.entry is not None
    assert "Markdown" in row.entry.get_change_message()


@given(st.text(max_size=20), st.lists(st.tuples(st.text(max_size=5), st.text()), max_size=4))
def test_pieces_together_are_the_document(header: str, sections: list[tuple[str, str]]) -> None:
    long = [(heading, source * (LONG // 40)) for heading, source in sections]
    pieces = cut(header, long)
    assert "".join(piece.text for piece in pieces) == header + "".join(s for _, s in long)


def test_a_long_section_is_cut_where_its_text_says_so() -> None:
    lines = [
        f"- line {number} of a section that is long, with words in it\n" for number in range(5000)
    ]
    before = {piece.digest for piece in cut("", [("", "".join(lines))])}
    lines.insert(2500, "- another\n")
    after = [piece for piece in cut("", [("", "".join(lines))]) if piece.digest not in before]
    assert len(after) <= 2
    assert sum(len(piece.text) for piece in after) <= 3 * LONG


def test_thousands_of_short_sections_share_pieces() -> None:
    sections = [("a", "# a\n")] * (MANY + 1)
    assert len(cut("", sections)) < 10


# Brought back


def test_an_earlier_text_comes_back_as_a_new_save(editor: User) -> None:
    post = make_post()
    before, first = post.document, latest(post)
    publishing.save_document(post, parsed("Another title", "Other words"))

    publishing.restore(post, first, by=editor, expected_version=2)

    post = Post.objects.get()
    assert post.document == before
    assert (post.title, post.status, post.version) == ("A first issue", "published", 3)
    assert kinds(post) == ["saved", "saved", "restored"]


def test_restoring_keeps_the_state_also_where_the_header_said_another() -> None:
    post = make_draft(draft="true")
    first = latest(post)
    publishing.publish([post])

    publishing.restore(post, first)

    assert post.is_public()
    assert "draft: false" in post.header


def test_restoring_what_somebody_saved_meanwhile_is_refused() -> None:
    post = make_draft()
    first = latest(post)
    publishing.save_document(post, parsed("A draft", "Other words"))
    with pytest.raises(EditConflict):
        publishing.restore(post, first, expected_version=1)


def test_who_may_not_change_issues_restores_none(moderator: User) -> None:
    post = make_draft()
    with pytest.raises(PermissionDenied):
        publishing.restore(post, latest(post), by=moderator)


# What stays


def revision(post: Post, number: int, age: timedelta, **values: Any) -> Revision:
    row = post.revisions.get(number=1)
    text = f"{number}"
    digest = Piece(text, "").digest
    RevisionPiece.objects.create(post=post, digest=digest, data=pack(text))
    return Revision.objects.create(
        **{
            "post": post,
            "number": number,
            "status": row.status,
            "pieces": digest,
            "created_at": timezone.now() - age,
            **values,
        }
    )


def numbers(post: Post) -> list[int]:
    return list(post.revisions.order_by("number").values_list("number", flat=True))


@time_machine.travel("2026-06-15T12:00:00Z", tick=False)
def test_after_thirty_days_one_a_day_stays_and_after_a_year_one_a_month() -> None:
    post = make_draft()
    Revision.objects.update(number=1, created_at=timezone.now() - timedelta(days=900))
    day, hour = timedelta(days=1), timedelta(hours=1)
    revision(post, 2, 501 * day)
    revision(post, 3, 500 * day)  # of the same month: the day before goes
    revision(post, 4, 40 * day + hour)
    revision(post, 5, 40 * day)  # of the same day: that of the hour before goes
    revision(post, 6, 39 * day)
    revision(post, 7, 20 * day + hour)
    revision(post, 8, 20 * day)

    sieve_revisions.func()
    sieve_revisions.func()

    assert numbers(post) == [1, 3, 5, 6, 7, 8]
    assert not RevisionPiece.objects.filter(digest=Piece("2", "").digest).exists()
    assert revising.text_of(post.revisions.get(number=3)) == "3"
    assert sieve_revisions.func() == 0


@time_machine.travel("2026-06-15T12:00:00Z", tick=False)
def test_named_and_published_versions_and_the_latest_stay_for_good() -> None:
    post = make_draft()
    Revision.objects.filter(number=1).update(created_at=timezone.now() - timedelta(days=800))
    age = timedelta(days=799)
    revision(post, 2, age, name="As sent")
    revision(post, 3, age, turning=True, status="published")
    revision(post, 4, age)
    revision(post, 5, age)

    sieve_revisions.func()
    sieve_revisions.func()

    assert numbers(post) == [2, 3, 5]


@time_machine.travel("2026-06-15T12:00:00Z", tick=False)
def test_a_name_that_is_taken_away_lets_a_version_go() -> None:
    post = make_draft()
    row = revision(post, 2, timedelta(days=50), name="As sent")
    revision(post, 3, timedelta(days=50))
    sieve_revisions.func()
    assert 2 in numbers(post)

    row.refresh_from_db()
    revising.name(row, "")
    sieve_revisions.func()

    assert 2 not in numbers(post)
