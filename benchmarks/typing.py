"""Typing in a long issue: milliseconds from a key to the paint that shows it, on a slow machine.

    python -m benchmarks.typing [KILOBYTES] [SLOWER]      (default: 400 4)

The page is the one editors have, with all its panels, in Chromium whose CPU is slowed down. Latin
keys and composed Hangul are typed at the beginning, in the middle and at the end of the issue, ten
a second: some 130 keys for each of the four lines, half a minute and on a busy machine more; each
line is printed when it is known. A key's time is from the event's own stamp to the first task after
the next frame. The target is that of the 95th percentile with CodeMirror; the plain box stands
beside it.

On a machine that does other work these times say little. What a key costs the page's main thread,
all that follows within a tenth of a second included, is taken apart from that: as CPU time at full
speed, multiplied by how much slower the machine is meant to be.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.project import fresh_project
from benchmarks.readers_under_load import await_server
from benchmarks.serving import free_port

TARGET = 50.0
PAUSE = 100
WORDS = "a line of words, (and) more: "
SYLLABLES = ("ㅎ", "하", "한"), ("ㄱ", "그", "글"), ("ㅇ", "으", "을")
PLACES = (0.001, 0.5, 0.999)
GO = """share => {
    const { text } = writing, all = text.value(), last = all.lastIndexOf("\\n- ");
    text.select(all.indexOf("\\n- ", Math.min(all.length * share, last)) + 3);
}"""
WATCH = """() => {
    window.keys = [];
    for (const name of ["keydown", "compositionupdate"]) {
        document.addEventListener(name, (event) => requestAnimationFrame(() => {
            const after = new MessageChannel();
            after.port1.onmessage = () => window.keys.push(performance.now() - event.timeStamp);
            after.port2.postMessage(null);
        }), true);
    }
}"""


def main(kilobytes: int, slower: int) -> int:
    """Print the times of both; return 1 when the target is missed."""
    with ExitStack() as stack:
        stack.enter_context(fresh_project())
        (name, value), path = prepare(kilobytes)
        address = stack.enter_context(serving())
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        print(f"{'':16}{'keys':>6}{'median':>8}{'95 %':>8}{'longest':>9}  ms", flush=True)
        worst = {}
        for kind in ("CodeMirror", "plain box"):
            page = browser.new_page()
            page.set_default_timeout(60_000)
            page.context.add_cookies([{"name": name, "value": value, "url": address}])
            script = f"localStorage.setItem('newsletter.editor', '{kind.split()[0]}')"
            page.add_init_script(script)
            page.goto(f"{address}{path}")
            page.wait_for_timeout(5_000)
            typist = Typist(page)
            show(f"{kind}, CPU", [slower * spent for spent in typist.cpu()])
            worst[kind] = show(kind, typist.times(slower))
            page.close()
        browser.close()
    print(f"target: {TARGET:.0f} ms for 95 of 100 keys with CodeMirror")
    return 1 if worst["CodeMirror"] > TARGET else 0


def issue(kilobytes: int) -> str:
    """Return an issue of that size, of sections with linked items in Korean and English."""
    pieces, size = ["---\ntitle: Long\n---\n"], 0
    for number in itertools.count(1):
        items = "".join(
            f"- **{number}.{n} 오늘의 소식**: 링크를 고른 까닭을 한두 문장으로 적어요,"
            f" with English. [읽을거리](https://s{n}.example.org/{number}/path)\n"
            "  - 덧붙이는 말 `code` *more*\n"
            for n in range(12)
        )
        pieces.append(f"## 섹션 {number}\n여는 말 한 줄.\n\n{items}\n")
        size += len(pieces[-1].encode())
        if size >= kilobytes * 1000:
            return "".join(pieces)
    raise AssertionError


def prepare(kilobytes: int) -> tuple[tuple[str, str], str]:
    """Store the issue and sign an editor in; return the session's cookie and the form's path."""
    from django.conf import settings  # noqa: PLC0415 (only after django.setup)
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    from posts.documents import parse_issue  # noqa: PLC0415
    from posts.models import Post  # noqa: PLC0415
    from posts.publishing import save_document  # noqa: PLC0415

    post = save_document(Post(), parse_issue(issue(kilobytes).encode()))
    client = Client()
    editor = User.objects.create_superuser("editor")
    client.force_login(editor, settings.AUTHENTICATION_BACKENDS[-1])
    name = settings.SESSION_COOKIE_NAME
    return (name, client.cookies[name].value), reverse("admin:posts_post_change", args=[post.pk])


@contextmanager
def serving() -> Iterator[str]:
    """Serve the site with its static files; yield its address."""
    port = free_port()
    command = ["manage.py", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
    server = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        await_server(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


class Typist:
    """Types on the page of an issue, and measures."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.session = page.context.new_cdp_session(page)

    def cpu(self) -> list[float]:
        """Return the milliseconds of CPU that each key costs the main thread."""
        self.session.send("Performance.enable", {"timeDomain": "threadTicks"})
        spent: list[float] = []
        for place in PLACES:
            self._go(place)
            before = self._spent()
            for _key in self._keys():
                after = self._spent()
                spent.append(after - before)
                before = after
        return spent

    def times(self, slower: int) -> list[float]:
        """Return the milliseconds from each key to the paint that shows it."""
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        self.page.evaluate(WATCH)
        for place in PLACES:
            self._go(place)
            for _key in self._keys():
                pass
        self.page.wait_for_timeout(2_000)
        times: list[float] = self.page.evaluate("window.keys")
        return times

    def _go(self, place: float) -> None:
        self.page.evaluate(GO, place)
        self.page.wait_for_timeout(2_000)

    def _keys(self) -> Iterator[None]:
        """Press keys, and compose syllables jamo by jamo as an input method does."""
        for key in (*WORDS, "Enter", "Backspace"):
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(PAUSE)
            yield
        for states in SYLLABLES:
            for state in states:
                shown: dict[str, Any] = {"text": state, "selectionStart": 1, "selectionEnd": 1}
                self.session.send("Input.imeSetComposition", shown)
                self.page.wait_for_timeout(PAUSE)
                yield
            self.session.send("Input.insertText", {"text": states[-1]})
            self.page.wait_for_timeout(PAUSE)
            yield

    def _spent(self) -> float:
        metrics = self.session.send("Performance.getMetrics")["metrics"]
        named = {metric["name"]: metric["value"] for metric in metrics}
        return float(named["TaskDuration"]) * 1000


def show(kind: str, keys: list[float]) -> float:
    """Print a line of the table; return what 95 of 100 keys stay below."""
    worst = statistics.quantiles(keys, n=100)[94]
    middle = statistics.median(keys)
    print(f"{kind:16}{len(keys):>6}{middle:>8.1f}{worst:>8.1f}{max(keys):>9.1f}", flush=True)
    return worst


if __name__ == "__main__":
    numbers = [int(value) for value in sys.argv[1:]]
    sys.exit(main(*(*numbers, *(400, 4)[len(numbers) :])))
