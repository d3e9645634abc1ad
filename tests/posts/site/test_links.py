"""What the site said about a link: its page, and the lists of links it came back to."""

from datetime import datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from links.decisions import decide
from links.models import FormerKey, Link
from posts.following import set_hidden, set_news
from posts.models import LinkedItem, ListCount, Post, RecurringLink
from posts.publishing import counting, delete, publish, rebuild, save_document, withdraw
from posts.publishing.returning import FEW
from tests.builders import LONG_AGO, item, make_draft, make_post, make_posts, make_scheduled, parsed
from tests.posts.site.test_indexes import walk
from tests.posts.site.test_pages import queries, read, step

pytestmark = pytest.mark.django_db

URL = "https://again.example.org/story"
OTHER = "https://beside.example.org/"
SHARED = f"## Finds\n- **Seen again**: a word. [Read]({URL})\n- [Beside]({OTHER})\n"
YEAR = timedelta(days=365)


def issue(number: int, body: str = SHARED, at: datetime | None = None, **header: object) -> Post:
    return make_post(f"Issue {number}", body, at=at or LONG_AGO + timedelta(number), **header)


def link(url: str = URL) -> Link:
    return Link.objects.get(url=url)


def path(url: str = URL) -> str:
    return f"/links/{link(url).key[:16]}/"


def cited(client: Client, address: str = "/links/") -> list[str]:
    """Return names and numbers of issues in a list of links."""
    return read(client, address).texts(".entries-table tbody :is(th, .numeric)")


def again(client: Client, post: Post) -> list[str]:
    """Return where the items of an issue lead that say that they were covered before."""
    return read(client, post.get_absolute_url()).values("a.again", "href")


def place(post: Post, title: str = "Seen again") -> str:
    """Return where an item stands."""
    return f"{post.get_absolute_url()}#{item(post, title).anchor}"


# The page of a link


def test_a_link_has_a_page_with_all_that_was_said_about_it(client: Client) -> None:
    first, second = issue(1, tags=["AI"]), issue(2, tags=["Type", "AI"])
    page = read(client, path())

    assert page.texts("h1") == ["Seen again"]
    assert page.values(".link-address a", "href") == [URL]
    assert page.texts(".kicker a") == ["Links", "again.example.org"]
    assert page.texts(".facts span") == [
        "2 issues", "first seen 11 May 2024", "last seen 12 May 2024"
    ]  # fmt: skip
    places = [
        f"{post.get_absolute_url()}#{item(post, 'Seen again').anchor}" for post in (second, first)
    ]
    assert page.values("h2 + .cards .linked-title a", "href")[:2] == places
    assert page.texts(".linked-line")[:2] == ["a word."] * 2
    assert page.texts(".place")[:2] == ["Issue 2", "Issue 1"]
    assert page.texts(".page-header .tags .tag") == ["AI", "Type"]


def test_what_stood_beside_a_link_stands_below_it(client: Client) -> None:
    issue(1)
    issue(2)
    page = read(client, path())
    assert page.values(".beside .linked-title a", "href") == [OTHER]


def test_a_link_that_one_issue_has_is_not_for_search_engines(client: Client) -> None:
    issue(1)
    assert read(client, path()).values('meta[name="robots"]', "content") == ["noindex"]
    assert path() not in client.get("/sitemap-links.xml").content.decode()
    issue(2)
    assert read(client, path()).all('meta[name="robots"]') == []
    assert path() in client.get("/sitemap-links.xml").content.decode()


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_what_is_not_public_yet_has_no_page_and_counts_nowhere(client: Client, make) -> None:
    make("Secret", SHARED)
    assert client.get(path()).status_code == 404
    issue(1)
    page, rows = client.get(path()).content, client.get("/links/").content
    make("Secret again", SHARED)
    assert client.get(path()).content == page
    assert client.get("/links/").content == rows
    assert path() not in client.get("/sitemap-links.xml").content.decode()
    assert b"Secret" not in page


def test_a_scheduled_issue_is_there_from_its_second_on(client: Client, time_machine) -> None:
    issue(1)
    make_scheduled("To come", SHARED)
    assert cited(client) == []
    time_machine.move_to(timezone.now() + timedelta(days=2))
    assert cited(client) == ["Seen again", "2", "Beside", "2"]
    assert read(client, path()).texts(".facts span")[0] == "2 issues"


