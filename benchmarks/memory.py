"""Memory of the web worker and of the worker of tasks while readers read and staff save.

The site as README says (gunicorn, slots), with one process, and one worker of tasks. Readers ask
for public pages of every kind, each issue, searches that nobody asked before, and addresses that do
not exist; staff ask for their lists, and meanwhile save issues and block links, so that both end
together. What the processes hold (resident memory) is looked at after every so many answers.
Between the first fifth and the end it must not grow, and never be more than 150 MB. The environment
is that of the units in `deploy/`, the libraries are those of `requirements.txt` alone (developers
have others, which some of ours load where they find them), and of pages as much is kept as README
says, unless `PAGE_CACHE` says otherwise.

    python -m benchmarks.memory [REQUESTS] [SAVES] [postgres://…]      (10000 500, SQLite)
"""

from __future__ import annotations

import http.client
import os
import random
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, distribution
from itertools import count
from pathlib import Path
from urllib.parse import quote

from benchmarks.pages import PUBLIC, staff
from benchmarks.project import fresh_project
from benchmarks.readers_under_load import await_server
from benchmarks.saving_under_load import Person, _signed_in
from benchmarks.serving import free_port
from newsletter.databases import PROJECT

POSTS = 200
READERS = 6
SAMPLES = 20
MOST = 150.0  # MB
GROWTH = 1.05  # from a fifth of the requests to the end
SEED = 20240510
_COMMANDS = (
    (
        *("-m", "gunicorn", "newsletter.wsgi", "--worker-class", "gthread", "--workers", "1"),
        *("--threads", "256", "--log-level", "error", "--no-control-socket"),
    ),
    ("manage.py", "run_tasks"),
)


