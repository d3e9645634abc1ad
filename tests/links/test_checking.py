"""Checking links: politely, by many workers, and broken only after several days."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from links.checking import Manners, Run, Verdict, archiving, check, current_outage, run
from links.checking import run as checking
from links.checking.asking import Answer, Asker
from links.decisions import decide
from links.fetching import Fetcher, Policy, Response
from links.fetching.responses import Hop
from links.models import Check, Link, Outage, QueueEntry
from links.queue import suspicions
from links.registering import register
from tests.builders import make_post
from tests.links.servers import Reply, Site, serving

pytestmark = pytest.mark.django_db
HASTY = Manners(pause=timedelta(0))


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def check_all(site: Site, run: Run | None = None) -> list[tuple[Link, Verdict | None]]:
    return list(check(run or Run(manners=HASTY), site.make_fetcher))


def link_to(url: str) -> Link:
    return register([url])[url]


def checked(site: Site, reply: Reply, path: str = "/a/page") -> Link:
    """Return a link after its first check, which got a reply."""
    site.replies[path] = reply
    link = link_to(site.url(path))
    check_all(site)
    link.refresh_from_db()
    return link


def pass_a_day(link: Link) -> None:
    """Let the last check have been yesterday, and the next be due."""
    yesterday = link.checked_at - timedelta(days=1) if link.checked_at else None
    Link.objects.filter(pk=link.pk).update(checked_at=yesterday, due_at=timezone.now())


# What answers say


def test_a_page_that_answers_is_ok_and_says_what_it_is(site: Site) -> None:
    page = '<title>A  title</title><meta name="description" content="What it is about">'

    link = checked(site, Reply(body=page))

    assert (link.health, link.title, link.description) == ("ok", "A title", "What it is about")
    assert [(c.health, c.status_code) for c in link.checks.all()] == [("ok", 200)]
    assert link.due_at > timezone.now() + timedelta(days=2)
    assert site.asked == ["HEAD /a/page", "GET /a/page"]


@pytest.mark.parametrize("status", [401, 403, 429, 451, 999])
def test_a_server_that_lets_nobody_in_is_restricted_and_not_broken(site: Site, status: int) -> None:
    link = checked(site, Reply(status))

    assert (link.health, link.failures) == ("restricted", 0)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(503, "<title>Just a moment...</title>"),
        Reply(200, "<title>Attention Required! | Cloudflare</title>"),
        Reply(403, headers={"cf-mitigated": "challenge"}),
    ],
)
def test_a_wall_against_bots_is_restricted(site: Site, reply: Reply) -> None:
    assert checked(site, reply).health == "restricted"


def test_a_redirect_is_followed_and_kept(site: Site) -> None:
    site.replies["/new/page"] = Reply(body="<title>New</title>")

    link = checked(site, Reply(301, headers={"Location": "/new/page"}))

    assert (link.health, link.title) == ("redirected", "New")
    assert link.final_url == site.url("/new/page")
    assert link.checks.get().hops == [[link.url, 301], [link.final_url, 200]]


def test_a_redirect_to_another_site_is_suspicious(site: Site) -> None:
    site.replies["/elsewhere"] = Reply()

    link = checked(
        site, Reply(302, headers={"Location": site.url("/elsewhere", "casino.example.com")})
    )

    entry = QueueEntry.objects.get(link=link, closed_at=None)
    assert entry.kind == "suspicious"
    assert "casino.example.com" in entry.concerns.get(kind="suspicious").detail


def test_a_short_address_shows_where_it_leads_and_is_not_suspicious_for_it(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicions, "SHORTENERS", {"short.example"})
    target = site.url("/article", "news.example.com")
    site.replies |= {"/x": Reply(301, headers={"Location": target}), "/article": Reply()}
    link = link_to(site.url("/x", "short.example"))

    check_all(site)

    link.refresh_from_db()
    entry = QueueEntry.objects.get(link=link, closed_at=None)
    assert (link.final_url, entry.kind) == (target, "short")
    assert not entry.concerns.filter(kind="suspicious").exists()


@pytest.mark.parametrize(
    ("path", "rule"), [("/setup.exe", "executable"), ("/blocked", "leads-to-blocked")]
)
def test_a_short_address_is_judged_by_where_it_leads(
    site: Site, path: str, rule: str, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suspicions, "SHORTENERS", {"short.example"})
    decide([link_to(site.url("/blocked", "evil.example"))], "block", by=moderator, reason="spam")
    target = site.url(path, "evil.example")
    site.replies |= {"/x": Reply(302, headers={"Location": target}), path: Reply()}
    link = link_to(site.url("/x", "short.example"))

    check_all(site)

    entry = QueueEntry.objects.get(link=link, closed_at=None)
    assert entry.kind == "suspicious"
    assert entry.concerns.get(kind="suspicious").rule == rule


@pytest.mark.parametrize(
    ("page", "flag"),
    [
        ("<title>404 - Page not found</title>", "soft-404"),
        ("<title>페이지를 찾을 수 없습니다</title>", "soft-404"),
        ("<title>x</title><h1>Not Found</h1>", "soft-404"),
        ("<title>site.example is for sale</title><h1>This domain is for sale!</h1>", "parked"),
        ("<title>How to handle errors</title><h1>When a page is not found</h1>", ""),
    ],
)
def test_pages_that_are_not_the_page_are_flagged(site: Site, page: str, flag: str) -> None:
    link = checked(site, Reply(body=page))

    assert (link.health, link.flag) == ("ok", flag)
    assert QueueEntry.objects.filter(link=link, kind="suspicious").exists() is bool(flag)


def test_a_page_that_falls_back_to_the_front_page_is_a_soft_404(site: Site) -> None:
    site.replies["/"] = Reply(body="<title>Welcome</title>")

    assert checked(site, Reply(302, headers={"Location": "/"})).flag == "soft-404"


def test_a_server_that_knows_no_head_is_asked_with_get(site: Site) -> None:
    site.replies["HEAD /a/page"] = Reply(405)

    assert checked(site, Reply()).health == "ok"


def test_a_page_that_did_not_change_is_not_read_again(site: Site) -> None:
    link = checked(site, Reply(body="<title>First</title>", headers={"ETag": '"v1"'}))
    pass_a_day(link)
    site.replies["/a/page"] = Reply(304, headers={"ETag": '"v1"'})

    check_all(site)

    link.refresh_from_db()
    assert (link.health, link.title, link.etag) == ("ok", "First", '"v1"')
    assert site.conditions[-1] == '"v1"'


# Broken


@pytest.mark.parametrize(("status", "health"), [(404, "broken"), (500, "broken"), (410, "gone")])
def test_a_link_is_broken_after_failures_on_three_days(
    site: Site, status: int, health: str
) -> None:
    link = checked(site, Reply(status))
    assert (link.health, link.failures) == ("unchecked", 1)
    for _day in range(2):
        pass_a_day(link)
        check_all(site)
        link.refresh_from_db()

    assert (link.health, link.failures) == (health, 3)
    assert QueueEntry.objects.get(link=link).kind == "broken"


def test_many_failures_on_one_day_count_once(site: Site) -> None:
    link = checked(site, Reply(404))
    for _time in range(4):
        Link.objects.update(due_at=timezone.now())
        check_all(site)
    link.refresh_from_db()

    assert (link.health, link.failures) == ("unchecked", 1)


def test_a_server_that_cannot_be_reached_fails(site: Site) -> None:
    link = link_to("http://127.0.0.1:1/")

    check_all(site)

    link.refresh_from_db()
    assert (link.failures, link.checks.get().error.partition(":")[0]) == (1, "forbidden-port")


def test_a_link_that_works_again_leaves_the_queue(site: Site) -> None:
    link = checked(site, Reply(404))
    for _day in range(2):
        pass_a_day(link)
        check_all(site)
        link.refresh_from_db()
    site.replies["/a/page"] = Reply()
    pass_a_day(link)

    check_all(site)

    link.refresh_from_db()
    assert (link.health, link.failures) == ("ok", 0)
    assert not QueueEntry.objects.filter(link=link, kind="broken", closed_at=None).exists()


def test_what_a_moderator_marked_broken_is_not_asked_again(site: Site, moderator: User) -> None:
    link = checked(site, Reply())
    decide([link], "mark_broken", by=moderator, reason="an advertisement")
    asked = len(site.asked)

    check_all(site)

    link.refresh_from_db()
    assert link.health == "broken"
    assert len(site.asked) == asked


def test_the_last_twenty_checks_are_kept(site: Site) -> None:
    link = checked(site, Reply())
    for _time in range(24):
        Link.objects.update(due_at=timezone.now())
        check_all(site)

    assert link.checks.count() == 20


# Sharing the work


def test_two_workers_never_claim_the_same_link(site: Site) -> None:
    for number in range(6):
        link_to(f"http://host{number}.example/")
    run = Run(manners=HASTY)

    first = checking._claim(run, 4, [])
    second = checking._claim(run, 4, [])

    assert (len(first), len(second)) == (4, 2)
    assert not {link.pk for link in first} & {link.pk for link in second}


def test_what_a_killed_worker_had_claimed_is_checked_by_another(site: Site) -> None:
    site.replies["/a"] = Reply()
    link = link_to(site.url("/a"))
    checking._claim(Run(), 1, [])  # and the worker dies
    assert check_all(site) == []

    Link.objects.update(claimed_until=timezone.now())

    assert [found.pk for found, _verdict in check_all(site)] == [link.pk]


def test_a_clock_that_was_ahead_keeps_no_link_from_its_check(site: Site, time_machine) -> None:
    now = timezone.now()
    time_machine.move_to(now + timedelta(days=365))
    checked(site, Reply(), "/checked")
    link_to(site.url("/claimed"))
    checking._claim(Run(), 1, [])  # and the worker dies
    time_machine.move_to(now)

    assert {link.url for link, _verdict in check_all(site)} == {
        site.url("/checked"), site.url("/claimed")
    }  # fmt: skip


def test_a_worker_that_lost_its_claim_writes_nothing(site: Site) -> None:
    site.replies["/a"] = Reply()
    link = link_to(site.url("/a"))
    run = check(Run(manners=HASTY), site.make_fetcher)

    def lose(asker: Asker) -> list[Answer]:
        Link.objects.update(claimed_until=timezone.now() + timedelta(minutes=15))
        return collect(asker)

    collect, checking._collect = checking._collect, lose
    try:
        assert list(run) == []
    finally:
        checking._collect = collect
    link.refresh_from_db()
    assert link.health == "unchecked"
    assert not link.checks.exists()


def test_new_links_come_first(site: Site) -> None:
    old = checked(site, Reply(), "/old")
    Link.objects.filter(pk=old.pk).update(due_at=timezone.now() - timedelta(days=9))
    site.replies["/new"] = Reply()
    new = link_to(site.url("/new"))

    found = check_all(site, Run(limit=1, manners=HASTY))

    assert [link.pk for link, _verdict in found] == [new.pk]


# Manners


def test_a_host_gets_one_request_at_a_time(site: Site) -> None:
    for number in range(5):
        for host in ("one.example", "two.example"):
            site.replies[f"/{number}"] = Reply(wait=0.02)
            link_to(site.url(f"/{number}", host))

    check_all(site)

    assert site.most_at_once == {"one.example": 1, "two.example": 1}


def test_a_host_that_asks_for_a_pause_gets_it(site: Site) -> None:
    site.replies["/0"] = Reply(429, headers={"Retry-After": "3600"})
    for number in range(4):
        link_to(site.url(f"/{number}"))

    found = check_all(site)

    outcomes = [verdict.outcome if verdict else "later" for _link, verdict in found]
    assert sorted(outcomes) == ["later", "later", "later", "restricted"]
    assert all(link.due_at > timezone.now() + timedelta(minutes=50) for link, _verdict in found)
    assert len(site.asked) == 1


# Archived copies


def archive_answers(monkeypatch: pytest.MonkeyPatch, body: str) -> list[str]:
    asked: list[str] = []

    def answer(url: str, **_options: object) -> Response:
        asked.append(url)
        return Response(
            url, (Hop(url, 200),), MappingProxyType({}), body.encode(), False, 0.1, "HTTP/1.1"
        )

    monkeypatch.setattr(archiving, "fetch", answer)
    return asked


COPY = (
    '{"archived_snapshots": {"closest": {"available": true, "status": "200",'
    ' "url": "http://web.archive.org/web/2024/https://one.example.org/a"}}}'
)


def broken(url: str = "https://one.example.org/a") -> Link:
    Link.objects.filter(url=url).update(health="broken")
    return Link.objects.get(url=url)


def test_a_broken_link_gets_its_copy_from_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    post = make_post()
    asked = archive_answers(monkeypatch, COPY)

    assert archiving.look_for_copies.call([broken().pk]) == 1

    page = Client().get(post.get_absolute_url()).content.decode()
    assert 'href="https://web.archive.org/web/2024/https://one.example.org/a"' in page
    assert asked == ["https://archive.org/wayback/available?url=https%3A%2F%2Fone.example.org%2Fa"]


def test_an_archive_asked_while_the_clock_was_ahead_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_post()
    archive_answers(monkeypatch, COPY)
    ahead = timezone.now() + timedelta(days=365)
    Link.objects.filter(pk=broken().pk).update(archive_asked_at=ahead)

    assert archiving.look_for_copies.call([broken().pk]) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"archived_snapshots": {}}',
        COPY.replace('"status": "200"', '"status": "404"'),
        COPY.replace("web.archive.org", "evil.example"),
    ],
)
def test_an_archive_without_a_copy_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    make_post()
    asked = archive_answers(monkeypatch, body)

    for _time in range(2):
        assert archiving.look_for_copies.call([broken().pk]) == 0

    assert len(asked) == 1


@pytest.mark.parametrize("body", ["", "garbage", "[]", '{"archived_snapshots": []}'])
def test_an_archive_that_is_not_understood_harms_nothing(
    monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    make_post()
    archive_answers(monkeypatch, body)

    assert archiving.look_for_copies.call([broken().pk]) == 0
    assert broken().archive_asked_at is None


def test_no_archive_is_asked_where_the_site_says_so(
    monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    make_post()
    asked = archive_answers(monkeypatch, COPY)
    settings.LINKS_ARCHIVE = "none"  # type: ignore[attr-defined]

    assert archiving.look_for_copies.call([broken().pk]) == 0
    assert asked == []


# The command


def test_the_command_checks_what_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.replies["/a"] = Reply()
    link_to(site.url("/a"))
    link_to(site.url("/b"))
    monkeypatch.setattr(check, "__defaults__", (site.make_fetcher,))

    call_command("check_links", site.url("/a"))

    said = capsys.readouterr().out.splitlines()
    assert said == [f"ok {site.url('/a')} (200)", "1 ok"]
    with pytest.raises(CommandError, match="No link has this address"):
        call_command("check_links", "https://unknown.example/")


# Without a network


@dataclass
class Network:
    """The way to a local server, which can be cut: then no name is known any more."""

    site: Site
    is_cut: bool = False

    async def resolve(self, host: str, _port: int) -> list[str]:
        if self.is_cut:
            raise socket.gaierror(socket.EAI_AGAIN, f"{host} is unknown")
        if host.startswith("gone"):
            raise socket.gaierror(socket.EAI_NONAME, f"{host} is unknown")
        return ["127.0.0.1"]

    def make_fetcher(self) -> Fetcher:
        policy = Policy(trusted=frozenset({("127.0.0.1", self.site.port)}), total_seconds=5)
        return Fetcher(policy, resolve=self.resolve)

    def check(self) -> list[tuple[Link, Verdict | None]]:
        Link.objects.filter(due_at__isnull=False).update(due_at=timezone.now())
        return list(check(Run(manners=HASTY), self.make_fetcher))


@pytest.fixture
def network(site: Site) -> Network:
    site.replies["/a"] = Reply()
    return Network(site)


@pytest.mark.parametrize("number", [1, 3, 40])
def test_however_few_links_are_asked_an_outage_breaks_none(network: Network, number: int) -> None:
    for host in range(number):
        link_to(network.site.url("/a", f"host{host}.example"))
    # What leads to this machine itself can be judged without a network, and proves none.
    link_to("http://127.0.0.1/")
    network.is_cut = True

    for _day in range(4):
        assert network.check() == []
        Link.objects.update(checked_at=timezone.now() - timedelta(days=1))

    assert not Check.objects.exists()
    assert not Link.objects.exclude(health="unchecked", failures=0).exists()
    assert Outage.objects.count() == 1
    assert current_outage() is not None


def test_a_network_that_fails_in_the_middle_fails_no_link(network: Network) -> None:
    link_to(network.site.url("/a"))
    network.check()
    for host in range(20):
        link_to(network.site.url("/a", f"host{host}.example"))
    network.is_cut = True

    assert network.check() == []

    assert Check.objects.count() == 1
    assert not Link.objects.filter(failures__gt=0).exists()


def test_after_an_outage_links_are_checked_again(network: Network) -> None:
    link = link_to(network.site.url("/a"))
    network.is_cut = True
    network.check()
    network.is_cut = False
    link_to(network.site.url("/a", "other.example"))
    Check.objects.create(link=link, health="ok", status_code=200)  # a witness

    assert {verdict.outcome for _link, verdict in network.check() if verdict} == {"ok"}

    assert current_outage() is None
    assert Outage.objects.get().ended_at is not None


def test_a_host_that_is_gone_fails_where_others_still_answer(network: Network) -> None:
    works = link_to(network.site.url("/a"))
    network.check()
    gone = link_to(network.site.url("/a", "gone.example"))
    Link.objects.filter(pk=works.pk).update(claimed_until=timezone.now() + timedelta(hours=1))

    network.check()

    gone.refresh_from_db()
    assert (gone.failures, gone.checks.get().error.partition(":")[0]) == (1, "dns")
    assert not Outage.objects.exists()


def test_the_command_says_that_there_is_no_network(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    link_to(network.site.url("/a"))
    network.is_cut = True
    monkeypatch.setattr(check, "__defaults__", (network.make_fetcher,))

    with pytest.raises(CommandError, match="no network"):
        call_command("check_links")


def test_a_machine_that_is_offline_takes_no_link_for_broken() -> None:
    for number in range(12):
        link_to(f"https://host{number}.example/")

    async def nothing(host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is unknown")

    assert list(check(Run(manners=HASTY), lambda: Fetcher(resolve=nothing))) == []

    assert not Check.objects.exists()
    assert not Link.objects.filter(failures__gt=0).exists()
    assert not Link.objects.filter(due_at__lte=timezone.now()).exists()
    assert not Link.objects.exclude(claimed_until=None).exists()


def test_a_moderator_who_marks_a_link_while_the_network_fails_is_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = link_to("https://host.example/")

    async def nothing(host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is unknown")

    def marked_meanwhile(_make: object) -> bool:
        decide([link], "mark_broken", by=None, reason="an advertisement")
        return False

    monkeypatch.setattr(run, "is_online", marked_meanwhile)
    assert list(check(Run(manners=HASTY), lambda: Fetcher(resolve=nothing))) == []

    link.refresh_from_db()
    assert link.is_marked_broken
    assert link.claimed_until is None


def test_a_few_hosts_that_are_gone_fail_as_they_should(site: Site) -> None:
    site.replies["/a"] = Reply()
    link_to(site.url("/a"))
    for number in range(12):
        link_to(f"http://host{number}.example:1/")

    check_all(site)

    assert Link.objects.filter(failures=1).count() == 12
    assert Link.objects.filter(health="ok").count() == 1
