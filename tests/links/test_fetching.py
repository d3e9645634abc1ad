"""Fetching: what comes back from good servers, and that bad ones can neither hold nor misuse us."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpcore
import pytest

from links.fetching import Fetcher, FetchError, Response, Validators, fetch
from links.guarding import Policy, is_public
from tests.links.hostile import (
    GOOD_NAME,
    PAGE,
    Hostile,
    client_context,
    hostile_server,
)

PUBLIC = "93.184.215.14"
ALSO_PUBLIC = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
# So long that a test which gets there has been held up.
FAR_TOO_LONG = 20


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


@pytest.fixture(scope="module")
def secure() -> Iterator[Hostile]:
    with hostile_server(tls=True) as server:
        yield server


@pytest.fixture(scope="module")
def modern() -> Iterator[Hostile]:
    """HTTP/2."""
    with hostile_server(tls=True, http2=True) as server:
        yield server


@pytest.fixture(autouse=True)
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where this process opened connections to, as the operating system was told."""
    opened: list[tuple[str, int]] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        opened.append(address[:2])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return opened


def policy_for(server: Hostile) -> Policy:
    """Little patience and little room, and a loopback address that may be asked."""
    return Policy(
        user_agent="Digest (https://digest.example/about)",
        trusted=frozenset({("127.0.0.1", server.port)}),
        connect_seconds=1,
        read_seconds=0.4,
        total_seconds=0.8,
        max_bytes=20_000,
    )


def ask(server: Hostile, path: str, **options: Any) -> Response:
    return fetch(server.url(path), policy=policy_for(server), **options)


def failure(server: Hostile, path: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        ask(server, path, **options)
    return caught.value


def run(work: Coroutine[Any, Any, Response]) -> Response:
    return asyncio.run(asyncio.wait_for(work, FAR_TOO_LONG))


async def several(server: Hostile, *paths: str) -> Response:
    """The last response of fetching these one after the other."""
    async with Fetcher(policy_for(server)) as fetcher:
        for path in paths:
            response = await fetcher.fetch(server.url(path))
    return response


class Internet(httpcore.AnyIOBackend):
    """All public addresses at once: notes where it should connect, and connects to one server."""

    def __init__(self, server: Hostile, unreachable: Sequence[str] = ()) -> None:
        self.port = server.port
        self.unreachable = unreachable
        self.calls: list[tuple[str, int]] = []

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any
    ) -> httpcore.AsyncNetworkStream:
        self.calls.append((host, port))
        if host in self.unreachable:
            raise httpcore.ConnectError
        return await super().connect_tcp("127.0.0.1", self.port, timeout, *rest, **more)


