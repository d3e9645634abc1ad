"""What comes of asking for an address: a response, or one of the reasons why there is none."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

# Headers of a response that are kept: what tells the page's kind, age, place and state.
KEPT_HEADERS: Final = frozenset(
    "cf-mitigated content-length content-type date etag last-modified location retry-after"
    " server".split()
)


@dataclass(frozen=True, slots=True)
class Hop:
    """One request that was answered: where, and with which status."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave with a page, to ask it later whether the page changed (RFC 9110, 8.8)."""

    url: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered, whatever the status.

    `requested` is the address as given; `hops` are all requests, the last of which brought this
    answer. `headers` holds those of KEPT_HEADERS that came, by lower-case name. `body` is decoded;
    it is cut at the limit if `truncated`. `elapsed` is in seconds, redirects included.
    """

    requested: str
    hops: tuple[Hop, ...]
    headers: MappingProxyType[str, str]
    body: bytes
    truncated: bool
    elapsed: float
    http_version: str

    @property
    def url(self) -> str:
        """The address that answered, after all redirects, without fragment."""
        return self.hops[-1].url

    @property
    def status(self) -> int:
        """The HTTP status of the last answer."""
        return self.hops[-1].status

    @property
    def validators(self) -> Validators:
        """What to pass as `known` the next time."""
        return Validators(
            self.url, self.headers.get("etag", ""), self.headers.get("last-modified", "")
        )


# Why there is no response, in a word for programs.
Kind = Literal[
    "bad-url",  # not an http or https address
    "forbidden-port",  # a port on which no web server is expected
    "forbidden-address",  # a host that is, or also is, not on the public Internet
    "dns",  # the host name has no address
    "connect",  # no connection, or it broke
    "tls",  # no TLS connection: certificate, name or handshake are wrong
    "timeout",  # a time limit passed
    "too-large",  # more bytes or headers than allowed
    "redirects",  # too many, going round in circles, or leading out of the web
    "protocol",  # what came is no HTTP, or broke off
    "encoding",  # the body is not in the coding it claims
]


class FetchError(Exception):
    """No response. The message is one line for people.

    `hops` are the requests that were answered before it failed, the last one perhaps only in part.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.hops: tuple[Hop, ...] = ()
