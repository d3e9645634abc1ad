"""A site with an issue and a picture; a database that is a sheet of paper, or a real one."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from backups import restoring, writing
from backups.facts import Facts
from posts.models import Image, Post
from tests.builders import make_member, make_post
from tests.tasks.conftest import shared_database  # noqa: F401 (a fixture)

PICTURE = "posts/images/0123.webp"


def make_site() -> Post:
    """Return the issue of a site that also has an account and a picture."""
    make_member("editor")
    post = make_post("Kept")
    default_storage.save(PICTURE, ContentFile(b"a picture"))
    name_picture(post, PICTURE)
    return post


def name_picture(post: Post, file: str) -> None:
    """Store a row of an issue's picture whose file is this one, whatever is in it."""
    row = Image.objects.create(post=post, path=file, width=1, height=1, sizes=[])
    Image.objects.filter(pk=row.pk).update(file=file)


def picture() -> bytes:
    """Return what is stored of the picture."""
    with default_storage.open(PICTURE) as opened:
        return opened.read()


@pytest.fixture
def site(db: None) -> Post:
    """Return the issue of a site, in a transaction."""
    return make_site()


@pytest.fixture
def shared_site(shared_database: str) -> Post:  # noqa: F811
    """Return the issue of a site, on a database that other processes can open."""
    return make_site()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return where a backup may be written."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "site.zip"


class Paper:
    """A database of which one knows the facts alone: quick, for what surrounds it."""

    FILE = "database.paper"
    DEFLATED = False

    def __init__(self) -> None:
        self.facts = Facts({"posts_post": 1}, ["posts.0001_squashed"])

    def size(self) -> int:
        """Return something."""
        return 1000

    def look(self) -> Facts:
        """Return what is there."""
        return self.facts

    def dump(self, path: Path) -> Facts:
        """Write it down."""
        path.write_text(json.dumps(asdict(self.facts)), encoding="utf-8")
        return self.facts

    def try_out(self, path: Path) -> Facts:
        """Read what was written."""
        return Facts(**json.loads(path.read_text(encoding="utf-8")))

    def restore(self, path: Path) -> None:
        """Have what was written."""
        self.facts = self.try_out(path)


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Paper:
    """Have a sheet of paper for a database."""
    engine = Paper()
    for module in (writing, restoring):
        monkeypatch.setattr(module, "own", lambda: engine)
    monkeypatch.setattr(restoring, "ENGINES", {connection.vendor: engine})
    return engine
