"""Disturb those who decide and those who work at random moments, and look for what is wrong then.

    python -m benchmarks.kill_decisions [TIMES] [sqlite|postgresql]      (50, both)

Each time, on a copy of a database with some issues, three processes run: one decides about links
one by one, about many at once and about sources, undoes some of it, and says each decision that it
got an answer for; one checks links, of which all fail; one is the worker, with what is left to do.
Each is killed (`kill -9`) at a random moment of its own. On SQLite, no file can grow beyond a
random size half of the times, as on a full disk, until they are killed. Then another worker does
what is left.

Prints decisions that were answered and are lost, and those that nobody made; links that are
otherwise than the records say; decisions that are not carried out; pages that are otherwise than
text and decisions make them; links whose last check is not in their history; and databases that
are damaged.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from benchmarks.sites import KINDS, Site, sites
from tests.corpus import CHECKOUT, ROOT, issue_files

if TYPE_CHECKING:  # in the processes that need them, Django is set up first
    from links.models import Decision
    from posts.models import Post

# By its name: beside a file there are others of the names of libraries.
SELF = ("-m", "benchmarks.kill_decisions")
ISSUES = 12
SEED = 20240510
LEASE = 1
LONGEST = 6.0  # seconds
ROOM = 2_000_000  # bytes by which a file may grow at most on a full disk
FAULTS = {
    "lost": "decisions lost",
    "doubled": "decisions that nobody made",
    "unrecorded": "links without a record",
    "unfinished": "decisions not carried out",
    "stale": "pages not rebuilt",
    "wrong": "pages otherwise than they should be",
    "unknown": "checks that are not in the history",
    "damaged": "databases damaged",
    "unseen": "sites that could not be looked at",
}


def main(times: int, kinds: Sequence[str] = KINDS) -> int:
    """Measure; return the exit code."""
    files = [*issue_files("seed"), *issue_files("twir")[: ISSUES - 1]]
    if not files:
        print(f"no archive in {ROOT}", file=sys.stderr)
        return 1
    return max([measure(times, kind, files) for kind in kinds])


def measure(times: int, kind: str, files: Sequence[Path]) -> int:
    """Measure on one kind of database; return 1 where something is wrong."""
    chance, found = random.Random(SEED), Counter[str]()  # noqa: S311
    with (
        tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name,
        sites(Path(name), kind, "calm", "killed") as (calm, site),
    ):
        python(calm, "manage.py", "migrate", "--verbosity", "0").wait()
        python(calm, "manage.py", "import_posts", "--publish", *map(str, files)).wait()
        for number in range(times):
            site.become(calm)
            is_full = kind == "sqlite" and number % 2 == 1
            found += disturbed(site, chance, _room(site, chance) if is_full else 0)
    print(
        f"{kind}, {times} times: {found['killed']} processes killed, {found['full']} ended on a"
        f" full disk, {found['decided']} decisions"
    )
    print(", ".join(f"{found[fault]} {words}" for fault, words in FAULTS.items()), flush=True)
    return int(any(found[fault] for fault in FAULTS))


def _room(site: Site, chance: random.Random) -> int:
    """Return how large a file may get: the database itself, or the log that stands beside it."""
    size = site.path.stat().st_size if chance.random() < 0.5 else 0
    return size + int(math.exp(chance.uniform(math.log(1000), math.log(ROOM))))


def disturbed(site: Site, chance: random.Random, limit: int) -> Counter[str]:
    """Decide and work, disturbed, let another worker finish, and count what is wrong then."""
    said = site.path.with_name("said")
    with said.open("wb") as out:
        deciding = python(site, *SELF, "--decide", str(chance.random()), out=out, limit=limit)
    working = python(site, "manage.py", "run_tasks", limit=limit)
    checking = python(site, *SELF, "--check", limit=limit)
    running = (deciding, working, checking)
    moments = sorted(
        ((chance.uniform(0, LONGEST), process) for process in running), key=lambda pair: pair[0]
    )
    while not said.stat().st_size and deciding.poll() is None:
        time.sleep(0.05)  # they start, however busy the machine is
    start = time.monotonic()
    killed = sum(kill(process, start + moment) for moment, process in moments)
    full = sum(process.returncode not in {0, -signal.SIGKILL} for process in running)
    time.sleep(LEASE + 0.5)
    python(site, *SELF, "--look-after").wait()
    for _attempt in range(20):
        python(site, "manage.py", "run_tasks", "--once").wait()
        if python(site, *SELF, "--is-left").wait() == 0:
            break
    answers = said.read_text().split()
    found = site.path.with_name("found")
    with found.open("wb") as out:
        unseen = python(site, *SELF, "--look", *answers, out=out).wait() != 0
    wrong = Counter[str]({} if unseen else json.loads(found.read_text()))
    wrong["damaged"] += is_damaged(site)
    return wrong + Counter(killed=killed, full=full, decided=len(answers), unseen=unseen)


def is_damaged(site: Site) -> bool:
    """Tell whether the file of a database is not what SQLite wrote."""
    return site.kind == "sqlite" and site.rows("PRAGMA integrity_check") != [[("ok",)]]


def kill(process: subprocess.Popen[bytes], moment: float) -> bool:
    """Kill a process at a moment; tell whether it still ran."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, moment - time.monotonic()))
        return False
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return True


