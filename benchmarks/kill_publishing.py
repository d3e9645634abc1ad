"""Disturb those who publish at random moments, let them go on, and look for what is wrong then.

    python -m benchmarks.kill_publishing [TIMES] [sqlite|postgresql]      (50, both)

Each time, on a copy of a database with drafts that have a picture each, two processes run: one
publishes the drafts one by one, plans mail about each, has its social card drawn and writes the
public site as files; it says each issue that it got an answer for. The other is the worker. Half
of the times both are killed (`kill -9`) at random moments of their own, half of the times no file
(of SQLite, pictures, cards, pages) can grow beyond a random size, as on a full disk. Then both do,
undisturbed, what is left.

Prints issues that were answered and are drafts; issues that some public page has and another has
not, or that stand somewhere twice; issues otherwise than text and decisions make them; counters
and rows of the search index that are otherwise than counted anew; files of pictures, cards and the
static site that are cut off; and issues for which mail is planned not once.
"""

from __future__ import annotations

import json
import math
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.kill_decisions import LEASE, is_damaged, kill
from benchmarks.kill_import import _pictured
from benchmarks.sites import KINDS, Site, sites
from tests.corpus import CHECKOUT, ROOT, issue_files

if TYPE_CHECKING:  # in the processes that need it, Django is set up first
    from posts.models import Post

# By its name: beside a file there are others of the names of libraries.
SELF = ("-m", "benchmarks.kill_publishing")
ISSUES = 5
SEED = 20240510
SMALLEST = 1000  # bytes
FAULTS = ("lost", "half", "wrong", "miscounted", "unfound", "cut off", "not mailed once", "stuck")


def main(times: int, kinds: Sequence[str] = KINDS) -> int:
    """Measure; return the exit code."""
    files = issue_files("twir")[:ISSUES]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    return max([measure(times, kind, files) for kind in kinds])


def measure(times: int, kind: str, files: list[Path]) -> int:
    """Measure on one kind of database; return 1 where something is wrong."""
    chance, found = random.Random(SEED), Counter[str]()  # noqa: S311
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name,
        sites(Path(name), kind, "killed", "calm") as databases,
    ):
        site = Disturbed(Path(name), *databases)
        site.python("manage.py", "migrate", "--verbosity", "0").wait()
        source = _pictured(files, Path(name) / "source")
        site.python("manage.py", "import_posts", "--draft", str(source)).wait()
        site.python(*SELF, "--readers").wait()
        site.keep()
        start = time.monotonic()
        site.python(*SELF, "--publish").wait()
        whole, largest = time.monotonic() - start, site.largest()
        for number in range(times):
            site.start_anew()
            if number % 2:
                limit = math.exp(chance.uniform(math.log(SMALLEST), math.log(2 * largest)))
                found += site.disturb(limit=int(limit))
            else:
                found += site.disturb(moments=[chance.uniform(1, whole) for _who in range(2)])
    print(
        f"{kind}, {times} times: {found['ended']} processes ended so,"
        f" {found['said']} issues published"
    )
    print(", ".join(f"{found[fault]} {fault}" for fault in FAULTS), flush=True)
    return int(any(found[fault] for fault in FAULTS))


class Disturbed:
    """A site in a folder, which can be as it was at first again."""

    def __init__(self, folder: Path, database: Site, calm: Site) -> None:
        self.folder, self.calm, self.said = folder / "site", folder / "calm", folder / "said"
        self.database, self.calm_database = database, calm
        self.folder.mkdir()

    def keep(self) -> None:
        """Remember how it is now."""
        shutil.copytree(self.folder, self.calm)
        self.calm_database.become(self.database)

    def start_anew(self) -> None:
        """Be as it was remembered."""
        shutil.rmtree(self.folder)
        shutil.copytree(self.calm, self.folder)
        self.database.become(self.calm_database)

    def largest(self) -> int:
        """Return the bytes of the largest file that is written."""
        written = [*self.folder.rglob("*"), self.database.path]
        return max(file.stat().st_size for file in written if file.is_file())

    def disturb(self, moments: list[float] | None = None, limit: int = 0) -> Counter[str]:
        """Publish and work, disturbed; let both finish; count what is wrong then."""
        start = time.monotonic()
        self.said.write_text("")
        running = [
            self.python(*SELF, "--publish", limit=limit),
            self.python("manage.py", "run_tasks", *(["--once"] if limit else []), limit=limit),
        ]
        if moments is None:
            ended = sum(process.wait() != 0 for process in running)
        else:
            pairs = sorted(zip(moments, running, strict=True), key=lambda pair: pair[0])
            ended = sum(kill(process, start + moment) for moment, process in pairs)
        said = self.said.read_text().split()
        time.sleep(LEASE + 0.5)
        finishing = ((*SELF, "--publish"), ("manage.py", "run_tasks", "--once"))
        stuck = sum(self.python(*command).wait() != 0 for command in finishing)
        with (self.folder / "found").open("wb") as out:
            self.python(*SELF, "--look", *said, out=out).wait()
        found = Counter[str](json.loads((self.folder / "found").read_text()))
        found["cut off"] += is_damaged(self.database)
        return found + Counter({"ended": ended, "said": len(said), "stuck": stuck})

    def python(self, *command: str, out: Any = None, limit: int = 0) -> subprocess.Popen[bytes]:
        """Start Python on this site; no file grows beyond a limit."""
        environment = os.environ | {
            "DEBUG": "true",
            "DJANGO_SETTINGS_MODULE": "newsletter.settings",
            "PYTHONPATH": str(CHECKOUT),
            "SAID": str(self.said),
            "DATABASE_URL": self.database.url,
            "MEDIA_ROOT": str(self.folder / "media"),
            "TASKS": "database",
            "TASK_LEASE": str(LEASE),
            "TASK_BACKOFF": "1",
            "EMAIL_URL": "smtp://127.0.0.1:9",  # nothing leaves while mailings are held
        }
        limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
        return subprocess.Popen(
            [sys.executable, "-B", *command],  # no bytecode cut off
            cwd=CHECKOUT,
            env=environment,
            stdout=out or subprocess.DEVNULL,
            stderr=None if os.environ.get("SHOW") else subprocess.DEVNULL,
            preexec_fn=limited if limit else None,
        )


