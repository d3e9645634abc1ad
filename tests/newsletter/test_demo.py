import os
import socket
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.management import call_command
from pytest_django.fixtures import Settings

from links.models import Decision, QueueEntry
from newsletter.management.commands import create_demo
from posts.models import Post
from tests.builders import make_post

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    some = create_demo.samples()[-3:]
    monkeypatch.setattr(create_demo, "samples", lambda: some)


def create() -> str:
    out = StringIO()
    call_command("create_demo", stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("few_samples")
def test_a_newcomer_finds_issues_accounts_and_a_queue_that_shows_what_it_is_for() -> None:
    said = create()
    last = said.splitlines()[-3:]

    assert [line.split(":")[0] for line in last] == [
        f"Created the account {name}" for name in ("admin", "editor", "moderator")
    ]
    assert Post.objects.published().count() == len(create_demo.samples())
    assert QueueEntry.objects.filter(closed_at=None).count() == create_demo.LEFT

    # Whoever reads it knows where the project is.
    assert f"created posts/samples/{create_demo.samples()[-1].name}" in said
    assert str(Path.cwd()) not in said

    # The site's own decision: no desk offers to undo it.
    assert Decision.objects.get().by is None

    again = create()

    assert "account" not in again
    assert Decision.objects.count() == 1


@pytest.mark.usefixtures("few_samples")
def test_a_site_that_holds_an_issue_gets_no_samples_and_keeps_its_queue() -> None:
    make_post("Mine", "".join(f"- [it](https://{n}.example/)\n" for n in range(9)))

    create()

    assert [post.title for post in Post.objects.all()] == ["Mine"]
    assert not Decision.objects.exists()


@pytest.mark.parametrize(("language", "other"), [("en", "ko"), ("ko", "en")])
def test_the_newest_sample_is_in_the_language_of_the_site(
    language: str, other: str, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = language
    texts = [path.read_text() for path in create_demo.samples()]

    assert f"language: {language}" in texts[-1]
    assert any(f"language: {other}" in text for text in texts)


def test_a_port_that_is_taken_is_named_before_anything_else_happens(tmp_path: Path) -> None:
    database = tmp_path / "db.sqlite3"
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        run = subprocess.run(
            ["make", "run", f"PORT={port}"],
            cwd=site.BASE_DIR,
            # Not as a part of the make that runs the tests.
            env={
                **{name: value for name, value in os.environ.items() if "MAKE" not in name},
                "DATABASE_URL": f"sqlite:///{database}",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert run.returncode == 2
    assert f"http://127.0.0.1:{port}/" in run.stderr
    assert "another port" in run.stderr
    assert not run.stdout
    assert not database.exists()
