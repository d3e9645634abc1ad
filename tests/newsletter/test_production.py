"""How a server answers, with HTTPS and all: in a process of its own, under production settings."""

import json
from pathlib import Path

import pytest

from tests.newsletter.production import run_python

REQUEST = """
import json, sys
import django
django.setup()
from django.test import Client
path, host, secure, forwarded = json.loads(sys.argv[1])
extra = {"HTTP_X_FORWARDED_PROTO": forwarded} if forwarded else {}
answer = Client(raise_request_exception=False).get(path, secure=secure, HTTP_HOST=host, **extra)
print(json.dumps({"status": answer.status_code, **dict(answer.headers)}))
"""


def ask(
    path: str,
    *,
    host: str = "news.example.org",
    secure: bool = True,
    forwarded: str = "",
    **environment: str,
) -> dict[str, str | int]:
    """Return the status and the headers of an answer."""
    done = run_python(
        "-W",
        # The folder that `collectstatic` fills is a matter of deployment.
        "ignore:No directory at:UserWarning",
        "-c",
        REQUEST,
        json.dumps([path, host, secure, forwarded]),
        DATABASE_URL="sqlite://:memory:",
        **environment,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_a_browser_is_told_to_use_https_from_now_on() -> None:
    answer = ask("/healthz")

    assert answer["status"] == 200
    assert answer["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert "upgrade-insecure-requests" in str(answer["Content-Security-Policy"])


def test_plain_http_is_sent_to_https() -> None:
    answer = ask("/admin/?q=1", secure=False)

    assert answer["status"] == 301
    assert answer["Location"] == "https://news.example.org/admin/?q=1"


def test_a_health_probe_needs_no_https() -> None:
    assert ask("/healthz", secure=False)["status"] == 200


def test_a_server_with_collected_files_answers_strangers_with_pages(tmp_path: Path) -> None:
    done = run_python("-m", "django", "collectstatic", "--no-input", STATIC_ROOT=str(tmp_path))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))
    style = manifest["paths"]["css/site.css"]

    other_host = ask("/healthz", host="evil.example.com", STATIC_ROOT=str(tmp_path))
    asset = ask(f"/static/{style}", STATIC_ROOT=str(tmp_path))

    assert other_host["status"] == 400
    assert asset["status"] == 200
    assert "immutable" in str(asset["Cache-Control"])
    assert (tmp_path / f"{style}.br").is_file()


@pytest.mark.parametrize(("proxies", "status"), [("0", 301), ("1", 200)])
def test_only_a_trusted_proxy_says_that_a_request_came_through_https(
    proxies: str, status: int
) -> None:
    answer = ask("/robots.txt", secure=False, forwarded="https", TRUSTED_PROXIES=proxies)

    assert answer["status"] == status
