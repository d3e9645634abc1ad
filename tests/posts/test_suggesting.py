"""Readers suggest links without an account, and see what became of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from links.decisions import decide, make_rule, undo
from links.models import (
    Concern,
    Decision,
    InboxEntry,
    Link,
    QueueEntry,
    SourceRule,
    Suggestion,
)
from links.queue import Worry, raise_concerns
from links.readers import suggesting
from posts.models import RateCount
from posts.readers.tickets import make_ticket
from posts.throttling import prune_rate_counts
from tests.builders import make_post, make_scheduled
from tests.readers import HERE, errors, suggest, ticket
from tests.reading import Page, shown

pytestmark = pytest.mark.django_db

NEW = "https://new.example.org/story"
PRINTED = "https://one.example.org/a"
SENDS = {"EMAIL_BACKEND": "console"}


def status_page(client: Client, suggestion: Suggestion) -> Page:
    return Page(client.get(f"/suggest/{suggestion.token}/"))


def heading(page: Page) -> str:
    return shown(page.one("h1"))


def make_suggestion(url: str = NEW, **values: str) -> Suggestion:
    return suggesting.suggest(url, **values)


# Sending


def test_a_suggestion_is_a_pending_link_with_a_note_in_the_queue(client: Client) -> None:
    response = suggest(client, NEW, title="A story", note="It is good.")

    suggestion = Suggestion.objects.get()
    assert (response.status_code, response.headers["Location"]) == (
        303,
        f"/suggest/{suggestion.token}/",
    )
    assert (suggestion.title, suggestion.note, suggestion.status) == (
        "A story",
        "It is good.",
        "waiting",
    )
    assert (suggestion.link.url, suggestion.link.status) == (NEW, "pending")
    concern = Concern.objects.get(entry__link=suggestion.link, kind="suggestion")
    assert concern.detail == "A story\nIt is good."


def test_a_suggested_link_is_shown_nowhere(client: Client) -> None:
    make_post()
    suggest(client, NEW)

    for path in ("/", "/archive/", "/sources/", "/feed.xml", "/posts/a-first-issue/"):
        assert b"new.example.org" not in client.get(path).content, path
    assert client.get("/sources/new.example.org/").status_code == 404


def test_an_address_without_a_scheme_gets_one(client: Client) -> None:
    suggest(client, "new.example.org/story")

    assert Link.objects.get().url == NEW


@pytest.mark.parametrize(
    "url",
    ["", "not an address", "mailto:me@example.org", "ftp://example.org/", "javascript:alert(1)",
     "https://", "localhost", "https://example.org/\0", "x" * 2001],
)  # fmt: skip
def test_a_bad_address_is_refused_and_everything_typed_is_kept(client: Client, url: str) -> None:
    response = suggest(client, url, title="My title", note="My <note>")

    page = Page(response)
    assert response.status_code == 200
    assert errors(response)
    assert page.value("[name=title]", "value") == "My title"
    assert page.one("[name=note]").text().strip() == "My <note>"
    assert not Link.objects.exists()


def test_the_form_can_be_opened_with_an_address_filled_in(client: Client) -> None:
    page = Page(client.get("/suggest/", {"url": NEW, "title": "A <title>"}))

    assert page.value("[name=url]", "value") == NEW
    assert page.value("[name=title]", "value") == "A <title>"


# Covered before


def test_a_link_covered_before_is_answered_at_once_with_the_place(client: Client) -> None:
    post = make_post("An old issue")

    page = Page(suggest(client, "https://one.example.org/a?utm_source=x"))

    item = post.items.get(title="First find")
    assert page.values(".covered .places a", "href") == [item.get_absolute_url()]
    assert page.texts(".covered .places a") == ["An old issue"]
    assert page.texts(".covered .place-section") == ["Preview"]
    assert not Suggestion.objects.exists()


def test_the_answer_is_there_before_the_form_is_sent(client: Client) -> None:
    make_post("An old issue")

    page = Page(client.get("/suggest/", {"url": PRINTED}))

    assert page.texts(".covered .places a") == ["An old issue"]


def test_what_was_covered_before_can_be_suggested_all_the_same(client: Client) -> None:
    make_post()

    response = suggest(client, PRINTED, again="1")

    assert response.status_code == 303
    assert Suggestion.objects.get().link.url == PRINTED


def test_an_issue_to_come_is_not_given_away(client: Client) -> None:
    make_scheduled("Secret plans")

    response = suggest(client, PRINTED)

    assert response.status_code == 303
    assert b"Secret plans" not in client.get(response.headers["Location"]).content


# Abuse


def test_a_client_that_suggests_too_much_has_to_wait(client: Client) -> None:
    answers = [suggest(client, f"https://new.example.org/{n}") for n in range(6)]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert answers[-1].headers["Retry-After"]
    assert Page(answers[-1]).value("[name=url]", "value") == "https://new.example.org/5"
    assert Suggestion.objects.count() == 5


def test_who_has_to_wait_is_told_until_when(client: Client) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 9, 7, 30, tzinfo=UTC), tick=False):
        answers = [suggest(client, f"https://new.example.org/{n}") for n in range(6)]

    assert answers[-1].headers["Retry-After"] == "150"
    assert "send it again in 3 minutes." in Page(answers[-1]).text()


def test_a_form_is_taken_once_and_then_asks_whether_it_is_meant(client: Client) -> None:
    once = ticket("suggest")
    answers = [suggest(client, NEW, ticket=once, note="Kept") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [303, 409, 409]
    assert Suggestion.objects.count() == 1
    assert "has arrived" in errors(answers[1])[0]
    page = Page(answers[1])
    assert page.one("[name=note]").text().strip() == "Kept"
    new = page.value("[name=ticket]", "value")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert suggest(client, NEW, ticket=new).status_code == 303


@pytest.mark.parametrize("hour", [0, 9, 23])
def test_a_ticket_is_not_forgotten_while_it_is_good(client: Client, hour: int) -> None:
    handed_out = datetime(2026, 11, 24, hour, 59, 59, tzinfo=UTC)
    once = make_ticket("suggest", handed_out)
    answers = []
    for later in (timedelta(minutes=1), timedelta(hours=5, minutes=59)):
        with time_machine.travel(handed_out + later, tick=False):
            prune_rate_counts.call()
            answers.append(suggest(client, NEW, ticket=once).status_code)

    assert answers == [303, 409]


def test_a_form_of_a_clock_that_was_ahead_gets_another_ticket(client: Client) -> None:
    ahead = make_ticket("suggest", timezone.now() + timedelta(days=365))
    page = Page(suggest(client, NEW, ticket=ahead))
    assert page.value("[name=url]", "value") == NEW

    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        again = suggest(client, NEW, ticket=page.value("[name=ticket]", "value"))

    assert again.status_code == 303


def test_a_form_that_did_not_pass_keeps_its_ticket(client: Client) -> None:
    once = ticket("suggest")
    suggest(client, "no address", ticket=once)

    assert suggest(client, NEW, ticket=once).status_code == 303


def test_all_readers_together_have_a_limit(settings: Settings) -> None:
    settings.READERS_FORMS_HOURLY = 3
    with time_machine.travel(datetime(2026, 11, 24, 9, 30, tzinfo=UTC), tick=False):
        answers = [
            suggest(Client(REMOTE_ADDR=f"203.0.113.{n}"), f"https://new.example.org/{n}")
            for n in range(4)
        ]

    assert [answer.status_code for answer in answers] == [303] * 3 + [429]
    assert answers[-1].headers["Retry-After"] == "1800"
    assert Page(answers[-1]).value("[name=url]", "value") == "https://new.example.org/3"
    new = Page(answers[-1]).value("[name=ticket]", "value")
    with time_machine.travel(datetime(2026, 11, 24, 10, 1, tzinfo=UTC), tick=False):
        assert suggest(Client(), NEW, ticket=new).status_code == 303


def test_one_client_cannot_use_up_the_limit_of_all(client: Client, settings: Settings) -> None:
    settings.READERS_FORMS_HOURLY = 2
    once = ticket("suggest")
    for _ in range(5):
        suggest(client, NEW, ticket=once)

    assert suggest(Client(REMOTE_ADDR="203.0.113.9")).status_code == 303


def test_a_site_may_take_no_forms(client: Client, settings: Settings) -> None:
    post = make_post()
    find = post.items.get(title="First find")
    waiting = make_suggestion()
    form = f"/report/?item={find.anchor.removeprefix('item-')}"
    pages = ("/", post.get_absolute_url(), f"/suggest/{waiting.token}/", "/archive/", "/nowhere")

    def led_to() -> set[str]:
        found = [Page(client.get(path)).values("a", "href") for path in pages]
        return {a for links in found for a in links if a.startswith(("/suggest/", "/report/"))}

    assert led_to() == {"/suggest/", "/report/", f"/report/?issue={post.slug}"}
    settings.READERS_FORMS = False
    assert led_to() == set()
    assert "/suggest/" not in client.get("/sitemap-pages.xml").content.decode()
    for path in ("/suggest/", form, f"/report/?issue={post.slug}"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert heading(Page(answer)) == "Nothing can be sent at present."
    assert suggest(client, NEW).status_code == 403
    assert client.post(form, {"ticket": ticket("report")}, headers=HERE).status_code == 403
    assert Suggestion.objects.count() == 1


def test_clients_are_counted_apart(client: Client) -> None:
    for n in range(6):
        suggest(client, f"https://new.example.org/{n}")

    other = Client(REMOTE_ADDR="203.0.113.9")
    assert suggest(other).status_code == 303


def test_no_address_of_a_client_is_stored(client: Client) -> None:
    suggest(Client(REMOTE_ADDR="203.0.113.9"))

    assert RateCount.objects.exists()
    # With its dot, which no digest has: some of these hold the digits alone.
    assert not [key for key in RateCount.objects.values_list("key", flat=True) if "203." in key]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_that_another_site_sends_is_turned_away(
    client: Client, headers: dict[str, str]
) -> None:
    data = {"url": NEW, "ticket": ticket("suggest")}

    assert client.post("/suggest/", data, headers=headers).status_code == 403
    assert not Link.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://testserver"}, HERE])
def test_a_form_of_our_own_is_taken(client: Client, headers: dict[str, str]) -> None:
    data = {"url": NEW, "ticket": ticket("suggest")}
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/suggest/", data, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "forged",
    ["", "x", "a:b:c", ticket("report"), ticket("suggest", timedelta(hours=7))],
    ids=["none", "no ticket", "a wrong signature", "of another form", "an old one"],
)
def test_a_form_without_a_good_ticket_is_shown_again_and_then_passes(
    client: Client, forged: str
) -> None:
    response = suggest(client, NEW, ticket=forged, note="Kept")

    assert errors(response)
    assert not Suggestion.objects.exists()
    page = Page(response)
    assert page.one("[name=note]").text().strip() == "Kept"
    new = page.value("[name=ticket]", "value")
    assert new != forged
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        assert suggest(client, NEW, ticket=new).status_code == 303


def test_a_form_filled_in_faster_than_people_do_is_not_taken(client: Client) -> None:
    response = suggest(client, NEW, ticket=ticket("suggest", timedelta(0)))

    assert errors(response)
    assert not Suggestion.objects.exists()


def test_a_machine_that_fills_in_everything_is_not_taken(client: Client) -> None:
    response = suggest(client, NEW, homepage="https://spam.example")

    assert errors(response)
    assert b"spam.example" not in response.content
    assert not Suggestion.objects.exists()


# Cookies and caches


def test_no_page_sets_a_cookie_or_varies_by_one(client: Client) -> None:
    suggestion = make_suggestion()
    answers: list[Any] = [
        client.get("/suggest/"),
        client.get(f"/suggest/{suggestion.token}/"),
        suggest(client, "https://new.example.org/other"),
        suggest(client, "bad"),
    ]

    for answer in answers:
        assert not answer.cookies
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_a_status_page_is_kept_out_of_caches_search_engines_and_referrers(client: Client) -> None:
    response = client.get(f"/suggest/{make_suggestion().token}/")

    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert response.headers["Referrer-Policy"] == "no-referrer"


def test_crawlers_find_the_form_and_no_status_page(client: Client) -> None:
    robots = client.get("/robots.txt").content.decode()

    assert "Allow: /suggest/$\nDisallow: /suggest/\nDisallow: /report/" in robots
    assert "/suggest/</loc>" in client.get("/sitemap-pages.xml").content.decode()


@pytest.mark.parametrize("token", ["x", "A" * 32, "a" * 500])
def test_an_address_that_nobody_got_is_no_page(client: Client, token: str) -> None:
    assert client.get(f"/suggest/{token}/").status_code == 404


# What becomes of it


def test_a_suggestion_waits(client: Client) -> None:
    page = status_page(client, make_suggestion(note="<b>why</b>"))

    assert heading(page) == "Thank you."
    assert "<b>why</b>" in page.texts(".given dd")


def test_accepting_approves_the_link_and_puts_it_into_the_inbox(
    client: Client, moderator: User
) -> None:
    suggestion = make_suggestion(title="A story", note="Why")

    decision = suggesting.accept([suggestion], by=moderator, answer="Thanks, it is good.")

    suggestion.refresh_from_db()
    assert suggestion.link.status == "approved"
    entry = InboxEntry.objects.get()
    assert (entry.link, entry.title, entry.note, entry.suggestion, entry.added_by) == (
        suggestion.link,
        "A story",
        "Why",
        suggestion,
        moderator,
    )
    assert not QueueEntry.objects.filter(closed_at=None).exists()
    assert (decision.action, decision.by) == ("approve", moderator)
    page = status_page(client, suggestion)
    assert heading(page) == "It is accepted."
    assert page.texts(".answer p") == ["Thanks, it is good."]


def test_what_was_printed_is_shown_with_its_place(client: Client, moderator: User) -> None:
    suggestion = make_suggestion(PRINTED)
    suggesting.accept([suggestion], by=moderator)

    make_post("The issue of today")

    page = status_page(client, suggestion)
    assert heading(page) == "It was printed."
    assert page.texts(".places a") == ["The issue of today"]


def test_an_old_place_is_not_what_became_of_a_suggestion(client: Client, moderator: User) -> None:
    make_post("An old issue")
    suggestion = make_suggestion(PRINTED)
    suggesting.accept([suggestion], by=moderator)

    assert heading(status_page(client, suggestion)) == "It is accepted."
    make_post("The issue of today", at=timezone.now())
    assert "The issue of today" in status_page(client, suggestion).texts(".places a")


def test_what_is_printed_in_a_draft_is_not_given_away(client: Client, moderator: User) -> None:
    suggestion = make_suggestion(PRINTED)
    suggesting.accept([suggestion], by=moderator)

    make_scheduled("Secret plans")

    assert "Secret plans" not in status_page(client, suggestion).text()


def test_declining_needs_an_answer_and_shows_it(client: Client, moderator: User) -> None:
    suggestion = make_suggestion()
    with pytest.raises(suggesting.AnswerMissing):
        suggesting.decline([suggestion], by=moderator, answer=" ")

    suggesting.decline([suggestion], by=moderator, answer="We had this\nlast week.")

    page = status_page(client, suggestion)
    assert heading(page) == "It was not taken."
    assert page.texts(".answer p") == ["We had this last week."]
    assert Link.objects.get().status == "pending"
    assert not QueueEntry.objects.filter(closed_at=None).exists()


def test_declining_leaves_other_concerns_in_the_queue(moderator: User) -> None:
    suggestion = make_suggestion()
    raise_concerns({suggestion.link_id: [Worry("suspicious", "raw-ip")]})

    suggesting.decline([suggestion], by=moderator, answer="No.")

    assert [row.kind for row in Concern.objects.filter(entry__closed_at=None)] == ["suspicious"]


def test_everybody_who_suggested_a_link_is_answered(moderator: User) -> None:
    first, second = make_suggestion(), make_suggestion(f"{NEW}?utm_source=x")

    suggesting.accept([second], by=moderator)

    first.refresh_from_db()
    assert first.status == "accepted"
    assert InboxEntry.objects.get().suggestion == first


def test_deciding_in_the_queue_answers_the_suggestion(client: Client, moderator: User) -> None:
    suggestions = {action: make_suggestion(f"{NEW}/{action}") for action in ("approve", "block")}

    for action, suggestion in suggestions.items():
        decide([suggestion.link], action, by=moderator, reason="A reason for staff")

    assert [s.status for s in Suggestion.objects.order_by("pk")] == ["accepted", "declined"]
    assert InboxEntry.objects.get().suggestion == suggestions["approve"]
    assert "A reason for staff" not in status_page(client, suggestions["block"]).text()


def test_undoing_a_decision_lets_the_suggestion_wait_again(moderator: User) -> None:
    suggestion = make_suggestion()
    decision = suggesting.accept([suggestion], by=moderator, answer="Fine")

    undo(decision, by=moderator)

    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.answer, suggestion.answered_at) == ("waiting", "", None)
    assert not InboxEntry.objects.exists()
    assert QueueEntry.objects.get(closed_at=None).link == suggestion.link
    suggesting.accept([suggestion], by=moderator)
    assert InboxEntry.objects.exists()


def test_undoing_one_of_two_decisions_of_one_moment_leaves_the_other_alone(
    moderator: User,
) -> None:
    first, second = make_suggestion(f"{NEW}/1"), make_suggestion(f"{NEW}/2")
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False):
        decision = suggesting.accept([first], by=moderator)
        suggesting.accept([second], by=moderator)

    undo(decision, by=moderator)

    assert [s.status for s in Suggestion.objects.order_by("pk")] == ["waiting", "accepted"]
    assert InboxEntry.objects.get().suggestion == second


def test_a_rule_that_blocks_a_source_declines_what_was_suggested_of_it(
    client: Client, moderator: User
) -> None:
    before = make_suggestion()
    rule = SourceRule(host="new.example.org", action="block", reason="Spam")
    make_rule(rule, by=moderator)

    response = suggest(client, "https://new.example.org/later")

    before.refresh_from_db()
    assert before.status == "declined"
    page = Page(client.get(response.headers["Location"]))
    assert heading(page) == "It was not taken."
    assert "Spam" not in page.text()
    assert not QueueEntry.objects.filter(closed_at=None).exists()


def test_undoing_the_rule_lets_the_suggestion_wait_again(moderator: User) -> None:
    suggestion = make_suggestion()
    decision = make_rule(
        SourceRule(host="new.example.org", action="block", reason="x"), by=moderator
    )

    undo(decision, by=moderator)

    suggestion.refresh_from_db()
    assert suggestion.status == "waiting"
    assert QueueEntry.objects.get(closed_at=None).link == suggestion.link


def test_what_is_in_the_inbox_already_is_accepted_at_once(client: Client, moderator: User) -> None:
    suggesting.accept([make_suggestion()], by=moderator)

    response = suggest(client, NEW)

    page = Page(client.get(response.headers["Location"]))
    assert heading(page) == "It is accepted."
    assert not QueueEntry.objects.filter(closed_at=None).exists()


def test_what_was_declined_can_be_accepted_after_all(moderator: User) -> None:
    suggestion = make_suggestion()
    suggesting.decline([suggestion], by=moderator, answer="No.")

    suggesting.accept([suggestion], by=moderator)

    suggestion.refresh_from_db()
    assert (suggestion.status, suggestion.answer) == ("accepted", "")
    assert Decision.objects.filter(action="approve").exists()


# Mail


def test_nobody_is_asked_for_an_address_that_is_not_used(client: Client) -> None:
    assert not Page(client.get("/suggest/")).all("[name=email]")
    suggest(client, NEW, email="reader@example.org")

    assert Suggestion.objects.get().email == ""


def test_a_reader_who_left_an_address_is_told_once_and_forgotten(
    client: Client, moderator: User, settings: Settings
) -> None:
    settings.EMAIL = SENDS
    suggest(client, NEW, email="reader@example.org")
    suggestion = Suggestion.objects.get()
    assert suggestion.email == "reader@example.org"

    suggesting.decline([suggestion], by=moderator, answer="We had <this>.")

    (message,) = mail.outbox
    assert message.to == ["reader@example.org"]
    assert "We had <this>." in message.body
    assert f"https://news.example.org/suggest/{suggestion.token}/" in message.body
    suggestion.refresh_from_db()
    assert suggestion.email == ""


def test_mail_speaks_the_language_of_the_form(
    client: Client, moderator: User, settings: Settings
) -> None:
    settings.EMAIL = SENDS
    settings.LANGUAGE_CODE = "ko"
    suggest(client, NEW, email="reader@example.org")
    settings.LANGUAGE_CODE = "en"

    suggesting.accept([Suggestion.objects.get()], by=moderator)

    assert Suggestion.objects.get().language == "ko"


def test_every_reader_gets_a_ticket_of_their_own(client: Client) -> None:
    pages = (Page(client.get("/suggest/")) for _visit in range(2))
    tickets = {page.value("[name=ticket]", "value") for page in pages}
    assert len(tickets) == 2
