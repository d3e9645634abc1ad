"""One week of a site, from the first link collected to a copy of all of it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from links.models import InboxEntry
from mailing import sending
from mailing.models import Mailing, Subscriber
from posts.readers import tickets
from tests.browser.one_week import office
from tests.browser.one_week.clock import ZONE, Clock, at
from tests.browser.one_week.people import Editor, Moderator, Reader
from tests.browser.one_week.places import (
    BAD,
    BY_BOOKMARK,
    ENGLISH,
    KOREAN,
    SUGGESTED,
    SUGGESTED_URL,
    Week,
    link_in,
    print_before,
    words_of,
)
from tests.mailing import letters
from tests.mailing.builders import make_subscriber, make_subscribers
from tests.mailing.servers import Obedient, serving

MINJI, GONE, LEAVING = "minji@example.org", "gone@example.org", "leaving@example.org"


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock of the site."""
    clock = Clock()
    yield clock
    clock.stop()


@pytest.fixture
def live_server(
    database: None, settings: Settings, request: pytest.FixtureRequest
) -> Iterator[LiveServer]:
    """The site as in production: it keeps copies of its pages."""
    settings.PAGE_CACHE = 4
    server = LiveServer(request.config.getvalue("liveserver"))
    yield server
    server.stop()


@pytest.fixture
def week(
    live_server: LiveServer,
    clock: Clock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    run_waiting_tasks: Callable[[], int],
    enter: Callable[[User], Page],
    chromium: Browser,
    tmp_path: Path,
) -> Iterator[Week]:
    """A site with three issues; forms may be filled in as quickly as a test does it."""
    monkeypatch.setattr(tickets, "QUICKEST", timedelta(0))
    settings.TIME_ZONE = ZONE
    settings.SITE_URL = live_server.url
    with serving(Obedient()) as server:
        office.open_mail(settings, server)
        print_before(clock)
        yield Week(live_server.url, clock, server, enter, chromium, tmp_path)


@pytest.fixture
def reader(week: Week) -> Iterator[Reader]:
    """A reader, who has a browser of her own."""
    context = week.chromium.new_context(locale="en-US", reduced_motion="reduce")
    yield Reader(context.new_page(), week.site)
    context.close()


def test_one_week(week: Week, reader: Reader, editor: User, moderator: User, admin: User) -> None:
    week.clock.set(at(5, 13, 9))
    readers_take_part(week, reader, moderator)
    twenty_links_are_collected(week, editor)
    week.clock.set(at(5, 15, 14))
    the_issue_is_written_and_mended(week, editor)
    it_is_reviewed_and_scheduled(week, editor, admin)
    it_appears_to_the_second(week, reader)
    fifty_readers_get_mail(week, reader)
    it_is_found(reader)
    a_source_is_blocked_everywhere(week, reader, moderator)
    week.clock.set(at(5, 20, 12))
    the_roll_up_follows(week)
    reader.page.close()
    all_of_it_is_kept_elsewhere(week)


# Monday


def readers_take_part(week: Week, reader: Reader, moderator: User) -> None:
    status = reader.suggest(SUGGESTED_URL, SUGGESTED, "정말 좋아요")
    reader.subscribe(MINJI, "Once a week")
    office.work()
    reader.confirm(link_in(week.took()[MINJI], "/subscribe/"))
    office.work()
    assert "Once a week" in words_of(week.took()[MINJI])
    make_subscribers(47)
    make_subscriber(GONE)
    make_subscriber(LEAVING)

    Moderator(week.enter(moderator), week.site).accept_suggestion(SUGGESTED, "고마워요!")
    reader.page.goto(status)
    expect(reader.title()).to_contain_text("accepted")
    expect(reader.page.locator(".answer")).to_have_text("고마워요!")


def twenty_links_are_collected(week: Week, editor: User) -> None:
    her = Editor(week.enter(editor), week.site)
    token = her.make_token()
    for title, url in (KOREAN | ENGLISH).items():
        assert her.collect_by_script(token, url, title, "Why it matters").status == 201
    bookmarklet = her.take_bookmarklet()
    for title, url in BY_BOOKMARK.items():
        her.bookmark(bookmarklet, url, title, "Why it matters")
    assert InboxEntry.objects.filter(done_at=None).count() == 20


# Wednesday


def the_issue_is_written_and_mended(week: Week, editor: User) -> None:
    her = Editor(week.enter(editor), week.site)
    her.start_like_the_last()
    expect(her.page.locator("#id_title")).to_have_value("주간 링크 20")
    expect(her.page.locator("#id_published_at")).to_have_value("2024-05-17T07:00")
    her.open_inbox()
    her.insert_from_inbox("## 읽을거리\n", [*KOREAN, SUGGESTED])
    her.insert_from_inbox("## Tools\n", [*ENGLISH, *BY_BOOKMARK])
    her.write("모은 링크예요.", " [아직](https://half.example.org")
    her.drop_picture("chart.png", "한 주의 그래프")
    her.save()
    assert not InboxEntry.objects.filter(done_at=None).exists()
    assert "utm_source" not in week.issue.body

    her.look_at_findings("1 finding holds it", "Links that are not finished")
    her.write("half.example.org", "/)")
    expect(her.findings()).to_have_text("2 remarks")
    her.describe("이번 주에는 글꼴과 서버", "AI")
    expect(her.findings()).to_have_text("Nothing to remark")
    her.save()


