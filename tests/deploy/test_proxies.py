"""The files in deploy/ with the real programs, in front of a real server."""

import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.deploy.conftest import Site
from tests.deploy.programs import HOST, caddy, free_port, nginx, running
from tests.reading import Page

PROXIES = {"nginx": nginx, "caddy": caddy}
PATIENCE = 60  # seconds, after which a test that hangs fails
# Which certificate a test has says nothing about the files.
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname, TLS.verify_mode = False, ssl.CERT_NONE
IMPORT = "/admin/posts/post/upload/"
TOO_LARGE = pytest.mark.parametrize(
    ("path", "length"),
    [("/suggest/", 65_537), ("/admin/login/", 9_000_000), (IMPORT, 100_000_000)],
)


@pytest.fixture(scope="module", params=PROXIES)
def addresses(
    site: Site, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """A proxy in front of the site: its plain address, and the one with HTTPS."""
    folder = tmp_path_factory.mktemp(request.param)
    command, plain, secure = PROXIES[request.param](folder, site.port)
    with running(command, secure, {"PATH": os.environ["PATH"], "HOME": str(folder)}):
        yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}"


@pytest.fixture
def browser(addresses: tuple[str, str]) -> Iterator[httpx.Client]:
    """A client of the proxy, over HTTPS."""
    with client(addresses[1]) as ours:
        yield ours


def client(address: str) -> httpx.Client:
    return httpx.Client(
        base_url=address, headers={"Host": HOST}, verify=TLS, trust_env=False, timeout=PATIENCE
    )


def connect(address: str) -> ssl.SSLSocket:
    """Return a connection with TLS, to send what no well-meaning client sends."""
    url = httpx.URL(address)
    plain = socket.create_connection((url.host, url.port), timeout=PATIENCE)
    return TLS.wrap_socket(plain, server_hostname=HOST)


def head(method: str, path: str, length: int = 0) -> bytes:
    """Return the head of a request with a form of that many bytes."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", f"Content-Length: {length}"]
    lines.append("Content-Type: application/x-www-form-urlencoded")
    return "\r\n".join([*lines, "", ""]).encode()


def test_readers_get_pages_over_https_with_the_headers_of_the_site_alone(
    browser: httpx.Client,
) -> None:
    home = browser.get("/")

    assert home.status_code == 200
    for header in ("strict-transport-security", "content-security-policy", "x-frame-options"):
        assert len(home.headers.get_list(header)) == 1
    style = Page(home).one('link[rel="stylesheet"]').attributes["href"]
    sent = browser.get(style, headers={"Accept-Encoding": "br"})
    assert sent.headers["content-encoding"] == "br"
    assert "immutable" in sent.headers["cache-control"]


def test_plain_http_leads_to_https(addresses: tuple[str, str]) -> None:
    with client(addresses[0]) as ours:
        answer = ours.get("/archive/")

    assert answer.status_code in {301, 308}
    assert answer.headers["location"].startswith(f"https://{HOST}")


def test_the_site_hears_of_the_host_and_answers_probes(browser: httpx.Client) -> None:
    assert browser.get("/healthz").text == "ok\n"
    assert f"https://{HOST}/sitemap" in browser.get("/robots.txt").text


def test_the_site_sees_the_address_of_a_client_and_not_what_it_claims(
    site: Site, browser: httpx.Client
) -> None:
    form = browser.get("/admin/login/")
    token = Page(form).one('[name="csrfmiddlewaretoken"]').attributes["value"]

    browser.post(
        "/admin/login/",
        data={"username": "nobody", "password": "wrong", "csrfmiddlewaretoken": token},
        headers={
            "Referer": f"https://{HOST}/admin/login/",
            "X-Forwarded-For": "203.0.113.7",
            "X_Forwarded_For": "203.0.113.7",
        },
    )

    assert set(site.rows("SELECT ip_address FROM axes_accessattempt")) == {("127.0.0.1",)}


@TOO_LARGE
@pytest.mark.parametrize("addresses", ["caddy"], indirect=True)
def test_caddy_hands_on_that_something_is_too_large(
    browser: httpx.Client, path: str, length: int
) -> None:
    status = browser.post(path, content=bytes(length)).status_code

    # The site refuses and hangs up; Caddy may notice the second before the first.
    assert status in {413, 502}


@TOO_LARGE
@pytest.mark.parametrize("addresses", ["nginx"], indirect=True)
def test_nginx_waits_for_no_byte_of_what_is_too_large(
    addresses: tuple[str, str], path: str, length: int
) -> None:
    """None is sent: whoever is hung up on while still sending may lose the answer."""
    with connect(addresses[1]) as connection:
        connection.sendall(head("POST", path, length))

        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_nginx_asks_the_site_once_it_has_all_of_a_request(tmp_path: Path) -> None:
    port = free_port()
    command, _plain, secure = nginx(tmp_path, port)
    address = f"https://127.0.0.1:{secure}"
    with (
        socket.create_server(("127.0.0.1", port)) as site,
        running(command, secure, {"PATH": os.environ["PATH"]}),
        connect(address) as slow,
        connect(address) as quick,
    ):
        site.settimeout(PATIENCE)
        slow.sendall(head("POST", "/slow", 10) + b"a=b")
        quick.sendall(head("GET", "/quick"))

        assert received(site).startswith(b"GET /quick ")

        slow.sendall(b"cdefghi")
        assert received(site).startswith(b"POST /slow ")


def received(site: socket.socket) -> bytes:
    """Return what the next connection to a site brings."""
    connection, _address = site.accept()
    with connection:
        return connection.recv(65_536)


def test_nginx_writes_down_no_address_that_opens_a_door(tmp_path: Path) -> None:
    command, _plain, secure = nginx(tmp_path, free_port())
    address = f"https://127.0.0.1:{secure}"
    doors = ["/mail/", "/subscribe/", "/preview/", "/preview/pages/", "/suggest/"]
    doors += ["/admin/reset/Mg/", "/admin/mailing/subscriber/?q="]
    with running(command, secure, {"PATH": os.environ["PATH"]}), client(address) as ours:
        for door in doors:
            ours.get(f"{door}opens-a-door")
        ours.get("/suggest/")

    written = (tmp_path / "access.log").read_text(encoding="utf-8")
    assert "opens-a-door" not in written
    assert "GET /suggest/ " in written


def test_the_server_of_the_readme_bears_slow_clients_without_a_proxy(site: Site) -> None:
    with ExitStack() as stack:
        for begun in [head("GET", "/")[:-2], head("POST", "/suggest/", 10)] * 40:
            connection = socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE)
            stack.enter_context(connection).sendall(begun)

        with client(f"http://127.0.0.1:{site.port}") as ours:
            assert ours.get("/healthz").status_code == 200
            assert ours.get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 200