def test_a_link_that_is_blocked_or_held_has_no_page_at_once(client: Client) -> None:
    issue(1)
    issue(2)
    where = path()
    Link.objects.filter(url=URL).update(standing=Link.Standing.HELD)
    assert client.get(where).status_code == 404
    assert cited(client) == ["Beside", "2"]
    assert where not in client.get("/sitemap-links.xml").content.decode()
    Link.objects.filter(url=URL).update(standing=Link.Standing.SHOWN)
    decide(Link.objects.filter(url=URL), "block", by=None, reason="spam")
    assert client.get(where).status_code == 404
    assert not RecurringLink.objects.filter(link=link()).exists()
    decide(Link.objects.filter(url=URL), "approve", by=None)
    assert read(client, where).texts(".facts span")[0] == "2 issues"


def test_a_hidden_item_said_nothing(client: Client, moderator: User) -> None:
    issue(1)
    second = issue(2)
    set_hidden([item(second, "Seen again")], True, by=moderator, reason="x")
    assert read(client, path()).texts(".place")[:1] == ["Issue 1"]
    assert read(client, path()).texts(".facts span")[0] == "1 issue"
    assert cited(client) == ["Beside", "2"]


def test_a_page_says_what_was_decided_about_its_link(client: Client, moderator: User) -> None:
    issue(1)
    where, rows = path(), Link.objects.filter(url=URL)
    rows.update(archived_url="https://archive.example.org/1")
    decide(rows, "mark_broken", by=moderator, reason="gone")
    page = read(client, where)
    assert page.texts("h1") == ["Seen again (link broken)"]
    assert page.values(".link-note a", "href") == ["https://archive.example.org/1"]

    rows.update(replacement_url="https://new.example.org/")
    page = read(client, where)
    assert page.values(".link-address a", "href") == ["https://new.example.org/"]
    assert page.texts(".link-note") == ["(link replaced)"]
    assert URL not in client.get(where).content.decode()


def test_a_link_keeps_its_address_when_it_is_keyed_anew(client: Client) -> None:
    issue(1)
    old = "f" * 64
    FormerKey.objects.create(key=old, link=link())
    assert client.get(f"/links/{old[:16]}/").headers["Location"] == path()
    Link.objects.update(standing=Link.Standing.BLOCKED)
    assert client.get(f"/links/{old[:16]}/").status_code == 404


def test_two_links_of_one_name_both_have_a_page(client: Client) -> None:
    issue(1)
    key = link().key
    twin = key[:16] + ("0" if key[16] != "0" else "1") * 48
    Link.objects.filter(url=OTHER).update(key=twin)
    assert read(client, f"/links/{key[:16]}/").texts("h1") == ["Seen again"]
    assert client.get(f"/links/{key}/").headers["Location"] == f"/links/{key[:16]}/"
    assert read(client, f"/links/{twin}/").texts("h1") == ["Beside"]


@pytest.mark.parametrize("name", ["0" * 16, "0" * 15, "0" * 65, "F" * 16, "x" * 16, "item/zz"])
def test_what_is_no_link_is_404(client: Client, name: str) -> None:
    issue(1)
    assert client.get(f"/links/{name}/").status_code == 404


def test_a_page_goes_on_where_many_issues_have_a_link(client: Client) -> None:
    make_posts(31, body=SHARED)
    pages = walk(client, path(), "h2 + .cards .linked-line")
    assert [len(rows) for rows in pages if rows] == [30, 1]
    assert client.get(f"{path()}?page=older-1-1").status_code == 404


def test_pages_of_links_take_two_queries_at_most_however_many_rows(client: Client) -> None:
    paths = ("/links/", "/links/rediscovered/")
    make_posts(3, body=SHARED)
    few = {at: queries(client, at) for at in (*paths, path())}
    make_posts(48, body=SHARED, start=LONG_AGO + YEAR)
    assert {at: queries(client, at) for at in few} == few
    assert max(few.values()) <= 2
    further = step(read(client, path()), "next")
    assert further
    assert queries(client, further) <= 2