class Site:
    """What is asked of it, and what its processes hold meanwhile."""

    def __init__(self, port: int, pids: dict[str, int], session: str) -> None:
        self.port, self.pids, self.session = port, pids, session
        self.numbers, self.failures = count(1), list[str]()
        self.samples: list[tuple[int, dict[str, float]]] = []
        self.lock = threading.Lock()
        self.due = threading.Semaphore(0)  # requests that may come before the next save is done

    def read(self, reader: int, requests: int, paths: list[str]) -> None:
        """Be a reader, or one of the staff who looks at lists; look at memory now and then."""
        chance = random.Random(SEED + reader)  # noqa: S311
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        while (number := next(self.numbers)) <= requests:
            self.due.acquire()
            path = _path(chance, number, paths)
            is_admin = path.startswith("/admin/")
            cookie = {"Cookie": f"sessionid={self.session}"} if is_admin else {}
            headers = {"Accept-Encoding": "gzip, deflate, br", **cookie}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status >= http.client.INTERNAL_SERVER_ERROR:
                self.failures.append(f"{answer.status} {path}")
            if number % (requests // SAMPLES) == 0:
                self.look(number)

    def save(self, keys: list[int], links: list[int], saves: int, requests: int) -> None:
        """Be the staff: save an issue each so many requests, and decide about a link at times."""
        person = Person(self.port, self.session)
        try:
            for number in range(saves):
                self.due.release(requests // saves)
                self._save(person, number, keys, links)
        finally:
            self.due.release(requests)

    def _save(self, person: Person, number: int, keys: list[int], links: list[int]) -> None:
        path = f"/admin/posts/post/{keys[number * 7 % len(keys)]}/change/"
        sent = person.form(path)
        sent["text"] = f"{sent['text'].rstrip()}\n- **Edit {number}**: a word\n"
        self._send(person, path, {**sent, "_save": "1"})
        if number % 10 == 0 and links:
            path = f"/admin/links/link/{links.pop()}/decide/"
            sent = person.form(f"{path}?action=block")
            self._send(person, path, {**sent, "reason": "measuring", "action": "block"})

    def _send(self, person: Person, path: str, values: dict[str, str]) -> None:
        status, page = person.ask("POST", path, values)
        if status != http.client.FOUND:
            self.failures.append(f"{status} POST {path} {re.sub(r'<[^>]*>', '', page)[:200]}")

    def look(self, number: int) -> None:
        """Write down what each process holds."""
        held = {name: resident(pid) for name, pid in self.pids.items()}
        with self.lock:
            self.samples.append((number, held))
        print(number, *(f"{name} {size:.0f} MB" for name, size in held.items()), flush=True)


def main(requests: int, saves: int, database: str = "") -> int:
    """Print what the processes hold; return 1 when a target is missed."""
    given = {"DATABASE_URL": database} if database else {}
    kept = os.environ.get("PAGE_CACHE", "16")
    shipped = {"TASKS": "database", "PAGE_CACHE": kept, **_shipped(), **given}
    with fresh_project(**shipped) as folder:
        from benchmarks.filling import fill  # noqa: PLC0415 (only after django.setup)
        from links.models import Link  # noqa: PLC0415
        from posts.models import Post  # noqa: PLC0415

        fill(POSTS)
        keys = list(Post.objects.order_by("pk").values_list("pk", flat=True))
        links = list(Link.objects.order_by("pk").values_list("pk", flat=True)[:1000])
        paths, session = _paths(), _signed_in()
        with _processes(_libraries(folder)) as (port, pids):
            site = Site(port, pids, session)
            with ThreadPoolExecutor(READERS + 1) as people:
                work = [people.submit(site.save, keys, links, saves, requests)]
                work += [people.submit(site.read, n, requests, paths) for n in range(READERS)]
            for one in work:
                one.result()
            site.look(requests)
    return _report(site, requests)


def _shipped() -> dict[str, str]:
    """Return what the unit of the site has in its environment beside the settings."""
    unit = (PROJECT / "deploy" / "newsletter-web.service").read_text()
    return dict(re.findall(r"^Environment=(\w+)=(\S+)$", unit, re.MULTILINE))


def _paths() -> list[str]:
    """Return addresses of every kind of page, and each issue's."""
    from links.models import Link  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415

    slugs = [quote(slug) for slug in Post.objects.values_list("slug", flat=True)]
    digest = next(iter(Link.objects.all()[:1])).digest
    kinds = [path.format(slug=slugs[0], digest=digest) for path in PUBLIC.values()]
    return [*kinds, *staff().values(), *(f"/posts/{slug}/" for slug in slugs)]


def _path(chance: random.Random, number: int, paths: list[str]) -> str:
    """Return what is asked next: a page that is there, a new search, or what nobody has."""
    word = f"{chance.choice(['issue', '링크', 'model', 'tag'])} {chance.randrange(10**9)}"
    others = (
        f"/search/?q={quote(word)}", f"/search/suggest/?q={quote(word)}",
        f"/posts/none-{number}/", f"/tags/none-{number}/", f"/sources/none{number}.example/",
        f"/archive/?page={number}", f"/feed.xml?{number}", f"/api/v1/search?q={quote(word)}",
        f"/api/v1/items?source=none{number}.example", f"/search/feed.xml?q={quote(word)}",
    )  # fmt: skip
    return chance.choice(others) if number % 4 == 0 else chance.choice(paths)


def _libraries(folder: Path) -> Path:
    """Return a folder with links to what a server has installed."""
    installed = folder / "libraries"
    installed.mkdir()
    locked = (PROJECT / "requirements.txt").read_text()
    for name in re.findall(r"^([\w.-]+)==", locked, re.MULTILINE):
        with suppress(PackageNotFoundError):  # of another system
            found = distribution(name)
            for part in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
                if not (installed / part).exists():
                    (installed / part).symlink_to(str(found.locate_file(part)))
    return installed


@contextmanager
def _processes(libraries: Path) -> Iterator[tuple[int, dict[str, int]]]:
    port = free_port()
    server, worker = _COMMANDS
    environment = {**os.environ, "PYTHONPATH": f"{PROJECT}{os.pathsep}{libraries}"}
    running = [
        # -S: nothing of this environment but what is on that path.
        subprocess.Popen([sys.executable, "-S", *command], env=environment, stderr=sys.stderr)
        for command in ((*server, "--bind", f"127.0.0.1:{port}"), worker)
    ]
    try:
        await_server(port)
        master = running[0].pid
        [child] = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        yield port, {"web": int(child), "tasks": running[1].pid}
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=120)


def resident(pid: int) -> float:
    """Return the megabytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def _report(site: Site, requests: int) -> int:
    missed = list(site.failures[:5])
    for name in site.pids:
        held = [size[name] for number, size in site.samples if number >= requests / 5]
        growth, most = held[-1] / held[0], max(held)
        print(f"{name}: {held[0]:.0f} MB at a fifth, {held[-1]:.0f} MB in the end, most {most:.0f}")
        if most > MOST or growth > GROWTH:
            missed.append(name)
    print(f"{len(site.failures)} answers that are wrong")
    print("missed: " + (", ".join(missed) or "nothing"))
    return int(bool(missed))


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:] if value.isdigit()]
    given += (10_000, 500)[len(given) :]
    sys.exit(main(given[0], given[1], *(url for url in sys.argv[1:] if "://" in url)))
