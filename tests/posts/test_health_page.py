"""Link health at a glance: the numbers are right, everybody can read them, and they stay cheap."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from links.models import Check, Link, Outage, QueueEntry, Source, Suggestion
from links.registering import register
from posts.health import measuring, plotting
from posts.health.keeping import kept_health, measure_links
from posts.health.plotting import Series, Words, labelled_every, ticks_up_to
from posts.models import Measurement
from tasks.models import StoredTask
from tests.builders import make_draft, make_post, make_posts, make_scheduled
from tests.conftest import SignIn
from tests.reading import Page
from tests.tasks.test_working import RunWaiting

pytestmark = pytest.mark.django_db

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
PAGE = "/admin/links/link/health/"
TABLES = ("rot-by-age", "checks", "repeats", "waits", "rot-by-source", "sources")


@pytest.fixture
def client(sign_in: SignIn, moderator: User) -> Client:
    return sign_in(moderator)


def test_an_outage_is_said_and_nothing_of_it_is_drawn(client: Client) -> None:
    began = timezone.now() - timedelta(hours=3)
    Outage.objects.create(began_at=began - timedelta(days=2), ended_at=began - timedelta(days=1))
    Outage.objects.create(began_at=began)

    page = look(client)

    assert "This machine has reached no other since" in page.one("[role=status]").text()
    [said] = [words for words in page.texts(".panel p") if "Without a network" in words]
    assert (said.count("–"), said.count("since")) == (1, 1)
    assert not page.all(".panel rect")


def issue(title: str, at: datetime, *urls: str):
    body = "".join(f"- **A find**: words. [Read]({url})\n" for url in urls)
    return make_post(title, body, at=at)


def check(url: str, health: str, at: datetime = NOW) -> None:
    link = register([url])[url]
    Link.objects.filter(pk=link.pk).update(health=health, checked_at=at)
    Check.objects.create(link=link, health=health, at=at)


@pytest.fixture
def archive(db: None) -> None:
    """Two issues, of three years ago and of last month, that share one link."""
    a, b, c, d = (f"https://{name}.example.org/x" for name in "abcd")
    issue("Old", datetime(2021, 5, 10, tzinfo=UTC), a, b)
    issue("New", datetime(2024, 5, 10, tzinfo=UTC), b, c, d)
    check(a, "broken")
    check(b, "ok")
    check(c, "gone", NOW - timedelta(days=1))


def look(client: Client, **options: Any) -> Page:
    """Return the page after the numbers were counted."""
    count_again()
    return Page(client.get(PAGE, **options))


def count_again() -> None:
    Measurement.objects.all().delete()
    measure_links.call()


def table(client: Client, key: str) -> list[list[str]]:
    count_again()
    response = client.get(reverse("admin:links_link_healthfile"), {"table": key})
    assert response.status_code == 200
    text = response.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


# The numbers


def test_rot_is_counted_by_the_age_of_the_first_issue(archive: None) -> None:
    ages = {rot.of: rot for rot in measuring.measure(NOW).by_age}

    assert sorted(ages) == [0, 1, 2, 3]
    assert (ages[3].links, ages[3].checked, ages[3].rotten, ages[3].share) == (2, 2, 1, 50.0)
    assert (ages[0].links, ages[0].checked, ages[0].rotten, ages[0].share) == (2, 1, 1, 100.0)
    assert (ages[1].links, ages[1].share) == (0, None)


def test_a_link_is_a_year_older_on_the_day_itself() -> None:
    issue("One", datetime(2023, 6, 15, 9, tzinfo=UTC), "https://a.example.org/")
    issue("Two", datetime(2023, 6, 16, 9, tzinfo=UTC), "https://b.example.org/")
    ages = measuring.measure(NOW).by_age

    assert [(rot.of, rot.links) for rot in ages] == [(0, 1), (1, 1)]


def test_rot_is_counted_by_host_with_all_its_owners() -> None:
    issue("One", NOW, "https://github.com/a/x", "https://github.com/b/y", "https://c.example.org/")
    check("https://github.com/a/x", "broken")
    check("https://github.com/b/y", "ok")
    check("https://c.example.org/", "ok")

    [rot] = measuring.measure(NOW).by_source
    assert (rot.of, rot.links, rot.checked, rot.rotten, rot.share) == ("github.com", 2, 2, 1, 50.0)


def test_checks_are_counted_by_day_and_result(archive: None) -> None:
    check("https://a.example.org/x", "ok", NOW - timedelta(days=40))
    days = measuring.measure(NOW).checks

    assert len(days) == 30
    assert [(f"{day}", results["ok"], results["broken"], results["gone"]) for day, results in days][
        -2:
    ] == [("2024-06-14", 0, 0, 1), ("2024-06-15", 1, 1, 0)]
    assert sum(sum(results.values()) for _day, results in days) == 3


def test_days_begin_where_the_site_is(settings) -> None:
    settings.TIME_ZONE = "Asia/Seoul"
    check("https://a.example.org/x", "ok", datetime(2024, 6, 14, 16, tzinfo=UTC))

    assert [f"{day}" for day, results in measuring.measure(NOW).checks if results["ok"]] == [
        "2024-06-15"
    ]


def test_a_link_of_an_earlier_issue_is_a_repetition(archive: None) -> None:
    old, new = measuring.measure(NOW).repeats

    assert (f"{old.month}", old.links, old.repeated, old.share) == ("2021-05-01", 2, 0, 0.0)
    assert (f"{new.month}", new.links, new.repeated, new.share) == ("2024-05-01", 3, 1, 33.3)


def test_a_link_twice_in_one_issue_is_no_repetition() -> None:
    issue("One", NOW, "https://a.example.org/", "https://a.example.org/")
    [month] = measuring.measure(NOW).repeats

    assert (month.links, month.repeated) == (1, 0)


def test_suggestions_wait_until_the_issue_that_prints_them(archive: None) -> None:
    printed = datetime(2024, 5, 10, tzinfo=UTC)
    for name, days in (("b", 2), ("c", 8), ("d", 9)):
        url = f"https://{name}.example.org/x"
        link = register([url])[url]
        Suggestion.objects.create(link=link, url=url, created_at=printed - timedelta(days=days))
    url = "https://never.example.org/"
    Suggestion.objects.create(link=register([url])[url], url=url, created_at=printed)

    health = measuring.measure(NOW)

    assert dict(zip(measuring.WAITS, health.waits, strict=True)) == {
        0: 0,
        1: 1,
        3: 0,
        7: 2,
        14: 0,
        30: 0,
        90: 0,
    }
    assert health.median_wait == 8.0


def test_headline_numbers_count_links_checks_and_rot(archive: None) -> None:
    health = measuring.measure(NOW)

    assert (health.links, health.checked, health.rotten) == (4, 3, 2)


def test_what_waits_is_counted_when_the_page_is_read(client: Client, archive: None) -> None:
    link = Link.objects.first()
    QueueEntry.objects.all().delete()
    QueueEntry.objects.create(link=link, kind="broken", weight=1)
    assert look(client).texts(".waiting .number")[-1] == "1"
    QueueEntry.objects.update(closed_at=NOW)
    assert Page(client.get(PAGE)).texts(".waiting .number")[-1] == "0"


def test_the_most_cited_hosts_come_first() -> None:
    make_posts(2)
    make_post("Third", "See [this](https://arxiv.org/abs/1).")
    sources = measuring.measure(NOW).sources

    assert sources[0] == ("arxiv.org", 3, 3)
    assert ("one.example.org", 2, 2) in sources


@pytest.mark.parametrize("make", [make_draft, make_scheduled])
def test_what_is_not_public_yet_has_no_age_and_repeats_nothing(make, archive: None) -> None:
    before = measuring.measure(NOW)
    make(body="See [this](https://a.example.org/x) and [that](https://d.example.org/x).")
    after = measuring.measure(NOW)

    assert (after.by_age, after.repeats) == (before.by_age, before.repeats)


# The page


def test_the_page_has_a_plot_and_a_table_for_everything(client: Client, archive: None) -> None:
    url = "https://c.example.org/x"
    Suggestion.objects.create(
        link=register([url])[url], url=url, created_at=datetime(2024, 5, 1, tzinfo=UTC)
    )
    Check.objects.create(link=Link.objects.first(), health="ok")
    page = look(client)

    assert len(page.all(".panel svg.plot")) == len(TABLES)
    assert len(page.all(".panel table.numbers")) == len(TABLES)
    files = [address.partition("?table=")[2] for address in page.values(".panel a", "href")]
    assert set(files) == set(TABLES)


def test_without_anything_the_page_says_so_in_every_panel(client: Client) -> None:
    page = look(client)

    said = page.texts(".panel .quiet")
    assert "No link of an issue has been checked yet." in said
    assert "Nothing has been checked in the last 30 days." in said
    assert "No reader's suggestion has been printed yet." in said
    assert not page.all(".plot")
    for key in TABLES:
        assert len(table(client, key)) == 1


def test_issues_without_checks_show_no_rot(client: Client) -> None:
    make_posts(2)
    page = look(client)

    assert "No link of an issue has been checked yet." in page.texts(".panel .quiet")
    assert page.all("#repeats-name")


def test_looking_counts_nothing_and_says_when_the_numbers_were_true(
    client: Client, archive: None, time_machine
) -> None:
    time_machine.move_to(NOW)
    assert "15 Jun 2024, 12:00" in look(client).text()
    check("https://d.example.org/x", "broken")

    time_machine.shift(3600)
    assert "15 Jun 2024, 12:00" in Page(client.get(PAGE)).text()


def test_what_was_counted_is_kept_as_it_was(archive: None) -> None:
    url = "https://c.example.org/x"
    suggested = datetime(2024, 5, 1, tzinfo=UTC)
    Suggestion.objects.create(link=register([url])[url], url=url, created_at=suggested)
    count_again()
    kept = kept_health()

    assert kept == measuring.measure(kept.at)


def test_whoever_wants_has_them_counted_again(
    client: Client, archive: None, time_machine, run_waiting_tasks: RunWaiting
) -> None:
    time_machine.move_to(NOW)
    look(client)
    time_machine.shift(60)

    page = Page(client.get(PAGE))
    answer = client.post(page.value("form.counted", "action"), follow=True)

    assert "The links are being counted." in Page(answer).text()
    assert "12:00" in Page(answer).one(".counted").text()
    run_waiting_tasks()
    assert "12:01" in Page(client.get(PAGE)).one(".counted").text()


def test_who_asks_at_once_is_told_that_nothing_is_counted(client: Client, archive: None) -> None:
    page = look(client)

    answer = client.post(page.value("form.counted", "action"), follow=True)

    assert "less than a minute ago" in Page(answer).text()
    assert not StoredTask.objects.exists()


def test_who_asks_again_and_again_has_them_counted_once(archive: None) -> None:
    assert [measure_links.call() for _click in range(3)] == [True, False, False]


def test_a_count_of_a_clock_that_was_ahead_is_not_the_last(archive: None, time_machine) -> None:
    time_machine.move_to(NOW + timedelta(days=365))
    measure_links.call()
    time_machine.move_to(NOW)

    assert measure_links.call()


def test_before_anything_was_counted_the_page_says_so(client: Client, archive: None) -> None:
    page = Page(client.get(PAGE))

    assert "The links have not been counted yet." in page.one(".counted").text()
    assert not page.all(".panel")
    file = client.get(reverse("admin:links_link_healthfile"), {"table": "sources"})
    assert file.headers["Location"] == PAGE


def test_counting_again_takes_a_right_and_a_button(
    client: Client, sign_in: SignIn, outsider
) -> None:
    path = reverse("admin:links_link_measure")

    assert client.get(path).status_code == 405
    assert sign_in(outsider).post(path).status_code == 302
    assert not Measurement.objects.exists()


def test_the_page_costs_the_same_queries_when_the_rows_double(client: Client) -> None:
    make_posts(3)
    for link in Link.objects.all():
        check(link.url, "broken")
    few = _queries(client)
    make_posts(6, start=datetime(2024, 5, 20, tzinfo=UTC))
    for number in range(20):
        check(f"https://more{number}.example.org/", "gone")

    assert _queries(client) == few
    assert few <= 12


def _queries(client: Client) -> int:
    count_again()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return len(captured)


def test_the_page_speaks_korean(client: Client, archive: None, settings) -> None:
    settings.LANGUAGE_CODE = "ko"
    with translation.override("ko"):
        page = look(client, headers={"accept-language": "ko"})

    assert page.value("html", "lang") == "ko"
    for english in ("Broken links", "Covered before", "Numbers", "Download", "Waiting", "Checks"):
        assert english not in page.text(), english


# The files


def test_every_table_can_be_downloaded(client: Client, archive: None, time_machine) -> None:
    time_machine.move_to(NOW, tick=False)
    count_again()
    response = client.get(reverse("admin:links_link_healthfile"), {"table": "repeats"})

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'attachment; filename="repeats-' in response.headers["Content-Disposition"]
    assert table(client, "repeats")[1:] == [
        ["2021-05", "2", "0", "0.0"],
        ["2024-05", "3", "1", "33.3"],
    ]
    assert table(client, "rot-by-age")[-1] == ["3", "2", "2", "1", "50.0"]


def test_the_file_of_sources_has_more_than_the_page(client: Client) -> None:
    Source.objects.bulk_create(
        Source(name=f"h{number}.example", host=f"h{number}.example", post_count=1)
        for number in range(40)
    )

    assert len(table(client, "sources")) == 41
    hosts = look(client).texts("[aria-labelledby=sources] th[scope=row]")
    assert len(hosts) == measuring.TOP


def test_a_source_named_like_a_formula_is_text_in_the_file(client: Client) -> None:
    Source.objects.create(name="=1+1", host="=1+1", post_count=1)

    assert table(client, "sources")[1] == ["'=1+1", "1", "0"]


@pytest.mark.parametrize("key", ["", "none", "rot-by-age.csv", "../health"])
def test_an_unknown_table_is_404(client: Client, key: str) -> None:
    count_again()
    path = reverse("admin:links_link_healthfile")
    assert client.get(path, {"table": key}).status_code == 404


def test_without_a_name_the_files_lead_to_the_page(client: Client) -> None:
    assert client.get(reverse("admin:links_link_healthfile")).headers["Location"] == PAGE


# The plots


def drawn(svg: str) -> ET.Element:
    root = ET.fromstring(svg)
    assert root.tag == "svg"
    return root


WORDS = Words("k", "A <b> & “title”", "What it says", across="days", up="%")


@pytest.mark.parametrize(
    "svg",
    [
        plotting.bars(WORDS, ["a", "b"], [Series("x", "tone-bad", [1, 2])]),
        plotting.line(WORDS, ["a", "b"], Series("x", "tone-bad", [1, None])),
        plotting.rows(WORDS, ["<a>", "b"], Series("x", "tone-bad", [1, 0])),
        plotting.bars(WORDS, [], []),
        plotting.line(WORDS, [], Series("x", "tone-bad", [])),
        plotting.rows(WORDS, [], Series("x", "tone-bad", [])),
    ],
)
def test_a_plot_is_well_formed_and_named_for_those_who_do_not_see_it(svg: str) -> None:
    root = drawn(svg)
    ids = {element.get("id"): element.text for element in root.iter() if element.get("id")}

    assert root.get("role") == "img"
    assert ids[root.get("aria-labelledby")] == "A <b> & “title”"
    assert ids[root.get("aria-describedby")] == "What it says"
    assert not [element for element in root.iter() if element.get("style")]


def test_bars_are_as_high_as_their_numbers_and_stand_on_each_other() -> None:
    series = [Series("x", "one", [10, 5]), Series("y", "two", [30, 0])]
    bars = drawn(plotting.bars(WORDS, ["a", "b"], series)).findall("rect")
    heights = [float(bar.get("height")) for bar in bars]

    assert heights == [plotting.DEPTH / 4, plotting.DEPTH * 3 / 4, plotting.DEPTH / 8]
    assert float(bars[1].get("y")) + heights[1] == float(bars[0].get("y"))
    assert [bar.find("title").text for bar in bars] == ["a · x: 10", "a · y: 30", "b · x: 5"]


def test_a_line_joins_the_numbers_there_are() -> None:
    root = drawn(plotting.line(WORDS, ["a", "b", "c"], Series("x", "tone", [1, 2, None])))

    assert len(root.findall("circle")) == 2
    assert len([one for one in root.findall("line") if "stroke" in one.get("class")]) == 1


def test_long_names_are_cut_in_a_plot() -> None:
    svg = plotting.rows(WORDS, ["x" * 60], Series("n", "tone", [1]))
    [label] = [text.text for text in drawn(svg).findall("text") if text.get("class") == "label"]

    assert len(label) == plotting.LONGEST
    assert label.endswith("…")


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, [0, 1]),
        (0.4, [0, 1]),
        (3, [0, 1, 2, 3]),
        (10, [0, 5, 10]),
        (33.3, [0, 10, 20, 30, 40]),
        (100, [0, 50, 100]),
        (1234, [0, 500, 1000, 1500]),
    ],
)
def test_ticks_are_round_numbers_that_hold_all_there_is(highest: float, ticks: list[float]) -> None:
    assert ticks_up_to(highest) == ticks


def test_labels_stand_apart_also_on_a_phone() -> None:
    assert labelled_every(["1"] * 12) == 1
    assert labelled_every(["24 Nov"] * 30) == 5
    assert labelled_every(["2024년 11월"] * 24) > labelled_every(["Nov 2024"] * 24)