def it_is_reviewed_and_scheduled(week: Week, editor: User, admin: User) -> None:
    her = Editor(week.enter(editor), week.site)
    her.open(week.issue, "Review")
    her.page.get_by_label("From whom").fill("admin")
    her.press("Ask for a review")
    expect(her.page.locator("#panel-review")).to_contain_text("In review")

    chief = Editor(week.enter(admin), week.site)
    chief.go("/admin/")
    reviews = chief.page.locator("[aria-labelledby=pile-reviews]")
    reviews.get_by_role("link", name="주간 링크 20").click()
    chief.page.get_by_role("tab", name="Review", exact=True).click()
    chief.press("Approve")
    expect(chief.page.locator("#panel-review")).to_contain_text("Approved")

    her = Editor(week.enter(editor), week.site)
    her.open(week.issue)
    her.press("Schedule")
    her.saved()
    her.plan_mail("With publishing, 17 May 2024, 07:00 KST")
    her.go("/admin/")
    expect(her.page.locator("[aria-labelledby=pile-scheduled]")).to_contain_text("주간 링크 20")
    her.page.goto("about:blank")


# Friday


def it_appears_to_the_second(week: Week, reader: Reader) -> None:
    pages = ["/", "/archive/2024/05/", "/feed.xml", "/search/?q=글꼴"]
    address = week.issue.get_absolute_url()
    week.clock.set(at(5, 17, 6, 59, 59), goes_on=False)
    assert reader.get(address)[0] == 404
    assert [path for path in pages if "링크 20" in reader.get(path)[1]] == []

    week.clock.set(at(5, 17, 7), goes_on=False)
    assert reader.get(address)[0] == 200
    assert [path for path in pages if "링크 20" in reader.get(path)[1]] == pages


def fifty_readers_get_mail(week: Week, reader: Reader) -> None:
    everybody = set(Subscriber.objects.values_list("address", flat=True))
    assert len(everybody) == 50
    week.clock.set(at(5, 17, 7, 5))
    office.work()
    assert not everybody & set(week.took()), "it is held for ten minutes"
    week.clock.set(at(5, 17, 7, 11))
    office.work()
    mails = week.took()
    assert set(mails) == everybody - {MINJI}
    assert "한글 글꼴의 역사" in words_of(mails[GONE])

    [token] = re.findall(r"[0-9a-f]{32}", mails[GONE].sender)
    bounce = week.folder / "bounce.eml"
    bounce.write_bytes(letters.GONE["gmail"](UUID(token)))
    call_command("process_bounces", str(bounce))
    reader.leave(link_in(mails[LEAVING], "/leave/"))

    states = Subscriber.objects.exclude(status="active").values_list("address", "status")
    assert dict(states) == {GONE: "bounced", LEAVING: "left"}
    assert sending.counts(Mailing.objects.get())["accepted"] == 48


def it_is_found(reader: Reader) -> None:
    for words, title in (("글꼴", "한글 글꼴의 역사"), ("kerning", "Kerning by hand")):
        expect(reader.find(words)).to_contain_text(title)


def a_source_is_blocked_everywhere(week: Week, reader: Reader, moderator: User) -> None:
    issue = week.issue.get_absolute_url()
    paths = [issue, "/feed.xml", "/items.xml", "/search/?q=lamps"]
    assert [path for path in paths if BAD in reader.get(path)[1]] == paths
    reader.go(issue)
    reader.report("Cheap lamps today", "광고예요.")

    watch = Moderator(week.enter(moderator), week.site)
    watch.open_desk("Cheap lamps today")
    watch.block_source("광고만 하는 곳이에요.")
    watch.go("/admin/links/sourcerule/")
    expect(watch.page.locator("#result_list")).to_contain_text(BAD)
    watch.page.goto("about:blank")
    office.work()
    assert [path for path in paths if BAD in reader.get(path)[1]] == []


# The Monday after


def the_roll_up_follows(week: Week) -> None:
    week.took()
    for _round in range(2):
        office.work()
    said = words_of(week.took()[MINJI])
    assert "Kerning by hand" in said
    assert "lamps" not in said


def all_of_it_is_kept_elsewhere(week: Week) -> None:
    file, media = week.folder / "site.zip", week.folder / "media"
    office.run("backup", str(file), database=connection, media=office.media())
    with office.another_place(week.folder) as other:
        office.run("restore", str(file), database=other, media=media)
        assert office.rows_in(other.alias) == office.rows_in(connection.alias)
    assert office.files_in(media) == office.files_in(office.media())
