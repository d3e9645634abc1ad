"""How a server answers, with HTTPS and all: in a process of its own, under production settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.newsletter.production import run_python

REQUESTS = """
import json, sys
import django
django.setup()
from django.test import Client
for path, options in json.loads(sys.argv[1]):
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    answer = client.get(path, **options)
    print(json.dumps({"status": answer.status_code, **dict(answer.headers)}))
"""
HOST = "news.example.org"
FORWARDED = {"HTTP_X_FORWARDED_PROTO": "https"}
Answer = dict[str, str | int]


def ask(*requests: tuple[str, dict[str, str | bool]], **environment: str) -> list[Answer]:
    """Return the status and the headers of each answer of a server."""
    return talk(*requests, **environment)[0]


def talk(*requests: tuple[str, dict[str, Any]], **environment: str) -> tuple[list[Answer], str]:
    """Return each answer of a server, and what it wrote into its log."""
    done = run_python(
        "-W",
        # The folder that `collectstatic` fills is a matter of deployment.
        "ignore:No directory at:UserWarning",
        "-c",
        REQUESTS,
        json.dumps([(path, {"HTTP_HOST": HOST, **options}) for path, options in requests]),
        DATABASE_URL="sqlite://:memory:",
        **environment,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_a_server_keeps_to_https() -> None:
    told, sent_on, probed, claimed = ask(
        ("/healthz", {"secure": True}),
        ("/admin/?q=1", {}),
        ("/healthz", {}),
        ("/robots.txt", FORWARDED),
    )

    assert told["status"] == 200
    assert told["Strict-Transport-Security"] == "max-age=31536000"
    assert "upgrade-insecure-requests" in str(told["Content-Security-Policy"])
    assert sent_on["status"] == 301
    assert sent_on["Location"] == "https://news.example.org/admin/?q=1"
    assert probed["status"] == 200, "a health probe needs no HTTPS"
    assert claimed["status"] == 301, "nobody but a trusted proxy says what came through HTTPS"


def test_a_trusted_proxy_says_that_a_request_came_through_https() -> None:
    (answer,) = ask(("/robots.txt", FORWARDED), TRUSTED_PROXIES="1")

    assert answer["status"] == 200


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `collectstatic` fills."""
    folder = tmp_path_factory.mktemp("static")
    quicker = {"DJANGO_SETTINGS_MODULE": "tests.deploy.settings", "STATIC_ROOT": str(folder)}
    done = run_python("-m", "django", "collectstatic", "--no-input", **quicker)
    assert done.returncode == 0, done.stderr
    return folder


def test_what_clients_do_wrong_fills_no_log(collected: Path) -> None:
    wrong = [
        (path, {"HTTP_HOST": HOST, "secure": True, **options})
        for path, options in [
            ("/nowhere", {}),
            ("/suggest/", {"CONTENT_LENGTH": "100000"}),
            ("/?page=%00", {}),
            ("/healthz", {"REQUEST_METHOD": "PUT"}),
            ("/admin/login/", {"REQUEST_METHOD": "POST"}),
            *[("/healthz", {"HTTP_HOST": "evil.example.com"})] * 3,
        ]
    ]

    answers, written = talk(*wrong, STATIC_ROOT=str(collected))

    assert [answer["status"] for answer in answers] == [404, 413, 404, 403, 403, 400, 400, 400]
    assert len(written.splitlines()) == 1
    assert "evil.example.com" in written, "an owner who forgot a host has to learn of it"


def test_a_server_with_collected_files_answers_strangers_with_pages(collected: Path) -> None:
    manifest = json.loads((collected / "staticfiles.json").read_text(encoding="utf-8"))
    style = manifest["paths"]["css/tokens.css"]

    other_host, asset = ask(
        ("/healthz", {"secure": True, "HTTP_HOST": "evil.example.com"}),
        (f"/static/{style}", {"secure": True}),
        STATIC_ROOT=str(collected),
    )

    assert other_host["status"] == 400
    assert asset["status"] == 200
    assert "immutable" in str(asset["Cache-Control"])
    assert (collected / f"{style}.br").is_file()
