"""From draft to print: who may take which step, and what reviewers see and say on the way."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from posts import publishing, reviewing, revising
from posts.admin import reviewing as admin_reviewing
from posts.documents import parse_issue
from posts.models import Post, Review, ReviewComment
from posts.readers.tickets import make_ticket
from posts.reviewing.finding import Text
from posts.revising import Cause
from posts.throttling import Limit
from tests.builders import BODY, make_draft, make_member, make_post, make_scheduled, parsed
from tests.conftest import SignIn
from tests.reading import Page, shown

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def _mail_is_set(settings: Settings) -> None:
    settings.EMAIL = {"EMAIL_HOST": "mail.example.org"}


def withdrawn() -> Post:
    post = make_post()
    publishing.withdraw([post])
    return post


def in_review(by: User | None = None) -> Post:
    post = make_draft()
    reviewing.ask(post, by=by or User.objects.create_superuser("asker", "asker@example.org"))
    return post


def press(client: Client, post: Post, verb: str, **fields: str) -> Page:
    address = reverse("admin:posts_post_review", args=[post.pk])
    return Page(client.post(address, {"verb": verb, **fields}, follow=True))


# Steps

STEPS: dict[str, Callable[[], Post]] = {
    "draft": make_draft,
    "review": in_review,
    "scheduled": make_scheduled,
    "published": make_post,
    "withdrawn": withdrawn,
}


@pytest.mark.one_database
@pytest.mark.parametrize("state", STEPS)
def test_each_step_is_one_word_in_list_filter_and_form(
    state: str, sign_in: SignIn, editor: User
) -> None:
    post = STEPS[state]()
    client = sign_in(editor)
    word = {"review": "In review"}.get(state, state.capitalize())

    listed = Page(client.get(reverse("admin:posts_post_changelist")))
    assert listed.texts(f".field-state .state-{state}") == [word]
    form = Page(client.get(reverse("admin:posts_post_change", args=[post.pk])))
    assert form.texts(f".post-state .state-{state}") == [word]
    for other in STEPS:
        found = Page(client.get(reverse("admin:posts_post_changelist") + f"?state={other}"))
        assert len(found.all(".field-state")) == (other == state)


def test_what_was_never_public_is_no_withdrawn_issue() -> None:
    scheduled = make_scheduled()
    publishing.withdraw([scheduled])
    assert scheduled.state() == "draft"

    public = withdrawn()
    assert public.state() == "withdrawn"
    publishing.save_document(public, parsed("Another title"))
    assert Post.objects.get(pk=public.pk).state() == "withdrawn"
    publishing.publish([public])
    assert (public.state(), public.withdrawn_at) == ("published", None)


# What a role may do, by the step an issue is on

VERBS = ("save", "publish", "schedule", "withdraw", "ask", "approve", "send_back")
MAY = {
    ("editor", "draft"): {"save", "publish", "schedule", "ask"},
    ("editor", "review"): {"save", "publish", "schedule", "approve", "send_back"},
    ("editor", "scheduled"): {"save", "publish", "schedule", "withdraw"},
    ("editor", "published"): {"save", "withdraw"},
    ("editor", "withdrawn"): {"save", "publish", "schedule", "ask"},
    ("writer", "draft"): {"save", "ask"},
    ("writer", "review"): {"save"},
    ("writer", "withdrawn"): {"save", "ask"},
}


def does(client: Client, post: Post, verb: str) -> bool:
    """Tell whether a step is taken, by what becomes of the row."""
    before = Post.objects.filter(pk=post.pk).values().get()
    form = reverse("admin:posts_post_change", args=[post.pk])
    fields = {"title": "Changed", "text": BODY, "slug": post.slug, "seen_version": post.version}
    later = (timezone.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    if verb == "save":
        at = timezone.localtime(post.published_at) if post.published_at else None
        when = at.strftime("%Y-%m-%dT%H:%M") if at else ""
        client.post(form, {**fields, "published_at": when, "_save": "1"})
    elif verb == "schedule":
        client.post(form, {**fields, "published_at": later, "_schedule": "1"})
    elif verb in {"publish", "withdraw"}:
        client.post(reverse(f"admin:posts_post_{verb}", args=[post.pk]))
    else:
        press(client, post, verb, answer="words")
    return Post.objects.filter(pk=post.pk).values().get() != before


@pytest.mark.one_database
@pytest.mark.parametrize("state", STEPS)
@pytest.mark.parametrize("role", ["editor", "writer", "moderator"])
def test_a_role_takes_the_steps_that_are_its_own(role: str, state: str, sign_in: SignIn) -> None:
    client, post = sign_in(make_member(role)), STEPS[state]()
    taken = set()
    for verb in VERBS:
        with transaction.atomic():
            if does(client, post, verb):
                taken.add(verb)
            transaction.set_rollback(True)

    assert taken - {"schedule"} == MAY.get((role, state), set()) - {"schedule"}
    if state != "published":  # a public issue may be given another time by its editor
        assert taken == MAY.get((role, state), set())


@pytest.mark.parametrize("header", ["date: 2024-05-10", "date: 2024-05-10\ndraft: false"])
def test_no_header_publishes_for_a_writer(header: str, writer: User) -> None:
    issue = parse_issue(f"---\ntitle: Sly\n{header}\n---\n\nText\n".encode())
    draft = make_draft("Sly")
    for post in (Post(), draft):
        with suppress(PermissionDenied):
            publishing.save_document(post, issue, cause=Cause(by=writer))
    assert not Post.objects.published().exists()


def test_nobody_comments_at_an_address_that_has_ended(editor: User) -> None:
    post = make_draft()
    reviewing.share(post, by=editor)
    reviewing.comment(post, "Fine", name="Guest")
    publishing.end_previews(post, by=editor)
    with pytest.raises(PermissionDenied):
        reviewing.comment(post, "Late", name="Guest")


@pytest.mark.parametrize("verb", ["approve", "send_back", "publish", "withdraw"])
def test_the_verb_itself_asks_for_the_right(verb: str, writer: User) -> None:
    post = in_review(writer)
    verbs: dict[str, Callable[[], object]] = {
        "approve": lambda: reviewing.approve(post, by=writer),
        "send_back": lambda: reviewing.send_back(post, by=writer, words="x"),
        "publish": lambda: publishing.publish([post], by=writer),
        "withdraw": lambda: publishing.withdraw([post], by=writer),
    }
    with pytest.raises(PermissionDenied):
        verbs[verb]()
    public = make_post()
    for status in (None, "draft"):
        with pytest.raises(PermissionDenied):
            publishing.save_document(public, parsed("x"), status=status, cause=Cause(by=writer))
    with pytest.raises(PermissionDenied):
        publishing.save_document(Post(), parsed("y"), status="published", cause=Cause(by=writer))


# A review


@pytest.mark.parametrize("make", [make_post, make_scheduled])
def test_what_is_published_is_nothing_for_a_writer(
    make: Callable[[], Post], writer: User, editor: User, sign_in: SignIn
) -> None:
    post = make()
    share = reviewing.share(post, by=editor)
    said = reviewing.comment(post, "Too long", name="Editor", by=editor)
    client, row = sign_in(writer), reverse("admin:posts_post_change", args=[post.pk])
    review, verbs = row.replace("change", "review"), ("share", "end_share", "remark", "take_back")

    for verb in (*verbs, f"reply:{said.pk}", f"resolve:{said.pk}"):
        fields = {"remark": "x", f"reply-{said.pk}": "x"}
        assert client.post(review, {"verb": verb, **fields}).status_code == 403
    assert client.post(row.replace("change", "previews")).status_code == 403
    name = reverse("admin:posts_post_name", args=[post.pk, post.version])
    assert client.post(name, {"name": "Mine"}).status_code == 403
    acts: list[Callable[[], object]] = [
        lambda: reviewing.share(post, by=writer),
        lambda: publishing.end_previews(post, by=writer),
        lambda: reviewing.comment(post, "x", name="Writer", by=writer),
        lambda: reviewing.reply(said, "x", by=writer),
        lambda: reviewing.resolve(said, by=writer),
        lambda: revising.name(post.revisions.get(), "x", by=writer),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    share.refresh_from_db()
    assert share.is_open()
    assert ReviewComment.objects.count() == 1


def test_an_editor_sends_back_with_words_and_who_asked_sees_them(
    sign_in: SignIn, writer: User, editor: User
) -> None:
    draft = make_draft("Half done")
    by_writer, by_editor = sign_in(writer), sign_in(editor)
    press(by_writer, draft, "ask", whom="editor", words="The opening, please.")
    desk = Page(by_editor.get("/admin/"))
    assert "writer asks editor" in shown(desk.one("[aria-labelledby=pile-reviews] li"))

    page = press(by_editor, draft, "send_back")
    assert "Say what has to change" in page.text()
    press(by_editor, draft, "send_back", answer="Shorter, please.")

    draft.refresh_from_db()
    assert draft.state() == "draft"
    row = shown(Page(by_writer.get("/admin/")).one("[aria-labelledby=pile-reviews] li"))
    assert "Half done" in row
    assert "Changes wanted Shorter, please." in row
    form = Page(by_writer.get(reverse("admin:posts_post_change", args=[draft.pk])))
    assert "Shorter, please." in form.one("#panel-review").text()
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    history = Page(by_writer.get(reverse("admin:posts_post_history", args=[draft.pk]))).text()
    assert "Asked for a review." in history
    assert "Sent back: Shorter, please." in history


def test_what_is_changed_after_the_approval_says_so(sign_in: SignIn, editor: User) -> None:
    post = in_review()
    client = sign_in(editor)
    press(client, post, "approve")
    form = reverse("admin:posts_post_change", args=[post.pk])
    assert "Approved" in Page(client.get(form)).one("#panel-review").text()
    assert "changed since" not in Page(client.get(form)).one("#panel-review").text()

    publishing.publish([post], timezone.now() + timedelta(days=2))
    assert Post.objects.get(pk=post.pk).state() == "scheduled"
    assert "changed since" not in Page(client.get(form)).one("#panel-review").text()

    publishing.save_document(Post.objects.get(pk=post.pk), parsed("Changed"), status="draft")

    assert "changed since" in Page(client.get(form)).one("#panel-review").text()


def test_publishing_ends_the_review(writer: User) -> None:
    post = in_review(writer)
    publishing.publish([post])
    review = Review.objects.get()
    assert (review.outcome, post.review_since) == ("published", None)


def test_a_save_brings_no_review_back_that_ended_meanwhile(writer: User, editor: User) -> None:
    post = in_review(writer)
    opened = Post.objects.get(pk=post.pk)
    reviewing.approve(post, by=editor)
    publishing.save_document(opened, parsed("x"))
    assert Post.objects.get(pk=post.pk).state() == "draft"


def test_nobody_asks_twice_and_nothing_ends_twice(writer: User, editor: User) -> None:
    post = in_review(writer)
    with pytest.raises(reviewing.AlreadyInReview):
        reviewing.ask(post, by=writer)
    reviewing.take_back(post, by=writer)
    with pytest.raises(reviewing.NoReview):
        reviewing.approve(post, by=editor)


@pytest.mark.usefixtures("_mail_is_set")
def test_who_is_asked_and_who_asked_are_told_by_mail(writer: User, editor: User) -> None:
    post = make_draft("Half done")
    share = reviewing.share(post, by=writer)
    reviewing.ask(post, by=writer, whom="guest@example.net", words="The opening?")
    (asked,) = mail.outbox
    assert asked.to == ["guest@example.net"]
    assert share.get_absolute_url() in asked.body
    assert "The opening?" in asked.body

    reviewing.send_back(post, by=editor, words="Shorter.")
    ended = mail.outbox[1]
    assert ended.to == ["writer@example.org"]
    assert "Shorter." in ended.body

    reviewing.ask(post, by=writer, whom="editor")
    assert mail.outbox[2].to == ["editor@example.org"]
    assert f"/admin/posts/post/{post.pk}/change/" in mail.outbox[2].body
    reviewing.comment(post, "", name="Guest", verdict="approved")
    assert "Guest: Approved" in mail.outbox[3].body
    reviewing.take_back(post, by=writer)
    assert len(mail.outbox) == 4


def test_an_issue_that_is_refused_a_review_is_not_shared(editor: User, writer: User) -> None:
    published, draft = make_post(), in_review(editor)
    publishing.end_previews(draft, by=editor)
    with pytest.raises(reviewing.AlreadyInReview):
        reviewing.ask(published, by=editor)
    with pytest.raises(reviewing.AlreadyInReview):
        reviewing.ask(draft, by=writer)

    assert reviewing.open_share(published) is None
    assert reviewing.open_share(draft) is None


# The share address


@pytest.mark.usefixtures("_mail_is_set")
def test_strangers_never_read_the_name_that_somebody_signs_in_with(
    client: Client, sign_in: SignIn, editor: User
) -> None:
    editor.username = "jd42"
    editor.save()
    post = make_draft()
    reviewing.ask(post, by=editor, whom="stranger@example.org")
    address = reviewing.share(post, by=editor).get_absolute_url()
    by_editor = sign_in(editor)
    press(by_editor, post, "remark", remark="Too long?")
    guest = reviewing.comment(post, "Too short.", name="Guest")
    press(by_editor, post, f"reply:{guest.pk}", **{f"reply-{guest.pk}": "Why?"})

    seen = Page(client.get(address)).one("#review").text()
    assert "Too long?" in seen
    assert "Why?" in seen
    assert seen.count("An editor") == 2
    assert "jd42" not in seen + mail.outbox[0].body
    assert "An editor asks you" in mail.outbox[0].body
    form = Page(by_editor.get(reverse("admin:posts_post_change", args=[post.pk])))
    assert "jd42" in form.one("#panel-review").text()

    editor.first_name, editor.last_name = "Jane", "Doe"
    editor.save()
    press(by_editor, post, "remark", remark="Signed.")
    assert "Jane Doe" in Page(client.get(address)).one("#review").text()


def said(post: Post, **fields: str) -> dict[str, str]:
    ticket = make_ticket("review", timezone.now() - timedelta(minutes=1))
    return {"who": "Guest", "text": "Well done.", "ticket": ticket, **fields}


def test_whoever_has_the_address_sees_the_issue_as_it_is_and_comments_on_it(
    client: Client, editor: User
) -> None:
    post = make_draft("As it is")
    address = reviewing.share(post, by=editor).get_absolute_url()

    answer = client.get(address)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert not answer.cookies
    publishing.save_document(post, parsed("As it is now"))
    assert Page(client.get(address)).texts("article h1") == ["As it is now"]

    item = post.items.get(title="Second find")
    answer = client.post(address, said(post, place=item.anchor, text="Why does it matter?"))
    assert answer.status_code == 303
    row = ReviewComment.objects.get()
    assert (row.name, row.quote, row.line) == ("Guest", "Second find", 6)
    page = Page(client.get(answer.headers["Location"]))
    assert "Why does it matter?" in page.one(f"#comment-{row.pk}").text()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"who": ""}, "Say who you are."),
        ({"text": ""}, "Say what you think."),
        ({"homepage": "x"}, "A field that people do not see"),
        ({"ticket": "x"}, "open for too long"),
        ({"ticket": make_ticket("suggest")}, "open for too long"),
        ({"place": "item-of-another-issue"}, "not one of the available choices"),
    ],
)
def test_what_no_person_wrote_into_the_form_is_not_taken(
    client: Client, editor: User, fields: dict[str, str], words: str
) -> None:
    post = make_draft()
    address = reviewing.share(post, by=editor).get_absolute_url()
    page = Page(client.post(address, said(post, **fields)))
    assert words in page.one("#review").text()
    assert not ReviewComment.objects.exists()


def test_an_approval_is_taken_however_quick_it_is_and_stands_in_the_history(
    client: Client, editor: User, sign_in: SignIn
) -> None:
    post = make_draft()
    address = reviewing.share(post, by=editor).get_absolute_url()
    sent = said(post, text="", verdict="approved", ticket=make_ticket("review"))
    assert client.post(address, sent).status_code == 303

    history = reverse("admin:posts_post_history", args=[post.pk])
    entry = Page(sign_in(editor).get(history)).one(".aside-entry").text()
    assert "Approved." in entry
    assert "Guest (at the share address)" in entry


def test_who_asked_is_told_that_an_answer_would_be_their_own(
    editor: User, writer: User, sign_in: SignIn
) -> None:
    for user, number in ((editor, 1), (writer, 0)):
        post = make_draft(f"By {user}")
        reviewing.ask(post, by=user)
        form = reverse("admin:posts_post_change", args=[post.pk])
        panel = Page(sign_in(editor).get(form)).one("#panel-review").text()
        assert panel.count("would be your own") == number
        assert "Send back" in panel


def test_an_issue_is_called_what_it_is_where_its_review_was_overtaken(
    editor: User, sign_in: SignIn
) -> None:
    post = make_draft("To come")
    reviewing.ask(post, by=editor)
    publishing.save_document(
        post, parsed("To come"), status="published", published_at=timezone.now() + timedelta(days=1)
    )
    browser = sign_in(editor)
    form = reverse("admin:posts_post_change", args=[post.pk])
    history = reverse("admin:posts_post_history", args=[post.pk])
    assert (
        "Scheduled"
        in Page(browser.get("/admin/")).one("section[aria-labelledby=pile-reviews]").text()
    )
    assert "Scheduled" in Page(browser.get(form)).one("#panel-review").text()
    assert Page(browser.get(history)).texts(".state") == ["Scheduled", "Draft"]


def test_another_site_cannot_have_its_visitors_comment(client: Client, editor: User) -> None:
    post = make_draft()
    address = reviewing.share(post, by=editor).get_absolute_url()
    answer = client.post(address, said(post), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert not ReviewComment.objects.exists()


def test_comments_are_throttled_and_sent_once(client: Client, editor: User) -> None:
    post = make_draft()
    address = reviewing.share(post, by=editor).get_absolute_url()
    once = said(post)
    codes = [client.post(address, once).status_code for _time in range(2)]
    codes += [client.post(address, said(post)).status_code for _time in range(19)]
    assert codes[:2] == [303, 409]
    assert codes[-1] == 429
    assert ReviewComment.objects.count() == 19


def test_an_address_expires_ends_at_once_and_never_comes_back(client: Client, editor: User) -> None:
    post = make_draft()
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False) as traveller:
        first = reviewing.share(post, by=editor, days=3).get_absolute_url()
        traveller.move_to(now + timedelta(days=2))
        assert reviewing.share(post, by=editor, days=7).get_absolute_url() == first
        traveller.move_to(now + timedelta(days=8))
        assert client.get(first).status_code == 200
        traveller.move_to(now + timedelta(days=10))
        assert client.get(first).status_code == 410
        assert client.post(first, said(post)).status_code == 410
        second = reviewing.share(post, by=editor).get_absolute_url()
        publishing.end_previews(post, by=editor)
        assert client.get(second).status_code == 410
        third = reviewing.share(post, by=editor).get_absolute_url()
        publishing.publish([post])
        assert client.get(third).status_code == 200
        publishing.withdraw([post])
        assert client.get(third).status_code == 410
    assert len({first, second, third}) == 3


def test_an_address_nobody_gave_away_shows_nothing(client: Client) -> None:
    assert client.get("/preview/no-such-address/").status_code == 404


def test_an_opinion_at_the_address_ends_no_review(client: Client, writer: User) -> None:
    post = in_review(writer)
    address = reviewing.share(post, by=writer).get_absolute_url()
    client.post(address, said(post, text="", verdict="approved"))
    assert ReviewComment.objects.get().verdict == "approved"
    assert Post.objects.get(pk=post.pk).state() == "review"


# Comments in the form


def test_a_comment_is_answered_and_done_in_the_panel(
    sign_in: SignIn, editor: User, writer: User, client: Client
) -> None:
    post = make_draft()
    address = reviewing.share(post, by=editor).get_absolute_url()
    row = reviewing.comment(post, "Why?", name="Guest", quote="First find")
    signed_in = sign_in(writer)

    press(signed_in, post, f"reply:{row.pk}", **{f"reply-{row.pk}": "Because."})
    press(signed_in, post, f"resolve:{row.pk}")

    panel = Page(signed_in.get(reverse("admin:posts_post_change", args=[post.pk])))
    assert "Because." in panel.one("#panel-review .resolved").text()
    seen = shown(Page(client.get(address)).one(f"#comment-{row.pk}"))
    assert "Because." in seen
    assert "Done" in seen
    other = make_draft("Another")
    path = reverse("admin:posts_post_review", args=[other.pk])
    assert signed_in.post(path, {"verb": f"resolve:{row.pk}"}).status_code == 404


def test_a_script_gets_the_panel_anew(sign_in: SignIn, editor: User) -> None:
    post = make_draft()
    path = reverse("admin:posts_post_review", args=[post.pk])
    answer = sign_in(editor).post(
        path, {"verb": "share", "days": "7"}, headers={"Accept": "application/json"}
    )
    assert re.search(r"/preview/[\w-]+/", answer.json()["html"])
    assert answer.json()["failed"] is False


def test_the_form_costs_the_same_however_much_was_said(sign_in: SignIn, editor: User) -> None:
    post = make_draft()
    client = sign_in(editor)
    path = reverse("admin:posts_post_change", args=[post.pk])

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    reviewing.share(post, by=editor)
    for number in range(2):
        row = reviewing.comment(post, f"{number}", name="Guest", quote="First find")
        reviewing.resolve(row, by=editor)
    client.get(path)
    few = cost()
    for number in range(6):
        row = reviewing.comment(post, f"{number}", name="Guest", quote="Second find")
        reviewing.resolve(row, by=editor)
        reviewing.reply(row, "yes", by=editor)
    assert cost() == few


@pytest.mark.parametrize(
    ("quote", "near", "line"),
    [
        ("First find: what it is.", None, 5),
        ("First  find", 40, 5),
        ("First find: what it was for a time. Read more", None, 5),
        ("Viewpoint 🤖", None, 8),
        ("Read more", 6, 6),
        ("Read more", 1, 5),
        ("Nothing like it stands here any more", None, None),
        ("…", None, None),
    ],
)
def test_quoted_words_are_found_in_the_markdown(
    quote: str, near: int | None, line: int | None
) -> None:
    assert Text(BODY).line_of(quote, near) == line


def test_a_comment_follows_its_words_through_edits(editor: User) -> None:
    post = make_draft()
    reviewing.share(post, by=editor)
    reviewing.comment(post, "Why?", name="Guest", quote="Second find: why it matters. Read more")
    above = "New lines\n\nabove\n\n" + BODY.replace("why it matters", "why it does matter")
    (row,) = reviewing.comments_on(post, above)
    assert row.line == 10
    (gone,) = reviewing.comments_on(post, "All else.\n")
    assert gone.line is None


@pytest.mark.usefixtures("_mail_is_set")
def test_nobody_asks_for_more_reviews_in_an_hour_than_anybody_reads(
    sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin_reviewing, "ASKED", [Limit(2, timedelta(hours=1))])
    post, client = make_draft(), sign_in(make_member("writer"))

    for _time in range(2):
        press(client, post, "ask", whom="someone@example.org")
        press(client, post, "take_back")
    page = press(client, post, "ask", whom="someone@example.org")

    assert "Try again later" in page.text()
    assert len(mail.outbox) <= 2
    post.refresh_from_db()
    assert post.review_since is None
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        press(client, post, "ask")
    post.refresh_from_db()
    assert post.review_since is not None