def python(
    site: Site, *command: str, out: IO[bytes] | None = None, limit: int = 0
) -> subprocess.Popen[bytes]:
    """Start Python on a database of its own; no file grows beyond a limit."""
    environment = os.environ | {
        "DEBUG": "true",
        "DJANGO_SETTINGS_MODULE": "newsletter.settings",
        "PYTHONPATH": str(CHECKOUT),
        "DATABASE_URL": site.url,
        "MEDIA_ROOT": str(site.media),
        "TASKS": "database",
        "TASK_LEASE": str(LEASE),
        "TASK_BACKOFF": "1",
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


def decide_at_random(seed: str) -> None:
    """Decide until killed; print the key of each decision once it is made."""
    from links.decisions import DecisionError, undo  # noqa: PLC0415

    chance = random.Random(seed)  # noqa: S311
    made: list[Decision] = []
    for decision in _decisions(chance):
        print(decision.pk, flush=True)
        made.append(decision)
        if chance.random() < 0.3:
            with contextlib.suppress(DecisionError):
                print(undo(chance.choice(made), by=None).pk, flush=True)


def _decisions(chance: random.Random) -> Iterator[Decision]:
    from links.decisions import links as moderating  # noqa: PLC0415
    from links.decisions import make_rule  # noqa: PLC0415
    from links.models import Link, Source, SourceRule  # noqa: PLC0415

    moderating.BATCH = 40
    keys = list(Link.objects.order_by("pk").values_list("pk", flat=True))
    hosts = list(Source.objects.filter(parent=None).order_by("pk").values_list("host", flat=True))
    while True:
        action = chance.choice(["approve", "block", "mark_broken", "restore", "replace"])
        some = chance.sample(keys, chance.choice([1, 1, 5, 200]))
        address = f"https://replacement.example/{chance.random()}"
        yield moderating.decide(some, action, by=None, reason="why", replacement_url=address)
        rule = chance.choice(["allow", "hold", "block"])
        yield make_rule(
            SourceRule(host=chance.choice(hosts), action=rule, reason="why", subdomains=True),
            by=None,
        )


def check_all() -> None:
    """Check all links, none of which can be reached."""
    from links.checking import (  # noqa: PLC0415
        Manners,
        Run,
        check,
    )
    from links.fetching import Fetcher  # noqa: PLC0415

    async def nowhere(_host: str, _port: int) -> list[str]:
        return ["192.0.2.1"]  # for documentation (RFC 5737), and never connected to

    manners = Manners(pause=timedelta(milliseconds=5))
    for _checked in check(Run(manners=manners), lambda: Fetcher(resolve=nowhere)):
        pass


def look_after() -> None:
    """Begin what a worker does every five minutes."""
    from links.decisions.links import finish_all  # noqa: PLC0415
    from posts.following import look_after_pages  # noqa: PLC0415

    finish_all.enqueue()
    look_after_pages.enqueue()


def is_left() -> bool:
    """Tell whether a worker has anything left to do."""
    from tasks.models import StoredTask  # noqa: PLC0415

    return StoredTask.objects.filter(finished_at=None).exists()


def look(answers: list[str]) -> dict[str, int]:
    """Count what is wrong."""
    from links.models import Decision, Link, Undertaking  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415

    known = set(Decision.objects.values_list("pk", flat=True))
    return {
        "lost": sum(int(answer) not in known for answer in answers),
        # Who made one may have been killed before it was said.
        "doubled": max(0, len(known - set(map(int, answers))) - 1),
        "unrecorded": _unrecorded(),
        "unknown": sum(
            link.checked_at is not None and link.checks.filter(at=link.checked_at).count() != 1
            for link in Link.objects.all()
        ),
        "unfinished": Undertaking.objects.filter(finished_at=None).count(),
        "stale": Post.objects.filter(stale_since__isnull=False).count(),
        "wrong": sum(_is_wrong(post) for post in Post.objects.all()),
    }


def _unrecorded() -> int:
    """Count links that are otherwise than the last records about them, and the rules, say."""
    from links.decisions import FIELDS  # noqa: PLC0415
    from links.decisions.record import plain  # noqa: PLC0415
    from links.models import Effect, Link  # noqa: PLC0415
    from links.standing import active_rules, settle  # noqa: PLC0415

    recorded: dict[int, dict[str, object]] = {}
    effects = Effect.objects.filter(content_type__model="link").order_by("pk")
    for effect in effects:
        recorded.setdefault(effect.object_id, {}).update(effect.after)
    rules, wrong = active_rules(), 0
    for link in Link.objects.all():
        now = plain({name: getattr(link, name) for name in FIELDS})
        said = recorded.get(link.pk, {"status": "pending", "replacement_url": ""})
        followed = (link.rule_id, link.standing)
        settle(link, rules)
        names = said.keys() - {"rule_id", "standing", "due_at"}
        wrong += any(now[name] != said[name] for name in names)
        wrong += followed != (link.rule_id, link.standing)
    return wrong


def _is_wrong(post: Post) -> bool:
    from posts.models import PostPage  # noqa: PLC0415
    from posts.publishing import rebuild  # noqa: PLC0415

    before = PostPage.objects.values().get(post=post)
    rebuild(post)
    return bool(before != PostPage.objects.values().get(post=post))


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] and arguments[0].startswith("--"):
        import django

        django.setup()
        match arguments:
            case ["--decide", value]:
                decide_at_random(value)
            case ["--check"]:
                check_all()
            case ["--look-after"]:
                look_after()
            case ["--is-left"]:
                sys.exit(int(is_left()))
            case ["--look", *values]:
                print(json.dumps(look(values)))
    else:
        sys.exit(main(int(arguments[0]) if arguments else 50, arguments[1:] or KINDS))
