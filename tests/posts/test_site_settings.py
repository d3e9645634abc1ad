"""The owner's settings: what they change, at once; who may change them; what they refuse."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings

from posts import identity
from posts.identity import colours
from posts.models import ArchiveMonth, Post, SiteSettings
from tests.builders import make_post
from tests.conftest import SignIn
from tests.reading import Page

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

FORM = "/admin/posts/sitesettings/1/change/"
TOKENS = "static/css/tokens.css"
# Already June in Seoul.
LATE_IN_MAY = datetime(2024, 5, 31, 20, 0, tzinfo=UTC)


def picture(side: int = 600) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, "PNG")
    return SimpleUploadedFile("icon.png", out.getvalue(), "image/png")


def fill(client: Client, **values: Any) -> Any:
    """Send the form as a browser would, with some fields filled in otherwise."""
    page = Page(client.get(FORM))
    sent = page.fields("#sitesettings_form")
    sent = {name: value for name, value in sent.items() if not name.startswith(("no_", "new_"))}
    chosen = {name: page.one(f"select[name={name}] option[selected]").attributes["value"]
              for name in ("language", "time_zone")
              if page.all(f"select[name={name}] option[selected]")}  # fmt: skip
    places = dict.fromkeys(("links-0-place", "links-1-place"), "footer")
    return client.post(FORM, {**sent, **chosen, **places, **values})


@pytest.fixture
def signed_in(sign_in: SignIn, owner: User) -> Client:
    return sign_in(owner)


def test_without_settings_the_site_is_as_the_environment_says(
    client: Client, settings: Settings
) -> None:
    page = Page(client.get("/archive/"))

    assert page.one(".site-name").text() == settings.SITE_NAME
    assert not page.all('link[href^="/style-"]')
    assert not page.all(".own-links")


def test_a_change_shows_on_every_page_at_once(client: Client, signed_in: Client) -> None:
    make_post()
    before = client.get("/posts/a-first-issue/")
    assert "Finds & <Keeps>" not in before.content.decode()

    answer = fill(
        signed_in,
        name="Finds & <Keeps>",
        description="What we kept.",
        ending="Thank you, *reader*.",
        profiles="https://social.example.org/@finds",
        **{
            "links-0-label": "Imprint",
            "links-0-address": "/imprint/",
            "links-1-place": "masthead",
            "links-1-label": "Jobs",
            "links-1-address": "https://jobs.example.org/",
        },
    )

    assert answer.status_code == 302
    page = Page(client.get("/posts/a-first-issue/"))
    assert page.one(".site-name").text() == "Finds & <Keeps>"
    assert page.one("title").text() == "A first issue · Finds & <Keeps>"
    assert page.one(".own-ending em").text() == "reader"
    assert page.value('link[rel="me"]', "href") == "https://social.example.org/@finds"
    assert page.values(".own-links a", "href") == ["/imprint/"]
    assert page.values(".site-nav a", "href")[-1] == "https://jobs.example.org/"
    assert "<title>Finds &amp; &lt;Keeps&gt;</title>" in client.get("/feed.xml").content.decode()
    assert "Finds &amp; &lt;Keeps&gt;" in signed_in.get("/admin/").content.decode()


def test_an_emptied_field_is_as_the_environment_says_again(
    client: Client, signed_in: Client, settings: Settings
) -> None:
    fill(signed_in, name="Finds")
    assert Page(client.get("/")).one(".site-name").text() == "Finds"

    fill(signed_in, name="")

    assert Page(client.get("/")).one(".site-name").text() == settings.SITE_NAME


# Language and zone


def test_another_language_is_spoken_at_once_and_issues_follow(
    client: Client, signed_in: Client
) -> None:
    make_post()
    assert "Contents" in client.get("/posts/a-first-issue/").content.decode()

    fill(signed_in, language="ko")

    page = Page(client.get("/archive/"))
    assert page.value("html", "lang") == "ko"
    assert "읽을 만한 링크" in page.text()
    assert "차례" in client.get("/posts/a-first-issue/").content.decode()
    assert not Post.objects.filter(stale_since__isnull=False)
    assert "사이트 설정" in signed_in.get(FORM).content.decode()


def test_what_is_said_after_saving_is_said_in_the_language_that_was_chosen(
    signed_in: Client,
) -> None:
    saved = fill(signed_in, language="ko")
    page = Page(signed_in.get(saved.headers["Location"]))
    assert page.texts(".messagelist") == ["저장했어요. 독자에게 바로 보여요."]
    assert page.texts("h1")[-1] == "사이트 설정"


def test_issues_to_rebuild_are_counted_in_the_form(
    signed_in: Client, run_waiting_tasks: Any
) -> None:
    make_post()
    fill(signed_in, language="ko")
    assert "아직 백그라운드에서 다시" in Page(signed_in.get(FORM)).text()

    run_waiting_tasks()

    assert "아직 백그라운드에서 다시" not in Page(signed_in.get(FORM)).text()


def test_days_and_months_are_those_of_the_time_zone_that_is_set(
    client: Client, signed_in: Client
) -> None:
    make_post(at=LATE_IN_MAY)
    assert "31 May 2024" in Page(client.get("/posts/a-first-issue/")).text()

    fill(signed_in, time_zone="Asia/Seoul")

    assert "1 June 2024" in Page(client.get("/posts/a-first-issue/")).text()
    assert client.get("/archive/2024/06/").status_code == 200
    assert client.get("/archive/2024/05/").status_code == 404
    assert [str(month.month) for month in ArchiveMonth.objects.all()] == ["2024-06-01"]


def test_a_search_by_year_follows_the_time_zone_that_is_set(
    client: Client, signed_in: Client
) -> None:
    make_post(at=datetime(2023, 12, 31, 20, 0, tzinfo=UTC))  # already 2024 in Seoul
    fill(signed_in, time_zone="Asia/Seoul")
    found = Page(client.get("/search/", {"q": "opening year:2024"}))
    assert found.all('a[href^="/posts/a-first-issue/"]')
    before = Page(client.get("/search/", {"q": "opening year:2023"}))
    assert not before.all('a[href^="/posts/a-first-issue/"]')


# The accent


def test_the_accent_is_shown_below_its_fields(signed_in: Client) -> None:
    html = signed_in.get(FORM).content.decode()

    places = [html.index(mark) for mark in ("id_accent_dark", "accent-samples", "id_ending")]
    assert places == sorted(places)


def test_an_accent_is_a_stylesheet_of_our_own_address(client: Client, signed_in: Client) -> None:
    fill(signed_in, accent="#7A1F3D")

    address = Page(client.get("/")).value('link[href^="/style-"]', "href")
    answer = client.get(address)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "--accent: light-dark(#7a1f3d, " in answer.content.decode()
    fill(signed_in, accent="#225533")
    assert "immutable" not in client.get(address).headers["Cache-Control"]
    assert "#225533" in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("field", "scheme", "colour"),
    [("accent", colours.LIGHT, "#ffcc00"), ("accent_dark", colours.DARK, "#333399")],
)
def test_an_accent_that_cannot_be_read_is_refused_with_the_nearest_that_can(
    signed_in: Client, field: str, scheme: colours.Scheme, colour: str
) -> None:
    page = Page(fill(signed_in, **{field: colour}))

    said = page.one(f".field-{field} .errorlist").text()
    near = said.rpartition(" ")[2].rstrip(".")
    assert colour in said
    assert colours.weakest(near, scheme) >= colours.TEXT > colours.weakest(colour, scheme)
    assert page.value(f"[name={field}]", "value") == colour
    assert fill(signed_in, **{field: near}).status_code == 302


@pytest.mark.parametrize("colour", ["red", "#12", "#12345g", "url(x)"])
def test_what_is_no_colour_is_refused(signed_in: Client, colour: str) -> None:
    assert "#1b4b9b" in Page(fill(signed_in, accent=colour)).one(".field-accent .errorlist").text()


def test_the_colours_that_are_checked_are_those_of_the_pages() -> None:
    with open(TOKENS, encoding="utf-8") as file:  # noqa: PTH123
        tokens = file.read()
    for name, light, dark in (
        ("paper", colours.LIGHT.paper, colours.DARK.paper),
        ("paper-2", colours.LIGHT.shade, colours.DARK.shade),
    ):
        assert f"--{name}: light-dark({light}, {dark});" in tokens
    assert f"--on-accent: light-dark(#fff, {colours.DARK.on_accent});" in tokens
    assert "--accent: light-dark(#1b4b9b, #93b7f7);" in tokens
    assert colours.weakest("#1b4b9b", colours.LIGHT) >= colours.TEXT
    assert colours.weakest("#93b7f7", colours.DARK) >= colours.TEXT


# Pictures


def test_logo_and_icon_are_made_anew_and_taken_away_again(
    client: Client, signed_in: Client
) -> None:
    ticks = "[name=no_logo], [name=no_icon]"
    assert not Page(signed_in.get(FORM)).all(ticks), "nothing is there to be taken away"
    fill(signed_in, new_logo=picture(), new_icon=picture(600))

    page = Page(client.get("/"))
    logo = client.get(page.value(".site-name img", "src"))
    touch = client.get(page.value('link[rel="apple-touch-icon"]', "href"))
    assert logo.headers["Content-Type"] == "image/webp"
    assert touch.headers["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(b"".join(touch))).size == (180, 180)
    form = Page(signed_in.get(FORM))
    assert len(form.all(ticks)) == 2
    assert form.value(".field-new_logo img", "src") == page.value(".site-name img", "src")
    assert form.all(".field-new_icon img")
    assert client.get("/favicon.ico").headers["Location"] == page.value(
        "link[sizes='32x32']", "href"
    )
    assert Image.open(io.BytesIO(b"".join(logo))).format == "WEBP"
    fill(signed_in, no_logo="on", no_icon="on")
    assert not Page(client.get("/")).all(".site-name img, link[rel='apple-touch-icon']")


def test_what_is_no_picture_is_refused_at_its_field(signed_in: Client) -> None:
    page = Page(fill(signed_in, new_logo=SimpleUploadedFile("logo.svg", b"<svg></svg>")))

    assert "SVG" in page.one(".field-new_logo .errorlist").text()


# Links


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.example.org/",
        "imprint",
        "https://",
        "data:text/html,x",
        "/a b",
    ],
)
def test_a_link_that_leads_nowhere_is_refused(signed_in: Client, address: str) -> None:
    sent = {"links-0-label": "Imprint", "links-0-address": address}

    page = Page(fill(signed_in, **sent))

    assert page.all(".inline-related .errorlist")
    assert not SiteSettings.objects.exclude(revision="")


@pytest.mark.parametrize("line", ["ftp://a.example.org/", "/@me", "@me@a.example.org"])
def test_a_profile_is_an_address_of_a_web_page(signed_in: Client, line: str) -> None:
    said = Page(fill(signed_in, profiles=f"https://a.example.org/@me\n{line}"))

    assert "Line 2" in said.one(".field-profiles .errorlist").text()


# Who may, and what is written down


def test_only_owners_change_the_settings(
    sign_in: SignIn, owner: User, admin: User, editor: User, moderator: User, outsider: User
) -> None:
    allowed = {user.username: sign_in(user).get(FORM).status_code
               for user in (owner, admin, editor, moderator, outsider)}  # fmt: skip

    assert allowed == {
        "owner": 200, "admin": 200, "editor": 403, "moderator": 403, "outsider": 302,
    }  # fmt: skip
    assert sign_in(editor).post(FORM, {"name": "Mine"}).status_code == 403


def test_a_change_is_on_the_record(signed_in: Client, owner: User) -> None:
    fill(signed_in, name="Finds")

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (owner, "1")


def test_what_somebody_else_saved_meanwhile_is_not_lost_unseen(signed_in: Client) -> None:
    stale = Page(signed_in.get(FORM)).fields("#sitesettings_form")["seen_revision"]
    fill(signed_in, name="Theirs")

    answer = fill(signed_in, name="Mine", seen_revision=stale)

    page = Page(answer)
    assert "Theirs" in page.one(".error-summary").text()
    assert page.value("[name=name]", "value") == "Mine"
    assert identity.current().name == "Theirs"
    places = dict.fromkeys(("links-0-place", "links-1-place"), "footer")
    signed_in.post(FORM, page.fields("#sitesettings_form") | places)
    assert identity.current().name == "Mine"


def test_a_database_that_does_not_answer_leaves_the_site_its_name(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(signed_in, name="Finds")
    assert identity.stored().name == "Finds"

    def fail(*_args: object, **_kwargs: object) -> Any:
        raise DatabaseError

    monkeypatch.setattr(SiteSettings.objects, "filter", fail)
    assert identity.stored().name == "Finds"