# Ways to it


def test_an_item_leads_to_the_page_of_its_link(client: Client) -> None:
    post = issue(1)
    anchor = item(post, "Seen again").anchor.removeprefix("item-")
    assert client.get(f"/links/item/{anchor}/").headers["Location"] == path()
    assert client.get("/links/item/000000000000/").status_code == 404
    withdraw([post])
    assert client.get(f"/links/item/{anchor}/").status_code == 404


def test_lists_lead_to_a_link_that_several_issues_have(client: Client) -> None:
    issue(1, tags=[])
    assert path() not in client.get("/sections/finds/").content.decode()
    issue(2, tags=[])
    for list_of in ("/sections/finds/", "/sources/again.example.org/"):
        page = read(client, list_of)
        assert path() in page.values(".card-facts .place", "href"), list_of
        assert "2 issues" in page.texts(".card-facts .place")


def test_any_link_is_one_that_readers_may_see(client: Client) -> None:
    assert client.get("/links/random/").status_code == 404
    make_draft("Secret", "- [Secret](https://secret.example.org/)\n")
    issue(1)
    decide(Link.objects.filter(url=OTHER), "block", by=None, reason="x")
    for _try in range(5):
        response = client.get("/links/random/")
        assert response.headers["Location"] == path()
        assert response.headers["Cache-Control"] == "no-store"


def test_staff_come_from_a_link_to_its_page(admin_client: Client) -> None:
    issue(1)
    form = f"/admin/links/link/{link().pk}/change/"
    assert path() in admin_client.get(form).content.decode()
    Link.objects.update(standing=Link.Standing.BLOCKED)
    assert path() not in admin_client.get(form).content.decode()


# The lists


def test_the_most_cited_come_first(client: Client) -> None:
    issue(1)
    issue(2, f"- [Seen again]({URL})\n")
    issue(3, f"- [Story]({URL})\n- [Beside]({OTHER})\n")
    assert cited(client) == ["Story", "3", "Beside", "2"]
    assert read(client, "/links/").texts(".facts span")[0] == "2 links in several issues"


def test_what_stands_in_every_tenth_issue_is_furniture(client: Client) -> None:
    make_posts(FEW + 1, body=SHARED)
    assert cited(client) == []


def test_a_link_that_comes_back_after_long_is_rediscovered(client: Client) -> None:
    issue(1)
    issue(2)
    assert cited(client, "/links/rediscovered/") == []
    late = issue(3, f"- [Story]({URL})\n", at=LONG_AGO + YEAR)
    assert cited(client, "/links/rediscovered/") == ["Story", "3"]
    withdraw([late])
    assert cited(client, "/links/rediscovered/") == []


def test_a_long_list_of_links_goes_on_by_pages(client: Client) -> None:
    body = "".join(f"- [Find {n:02}](https://a.example/{n})\n" for n in range(60))
    issue(1, body)
    issue(2, body)
    assert [len(rows) for rows in walk(client, "/links/", "tbody th")] == [50, 10]
    assert client.get("/links/?page=older-999999").status_code == 404


# Counters


def counters() -> dict[str, object]:
    links = RecurringLink.objects.order_by("pk").values_list()
    lists = ListCount.objects.filter(name="links", count__gt=0).order_by("part")
    return {"links": list(links), "lists": list(lists.values_list("part", "count"))}


def test_counters_stay_true_whatever_is_done() -> None:
    def check(count: int) -> None:
        kept = counters()
        counting.recount()
        assert counters() == kept
        assert RecurringLink.objects.count() == count

    first, second, third = issue(1), issue(2), issue(3, at=LONG_AGO + YEAR)
    check(2)
    save_document(second, parsed("Issue 2", f"- [Beside]({OTHER})\n"))
    check(2)
    withdraw([third])
    check(1)
    publish([third], at=LONG_AGO)
    check(2)
    decide(Link.objects.filter(url=OTHER), "block", by=None, reason="x")
    check(1)
    rebuild(first)
    check(1)
    delete(first)
    check(0)
    Post.objects.all().delete()
    check(0)


# What issues say