# In processes of their own, in which Django is set up


def add_readers() -> None:
    """Add some who get mail, and switch it on."""
    from benchmarks.mailings import subscribe  # noqa: PLC0415
    from mailing.models import MailSettings  # noqa: PLC0415

    settings = MailSettings.current()
    settings.is_on, settings.bounce_address = True, "bounces@news.example.org"
    settings.save()
    subscribe(10)


def publish_all() -> None:
    """Publish what is a draft, and do for each what belongs to it and is not done."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from mailing.models import Mailing  # noqa: PLC0415
    from mailing.sending import plan  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import publish  # noqa: PLC0415

    for post in Post.objects.order_by("pk"):
        if not post.is_public():
            publish([post])
            with Path(os.environ["SAID"]).open("a") as said:
                said.write(f"{post.pk}\n")
        if not Mailing.objects.filter(post=post).exists():
            plan(post, by=None, when=timezone.now())
        draw_card(Client(headers={"host": "127.0.0.1"}), post)
    call_command("build_static", _static(), stdout=StringIO())


def draw_card(client: Any, post: Post) -> bytes:
    """Have the card of an issue drawn that its page names; return it."""
    page = client.get(post.get_absolute_url()).content.decode()
    found = page.partition('property="og:image" content="')[2].partition('"')[0]
    return _body(client.get(f"/{found.partition('://')[2].partition('/')[2]}"))


def _body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def _static() -> Path:
    from django.conf import settings  # noqa: PLC0415

    return Path(settings.MEDIA_ROOT).parent / "static-site"


def look(said: list[str]) -> dict[str, int]:
    """Count what is wrong."""
    from benchmarks.kill_decisions import _is_wrong  # noqa: PLC0415
    from mailing.models import Mailing  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import reindex  # noqa: PLC0415

    posts = list(Post.objects.order_by("pk"))
    counted, indexed = _counters(), _index()
    found = {
        "lost": sum(not Post.objects.get(pk=pk).is_public() for pk in said),
        "half": _half(posts),
        "cut off": _cut_off(posts),
        "not mailed once": sum(Mailing.objects.filter(post=post).count() != 1 for post in posts),
        "wrong": sum(_is_wrong(post) for post in posts),
    }
    for post in posts:
        reindex(post)
    return {**found, "miscounted": counted != _counted_anew(), "unfound": indexed != _index()}


def _half(posts: list[Post]) -> int:
    """Count the issues that do not stand once on each page that lists them."""
    from django.test import Client  # noqa: PLC0415

    client, wrong = Client(headers={"host": "127.0.0.1"}), 0
    places = [_body(client.get("/sitemap-posts.xml"))]
    for post in posts:
        address = post.get_absolute_url()
        listed = [place.count(f"{address}</loc>".encode()) for place in places]
        wrong += client.get(address).status_code != 200 or listed != [1] * len(listed)
    return wrong


def _cut_off(posts: list[Post]) -> int:
    """Count files that are not what their names or pages say."""
    from django.core.management import CommandError, call_command  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    wrong, client = 0, Client(headers={"host": "127.0.0.1"})
    try:
        call_command("check_media", stdout=StringIO())
    except (CommandError, SystemExit):
        wrong += 1
    for post in posts:
        wrong += not draw_card(client, post).endswith(b"IEND\xaeB`\x82")
    for page in _static().rglob("*.html"):
        wrong += not page.read_text().rstrip().endswith("</html>")
    for picture in _static().rglob("*.webp"):
        with Image.open(picture) as image:
            image.load()
    return wrong


def _counters() -> list[Any]:
    from links.models import Source  # noqa: PLC0415
    from posts.models import (  # noqa: PLC0415
        ArchiveMonth,
        ListCount,
        RecurringLink,
        RecurringSection,
        Tag,
    )

    models: tuple[Any, ...] = (
        ArchiveMonth, ListCount, RecurringLink, RecurringSection, Source, Tag,
    )  # fmt: skip
    return [sorted(model.objects.values_list(*_names(model)), key=repr) for model in models]


def _names(model: Any) -> list[str]:
    """Return the columns of a table but its key: rows that are counted anew have another one."""
    return [field.attname for field in model._meta.concrete_fields if not field.primary_key]


def _counted_anew() -> list[Any]:
    from posts.publishing.counting import recount  # noqa: PLC0415

    recount()
    return _counters()


def _index() -> list[Any]:
    from posts.models import SearchEntry  # noqa: PLC0415

    names = [field.attname for field in SearchEntry._meta.concrete_fields if field.name != "key"]
    return sorted(SearchEntry.objects.values_list(*names), key=repr)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] and arguments[0].startswith("--"):
        import django

        django.setup()
        match arguments:
            case ["--readers"]:
                add_readers()
            case ["--publish"]:
                publish_all()
            case ["--look", *values]:
                print(json.dumps(look(values)))
    else:
        sys.exit(main(int(arguments[0]) if arguments else 50, arguments[1:] or KINDS))
