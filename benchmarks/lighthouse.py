"""What Lighthouse says of the site on a telephone: the lowest of its marks, page by page.

The site runs as README says (gunicorn, whitenoise, kept copies), with the demo's issues. Lighthouse
and the versions of all it needs are named in `benchmarks/node`; it needs Node and Chromium. Its
telephone is simulated from what the page asked for, but scripts take the time of this machine: on a
busy one a page is measured up to `TRIES` times, and the best counts.

    python -m benchmarks.lighthouse [PATH …]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.project import fresh_project
from benchmarks.readers_under_load import GUNICORN, await_server
from benchmarks.serving import free_port

NODE = Path(__file__).parent / "node"
TARGETS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
TRIES = 3
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
# No search engine is to list what somebody searched for.
UNLISTED = "/search/"


def main(paths: list[str]) -> int:
    """Print the marks of each page; return 1 when a target is missed."""
    _install()
    with fresh_project(DJANGO_SETTINGS_MODULE="newsletter.settings") as folder:
        from django.core.management import call_command  # noqa: PLC0415 (only after django.setup)

        call_command("create_demo", stdout=StringIO())
        found = paths or list(_paths())
        print(f"{'':44}{''.join(f'{name:>16}' for name in TARGETS)}")
        with _server(folder) as address:
            missed = [path for path in found if _misses(address, path)]
    print("missed: " + (", ".join(missed) or "nothing"))
    return int(bool(missed))


def _install() -> None:
    """Install what `package-lock.json` names, unless it is there."""
    if not (NODE / "node_modules" / "lighthouse").is_dir():
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=NODE, check=True, stdout=sys.stderr)


def _paths() -> Iterator[str]:
    """Yield a page of each kind, that of the latest issue with most links among them."""
    from links.models import Source  # noqa: PLC0415 (only after django.setup)
    from posts.models import Post, Tag  # noqa: PLC0415

    post = Post.objects.published().order_by("-item_count")[0]
    tag = Tag.objects.order_by("-post_count", "pk")[0]
    source = Source.objects.order_by("-post_count", "pk")[0]
    yield "/"
    yield f"/posts/{quote(post.slug)}/"
    yield "/archive/"
    yield f"/tags/{quote(tag.slug)}/"
    yield f"/sources/{source.name}/"
    yield f"{UNLISTED}?q={quote(tag.name)}"


@contextmanager
def _server(folder: Path) -> Iterator[str]:
    """Serve the site, and give its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"STATIC_ROOT": f"{folder}/static", "SITE_URL": address}
    command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(command, env=environment, check=True)
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            *GUNICORN,
            f"--bind=127.0.0.1:{port}",
            "newsletter.wsgi",
        ],
        env=environment,
    )
    try:
        await_server(port)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _misses(address: str, path: str) -> bool:
    """Measure a page and print its marks; tell whether a target is missed."""
    best = dict.fromkeys(TARGETS, 0)
    report: dict[str, Any] = {}
    for _try in range(TRIES):
        report = _report(f"{address}{path}") or report
        for name, category in report.get("categories", {}).items():
            best[name] = max(best[name], round((category["score"] or 0) * 100))
        if not _below(best):
            break
    print(f"{path[:42]:44}{''.join(f'{mark:>16}' for mark in best.values())}", flush=True)
    for name in _below(best) if report else ():
        print(f"    {name}: {'; '.join(_lost(report, name))}", flush=True)
    return bool(_below(best))


def _below(marks: dict[str, int]) -> list[str]:
    return [name for name, target in TARGETS.items() if marks[name] < target]


def _report(url: str) -> dict[str, Any]:
    """Return what Lighthouse says; {} where it lost its browser, as it does on a busy machine."""
    browser = next(filter(None, (os.environ.get("CHROMIUM"), *map(shutil.which, NAMES))))
    command = [
        *("node", str(NODE / "node_modules" / "lighthouse" / "cli" / "index.js"), url),
        *("--quiet", "--output=json", f"--only-categories={','.join(TARGETS)}"),
        f"--chrome-flags={FLAGS}",
        *(["--skip-audits=is-crawlable,meta-description"] if UNLISTED in url else []),
    ]
    environment = os.environ | {"CHROME_PATH": browser}
    answer = subprocess.run(command, env=environment, check=False, stdout=subprocess.PIPE)
    report: dict[str, Any] = json.loads(answer.stdout) if answer.returncode == 0 else {}
    return report


def _lost(report: dict[str, Any], category: str) -> Iterator[str]:
    """Yield what took marks away."""
    for part in report["categories"][category]["auditRefs"]:
        audit = report["audits"][part["id"]]
        if part["weight"] and audit["score"] is not None and audit["score"] < 1:
            yield f"{audit['id']} {audit.get('displayValue', '')}".strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
