"""The queue: what waits, shown with its context, decided by one moderator each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from links import readers
from links.decisions import decide
from links.decisions import links as moderating
from links.models import (
    Decision,
    Kind,
    Link,
    Outage,
    QueueEntry,
    Report,
    SourceRule,
    Suggestion,
    Undertaking,
)
from links.queue import Part, Worry, claim, count_by_kind, raise_concerns
from links.queue.claims import CLAIM
from links.registering import register
from posts import publishing
from posts.admin.queue.context import Passage, context_of, passage_around
from posts.models import Post
from tests.builders import LONG_AGO, make_draft, make_post, make_posts
from tests.conftest import SignIn
from tests.reading import Page, inner, shown

pytestmark = pytest.mark.django_db
QUEUE = "/admin/links/queueentry/"
ONE = "https://one.example.org/a"
TWO = "https://two.example.org/b"


@pytest.fixture
def client(moderator: User, sign_in: SignIn) -> Client:
    return sign_in(moderator)


@pytest.fixture
def other(db: None) -> User:
    """A second moderator."""
    user = User.objects.create_user("other", is_staff=True)
    user.groups.add(Group.objects.get(name="Moderator"))
    return user


@pytest.fixture
def post(db: None) -> Post:
    """An issue with four links, each of a new source."""
    return make_post()


def link(url: str = ONE) -> Link:
    return Link.objects.get(url=url)


def entry(url: str = ONE) -> QueueEntry:
    return QueueEntry.objects.get(link__url=url, closed_at=None)


def waits(url: str = ONE) -> bool:
    return QueueEntry.objects.filter(link__url=url, closed_at=None).exists()


def worry(url: str, *worries: Worry) -> None:
    raise_concerns({link(url).pk: worries})


def look(client: Client, query: str = "") -> Page:
    return Page(client.get(f"{QUEUE}{query}"))


def act(client: Client, name: str, **values: object) -> Page:
    """Do something on the desk as a form does, and return the page that follows."""
    path = reverse(f"admin:links_queueentry_{name}")
    response = client.post(path, values, follow=True)
    assert response.status_code == 200
    return Page(response)


def decide_all(client: Client, action: str, reason: str = "", **part: object) -> Page:
    """Ask about all of a part, and confirm what the page says it is."""
    return confirm(client, act(client, "bulk", all=1, **part), action, reason)


def confirm(client: Client, asked: Page, action: str, reason: str = "") -> Page:
    seen = asked.fields(".desk-confirm form") | {"action": action, "reason": reason}
    return act(client, "bulk", **seen)


def choose(client: Client, url: str, action: str, **values: object) -> Page:
    return act(client, "decide", entry=entry(url).pk, action=action, **values)


def listed(page: Page) -> list[str]:
    return page.texts(".desk-row-title")


def said(page: Page) -> str:
    return " ".join(page.texts(".messagelist li"))


# Looking


def test_the_most_urgent_entry_is_open_and_the_others_stand_beside_it(
    client: Client, post: Post
) -> None:
    worry(TWO, Worry(Kind.SUSPICIOUS, "shortener", "two.example.org"))

    page = look(client)

    assert page.one("#desk-title").text() == "Second find"
    assert (
        "A short address of two.example.org hides where it leads." in page.one(".concerns").text()
    )
    assert listed(page)[0] == "two.example.org/b"
    assert len(listed(page)) == 4


def test_the_source_says_when_readers_saw_it_first_not_when_it_was_imported(
    client: Client, db: None
) -> None:
    make_post(at=datetime(2024, 5, 10, 12, tzinfo=UTC))

    assert "first seen 10 May 2024" in shown(look(client).one(".entry"))


def test_a_link_in_the_words_of_an_item_is_not_called_like_the_item(
    client: Client, db: None
) -> None:
    make_post(body=f"- [First find]({ONE}): longer than [its second part]({TWO})\n")

    second = look(client, f"?entry={entry(TWO).pk}")

    assert second.one("#desk-title").text() == "its second part"


def test_all_links_of_a_source_are_decided_in_one_go(client: Client, db: None) -> None:
    links = "".join(f"- **Find {n}**: [words](https://bit.ly/{n})\n" for n in range(3))
    post = make_post(body=f"{links}- **Other**: [words]({ONE})\n")

    page = look(client, "?by=source")

    assert page.texts(".desk-groups .address") == ["bit.ly", "one.example.org"]
    assert "Short address 3" in page.texts(".desk-groups .desk-row-meta")[0]
    form = {
        node.attributes["name"]: node.attributes["value"]
        for node in page.one(".desk-groups form").css("input[type=hidden]")
    }
    asked = act(client, "bulk", **form)
    assert "all links of bit.ly" in asked.one("#desk-title").text()
    assert "3 links, in 1 issue, 3 items" in shown(asked.one(".desk-confirm p"))
    done = confirm(client, asked, "block", "unhandy")
    assert done.texts(".desk-groups .address") == ["one.example.org"]
    notes = Page(Client().get(post.get_absolute_url())).texts(".link-note")
    assert notes == ["(link removed)"] * 3


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "Select all 4 that wait"), ("?kind=new_source", "Select all 4 of this kind")],
)
def test_selecting_all_says_how_many(client: Client, post: Post, query: str, words: str) -> None:
    assert words in look(client, query).one(".desk-bulk").text()


def test_how_long_it_waited_is_said_in_words(client: Client, post: Post) -> None:
    assert "has just come in" in look(client).one(".entry-state").text()

    QueueEntry.objects.update(opened_at=timezone.now() - timedelta(minutes=19, seconds=5))

    assert "has waited 19\xa0minutes" in look(client).one(".entry-state").text()


def test_what_is_marked_broken_here_says_what_readers_will_see(client: Client, post: Post) -> None:
    ask = look(client).one("details[data-key=m]")

    assert "Readers see at once “link broken” beside it" in ask.text()
    done = choose(client, ONE, "mark_broken", reason="gone")
    assert f"Marked broken: {ONE}. Readers see “link broken” beside it." in said(done)
    assert "link broken" in Client().get(post.get_absolute_url()).content.decode()


SHORT = "https://bit.ly/x"


@pytest.fixture
def short(db: None) -> Link:
    """A short address in an issue."""
    make_post(body=f"- **Find**: [words]({SHORT})\n")
    return link(SHORT)


def test_a_short_address_says_where_it_leads(client: Client, short: Link) -> None:
    target = "https://article.example.com/read"
    Link.objects.update(final_url=target, checked_at=timezone.now())

    page = look(client)

    assert page.texts(".entry-state .kind-short") == ["Short address"]
    assert page.value(".entry-leads a", "href") == target
    assert page.texts(".desk-row-leads") == ["→ Leads to article.example.com/read"]
    assert not page.all(".kind-suspicious")


@pytest.mark.parametrize(
    ("is_asked", "is_offline", "words"),
    [
        (False, False, "asked in the background"),
        (False, True, "no network"),
        (True, False, "gave no answer"),
    ],
)
def test_of_a_short_address_it_is_said_why_nobody_knows_where_it_leads(
    client: Client, short: Link, is_asked: bool, is_offline: bool, words: str
) -> None:
    Link.objects.update(checked_at=timezone.now() if is_asked else None)
    if is_offline:
        Outage.objects.create()

    assert words in look(client).one(".entry-leads").text()


def test_the_oldest_may_come_first(client: Client, post: Post) -> None:
    QueueEntry.objects.filter(link=link(ONE)).update(opened_at=LONG_AGO)
    worry(TWO, Worry(Kind.SUSPICIOUS, "shortener", "two.example.org"))

    page = look(client, "?order=oldest")

    assert listed(page)[0] == "one.example.org/a"


def test_a_part_of_the_queue_holds_one_kind(client: Client, post: Post) -> None:
    worry(TWO, Worry(Kind.REPORT, "broken", "does not work"))

    assert listed(look(client, "?kind=report")) == ["two.example.org/b"]
    assert len(listed(look(client, "?kind=new_source"))) == 3
    assert len(listed(look(client, "?kind=nonsense&entry=x&source=9999999999999999999"))) == 4


def test_the_tabs_count_what_waits_of_each_kind(client: Client, post: Post) -> None:
    worry(TWO, Worry(Kind.REPORT, "broken"))

    tabs = [" ".join(text.split()) for text in look(client).texts(".desk-tabs ul:first-child a")]

    assert tabs == ["All 4", "Reported 1", "New source 3"]


def test_counting_stops_where_nobody_needs_it(
    post: Post, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("links.queue.parts.MOST_COUNTED", 2)

    assert count_by_kind(moderator)[Kind.NEW_SOURCE] == 3


def test_the_other_links_of_a_source_are_one_step_away(client: Client, post: Post) -> None:
    source = link().source
    assert source is not None

    page = look(client, f"?source={source.pk}")

    assert listed(page) == ["one.example.org/a"]
    assert "one.example.org" in page.one(".desk-source").text()


def test_an_empty_queue_says_that_all_is_well(client: Client) -> None:
    assert "All links are looked after." in look(client).text()
    assert "Nothing waits in this part" in look(client, "?kind=report").text()


def test_looking_changes_nothing(client: Client, post: Post) -> None:
    client.get(QUEUE)
    with CaptureQueriesContext(connection) as queries:
        client.get(f"{QUEUE}?entry={entry().pk}")

    assert not QueueEntry.objects.exclude(claimed_by=None).exists()
    assert not [q for q in queries if not q["sql"].startswith(("SELECT", "SAVEPOINT", "RELEASE"))]


@pytest.mark.parametrize("name", ["decide", "open", "skip", "claim", "release", "undo", "rule"])
def test_a_get_does_nothing_and_leads_to_the_desk(client: Client, post: Post, name: str) -> None:
    values = {"entry": entry().pk, "action": "approve"}
    response = client.get(reverse(f"admin:links_queueentry_{name}"), values)

    assert response.headers["Location"] == QUEUE
    assert not Decision.objects.exists()


# Context


def test_an_entry_shows_its_sentence_and_where_it_stands(client: Client, post: Post) -> None:
    page = look(client, f"?entry={entry().pk}")

    where = page.one(".place-where")
    assert [node.attributes["href"] for node in where.css("a")] == [
        f"/admin/posts/post/{post.pk}/change/",
        f"/admin/posts/linkeditem/{post.items.get(title='First find').pk}/change/",
    ]
    assert "Preview" in where.text()
    assert inner(page.one(".place blockquote"), "mark") == "Read more"
    assert page.one(".place blockquote").text() == "First find: what it is. Read more"


def test_an_entry_says_in_which_issues_the_link_was_covered_before(client: Client) -> None:
    make_posts(3)

    found = context_of(entry())

    assert [place.appearance.post.title for place in found.places] == ["Issue 3"]
    assert [place.appearance.post.title for place in found.earlier] == ["Issue 2", "Issue 1"]
    assert found.reach == (1, 3, 3)
    assert "Covered before in" in look(client, f"?entry={entry().pk}").text()


def test_a_draft_is_newer_than_what_is_published(post: Post) -> None:
    draft = make_draft()

    assert context_of(entry()).places[0].appearance.post == draft


def test_the_history_of_a_source_counts_what_was_decided_about_its_other_links(
    client: Client, moderator: User
) -> None:
    urls = [f"https://one.example.org/{name}" for name in "bcd"]
    make_post(body=f"- [a]({ONE})\n" + "".join(f"- [x]({url})\n" for url in urls))
    decide([link(urls[0]), link(urls[1])], "block", by=moderator, reason="advertising")
    decide([link(urls[2])], "approve", by=moderator)

    history = context_of(entry()).history

    assert (history.approved, history.blocked, history.capped) == (1, 2, False)
    assert "advertising" in look(client, f"?entry={entry().pk}").one(".history").text()


def test_notes_of_readers_are_shown_as_text(client: Client, post: Post) -> None:
    Report.objects.create(link=link(), kind="harmful", note="<b>bad</b>", place="/posts/x/")
    Suggestion.objects.create(link=link(), url=ONE, note="a good one")
    worry(ONE, Worry(Kind.REPORT, "harmful", "x"), Worry(Kind.SUGGESTION, detail="a good one"))

    page = look(client)

    assert page.texts(".concerns q") == ["a good one", "<b>bad</b>"]
    assert len(page.all('.concerns a[href="/posts/x/"]')) == 1


def test_a_note_is_as_loud_as_what_it_says(client: Client, post: Post) -> None:
    for kind in ("harmful", "broken"):
        Report.objects.create(link=link(), kind=kind)
    Suggestion.objects.create(link=link(), url=ONE)
    worry(ONE, Worry(Kind.REPORT, "harmful", "x"), Worry(Kind.SUGGESTION, detail="a good one"))

    kinds = look(client).values(".note .kind", "class")

    assert kinds == ["kind kind-suggestion", "kind kind-broken", "kind kind-suspicious"]


def test_what_readers_do_not_see_is_told_apart(client: Client, post: Post) -> None:
    assert not look(client, f"?entry={entry().pk}").all(".desk-row-unseen, .entry-unseen")
    publishing.withdraw([post])
    make_post("Another", f"- [x]({TWO})\n")

    page = look(client, f"?entry={entry().pk}")

    assert "no public issue has it" in page.one(".entry-unseen").text()
    assert len(page.all(".desk-row-unseen")) == len(listed(page)) - 1
    assert not look(client, f"?entry={entry(TWO).pk}").all(".entry-unseen")


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        (
            "First sentence is not about it. A second one names [**the** page](https://a.example/x)"
            " in its midst, long enough to stand alone. And a third.",
            ("A second one names ", "the page", " in its midst, long enough to stand alone. "),
        ),
        (
            "* **Title**: what it is. ([Paper](https://a.example/x))",
            ("Title: what it is. (", "Paper", ")"),
        ),
        (
            "- one [b](https://b.example/)\n- two [a](https://a.example/x)\n- three",
            ("two ", "a", ""),
        ),
        (
            "앞 문장이에요. [문서](https://a.example/x)를 읽어요.",
            ("앞 문장이에요. ", "문서", "를 읽어요."),
        ),
        ("See <https://a.example/x> now", ("See ", "https://a.example/x", " now")),
        (
            "[![logo](l.png)](https://c.example/) https://a.example/x",
            ("", "https://a.example/x", ""),
        ),
        ("[wiki](https://a.example/x_(y)) it", ("", "wiki", " it")),
        (
            "- [longer](https://a.example/x/y)\n- [this](https://a.example/x \"title\") one",
            ("", "this", " one"),
        ),
        (
            "<ul><li><a href='https://b.example/'>b</a></li><li><a href='https://a.example/x'>"
            "a</a> &amp; more</li></ul>",
            ("", "a", " & more"),
        ),
        ("off here.** And [a](https://a.example/x) **this", ("off here. And ", "a", " this")),
    ],
)  # fmt: skip
def test_the_sentence_around_a_link_is_plain_text(
    markdown: str, expected: tuple[str, str, str]
) -> None:
    url = "https://a.example/x_(y)" if "x_(y)" in markdown else "https://a.example/x"

    assert passage_around(markdown, url) == Passage(*expected)


def test_text_without_the_address_has_no_sentence_of_it() -> None:
    assert passage_around("[a][b]\n\n[b]: elsewhere", "https://a.example/x") is None


def test_a_reference_link_is_shown_in_its_item(post: Post) -> None:
    make_post("Other", "- **Find**: read [the paper][1] first.\n\n[1]: https://ref.example.org/\n")

    passage = context_of(entry("https://ref.example.org/")).places[0].passage

    assert passage.words == "the paper"
    assert "read " in passage.before


# Deciding


@pytest.mark.parametrize(
    ("action", "values", "outcome"),
    [
        ("approve", {}, {"status": "approved"}),
        ("block", {"reason": "spam"}, {"status": "blocked", "reason": "spam"}),
        (
            "replace",
            {"reason": "moved", "replacement_url": "https://new.example.org/"},
            {"status": "approved", "replacement_url": "https://new.example.org/"},
        ),
        ("mark_broken", {"reason": "empty page"}, {"health": "broken"}),
    ],
)
def test_a_decision_is_recorded_and_leads_to_the_next_entry(
    client: Client,
    moderator: User,
    post: Post,
    action: str,
    values: dict[str, str],
    outcome: dict[str, str],
) -> None:
    page = choose(client, ONE, action, next=entry(TWO).pk, **values)

    assert {name: getattr(link(), name) for name in outcome} == outcome
    decision = Decision.objects.get()
    assert (decision.by, decision.action) == (moderator, action)
    assert not waits()
    assert "one.example.org" in said(page)
    assert page.one("#desk").attributes["data-entry"] == str(entry(TWO).pk)
    assert entry(TWO).claimed_by == moderator


@pytest.mark.parametrize("action", ["block", "replace", "mark_broken"])
def test_what_takes_something_away_asks_for_a_reason_in_place(
    client: Client, post: Post, action: str
) -> None:
    page = choose(client, ONE, action, reason=" ", replacement_url="https://new.example.org/")

    assert waits()
    assert not Decision.objects.exists()
    assert said(page) == "Say why first."
    assert page.one("details.ask[open]").css_first(f'button[value="{action}"]')
    assert entry().claimed_by is None


def test_what_was_typed_stays_when_it_is_refused(client: Client, post: Post) -> None:
    page = choose(client, ONE, "replace", reason="moved", replacement_url="ftp://old.example.org/")

    form = page.one("details.ask[open]")
    assert form.css_first("[name=replacement_url]").attributes["value"] == "ftp://old.example.org/"
    assert form.css_first("[name=reason]").attributes["value"] == "moved"


def test_the_archived_copy_of_a_broken_link_is_offered(client: Client, post: Post) -> None:
    copy = "https://web.archive.org/web/2024/https://one.example.org/a"
    Link.objects.filter(pk=link().pk).update(health="broken", archived_url=copy)

    page = look(client, f"?entry={entry().pk}")

    assert page.one("[name=replacement_url]").attributes["value"] == copy


def test_an_action_that_does_not_exist_decides_nothing(client: Client, post: Post) -> None:
    choose(client, ONE, "restore")
    act(client, "decide", entry=0, action="approve")

    assert not Decision.objects.exists()


def test_a_script_gets_the_desk_alone(client: Client, post: Post) -> None:
    path = reverse("admin:links_queueentry_decide")
    values = {"entry": entry().pk, "action": "approve"}

    response = client.post(path, values, headers={"X-Desk": "1"})

    assert response.content.startswith(b'<div id="desk"')
    assert "Approved" in Page(response).one("#desk").attributes["data-said"]


def test_the_desk_stays_in_its_part_of_the_queue(client: Client, post: Post) -> None:
    worry(ONE, Worry(Kind.REPORT, "broken"))
    worry(TWO, Worry(Kind.REPORT, "broken"))

    page = choose(client, ONE, "approve", kind="report")

    assert listed(page) == ["two.example.org/b"]


# Putting aside


def test_an_entry_that_is_put_aside_comes_back_when_it_is_asked_for(
    client: Client, moderator: User, post: Post
) -> None:
    act(client, "open", entry=entry().pk)
    page = act(client, "skip", entry=entry().pk)

    assert "one.example.org/a" not in listed(page)
    assert entry().claimed_by is None
    assert "1 entry is put aside." in page.one(".desk-aside").text()

    page = act(client, "skip", back=1)
    assert "one.example.org/a" in listed(page)


# Claims


def test_an_entry_is_claimed_by_opening_it_and_given_back_by_opening_another(
    client: Client, moderator: User, post: Post
) -> None:
    act(client, "open", entry=entry().pk)
    assert entry().claimed_by == moderator

    act(client, "open", entry=entry(TWO).pk)
    assert entry().claimed_by is None
    assert entry(TWO).claimed_by == moderator

    client.post(reverse("admin:links_queueentry_release"))
    assert entry(TWO).claimed_by is None


def test_nobody_decides_what_somebody_else_has_claimed(
    client: Client, other: User, post: Post
) -> None:
    claim(entry().pk, other)

    page = choose(client, ONE, "approve")

    assert said(page) == "other is deciding about this one."
    assert not Decision.objects.exists()
    assert entry().claimed_by == other


def test_what_was_decided_meanwhile_is_said(client: Client, other: User, post: Post) -> None:
    pk = entry().pk
    decide([link()], "block", by=other, reason="spam")

    page = act(client, "decide", entry=pk, action="approve")

    assert said(page) == "other has decided about this one already: Blocked."
    assert link().status == "blocked"


def test_the_desk_opens_what_nobody_else_has(client: Client, other: User, post: Post) -> None:
    first = Part().first(1)[0]
    claim(first.pk, other)

    page = look(client)

    assert page.one("#desk").attributes["data-entry"] != str(first.pk)
    assert "other has it" in page.one(".desk-list").text()


def test_a_claim_ends_by_itself(client: Client, other: User, post: Post) -> None:
    claim(entry().pk, other)

    with time_machine.travel(timezone.now() + CLAIM + timedelta(seconds=1)):
        choose(client, ONE, "approve")

    assert not waits()


def test_a_claim_made_while_the_clock_was_ahead_keeps_nobody_out(
    client: Client, other: User, post: Post
) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=365)):
        claim(entry().pk, other)
    assert look(client).one("#desk").attributes["data-entry"] == str(Part().first(1)[0].pk)

    choose(client, ONE, "approve")

    assert not waits()


def test_a_script_learns_whether_the_claim_is_its_own(
    client: Client, other: User, post: Post
) -> None:
    path = reverse("admin:links_queueentry_claim")
    claim(entry(TWO).pk, other)

    assert client.post(path, {"entry": entry().pk}).json() == {"mine": True}
    assert client.post(path, {"entry": entry(TWO).pk}).json() == {
        "mine": False,
        "said": "other is deciding about this one.",
    }


# Undoing


def test_the_last_decision_is_undone_and_its_entry_open_again(
    client: Client, moderator: User, post: Post
) -> None:
    pk = entry().pk
    choose(client, ONE, "block", reason="spam")

    page = act(client, "undo")

    assert link().status == "pending"
    assert page.one("#desk").attributes["data-entry"] == str(pk)
    assert entry().claimed_by == moderator


def test_only_own_and_recent_decisions_are_undone_from_here(
    client: Client, other: User, post: Post
) -> None:
    decide([link()], "approve", by=other)
    assert "There is nothing to undo." in said(act(client, "undo"))

    choose(client, TWO, "approve")
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        act(client, "undo")
    assert link(TWO).status == "approved"


# The whole source


def rule_values(**values: object) -> dict[str, object]:
    source = link().source
    assert source is not None
    return {"entry": entry().pk, "place": source.pk, **values}


def test_a_rule_about_the_source_is_made_after_its_impact_was_shown(
    client: Client, moderator: User, post: Post
) -> None:
    values = rule_values(action="block", reason="link farm")

    page = act(client, "rule", **values)
    assert "1 link, in 1 issue, 1 item" in " ".join(page.one(".desk-confirm").text().split())
    assert not SourceRule.objects.exists()

    act(client, "rule", **values, confirmed=1)
    rule = SourceRule.objects.get()
    assert (rule.host, rule.path, rule.action) == ("one.example.org", "", "block")
    assert link().standing == "blocked"
    assert not waits()


def test_a_rule_may_be_about_an_owner_alone(client: Client) -> None:
    url = "https://github.com/someone/thing"
    make_post(body=f"- **Thing**: code. [x]({url})\n")
    source = link(url).source
    assert source is not None

    act(client, "rule", entry=entry(url).pk, place=source.pk, action="allow", confirmed=1)

    assert str(SourceRule.objects.get()) == "Allow: github.com/someone"


def test_a_rule_that_takes_away_needs_a_reason(client: Client, post: Post) -> None:
    page = act(client, "rule", **rule_values(action="hold"), confirmed=1)

    assert said(page) == "Say why first."
    assert not SourceRule.objects.exists()


def test_a_rule_is_about_the_source_of_the_entry_only(client: Client, post: Post) -> None:
    foreign = link(TWO).source
    assert foreign is not None

    page = act(client, "rule", **rule_values(action="allow") | {"place": foreign.pk}, confirmed=1)

    assert said(page) == "Choose a source and a rule."
    assert not SourceRule.objects.exists()


def test_who_may_make_no_rules_makes_none_here(client: Client, post: Post, moderator: User) -> None:
    right = Permission.objects.get(codename="add_sourcerule")
    Group.objects.get(name="Moderator").permissions.remove(right)

    response = client.post(
        reverse("admin:links_queueentry_rule"), rule_values(action="allow", confirmed=1)
    )

    assert response.status_code == 403
    assert not look(client, f"?entry={entry().pk}").all(".desk-rule")


# Many at once


def test_selected_entries_get_one_decision_after_its_impact_was_shown(
    client: Client, post: Post
) -> None:
    selected = [entry(ONE).pk, entry(TWO).pk]

    page = act(client, "bulk", selected=selected)
    assert "2 links, in 1 issue, 2 items" in " ".join(page.one(".desk-confirm").text().split())
    assert not Decision.objects.exists()

    page = act(client, "bulk", selected=selected, action="block", reason="spam")
    assert "Blocked: 2 links." in said(page)
    assert Decision.objects.get().effects.count() == 2
    assert len(listed(page)) == 2


def test_all_of_a_part_are_decided_and_nothing_beside_it(client: Client, post: Post) -> None:
    worry(TWO, Worry(Kind.REPORT, "broken"))

    decide_all(client, kind="new_source", action="approve")

    assert list(QueueEntry.objects.filter(closed_at=None)) == [entry(TWO)]
    assert link(TWO).status == "pending"


def test_a_decision_about_many_leaves_alone_what_others_have(
    client: Client, other: User, post: Post
) -> None:
    claim(entry().pk, other)

    page = decide_all(client, action="approve")

    assert "1 entry is left alone: somebody else is deciding about it." in said(page)
    assert waits()
    assert link().status == "pending"


def test_a_decision_about_many_asks_for_a_reason_too(client: Client, post: Post) -> None:
    page = decide_all(client, action="block", reason="")

    assert "Say why first." in page.one(".desk-confirm").text()
    assert not Decision.objects.exists()


def test_a_selection_that_others_decided_meanwhile_is_said(
    client: Client, other: User, post: Post
) -> None:
    selected = entry().pk
    decide([link()], "approve", by=other)

    page = act(client, "bulk", selected=selected, action="block", reason="spam")

    assert "Nothing of what was selected waits any more." in page.one(".desk-confirm").text()
    assert link().status == "approved"


def test_all_are_those_that_were_shown_and_not_what_came_in_between(
    client: Client, post: Post
) -> None:
    asked = act(client, "bulk", all=1)
    late = register(["https://late.example.com/malware"])
    worry(*late, Worry(Kind.SUGGESTION))

    confirm(client, asked, "approve")

    assert waits("https://late.example.com/malware")
    assert link("https://late.example.com/malware").status == "pending"
    assert not waits(ONE)


def test_nobody_decides_about_all_without_having_been_shown_them(
    client: Client, post: Post
) -> None:
    page = act(client, "bulk", all=1, action="approve")

    assert page.all(".desk-confirm")
    assert not Decision.objects.exists()


def test_what_others_decided_after_it_was_shown_stays_and_is_named(
    client: Client, other: User, post: Post
) -> None:
    asked = act(client, "bulk", all=1)
    decide([link()], "block", by=other, reason="phishing")

    page = confirm(client, asked, "approve")

    words = "1 was decided by somebody else meanwhile: one.example.org/a."
    assert words in said(page)
    assert (link().status, link(TWO).status) == ("blocked", "approved")


def test_what_readers_reported_after_it_was_shown_is_left_alone_and_named(
    client: Client, post: Post
) -> None:
    asked = act(client, "bulk", all=1)
    readers.report(link(), "broken", note="malware")

    page = confirm(client, asked, "approve")

    words = "1 is left alone, because there is news about it: one.example.org/a."
    assert words in said(page)
    assert waits()


def test_selecting_nothing_says_so(client: Client, post: Post) -> None:
    assert said(act(client, "bulk")) == "Select some entries first."


def test_a_large_decision_empties_the_queue_at_once_and_shows_how_far_it_is(
    client: Client, run_waiting_tasks: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderating, "BATCH", 2)
    monkeypatch.setattr("links.decisions.entries.BATCH", 2)
    many_links(5)

    page = decide_all(client, action="block", reason="spam")

    assert not listed(page)
    assert page.one("progress").attributes["max"] == "5"
    progress = reverse("admin:links_queueentry_progress")
    assert client.get(progress).json() == {"finished": False, "done": 0, "total": 5}
    while run_waiting_tasks():
        pass
    assert client.get(progress).json() == {"finished": True}
    assert Link.objects.filter(status="blocked").count() == 5
    assert Undertaking.objects.get().skipped == 0


def test_undoing_a_large_decision_brings_all_its_entries_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderating, "BATCH", 2)
    monkeypatch.setattr("links.decisions.entries.BATCH", 2)
    many_links(5)
    decide_all(client, action="block", reason="spam")

    act(client, "undo")

    assert QueueEntry.objects.filter(closed_at=None).count() == 5
    assert not Link.objects.filter(status="blocked").exists()


# What it costs


def many_links(count: int) -> None:
    """Put links without any place into the queue."""
    links = register([f"https://h{n}.example.com/" for n in range(count)])
    raise_concerns({link.pk: [Worry(Kind.NEW_SOURCE)] for link in links.values()})


def cost(client: Client, query: str) -> int:
    client.get(f"{QUEUE}{query}")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{QUEUE}{query}").status_code == 200
    return len(queries)


def test_the_desk_takes_few_queries_however_much_waits(
    client: Client, moderator: User, post: Post
) -> None:
    Suggestion.objects.create(link=link(), url=ONE)
    worry(ONE, Worry(Kind.SUGGESTION), Worry(Kind.REPORT, "broken"), Worry(Kind.SUSPICIOUS))
    decide([link(TWO)], "approve", by=moderator)
    few = cost(client, "")
    many_links(60)
    make_posts(12)

    assert cost(client, "") == few
    assert cost(client, f"?entry={QueueEntry.objects.latest('pk').pk}&order=oldest") <= 14
    assert few <= 14


def test_a_decision_about_one_link_is_about_what_was_known_when_it_was_shown(
    client: Client, post: Post
) -> None:
    sent = look(client, f"?entry={entry().pk}").fields(".desk-actions form:first-of-type")
    worry(ONE, Worry(Kind.REPORT, "harmful", "x"))

    page = act(client, "decide", **sent | {"action": "approve"})

    assert "There is news about this link" in said(page)
    assert waits()
    assert "kind kind-report" in page.values(".entry-state .kind", "class")
    sent = page.fields(".desk-actions form:first-of-type")
    act(client, "decide", **sent | {"action": "approve"})
    assert not waits()