class Names:
    """Looks names up: each look-up takes the next answer, the last one stays."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def __call__(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def over(internet: Internet, names: Names, *urls: str, **options: Any) -> Response:
    """The last response of fetching these one after the other over a made-up Internet."""
    policy = Policy(read_seconds=1, total_seconds=5, max_bytes=20_000)
    async with Fetcher(
        policy, resolve=names, dialer=internet, ssl_context=client_context()
    ) as fetcher:
        for url in urls:
            response = await fetcher.fetch(url, **options)
    return response


# What comes back


def test_a_page_comes_with_its_status_address_and_body(hostile):
    response = ask(hostile, "/page#part")
    assert (response.status, response.body) == (200, PAGE)
    assert response.requested == hostile.url("/page#part")
    assert response.url == hostile.url("/page")
    assert [hop.status for hop in response.hops] == [200]
    assert response.http_version == "HTTP/1.1"
    assert not response.truncated
    assert 0 < response.elapsed < FAR_TOO_LONG


def test_only_the_headers_that_tell_about_the_page_are_kept(hostile):
    assert dict(ask(hostile, "/page").headers) == {
        "content-length": str(len(PAGE)),
        "content-type": "text/html",
        "etag": '"one"',
    }


def test_asking_for_the_head_brings_no_body(hostile):
    response = ask(hostile, "/page", method="HEAD")
    assert (response.status, response.body) == (200, b"")
    assert hostile.requests[-1].startswith("HEAD /page HTTP/1.1\r\n")


@pytest.mark.parametrize("path", ["/gzipped", "/deflated", "/barely-deflated", "/brotlied"])
def test_a_compressed_page_is_unpacked(hostile, path):
    assert ask(hostile, path).body == PAGE


def test_any_status_is_a_response(hostile):
    response = ask(hostile, "/busy")
    assert (response.status, response.headers["retry-after"]) == (429, "120")


def test_a_redirect_is_followed_and_remembered(hostile):
    response = ask(hostile, "/countdown?2")
    assert [(hop.url, hop.status) for hop in response.hops] == [
        (hostile.url("/countdown?2"), 301),
        (hostile.url("/countdown?1"), 301),
        (hostile.url("/page"), 200),
    ]
    assert response.url == hostile.url("/page")


def test_five_redirects_are_followed(hostile):
    assert ask(hostile, "/countdown?5").status == 200


def test_a_redirect_to_nowhere_is_an_answer_like_any_other(hostile):
    assert ask(hostile, "/redirect-nowhere").status == 302


def test_nobody_waits_for_the_body_of_a_redirect(hostile):
    assert ask(hostile, "/redirect-slowly").url == hostile.url("/page")


def test_a_large_page_can_be_cut_instead_of_refused(hostile):
    response = ask(hostile, "/endless-body", truncate=True)
    assert (response.truncated, response.body) == (True, b"x" * 20_000)


def test_a_bomb_can_be_cut_instead_of_refused(hostile):
    response = ask(hostile, "/gzip-bomb", truncate=True, max_bytes=100)
    assert (response.truncated, response.body) == (True, bytes(100))


def test_status_and_headers_can_be_had_without_the_body(hostile):
    response = ask(hostile, "/endless-body", truncate=True, max_bytes=0)
    assert (response.status, response.body, response.truncated) == (200, b"", True)


def test_what_follows_the_announced_length_is_not_read(hostile):
    assert ask(hostile, "/length-too-short").body == b"longer"


def test_an_address_is_asked_for_as_a_browser_would(hostile):
    ask(hostile, "/page?q=한글 &b=%7e")
    assert hostile.requests[-1].startswith("GET /page?q=%ED%95%9C%EA%B8%80%20&b=~ HTTP/1.1\r\n")


def test_one_connection_serves_many_requests(hostile, connections):
    assert run(several(hostile, "/page", "/page", "/page")).body == PAGE
    assert len(connections) == 1


def test_after_a_bad_answer_the_next_page_is_fetched_all_the_same(hostile):
    async def both() -> Response:
        async with Fetcher(policy_for(hostile)) as fetcher:
            with pytest.raises(FetchError):
                await fetcher.fetch(hostile.url("/garbage"))
            return await fetcher.fetch(hostile.url("/page"))

    assert run(both()).body == PAGE


def test_many_slow_servers_hold_up_nobody_else(hostile):
    async def all_at_once() -> Response:
        async with Fetcher(policy_for(hostile)) as fetcher:
            slow = [fetcher.fetch(hostile.url("/silence")) for _ in range(50)]
            waiting = asyncio.gather(*slow, return_exceptions=True)
            response = await fetcher.fetch(hostile.url("/page"))
            assert not waiting.done()
            assert {error.kind for error in await waiting} == {"timeout"}
        return response

    assert run(all_at_once()).status == 200


# What leaves


def test_a_request_says_who_asks_and_nothing_more(hostile):
    ask(hostile, "/page")
    assert hostile.requests[-1].lower().split("\r\n") == [
        "get /page http/1.1",
        f"host: 127.0.0.1:{hostile.port}",
        "user-agent: digest (https://digest.example/about)",
        "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-encoding: gzip, deflate, br",
        "",
        "",
    ]


def test_credentials_in_an_address_are_neither_sent_nor_kept(hostile):
    url = hostile.url("/page").replace("//", "//user:secret@")
    response = fetch(url, policy=policy_for(hostile))
    assert "secret" not in response.url
    assert "authorization" not in hostile.requests[-1].lower()


def test_cookies_and_referrers_do_not_reach_the_next_request(hostile):
    run(several(hostile, "/page", "/redirect?/page"))
    assert "cookie" not in hostile.requests[-1].lower()
    assert "referer" not in hostile.requests[-1].lower()


def test_a_proxy_in_the_environment_is_ignored(hostile, monkeypatch, connections):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert ask(hostile, "/page").status == 200
    assert connections == [("127.0.0.1", hostile.port)]


def test_a_page_seen_before_can_be_asked_for_conditionally(hostile):
    known = replace(ask(hostile, "/page").validators, url=hostile.url("/unchanged"))
    response = ask(hostile, "/unchanged", known=known)
    assert (response.status, response.body) == (304, b"")
    assert 'if-none-match: "one"' in hostile.requests[-1].lower()


def test_validators_go_only_to_the_page_that_gave_them(hostile):
    known = Validators(hostile.url("/page"), '"one"', "Fri, 10 May 2024 00:00:00 GMT")
    ask(hostile, "/redirect?/page", known=known)
    redirecting, page = hostile.requests[-2:]
    assert "if-" not in redirecting.lower()
    assert "if-modified-since: fri, 10 may 2024" in page.lower()


# Hostile servers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/silence", "timeout"),
        ("/slow-headers", "timeout"),
        ("/slow-body", "timeout"),
        ("/stalled-body", "timeout"),
        ("/endless-body", "too-large"),
        ("/endless-chunks", "too-large"),
        ("/endless-headers", "protocol"),
        ("/endless-trailers", "protocol"),
        ("/endless-hints", "too-large"),
        ("/endless-status-line", "protocol"),
        ("/enormous-chunk", "too-large"),
        ("/huge-header", "too-large"),
        ("/many-headers", "too-large"),
        ("/gzip-bomb", "too-large"),
        ("/brotli-bomb", "too-large"),
        ("/nested-bomb", "encoding"),
        ("/nested-in-two-headers", "encoding"),
        ("/empty-blocks", "too-large"),
        ("/false-gzip", "encoding"),
        ("/false-brotli", "encoding"),
        ("/half-gzip", "encoding"),
        ("/unknown-coding", "encoding"),
        ("/countdown?6", "redirects"),
        ("/circle?1", "redirects"),
        ("/redirect?", "redirects"),
        ("/length-too-long", "protocol"),
        ("/two-lengths", "protocol"),
        ("/negative-length", "protocol"),
        ("/nothing", "protocol"),
        ("/half-a-header", "protocol"),
        ("/garbage", "protocol"),
        ("/old-http", "protocol"),
        ("/ssh", "protocol"),
        ("/zero-bytes", "protocol"),
        ("/status-words", "protocol"),
        ("/bad-chunks", "protocol"),
        ("/switching", "protocol"),
        ("/reset", "connect"),
    ],
)
def test_a_hostile_server_gets_a_refusal_in_time(hostile, connections, path, kind):
    error = failure(hostile, path)
    assert error.kind == kind
    assert str(error).count("\n") == 0
    assert set(connections) == {("127.0.0.1", hostile.port)}


def test_a_failure_tells_how_far_it_came(hostile):
    error = failure(hostile, "/redirect?/false-gzip")
    assert [(hop.url, hop.status) for hop in error.hops] == [
        (hostile.url("/redirect?/false-gzip"), 302),
        (hostile.url("/false-gzip"), 200),
    ]


# Where it may not go

FORBIDDEN = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16
    169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
    192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 fd20:ce::254 ff02::1 100::1 5f00::1 4000::1
    2001:db8::1 3fff::1 3ffe::1 2001:2::1 2001:10::1 2001:20::1
    ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 2002:7f00:1:: 2002:a9fe:a9fe::1
    2001:0:53aa:64c:0:7fff:80ff:fffe 2606:4700::5efe:127.0.0.1 2606:4700::200:5efe:10.0.0.1
""".split()

