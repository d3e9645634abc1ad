"""CPU of a preview after a keystroke, against the pipeline on the changed section alone.

Issues of the archive of about 50 KB. A letter is typed at random places; the request is the one
that the browser sends, answered through all middleware by a client that is signed in, and so is a
bare view of the admin, which gets and sends the same bytes. What the former takes beyond the latter
is set against reading and writing the section as it is then, with the ids of its items as readers
get them, over all keystrokes together. The three take turns: each finds the processor's caches as
the others left them, as on a server.

    python -m benchmarks.preview [KEYSTROKES] [SEED]      (default: 300 1)
"""

from __future__ import annotations

import gc
import json
import random
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate
from statistics import median
from typing import Any

from benchmarks.project import fresh_project
from tests.corpus import ROOT

TARGET = 1.5
SIZES = range(40_000, 60_000)  # bytes
TIMES = 7
BARE = "/admin/bare/"
Json = dict[str, Any]


def main(keystrokes: int, seed: int) -> int:
    """Print the figures; return 1 when the target is missed."""
    chance = random.Random(seed)  # noqa: S311 (no secret)
    with fresh_project():
        from django.test import Client  # noqa: PLC0415 (only after django.setup)
        from django.urls import reverse  # noqa: PLC0415

        client = _signed_in(Client(SERVER_NAME="127.0.0.1"))
        proof = reverse("admin:posts_post_proof")
        answers = _add_bare_view()
        ratios, totals, wholes = [], [0.0, 0.0, 0.0], 0
        for sent, section in _keystrokes(client, proof, chance, keystrokes):
            body = json.dumps(sent, ensure_ascii=False)
            answers[:] = [client.post(proof, body, content_type="application/json").content]
            if json.loads(answers[0]) == {"whole": True}:
                wholes += 1
                continue
            ask = partial(client.post, data=body, content_type="application/json")
            bare, asked, alone = _cpu(
                partial(ask, BARE), partial(ask, proof), partial(_pipeline, section)
            )
            totals = [sum(pair) for pair in zip(totals, (bare, asked - bare, alone), strict=True)]
            ratios.append((asked - bare) / alone)
    bare, beyond, alone = (total / len(ratios) for total in totals)
    print(f"{len(ratios)} keystrokes in issues of 40 to 60 KB, CPU milliseconds each:")
    print(f"bare view of the admin with the same bytes {bare:.2f}, beyond it {beyond:.2f},")
    print(f"the pipeline on the changed section alone {alone:.2f}")
    print(f"together {beyond / alone:.2f} times (target {TARGET}); median {median(ratios):.2f}")
    print(f"{wholes} more concerned other sections: then the whole is read")
    return int(beyond / alone > TARGET)


def _signed_in(client: Any) -> Any:
    from django.contrib.auth.models import User  # noqa: PLC0415

    user = User.objects.create_superuser("editor")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _add_bare_view() -> list[bytes]:
    """Add a view of the admin that reads its request and sends what is in the list returned."""
    from django.contrib import admin  # noqa: PLC0415
    from django.http import HttpResponse  # noqa: PLC0415
    from django.urls import path  # noqa: PLC0415

    from newsletter import urls  # noqa: PLC0415

    answers: list[bytes] = []

    def view(request: Any) -> HttpResponse:
        return HttpResponse(answers[0] if request.body else b"", content_type="application/json")

    urls.urlpatterns.insert(0, path(BARE.lstrip("/"), admin.site.admin_view(view)))
    return answers


def _pipeline(section: str) -> None:
    from posts.markdown.document import Document  # noqa: PLC0415
    from posts.rendering import read_issue  # noqa: PLC0415

    issue = read_issue(Document(section))
    issue.to_html(
        [
            [f"item-{found.anchor}-{number}" for number in range(len(found.items))]
            for found in issue.sections
        ]
    )


def _cpu(*works: Callable[[], object], times: int = TIMES) -> list[float]:
    """Return the least CPU milliseconds of each in some rounds, in which they take turns."""
    gc.collect()
    spent: list[list[float]] = [[] for _work in works]
    for _ in range(times):
        for work, of in zip(works, spent, strict=True):
            started = time.process_time()
            work()
            of.append(time.process_time() - started)
    return [min(of) * 1000 for of in spent]


def _keystrokes(
    client: Any, proof: str, chance: random.Random, count: int
) -> Iterator[tuple[Json, str]]:
    """Yield what the browser sends after a letter was typed, and the section it was typed in."""
    from posts.documents import parse_issue  # noqa: PLC0415

    files = [path for path in sorted(ROOT.rglob("*.md")) if path.stat().st_size in SIZES]
    issues = [parse_issue(path.read_bytes(), path.name) for path in files]
    told = {}
    for _ in range(count):
        issue = chance.choice(issues)
        text = issue.body.replace("\r\n", "\n")
        if issue.name not in told:
            body = json.dumps(_request(issue.metadata.title, text))
            told[issue.name] = client.post(proof, body, content_type="application/json").json()
        yield _typed(told[issue.name], issue.metadata.title, text, chance)


def _typed(told: Json, title: str, text: str, chance: random.Random) -> tuple[Json, str]:
    at = chance.randrange(len(text))
    line, lines = text.count("\n", 0, at), text.split("\n")
    ends = list(accumulate(section["lines"] for section in told["sections"]))
    place = bisect_right(ends, line)
    start = ends[place] - told["sections"][place]["lines"]
    first = sum(len(one) + 1 for one in lines[:start])
    last = sum(len(one) + 1 for one in lines[: start + told["sections"][place]["lines"]])
    changed = text[first:at] + chance.choice("a가") + text[at:last]
    carried = [section["carried"] for section in told["sections"]]
    around = {
        "before": carried[:place],
        "was": carried[place : place + 1],
        "behind": carried[place + 1 :],
        "context": told["context"],
    }
    return _request(title, changed, **around), changed


def _request(title: str, text: str, **around: Any) -> Json:
    page = dict.fromkeys(("description", "tags", "authors", "cover", "at"), "")
    return {
        "form": "web",
        "post": "1",
        "header": True,
        "page": {**page, "title": title, "language": "en"},
        "known": {"links": {}, "images": {}, "items": []},
        "text": text,
        "before": [],
        "was": [],
        "behind": [],
        "has": [],
        "context": "",
        **around,
    }


if __name__ == "__main__":
    given = [int(value) for value in sys.argv[1:]]
    sys.exit(main(*(given + [300, 1][len(given) :])))
