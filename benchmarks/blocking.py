"""Block a source that every issue cites: what the moderator waits for, and what the worker does.

    python -m benchmarks.blocking [POSTS]      (default: 600)

A moderator makes a rule about the source in the admin, on pages and forms as a browser gets them.
Counted are the queries of the request that makes it (session and user included, BEGIN and COMMIT
not) and the seconds until its answer; then the seconds in which one worker brings all pages in
line, and the pages on which an address of the source is left. Then the decision is undone: each
stored page must be the same as before, byte for byte. SQLite.
"""

from __future__ import annotations

import hashlib
import logging
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from benchmarks.project import fresh_project
from tests.reading import Page

SPAM = "spam.example"
# An address of the source, also as a value within another; its page on this site is none.
ADDRESS = re.compile(rb"(?://|%2F%2F)spam\.example\b", re.IGNORECASE)
FORM = "/admin/links/sourcerule/add/"
# A form, and a page that shows what it touches and asks for a confirmation.
PAGES_OF_A_FORM = 3
SHOWING = ("/", "/feed.xml", "/atom.xml", "/feed.json")
# Lists the issues that cite the source; gone while it is blocked.
ITS_PAGE = f"/sources/{SPAM}/"
CONTROL = ("BEGIN", "COMMIT")
ITEMS = 60
SECTIONS = 6
QUERIES_TARGET = 10
ANSWER_TARGET = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Effort:
    """What a request, or a call, took."""

    queries: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.queries} queries, {self.seconds:.2f} s"


def main(count: int = 600) -> int:
    """Print the figures; return 1 when one is missed."""
    with fresh_project(TASKS="database", LINKS_PREMODERATION="false"):
        logging.getLogger("django.request").setLevel(logging.ERROR)  # a page may be gone
        fill(count)
        cited, before = pages_with_addresses(), stored_pages()
        moderator = _moderator()
        made = block(moderator)
        print(f"rule made: {made} to the answer")
        print(f"worker: {_work():.1f} s for {count} posts")
        left, changed = pages_with_addresses(), _differences(before)
        print(f"pages and feeds with an address of the source: {cited} before, {left} now")
        print(f"rule undone: {undo(moderator)}; worker: {_work():.1f} s")
        different = _differences(before)
        print(f"stored pages rebuilt: {changed}; not as before once undone: {different}")
    checks = {
        "issues that cite the source": cited == count + len(SHOWING),
        f"{QUERIES_TARGET} queries": made.queries <= QUERIES_TARGET,
        f"{ANSWER_TARGET} s to the answer": made.seconds <= ANSWER_TARGET,
        "no address left": left == 0,
        "all pages rebuilt": changed == count,
        "all pages as before": different == 0,
    }
    missed = [name for name, is_met in checks.items() if not is_met]
    print("missed: " + (", ".join(missed) or "nothing"))
    return 1 if missed else 0


# Filling


def fill(count: int) -> None:
    """Save as many issues, each with links of the source of its own, and do the work of that."""
    from posts.documents import parse_issue  # noqa: PLC0415 (only after django.setup)
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import save_document  # noqa: PLC0415

    started = time.perf_counter()
    for number in range(count):
        save_document(Post(source_name=f"{number}.md"), parse_issue(document(number)))
    _work()
    seconds = time.perf_counter() - started
    print(f"filled {count} posts of {ITEMS} links in {seconds:.0f} s", flush=True)


