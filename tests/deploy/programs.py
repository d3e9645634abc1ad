"""Real programs of a server: found, started on ports of this machine, and ended."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from tests.links.hostile import CERTIFICATES
from tests.newsletter.production import CHECKOUT
from tests.skips import lacks

DEPLOY = CHECKOUT / "deploy"
HOST = "news.example.org"
CERTIFICATE = CERTIFICATES / "server.pem"
PLACES = os.pathsep.join((os.environ["PATH"], "/usr/sbin"))


def find(program: str) -> str:
    """Return a program's path; a missing one is a failure in CI and a skip elsewhere."""
    found = shutil.which(program, path=PLACES)
    if found is None:
        lacks(f"{program}: install it")
    return found


def free_port() -> int:
    """Return a port on which nothing listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return probe.getsockname()[1]


@contextmanager
def running(command: list[str], port: int, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a program that listens on that port."""
    process = subprocess.Popen(command, cwd=CHECKOUT, env=dict(environment))
    try:
        _await(process, port)
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _await(process: subprocess.Popen, port: int) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.args!r} does not start")


def nginx(folder: Path, upstream: int) -> tuple[list[str], int, int]:
    """Return the command of deploy/nginx.conf in front of a port, and its own ports."""
    plain, secure = free_port(), free_port()
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for ours, theirs in {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{secure} ssl http2;",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        f"/etc/letsencrypt/live/{HOST}/fullchain.pem": str(CERTIFICATE),
        f"/etc/letsencrypt/live/{HOST}/privkey.pem": str(CERTIFICATE),
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
    }.items():
        assert ours in site
        site = site.replace(ours, theirs)
    kept = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in kept)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log stderr crit; events {{}}"
        f"http {{ access_log {folder}/access.log; {temporary}\n{site} }}",
        encoding="utf-8",
    )
    options = ["-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return [find("nginx"), *options], plain, secure


def caddy(folder: Path, upstream: int) -> tuple[list[str], int, int]:
    """Return the command of deploy/Caddyfile in front of a port, and its own ports."""
    plain, secure = free_port(), free_port()
    # A certificate that is there at once, in the place of one that Caddy would ask for.
    here = (
        "{\n\tadmin off\n\tauto_https disable_certs\n\tdefault_sni good.test\n"
        f"\tdefault_bind 127.0.0.1\n\tstorage file_system {folder}\n"
        f"\thttp_port {plain}\n\thttps_port {secure}\n\tlog {{\n\t\tlevel ERROR\n\t}}\n"
    )
    site = (DEPLOY / "Caddyfile").read_text(encoding="utf-8").replace("{\n", here, 1)
    for ours, theirs in {
        f"\n{HOST} {{": f"\n{HOST} {{\n\ttls {CERTIFICATE} {CERTIFICATE}",
        "127.0.0.1:8000": f"127.0.0.1:{upstream}",
    }.items():
        assert ours in site
        site = site.replace(ours, theirs)
    (folder / "Caddyfile").write_text(site, encoding="utf-8")
    options = ["--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return [find("caddy"), "run", *options], plain, secure