SPELLINGS = """
    2130706433 0x7f000001 017700000001 0x7f.1 127.1 127.0.1 0177.0.0.1 0x7f.0x0.0x0.0x1 127.0.0.1.
    00000177.0.0.1 0X7F.0.0.1 127。0。0。1 １２７.0.0.1 ①②⑦.⓪.⓪.① %31%32%37.0.0.1 %30x7f.1
    2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 0xA9.0xFE.0xA9.0xFE 169。254。169。254
    [::1] [0:0:0:0:0:0:0:1] [::ffff:7f00:1] [::ffff:127.0.0.1] [::ffff:a9fe:a9fe] [::]
    [0000::0001] [64:ff9b::169.254.169.254] [2002:a00:1::] [fd00:ec2::254] [FE80::1] 0 0.0 0x0
    user@127.0.0.1 user:word@[::1] example.com@127.0.0.1
""".split()


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_known(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [PUBLIC, ALSO_PUBLIC, "1.1.1.1", "100.128.0.1", "172.32.0.1", "192.0.1.1", "2a00:1450:4001::1"],
)
def test_an_address_on_the_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_a_host_leads_inside(host, connections, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", None)
    with pytest.raises(FetchError) as caught:
        fetch(f"http://{host}/")
    assert caught.value.kind == "forbidden-address"
    assert connections == []


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_redirect_leads_inside(hostile, connections, host):
    error = failure(hostile, f"/redirect?http://{host}/latest/meta-data")
    assert error.kind == "forbidden-address"
    assert [hop.status for hop in error.hops] == [302]
    assert connections == [("127.0.0.1", hostile.port)]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_name_leads_inside(hostile, connections, address):
    internet = Internet(hostile)
    with pytest.raises(FetchError) as caught:
        run(over(internet, Names([PUBLIC, address]), "http://inside.test/"))
    assert caught.value.kind == "forbidden-address"
    assert (internet.calls, connections) == ([], [])


def test_the_name_of_this_machine_leads_nowhere(connections):
    with pytest.raises(FetchError) as caught:
        fetch("http://localhost/")
    assert caught.value.kind == "forbidden-address"
    assert connections == []


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_SHUTDOWN",
        "ftp://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://",
        "http://[::1",
        "http://example.com:99999/",
        "//[",
    ],
)
def test_no_redirect_leads_out_of_the_web(hostile, location):
    assert failure(hostile, f"/redirect?{location}").kind == "redirects"


