"""What an export says besides the texts, and an import takes from it: the same site again."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from selectolax.lexbor import LexborHTMLParser

from links.decisions import undo
from links.models import Decision, Source
from posts import curating, following, publishing, retagging
from posts.documents import parse_issue
from posts.exporting import write_posts, zip_posts
from posts.importing import Kind, Outcome
from posts.models import Image, LinkedItem, Post, RecurringSection, Tag, TagAlias
from posts.sidefile import NAME, read
from tests.builders import BODY, LONG_AGO, document, item, make_draft, make_post, make_scheduled
from tests.conftest import SignIn
from tests.posts.test_admin_uploads import confirm, look, rows
from tests.posts.test_importing import run, write
from tests.posts.test_storage import noise
from tests.reading import Page

# The number of a row in the address of a further page of a list.
_ROW = re.compile(r"((?:older|newer)[-/]\d+)-\d+")
# Forms with a time in them; what is for staff; and the same issue at another address.
_NOT_READ = ("/suggest/", "/report/", "/admin/", "/collect/", "/static/", "/links/random/")
START = ("/", "/sitemap.xml", "/robots.txt", "/archive/", "/follow/")


def pages() -> dict[str, tuple[int, str, bytes]]:
    """Return all that readers find, by address: status, where it leads, content."""
    client, found, waiting = Client(), {}, [*START, *old_addresses()]
    while waiting:
        address = waiting.pop()
        if _ROW.sub(r"\1", address) in found or address.startswith(_NOT_READ):
            continue
        response = client.get(address)
        body = b"".join(response) if response.streaming else response.content
        told = _ROW.sub(r"\1", body.decode("latin-1")).encode("latin-1")
        location = response.headers.get("Location", "")
        found[_ROW.sub(r"\1", address)] = (response.status_code, location, told)
        waiting += addresses_in(address, body, response.headers.get("Content-Type", ""))
    return found


def old_addresses() -> Iterator[str]:
    for post in Post.objects.all():
        yield post.get_absolute_url()
        yield from (f"/posts/{old.slug}/" for old in post.old_slugs.all())
    for slug in (*Tag.objects.values_list("slug"), *TagAlias.objects.values_list("slug")):
        yield from (f"/tags/{slug[0]}/", f"/tags/{slug[0]}/feed.xml")
    for section in RecurringSection.objects.all():
        yield from (f"/sections/{section.slug}/", f"/sections/{section.slug}/atom.xml")


def addresses_in(page: str, body: bytes, kind: str) -> Iterator[str]:
    if "html" in kind:
        tree = LexborHTMLParser(body.decode())
        found = [
            node.attributes.get(name) for name in ("href", "src") for node in tree.css(f"[{name}]")
        ]
    elif "xml" in kind and "sitemap" in page:
        found = re.findall(r"<loc>([^<]+)</loc>", body.decode())
    else:
        found = []
    for address in found:
        parts = urlsplit(
            urljoin(f"{settings.SITE_URL}{page}", (address or "").replace("&amp;", "&"))
        )
        if f"{parts.scheme}://{parts.netloc}" == settings.SITE_URL:
            yield parts._replace(scheme="", netloc="", fragment="").geturl()


def export(folder: Path) -> Path:
    list(write_posts(Post.objects.order_by("pk"), folder))
    return folder


def begin_anew() -> None:
    """Empty the database, and the folder of pictures. Keys begin anew, behind those of the few rows
    that a migrated site has: the parts of the sitemap are blocks of keys."""
    call_command("flush", interactive=False, verbosity=0)
    statements = connection.ops.sequence_reset_sql(no_style(), apps.get_models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)


def edited(post: Post, old: str, new: str) -> None:
    text = post.document.replace(old, new)
    assert text != post.document
    publishing.save_document(post, parse_issue(text.encode(), post.source_name))


# The whole site


def varied_site(folder: Path) -> None:
    """Make a site with whatever moves addresses, identities and orders."""
    at = datetime(2024, 5, 10, 9, 0, tzinfo=UTC)
    for number in range(24):
        body = BODY.replace("/a)", f"/a{number})").replace("two.example", f"t{number}.example")
        make_post(f"Issue {number}", body, at=at + timedelta(days=9 * number, microseconds=7))
    picture = document("그림이 있는 글", "![p](img/a.png) ![q](p.png)\n" + BODY, cover="p.png")
    write(folder, {"x/one.md": picture, "x/img/a.png": noise(), "x/p.png": noise(2)})
    write(folder, {"y/two.md": picture.replace("그림", "사진"), "y/img/a.png": noise(3)})
    write(folder, {"y/p.png": noise(2), "drafts/three.md": document("Held back")})
    run(folder, status="published")
    write(folder / "flat", {"four.md": picture.replace("글", "말"), "p.png": noise(4)})
    write(folder / "flat", {"img/a.png": noise(4)})
    write(folder / "other", {"five.md": picture.replace("글", "곳"), "p.png": noise(5)})
    write(folder / "other", {"img/a.png": noise(4), "q q.png": noise(6)})
    write(folder / "other", {"six.md": document("Six", "![q](./q%20q.png)\n")})
    run(folder / "flat", folder / "other")
    first, second = make_post("Same title", at=at), make_post("Same title", at=at)
    assert second.slug != first.slug
    make_post("또 하나", at=at, slug="한국어-주소", tags=["평가", "Llama 3 평가"])
    make_draft()
    make_scheduled()
    publishing.publish(Post.objects.filter(title="Held back"))
    renamed = Post.objects.get(title="Issue 3")
    for slug in ("new-address", "newer-address"):
        issue = publishing.with_metadata(renamed, renamed.body, {"slug": slug})
        publishing.save_document(renamed, issue)
    publishing.withdraw(Post.objects.filter(title__in=["Issue 5", "Issue 6"]))
    change_items()
    change_names()


def change_items() -> None:
    early = Post.objects.get(title="Issue 2")
    edited(early, "Hello, an", "Hello to [all](https://new.example.org/) of you, an")
    edited(early, "* **Topic one**", "* **Topic one**\n  - **New**: [n](https://two.example.org/n)")
    gone = Post.objects.get(title="Issue 4")
    edited(gone, "  - **First find**: what it is. [Read more](https://one.example.org/a4)\n", "")
    hidden = Post.objects.get(title="Issue 7")
    following.set_hidden([item(hidden, "Second find")], True, reason="A mistake")
    following.set_hidden([item(hidden, "First find")], True, reason="Another")
    edited(hidden, "  - **First find**: what it is. [Read more](https://one.example.org/a7)\n", "")
    following.set_news([item(early, "Second find")], True)


def change_names() -> None:
    retagging.rename(Tag.objects.get(name="평가"), "모델 평가", "models")
    Tag.objects.filter(name="AI").update(description="All of it")
    retagging.merge(Tag.objects.filter(name="AI"), Tag.objects.get(name="Llama 3 평가"))
    preview, viewpoint, overview = (
        RecurringSection.objects.get(key=key) for key in ("preview", "viewpoint", "overview")
    )
    curating.rename(preview, "미리 보기")
    curating.merge([viewpoint], preview)
    curating.set_hidden([overview], True)


@pytest.mark.django_db(transaction=True)
def test_a_site_is_the_same_to_the_byte_after_export_and_import(tmp_path: Path) -> None:
    begin_anew()
    varied_site(tmp_path / "in")
    before, identities = pages(), set(LinkedItem.objects.values_list("uid", "hidden", "is_news"))
    kinds = {status for status, _location, _body in before.values()}
    assert kinds == {200, 301, 404}
    export(tmp_path / "out")
    begin_anew()
    outcomes = run(tmp_path / "out")
    assert not [str(outcome) for outcome in outcomes if outcome.failed]
    after = pages()
    assert {address for address in before if before[address] != after.get(address)} == set()
    assert after.keys() == before.keys()
    assert set(LinkedItem.objects.values_list("uid", "hidden", "is_news")) == identities
    again = export(tmp_path / "again")
    exported = {p.relative_to(again): p.read_bytes() for p in again.rglob("*") if p.is_file()}
    assert exported == {
        path.relative_to(tmp_path / "out"): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert {o.kind for o in run(tmp_path / "out")} == {Kind.READ, Kind.UNCHANGED}


# What is in it, and what becomes of it


def side(folder: Path, **changes: Any) -> Path:
    """Change what the side file in a folder says of its first issue; return the folder."""
    path = folder / NAME
    told = json.loads(path.read_text())
    next(iter(told["issues"].values())).update(changes)
    path.write_text(json.dumps(told))
    return folder


def exported(folder: Path, **header: Any) -> Path:
    """Export an issue, and delete it."""
    post = make_post(source_name="a.md", **header)
    export(folder)
    post.delete()
    return folder


def issue_in(outcomes: list[Outcome]) -> Outcome:
    (outcome,) = (outcome for outcome in outcomes if outcome.kind is not Kind.READ)
    return outcome


@pytest.mark.django_db
@pytest.mark.parametrize("status", [None, "published"])
def test_what_was_withdrawn_stays_so(tmp_path: Path, status: str | None) -> None:
    post = make_post(source_name="a.md", date="2024-05-10")
    publishing.withdraw([post])
    export(tmp_path)
    post.delete()
    outcome = issue_in(run(tmp_path, status=status))
    assert Post.objects.get().status == "draft"
    assert outcome.notices == ("stays a draft: it was not published where it was exported",)
    assert not outcome.failed


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["a.md", "2024-01-01-a.md"])
def test_what_the_side_file_dates_is_not_called_undated(tmp_path: Path, name: str) -> None:
    make_post("Dated", "Text", source_name=name)
    make_draft("Not dated", "Text", source_name="b.md")
    export(tmp_path)
    Post.objects.all().delete()

    outcomes = run(tmp_path, dry_run=True) + run(tmp_path)

    assert not [told for outcome in outcomes for told in outcome.notices if "no date" in told]


@pytest.mark.django_db
def test_all_can_be_stored_as_drafts_all_the_same(tmp_path: Path) -> None:
    run(exported(tmp_path), status="draft")
    post = Post.objects.get()
    assert (post.status, post.published_at) == ("draft", LONG_AGO)


@pytest.mark.django_db
def test_a_dry_run_reads_it_and_writes_nothing(tmp_path: Path) -> None:
    exported(tmp_path, tags=["AI"])
    Tag.objects.all().delete()
    outcomes = run(tmp_path, dry_run=True)
    assert [outcome.kind for outcome in outcomes] == [Kind.READ, Kind.CREATED]
    assert not Tag.objects.exists()
    assert not Post.objects.exists()


@pytest.mark.django_db
def test_it_says_nothing_of_what_is_stored_here(tmp_path: Path) -> None:
    post = make_post(source_name="a.md")
    export(tmp_path)
    publishing.withdraw([post])
    write(tmp_path, {"a.md": post.document.replace("Hello", "Good morning")})
    outcome = issue_in(run(tmp_path, update=True))
    assert outcome.kind is Kind.UPDATED
    assert Post.objects.get().status == "draft"


@pytest.mark.django_db
def test_what_the_header_of_a_changed_file_says_wins(tmp_path: Path) -> None:
    exported(tmp_path)
    text = (tmp_path / "a.md").read_text().replace("\ntags", "\nslug: other\ndraft: true\ntags")
    write(tmp_path, {"a.md": text})
    run(tmp_path)
    post = Post.objects.get()
    assert (post.slug, post.status, post.published_at) == ("other", "draft", LONG_AGO)


@pytest.mark.django_db
def test_a_changed_file_keeps_its_items_and_address(tmp_path: Path) -> None:
    post = make_post("First title", source_name="a.md", slug="address")
    following.set_hidden([item(post, "Second find")], True, reason="Wrong")
    anchors = {row.url: row.anchor for row in post.items.exclude(url="")}
    export(tmp_path)
    post.delete()
    text = (tmp_path / "a.md").read_text()
    write(tmp_path, {"a.md": text.replace("what it is", "what it was").replace("Third", "Last")})
    run(tmp_path)
    post = Post.objects.get()
    assert {row.url: row.anchor for row in post.items.exclude(url="")} == anchors
    assert item(post, "Second find").hidden
    assert (post.slug, post.status) == ("address", "published")


@pytest.mark.django_db
def test_hidden_items_come_with_a_decision_that_can_be_undone(tmp_path: Path) -> None:
    post = make_post(source_name="a.md")
    following.set_hidden([item(post, "Second find")], True, reason="It was wrong")
    export(tmp_path)
    post.delete()
    run(tmp_path)
    decision = Decision.objects.latest("pk")
    assert (decision.action, decision.reason) == ("hide", "It was wrong")
    undo(decision, by=None)
    assert not item(Post.objects.get(), "Second find").hidden


@pytest.mark.django_db
def test_an_address_that_somebody_else_has_is_not_taken_away(tmp_path: Path) -> None:
    exported(tmp_path, slug="mine")
    side(tmp_path, addresses=["theirs", "old"])
    make_post(slug="mine")
    make_post(slug="theirs")
    run(tmp_path)
    post = Post.objects.get(source_name="a.md")
    assert post.slug == "mine-2024-05-10"
    assert [old.slug for old in post.old_slugs.all()] == ["old"]


@pytest.mark.django_db
def test_the_same_export_comes_in_twice_under_other_names(tmp_path: Path) -> None:
    exported(tmp_path / "1")
    shutil.copytree(tmp_path / "1", tmp_path / "2" / "again")
    run(tmp_path / "1")
    assert issue_in(run(tmp_path / "2")).kind is Kind.UNCHANGED
    side(tmp_path / "2" / "again", uid="0" * 32)
    assert issue_in(run(tmp_path / "2")).kind is Kind.CREATED
    assert LinkedItem.objects.count() == 2 * Post.objects.first().items.count()


@pytest.mark.django_db
def test_an_archive_of_the_folder_is_read_like_the_folder(tmp_path: Path) -> None:
    post = make_post(source_name="x/a.md", slug="address")
    publishing.withdraw([post])
    export(tmp_path / "out")
    post.delete()
    shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path, "out")
    run(tmp_path / "all.zip")
    post = Post.objects.get()
    assert (post.source_name, post.slug, post.status) == ("out/x/a.md", "address", "draft")


@pytest.mark.django_db
def test_a_part_that_is_exported_into_the_folder_of_all_forgets_nothing(tmp_path: Path) -> None:
    make_post(source_name="a.md", tags=["AI"])
    make_post("Other", source_name="b.md", tags=["Rust"], at=LONG_AGO - timedelta(days=1))
    export(tmp_path)
    before = read((tmp_path / NAME).read_bytes())
    list(write_posts(Post.objects.filter(source_name="b.md"), tmp_path))
    assert read((tmp_path / NAME).read_bytes()) == before
    list(write_posts(Post.objects.filter(source_name="b.md"), tmp_path / "part"))
    part = read((tmp_path / "part" / NAME).read_bytes())
    assert (list(part.issues), [tag.name for tag in part.tags]) == (["b.md"], ["Rust"])


@pytest.mark.django_db
def test_what_is_no_side_file_is_not_replaced(tmp_path: Path) -> None:
    make_post(source_name="a.md")
    write(tmp_path, {NAME: "{}"})
    with pytest.raises(ValueError, match="is no side file of an export"):
        export(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


# What is wrong with it

RIGHT: dict[str, Any] = {"newsletter": 1, "issues": {}}
OF_ISSUE = {"digest": "0" * 64, "uid": "0" * 32, "slug": "a", "status": "draft"}
ENTRY: dict[str, Any] = {**OF_ISSUE, "modified": "2024-05-10T09:00:00+00:00"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"newsletter": 1,\n "issues": }', "line 2, column 12: no JSON"),
        ('{"newsletter": 1, "issues": {}, "issues": {}}', "issues: stands there twice"),
        ("\ud800", "is no JSON that can be read"),
        ("[" * 100_000, "is no JSON that can be read"),
        ("9" * 5_000, "is no JSON that can be read"),
        ([], f"{NAME}: must be an object"),
        ({"issues": {}}, "is no side file of an export: “newsletter” is missing"),
        (RIGHT | {"newsletter": 2}, "was written by another release (version 2)"),
        (RIGHT | {"other": 1}, "other: is not known"),
        ({"newsletter": 1}, "issues: is missing"),
        (RIGHT | {"issues": {"a.md": {}}}, "issues › a.md › digest: is missing"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"slug": "a/b"}}}, "slug: must be a part of an"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"slug": ".."}}}, "slug: must be a part of an"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"uid": "x"}}}, "issues › a.md › uid: must be a UUID"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"status": "sent"}}}, "status: must be “draft” or"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"published": "2024"}}}, "must be a moment such as"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"name": "../a.md"}}}, "name: its path leads out"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"addresses": "b"}}}, "addresses: must be a list"),
        (RIGHT | {"issues": {"a.md": ENTRY | {"items": [{"uid": 1}]}}}, "items › 0 › digest: is m"),
        (RIGHT | {"tags": [{"name": "\ud800", "slug": "a"}]}, "tags › 0 › name: must be a text"),
        (RIGHT | {"sections": [{"key": "a", "slug": "a", "title": "A", "into": "a"}]}, "0 › into"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_nothing_is_imported(
    tmp_path: Path, data: Any, message: str
) -> None:
    text = data if isinstance(data, str) else json.dumps(data)
    write(tmp_path, {"a.md": document(), NAME: text.encode("utf-8", "surrogatepass")})
    (outcome,) = run(tmp_path)
    assert outcome.kind is Kind.REFUSED
    assert message in outcome.reason
    assert not Post.objects.exists()


# Pictures

PICTURED = "---\ntitle: P\ndate: 2024-05-10\n---\n![p](p.png)\n"


@pytest.mark.django_db
def test_what_another_site_calls_its_picture_is_made_anew(
    tmp_path: Path, settings: Settings
) -> None:
    run(write(tmp_path / "in", {"a.md": PICTURED, "p.png": noise()}))
    name = Image.objects.get().file.name
    export(tmp_path / "out")
    for key, is_same in (("another key", False), (settings.SECRET_KEY, True)):
        Post.objects.get().delete()
        settings.SECRET_KEY = key
        assert not issue_in(run(tmp_path / "out")).failed
        assert (Image.objects.get().file.name == name) is is_same


@pytest.mark.django_db
def test_an_exported_picture_is_the_one_that_is_stored(tmp_path: Path) -> None:
    run(write(tmp_path / "in", {"a.md": PICTURED, "p.png": noise()}))
    export(tmp_path / "out")
    assert issue_in(run(tmp_path / "out")).kind is Kind.UNCHANGED
    assert issue_in(run(tmp_path / "in")).kind is Kind.UNCHANGED


@pytest.mark.django_db
def test_pictures_are_told_in_the_order_of_their_names(tmp_path: Path) -> None:
    text = document("One", "![b](b.png) ![a](a.png)\n")
    write(tmp_path / "in", {"one.md": text, "b.png": noise(1), "a.png": noise(2)})
    run(tmp_path / "in")
    told = json.loads((export(tmp_path / "out") / NAME).read_text())
    [issue] = told["issues"].values()
    assert list(issue["pictures"]) == ["a.png", "b.png"]


@pytest.mark.django_db
def test_a_picture_whose_file_is_gone_stops_no_export(tmp_path: Path) -> None:
    run(write(tmp_path / "in", {"a.md": PICTURED, "p.png": noise()}))
    Path(Image.objects.get().file.path).unlink()
    make_post(source_name="b.md")
    with pytest.raises(ValueError, match=r"p\.png: No such file"):
        export(tmp_path / "out")
    assert (tmp_path / "out" / "b.md").is_file()
    with zip_posts(Post.objects.all()) as archive:
        assert set(ZipFile(archive).namelist()) == {NAME, "a.md", "b.md"}


# Who may


@pytest.mark.django_db
def test_an_editor_gains_no_right_by_it(
    sign_in: SignIn, editor: User, tmp_path: Path, settings: Settings
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    post = make_post(source_name="a.md")
    following.set_hidden([item(post, "Second find")], True, reason="Wrong")
    path = export(tmp_path / "out") / NAME
    post.delete()
    told = json.loads(path.read_text())
    told["sources"] += ["known.example", "known.example/owner", "no name"]
    path.write_text(json.dumps(told))
    client = sign_in(editor)
    files = [
        SimpleUploadedFile(name, (tmp_path / "out" / name).read_bytes()) for name in (NAME, "a.md")
    ]

    page = look(client, *files)
    assert rows(page) == {NAME: "Read", "a.md": "New"}
    page = Page(confirm(client, page))

    assert "sources stay as they are: you may not change them" in page.one(".report").text()
    post = Post.objects.get()
    assert (post.status, item(post, "Second find").hidden) == ("draft", True)
    known = Source.objects.filter(name__contains="known")
    assert not known.exists()
    run(tmp_path / "out")
    assert [str(source.parent or "") for source in known.order_by("pk")] == ["", "known.example"]
    assert not Source.objects.filter(name="no name").exists()


@pytest.mark.django_db
def test_names_that_are_taken_here_stay_as_they_are(tmp_path: Path) -> None:
    make_post(source_name="a.md", tags=["Llama", "Rust"])
    retagging.rename(Tag.objects.get(name="Llama"), "Llama 3", "llama-3")
    curating.rename(RecurringSection.objects.get(key="preview"), "At first")
    export(tmp_path)
    Post.objects.get().delete()
    Tag.objects.all().delete()
    RecurringSection.objects.all().delete()
    make_post("Here", "## Preview\n\n## Viewpoint\n", tags=["Rust!", "Llama"])
    Tag.objects.filter(name="Rust!").update(slug="rust")
    run(tmp_path)
    assert not TagAlias.objects.exists()
    assert RecurringSection.objects.get(key="preview").title == "Preview"
    assert {tag.name: tag.slug for tag in Tag.objects.all()} == {
        "Rust!": "rust",
        "Llama": "llama",
        "Llama 3": "llama-3",
        "Rust": "rust-2",
    }
