"""Fetching: what comes back from good servers, and that bad ones can neither hold nor misuse us."""

import asyncio
import gzip
import socket
from collections.abc import Iterator
from dataclasses import replace

import brotli
import pytest

from links.fetching import Fetcher, FetchError, Policy, Response, Validators, fetch
from links.fetching.decoding import decoder_for
from tests.links.hostile import GOOD_NAME, PAGE, Hostile, hostile_server
from tests.links.internet import (
    ALSO_PUBLIC,
    FAR_TOO_LONG,
    IMPATIENT,
    PATIENT,
    PUBLIC,
    Internet,
    Names,
    ask,
    failure,
    over,
    policy_for,
    run,
    several,
)


@pytest.fixture(scope="module")
def secure() -> Iterator[Hostile]:
    with hostile_server(tls=True) as server:
        yield server


@pytest.fixture(scope="module")
def modern() -> Iterator[Hostile]:
    """HTTP/2."""
    with hostile_server(tls=True, http2=True) as server:
        yield server


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
        async with Fetcher(policy_for(hostile, seconds=3)) as fetcher:
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
    error = failure(hostile, path, IMPATIENT if kind == "timeout" else PATIENT)
    assert error.kind == kind
    assert str(error).count("\n") == 0
    assert set(connections) == {("127.0.0.1", hostile.port)}


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_bomb_is_unpacked_no_further_than_there_is_room(coding):
    packed = gzip.compress(bytes(50_000)) if coding == "gzip" else brotli.compress(bytes(50_000))
    assert decoder_for(coding).decode(packed, 100) == bytes(100)


def test_a_failure_tells_how_far_it_came(hostile):
    error = failure(hostile, "/redirect?/false-gzip")
    assert [(hop.url, hop.status) for hop in error.hops] == [
        (hostile.url("/redirect?/false-gzip"), 302),
        (hostile.url("/false-gzip"), 200),
    ]


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
    seconds = IMPATIENT if kind == "timeout" else PATIENT
    with pytest.raises(FetchError) as caught:
        run(over(Internet(modern), Names([PUBLIC]), modern_url(path), seconds=seconds))
    assert caught.value.kind == kind


def test_the_rest_of_a_page_that_was_cut_is_not_charged_to_the_next(modern):
    internet = Internet(modern)
    urls = [modern_url("/endless-body"), modern_url("/page")]
    response = run(over(internet, Names([PUBLIC]), *urls, truncate=True))
    assert response.body == PAGE
    assert len(internet.calls) == 2