@pytest.mark.parametrize(
    "url", ["", "page", "file:///etc/passwd", "mailto:a@example.com", "http://", "http://[::1"]
)
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(FetchError) as caught:
        fetch(url)
    assert caught.value.kind == "bad-url"


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 5432])
def test_only_ports_of_web_servers_are_asked(port, connections):
    with pytest.raises(FetchError) as caught:
        fetch(f"http://{PUBLIC}:{port}/")
    assert caught.value.kind == "forbidden-port"
    assert connections == []


def test_trust_in_one_place_opens_no_other(hostile):
    with hostile_server() as other:
        elsewhere = other.url("/page")
        assert failure(hostile, f"/redirect?{elsewhere}").kind == "forbidden-port"
        assert failure(hostile, "/redirect?http://127.0.0.1/").kind == "forbidden-address"
        same_port = hostile.url("/page", host="127.0.0.2")
        assert failure(hostile, f"/redirect?{same_port}").kind == "forbidden-address"
        assert other.requests == []


# Names


def test_a_name_that_changes_its_meaning_is_connected_to_where_it_was_checked(hostile):
    internet = Internet(hostile)
    response = run(over(internet, Names([PUBLIC], ["127.0.0.1"]), "http://rebinding.test/page"))
    assert response.body == PAGE
    assert internet.calls == [(PUBLIC, 80)]


def test_a_name_is_checked_again_for_the_next_connection(hostile):
    internet = Internet(hostile)
    names = Names([PUBLIC], ["127.0.0.1"])
    with pytest.raises(FetchError) as caught:
        run(over(internet, names, "http://a.test/redirect?http://a.test:8080/page"))
    assert caught.value.kind == "forbidden-address"
    assert internet.calls == [(PUBLIC, 80)]


def test_the_host_is_named_to_the_server_and_the_address_is_not(hostile):
    run(over(Internet(hostile), Names([PUBLIC]), "http://한글.test:8080/page"))
    assert "\r\nHost: xn--bj0bj06e.test:8080\r\n" in hostile.requests[-1]


