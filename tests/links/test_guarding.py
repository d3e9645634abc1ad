"""Where fetching may not go, however the place is spelled, named or redirected to."""

import asyncio
import socket

import pytest

from links.fetching import Fetcher, FetchError, Response, fetch
from links.fetching.guarding import is_public
from tests.links.hostile import PAGE, hostile_server
from tests.links.internet import (
    ALSO_PUBLIC,
    IMPATIENT,
    PUBLIC,
    Internet,
    Names,
    failure,
    over,
    policy_for,
    run,
)

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
        async with Fetcher(policy_for(hostile, IMPATIENT), resolve=forever) as fetcher:
            return await fetcher.fetch("http://slow.test/")

    with pytest.raises(FetchError) as caught:
        run(look_up())
    assert caught.value.kind == "timeout"
