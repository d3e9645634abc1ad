"""Kill the server or the browser at random moments while somebody writes, and count what is lost.

    python -m benchmarks.kill_editing [TIMES] [DATABASE_URL]      (default: 50, a SQLite file)

Each time somebody types numbered words into the form of an issue in a real Chromium, saves now and
then, and at a random moment one of three is killed (`kill -9`): the server, which is started again
some seconds later, under a browser that types on; the browser, which is started again with the
same profile; or first the server, and seconds later, while nothing answers, the browser. Then the
form is opened anew, what it offers is gone on with and saved, and the words are counted.

Prints acknowledged words that are lost (the page had been told that they are kept, or had seen
that they are saved), and how long somebody had typed what is lost otherwise.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright
from playwright.sync_api import Error as BrowserError

from benchmarks.serving import free_port
from tests.corpus import CHECKOUT

SEED = 20240510
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
LONGEST = 9.0  # seconds of typing before the kill
TARGET = 5.0  # seconds of typing
SAVES = 0.02  # of the words are followed by a save
PREPARE = """
from django.contrib.auth import get_user_model, SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from posts.documents import parse_issue
from posts.models import Post
from posts.publishing import save_document
user = get_user_model().objects.create_superuser("editor")
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.save()
body = "## Before\\n\\n" + "- [An item](https://one.example.org/): with a line.\\n" * 400
document = "---\\ntitle: One\\ndraft: true\\n---\\n" + body
post = save_document(Post(), parse_issue(document.encode()))
print("prepared", session.session_key, post.pk)
"""
# Notes the last word of those that the site has said it keeps.
LISTEN = r"""
const send = window.fetch;
window.fetch = async (address, options) => {
  const answer = await send(address, options);
  if (String(address).includes("/keep/") && answer.ok) {
    const told = await answer.clone().json().catch(() => ({}));
    if (told.state === "kept") {
      window.acknowledged = Number(options.body.get("text").match(/w(\d+)w\W*$/)?.[1] ?? -1);
    }
  }
  return answer;
};
"""


@dataclass
class Site:
    """A server on a database of its own."""

    folder: Path
    database: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are told."""
        return os.environ | {
            "DEBUG": "true",
            "DATABASE_URL": self.database or f"sqlite:///{self.folder / 'site.sqlite3'}",
            "MEDIA_ROOT": str(self.folder / "media"),
            "SITE_URL": f"http://127.0.0.1:{self.port}",
        }

    def manage(self, *command: str) -> str:
        """Run a command and return what it says."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT, env=self.environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout

    def start(self) -> None:
        """Start the server."""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{self.port}"],
            cwd=CHECKOUT, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill(self) -> None:
        """Kill the server."""
        if self.process:
            self.process.kill()
            self.process.wait()


@dataclass
class Writer:
    """Somebody in a browser whose profile outlives it.

    ``typed`` are the moments of the words that must be there, by number; ``acknowledged`` is the
    last of which the page was told that it is kept or saved.
    """

    playwright: Playwright
    site: Site
    address: str
    session: str
    typed: dict[int, float] = field(default_factory=dict)
    count: int = 0
    acknowledged: int = -1
    killed_at: float = 0.0
    context: BrowserContext | None = None

    @property
    def profile(self) -> Path:
        """Where the browser keeps what it has to keep."""
        return self.site.folder / "profile"

    def page(self) -> Page:
        """Return a page of the browser, which is started if need be."""
        if self.context is None:
            self.context = self.playwright.chromium.launch_persistent_context(
                self.profile, args=FLAGS, headless=True,
                executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            )  # fmt: skip
            self.context.set_default_timeout(60_000)
            self.context.add_init_script(LISTEN)
            self.context.add_cookies([{
                "name": "sessionid", "value": self.session, "url": f"http://127.0.0.1:{self.site.port}",
            }])  # fmt: skip
            self.context.on("dialog", lambda dialog: dialog.accept())
        return self.context.pages[0] if self.context.pages else self.context.new_page()

    def kill(self) -> None:
        """Kill all processes of the browser: those that were started with its profile."""
        self.killed_at = time.monotonic()
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if str(self.profile).encode() in (process / "cmdline").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)

    def is_gone(self) -> None:
        """Know that the browser was killed."""
        if self.context:
            with contextlib.suppress(BrowserError):
                self.context.close()
        self.context = None

    def begin_anew(self) -> None:
        """Start the browser again after a time that could not be counted, and expect no word of
        before: what is lost of them would be counted twice."""
        self.kill()
        self.is_gone()
        self.typed.clear()
        self.acknowledged = -1
        if self.site.process is None or self.site.process.poll() is not None:
            self.site.start()

    def write(self, page: Page, chance: random.Random, until: float) -> None:
        """Type words at the end of the text until a moment, or until the browser is dead."""
        _to_end(page)
        while time.monotonic() < until:
            page.keyboard.type(f" w{self.count}w")
            self.typed[self.count] = time.monotonic()
            self.count += 1
            time.sleep(chance.uniform(0.02, 0.2))
            known = page.evaluate("() => window.acknowledged ?? -1")
            self.acknowledged = max(self.acknowledged, known)
            if chance.random() < SAVES and self.site.process and self.site.process.poll() is None:
                self.save(page)

    def save(self, page: Page) -> None:
        """Save, and note that it is said to be saved."""
        last = self.count - 1
        _save(page)
        self.acknowledged = max(self.acknowledged, last)
        _to_end(page)

    def found(self) -> list[int]:
        """Open the form anew, go on with all that it offers and save it, and return the numbers of
        the words that are on the site then.

        An older copy may lack what was saved since: saving brings the two together.
        """
        page = self.page()
        page.goto(self.address)
        page.wait_for_function(
            "() => window.writing && window.browserCopies && browserCopies.all("
            "document.querySelector('[data-keeping]').dataset.user).then(rows => !rows.length)"
        )
        page.goto(self.address)  # which offers what the browser brought
        offered = page.get_by_role("link", name="Go on with it")
        while offered.count():
            offered.first.click()
            page.locator("[data-copy-open]").wait_for(state="attached")
            _save(page)
        text = page.evaluate("() => writing.text.value()")
        return [int(number) for number in re.findall(r"w(\d+)w", text)]


def _save(page: Page) -> None:
    """Save; where what somebody saved meanwhile clashes with it, keep both."""
    page.wait_for_function("() => window.writing")
    page.evaluate("() => document.querySelector('.messagelist')?.remove()")
    page.keyboard.press("Control+s")
    page.locator(".messagelist .success, .conflict").first.wait_for(timeout=60_000)
    if page.locator(".conflict").count():  # a save whose answer nobody got came through
        for place in page.locator("[data-keep=both]").all():
            place.click()
        page.keyboard.press("Control+s")
        page.locator(".messagelist .success").wait_for(timeout=60_000)
    page.wait_for_load_state()
    page.wait_for_function("() => window.writing")


def _to_end(page: Page) -> None:
    page.wait_for_function("() => window.writing")
    page.evaluate("() => writing.text.select(writing.text.value().length)")


def main(times: int, database: str) -> int:
    """Measure on a database, which has no tables yet; return the exit code."""
    chance = random.Random(SEED)  # noqa: S311
    lost, longest, unclear = 0, 0.0, 0
    with tempfile.TemporaryDirectory(prefix="newsletter-kill-") as name, sync_playwright() as made:
        site = Site(Path(name), database)
        site.manage("migrate", "--verbosity", "0")
        session, post = site.manage("shell", "-c", PREPARE).partition("prepared")[2].split()
        address = f"http://127.0.0.1:{site.port}/admin/posts/post/{post}/change/"
        site.start()
        writer = Writer(made, site, address, session)
        try:
            for number in range(times):
                target = ("server", "browser", "both")[number % 3]
                try:
                    missing, seconds = disturbed(writer, chance, target)
                except BrowserError as error:  # such as a page that did not come in time
                    unclear += 1
                    print(f"{number + 1}: not counted: {str(error).splitlines()[0]}", flush=True)
                    writer.begin_anew()
                    continue
                lost, longest = lost + missing, max(longest, seconds)
                print(f"{number + 1}: {missing} acknowledged lost, {seconds:.1f} s", flush=True)
        finally:
            writer.kill()
            writer.is_gone()
            site.kill()
    print(f"{times - unclear} of {times} kills counted while {writer.count} words were typed:")
    print(f"{lost} acknowledged words lost,")
    print(f"at most {longest:.1f} s of typing lost ({TARGET:.0f} s)")
    return int(bool(lost) or longest > TARGET or unclear > times // 5)


def disturbed(writer: Writer, chance: random.Random, target: str) -> tuple[int, float]:
    """Write, kill, look; return how many acknowledged words are lost, and how many seconds before
    the end the first of the others that are was typed."""
    page, site = writer.page(), writer.site
    _await(site)
    page.goto(writer.address)
    _to_end(page)
    moment = chance.uniform(0.3, LONGEST)
    start = time.monotonic()
    killing = [threading.Timer(moment, writer.kill if target == "browser" else site.kill)]
    if target == "both":
        killing.append(threading.Timer(moment + chance.uniform(0.5, 8), writer.kill))
    for timer in killing:
        timer.start()
    with contextlib.suppress(BrowserError):
        writer.write(page, chance, start + moment + (4 if target == "server" else 20))
    end = time.monotonic()
    for timer in killing:
        timer.join()
    if target != "server":
        end = writer.killed_at
        writer.is_gone()
    if site.process is None or site.process.poll() is not None:
        site.start()
    _await(site)
    return _counted(writer, end)


def _await(site: Site) -> None:
    """Wait until the server answers."""
    for _ in range(1500):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", site.port), timeout=1).close()
            return
        time.sleep(0.2)
    raise RuntimeError("the server does not start")


def _counted(writer: Writer, end: float) -> tuple[int, float]:
    found = set(writer.found())
    missing = sorted(writer.typed.keys() - found)
    lost = sum(number <= writer.acknowledged for number in missing)
    seconds = end - writer.typed[missing[0]] if missing else 0.0
    # The next time begins with what is there.
    page = writer.page()
    _to_end(page)
    writer.save(page)
    for number in missing:
        del writer.typed[number]
    return lost, seconds


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(main(int(given[0]) if given else 50, given[1] if len(given) > 1 else ""))