def test_an_address_of_the_other_kind_is_tried_when_the_first_does_not_answer(hostile):
    internet = Internet(hostile, unreachable=[ALSO_PUBLIC])
    names = Names([ALSO_PUBLIC, "2606:2800:21f::1", PUBLIC])
    assert run(over(internet, names, "http://both.test/page")).status == 200
    assert internet.calls == [(ALSO_PUBLIC, 80), (PUBLIC, 80)]


def test_a_server_that_accepts_no_connection_is_told_apart(hostile):
    with pytest.raises(FetchError) as caught:
        run(over(Internet(hostile, unreachable=[PUBLIC]), Names([PUBLIC]), "http://down.test/"))
    assert caught.value.kind == "connect"


def test_a_name_without_an_address_is_told_apart(hostile):
    async def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for resolve in (unknown, Names([])):
        with pytest.raises(FetchError) as caught:
            run(over(Internet(hostile), resolve, "http://unknown.test/"))
        assert caught.value.kind == "dns"


def test_a_name_that_takes_forever_to_look_up_is_given_up(hostile):
    async def forever(host: str, port: int) -> list[str]:
        await asyncio.sleep(3600)
        return [PUBLIC]

    async def look_up() -> Response:
        async with Fetcher(policy_for(hostile), resolve=forever) as fetcher:
            return await fetcher.fetch("http://slow.test/")

    with pytest.raises(FetchError) as caught:
        run(look_up())
    assert caught.value.kind == "timeout"


# TLS and HTTP/2


def test_the_certificate_is_checked_against_the_name(secure):
    response = run(over(Internet(secure), Names([PUBLIC]), f"https://{GOOD_NAME}/page"))
    assert (response.status, response.body) == (200, PAGE)


@pytest.mark.parametrize("host", ["wrong.test", PUBLIC, f"[{ALSO_PUBLIC}]"])
def test_a_certificate_for_another_name_is_refused(secure, host):
    with pytest.raises(FetchError) as caught:
        run(over(Internet(secure), Names([PUBLIC]), f"https://{host}/page"))
    assert caught.value.kind == "tls"
    assert "certificate" in str(caught.value)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure):
    error = failure(secure, "/page")
    assert error.kind == "tls"
    assert "certificate" in str(error)


def test_a_server_without_tls_is_refused_where_tls_is_due(hostile):
    with pytest.raises(FetchError) as caught:
        fetch(f"https://127.0.0.1:{hostile.port}/page", policy=policy_for(hostile))
    assert caught.value.kind == "tls"


def test_a_server_that_never_shakes_hands_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        policy = Policy(trusted=frozenset({("127.0.0.1", port)}), connect_seconds=0.2)
        with pytest.raises(FetchError) as caught:
            fetch(f"https://127.0.0.1:{port}/", policy=policy)
    assert caught.value.kind == "timeout"


def modern_url(path: str) -> str:
    return f"https://{GOOD_NAME}{path}"


def test_http2_is_spoken_where_the_server_offers_it(modern):
    internet = Internet(modern)
    urls = [modern_url("/page"), modern_url("/again")]
    response = run(over(internet, Names([PUBLIC]), *urls))
    assert (response.http_version, response.body) == ("HTTP/2", PAGE)
    assert len(internet.calls) == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/endless-body", "too-large"),
        ("/many-headers", "too-large"),
        ("/pings", "too-large"),
        ("/silence", "timeout"),
        ("/garbage", "protocol"),
        ("/bad-status", "protocol"),
    ],
)
def test_a_hostile_server_gets_a_refusal_over_http2(modern, path, kind):
    with pytest.raises(FetchError) as caught:
        run(over(Internet(modern), Names([PUBLIC]), modern_url(path)))
    assert caught.value.kind == kind


def test_the_rest_of_a_page_that_was_cut_is_not_charged_to_the_next(modern):
    internet = Internet(modern)
    urls = [modern_url("/endless-body"), modern_url("/page")]
    response = run(over(internet, Names([PUBLIC]), *urls, truncate=True))
    assert response.body == PAGE
    assert len(internet.calls) == 2