def test_an_item_says_that_its_link_was_covered_before(client: Client) -> None:
    first = issue(1)
    second = issue(2, f"- [Story]({URL})\n- [New](https://new.example.org/)\n")
    assert again(client, first) == []
    assert again(client, second) == [place(first)]
    said = read(client, second.get_absolute_url())
    assert said.values("a.again", "data-issue") == ["Issue 1"]
    assert said.values("a.again", "data-day") == ["11 May 2024"]
    assert "data-issue" not in client.get("/feed.xml").content.decode()


def test_issues_follow_when_one_before_them_comes_or_goes(
    client: Client, django_capture_on_commit_callbacks
) -> None:
    later = issue(5)
    with django_capture_on_commit_callbacks(execute=True):
        earlier = issue(1)
    assert again(client, later) == [place(earlier), place(earlier, "Beside")]
    with django_capture_on_commit_callbacks(execute=True):
        withdraw([earlier])
    assert again(client, later) == []
    with django_capture_on_commit_callbacks(execute=True):
        publish([earlier], at=LONG_AGO + timedelta(days=9))
    assert again(client, later) == []
    assert again(client, earlier) == [place(later), place(later, "Beside")]


def test_issues_follow_when_the_one_that_they_name_is_called_or_dated_otherwise(
    client: Client, django_capture_on_commit_callbacks
) -> None:
    first, last = issue(1), issue(9)
    assert again(client, last)[0] == place(first)
    with django_capture_on_commit_callbacks(execute=True):
        between = issue(5)
    assert again(client, last)[0] == place(between)
    with django_capture_on_commit_callbacks(execute=True):
        save_document(between, parsed("Named <b>“anew”</b>", SHARED), slug="anew")
    assert again(client, last)[0].startswith("/posts/anew/#item-")
    said = read(client, last.get_absolute_url())
    assert said.values("a.again", "data-issue") == ["Named <b>“anew”</b>"] * 2
    with django_capture_on_commit_callbacks(execute=True):
        publish([between], at=LONG_AGO - timedelta(days=9))
    assert again(client, last)[0] == place(first)
    assert again(client, first)[0] == place(between)
    with django_capture_on_commit_callbacks(execute=True):
        delete(first)
    assert again(client, last)[0] == place(between)


def test_the_day_is_said_in_the_language_of_the_issue(client: Client) -> None:
    issue(1)
    later = issue(2, SHARED, language="ko")
    said = read(client, later.get_absolute_url())
    assert said.values("a.again", "data-day") == ["2024년 5월 11일"] * 2


def test_what_every_issue_has_is_covered_before_nowhere(client: Client) -> None:
    posts = make_posts(FEW + 2, body=f"- [Story]({URL})\n")
    assert again(client, posts[FEW]) == [place(posts[FEW - 1], "Story")]
    assert again(client, posts[FEW + 1]) == []


def test_editors_mark_items_as_news_and_others_may_not(
    client: Client, editor: User, moderator: User, django_capture_on_commit_callbacks
) -> None:
    first, second = issue(1), issue(2)
    chosen = item(second, "Seen again")
    send = {"_selected_action": [chosen.pk], "action": "mark_news"}
    items = "/admin/posts/linkeditem/"

    client.force_login(moderator)
    client.post(items, send)
    assert not LinkedItem.objects.filter(is_news=True).exists()
    with pytest.raises(PermissionDenied):
        set_news([chosen], True, by=moderator)

    client.force_login(editor)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(items, send)
    assert again(client, second) == [place(first, "Beside")]
    assert LogEntry.objects.get().object_id == str(chosen.pk)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(items, send | {"action": "unmark_news"})
    assert again(client, second) == [place(first), place(first, "Beside")]


def test_news_about_a_link_is_not_said_to_be_covered_before(client: Client) -> None:
    first, second = issue(1), issue(2)
    LinkedItem.objects.filter(post=second, title="Seen again").update(is_news=True)
    rebuild(second)
    assert again(client, second) == [place(first, "Beside")]
    save_document(second, parsed("Issue 2", SHARED.replace("a word", "more words")))
    assert again(client, second) == [place(first, "Beside")]
    assert read(client, second.get_absolute_url()).texts(".came-back li > a") == ["Beside"]