def document(number: int) -> bytes:
    """Return an issue with the source in its opening, as an item and beside another link."""
    from benchmarks import filling  # noqa: PLC0415

    lines = filling.document(number, SECTIONS, ITEMS // SECTIONS).decode().splitlines()
    chance = random.Random(number)  # noqa: S311
    address = f"https://{SPAM}/{number}"
    items = [index for index, line in enumerate(lines) if line.startswith("- **")]
    alone, beside = chance.sample(items, 2)
    lines[alone] = f"- **Find {number}**: that is one [more]({address}/alone)"
    lines[beside] += f" and [another]({address}/beside?page=1)"
    opening = lines.index("---", 1) + 2
    lines[opening] += " Seen [here][spam], too."
    lines += ["", f"[spam]: {address}/reference"]
    return ("\n".join(lines) + "\n").encode()


# Deciding


def block(moderator: Any) -> Effort:
    """Make the rule in the admin, signed in; return what the request that made it took."""
    from links.models import SourceRule  # noqa: PLC0415

    client = _client()
    client.force_login(moderator)
    typed = {"place": SPAM, "action": "block", "reason": "nothing but adverts"}
    page = client.get(FORM)
    for _page in range(PAGES_OF_A_FORM):
        page, effort = _measure(client.post, FORM, {**_fields(page), **typed})
        if SourceRule.objects.exists():
            return effort
    raise RuntimeError(f"no rule was made: {page.content.decode()}")


def undo(moderator: Any) -> Effort:
    """Undo the rule; return what that took."""
    from links.decisions import undo  # noqa: PLC0415
    from links.models import Decision  # noqa: PLC0415

    decision = Decision.objects.get(action=Decision.Action.RULE)
    return _measure(undo, decision, by=moderator)[1]


def _measure(call: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, Effort]:
    """Call something; return what it returns, and what that took."""
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    with CaptureQueriesContext(connection) as captured:
        started = time.perf_counter()
        value = call(*args, **kwargs)
        seconds = time.perf_counter() - started
    queries = sum(not query["sql"].startswith(CONTROL) for query in captured)
    return value, Effort(queries, seconds)


def _fields(response: Any) -> dict[str, str]:
    """Return what a browser would send of the form on a page, its button included."""
    controls = Page(response).all("form.decision input, form.decision button.default")
    values = [node.attributes for node in controls]
    return {
        field["name"] or "": field.get("value") or ""
        for field in values
        if field.get("name")
        and (field.get("type") not in {"radio", "checkbox"} or "checked" in field)
    }


def _work() -> float:
    """Do what waits for the worker; return the seconds, and let a task that fails be known."""
    from posts.models import Post  # noqa: PLC0415
    from tasks.models import StoredTask  # noqa: PLC0415
    from tasks.working import run_waiting  # noqa: PLC0415

    started = time.perf_counter()
    run_waiting()
    seconds = time.perf_counter() - started
    unfinished = StoredTask.objects.filter(finished_at=None).values_list("task_path", flat=True)
    if unfinished or Post.objects.filter(stale_since__isnull=False).exists():
        raise RuntimeError(f"the worker did not end its work: {list(unfinished)}")
    return seconds


def _moderator() -> Any:
    from django.contrib.auth.models import Group, User  # noqa: PLC0415

    user = User.objects.create_user("moderator", is_staff=True)
    user.groups.add(Group.objects.get(name="Moderator"))
    return user


# What readers get


def pages_with_addresses() -> int:
    """Return on how many pages and feeds an address of the source is."""
    client = _client()
    return sum(bool(ADDRESS.search(_body(client, path))) for path in _addresses())


def _body(client: Any, path: str) -> bytes:
    response = client.get(path)
    if response.status_code != 200 and path != ITS_PAGE:
        raise RuntimeError(f"{path}: {response.status_code}")
    body: bytes = response.content
    return body


def _addresses() -> Iterator[str]:
    from posts.models import Post  # noqa: PLC0415

    yield from (*SHOWING, ITS_PAGE)
    for slug in Post.objects.values_list("slug", flat=True):
        yield f"/posts/{quote(slug)}/"


def stored_pages() -> dict[int, str]:
    """Return a digest of each stored page: of every column of its row."""
    from posts.models import PostPage  # noqa: PLC0415

    rows = PostPage.objects.order_by("pk").values_list().iterator(chunk_size=50)
    return {row[0]: hashlib.sha256(repr(row).encode()).hexdigest() for row in rows}


def _differences(before: dict[int, str]) -> int:
    now = stored_pages()
    return sum(before.get(key) != now.get(key) for key in before.keys() | now.keys())


def _client() -> Any:
    from django.conf import settings  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    settings.SECURE_SSL_REDIRECT = False
    return Client(headers={"host": "127.0.0.1"})


if __name__ == "__main__":
    sys.exit(main(*(int(value) for value in sys.argv[1:])))
