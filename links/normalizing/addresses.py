"""An address taken apart, spelled one way, and put together again.

RFC 3986 (sections 3 and 6.2.2) says which spellings are equal. Where browsers read an address more
generously than the RFC (backslashes, missing slashes, tabs), the WHATWG URL standard decides: the
identity of a link has to be the identity of the page that a reader arrives at.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from links.normalizing.hosts import HostError, identify_host

# Longer than any address seen in practice, short enough that no rule can become slow.
MAX_LENGTH: Final = 8192
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_HTTP = re.compile(r"(https?):[/\\]*([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.I | re.S)
_UNRESERVED = r"A-Za-z0-9._~\-"
_SUB_DELIMITERS = r"!$&'()*+,;="
_PATH = re.compile(rf"%[0-9A-Fa-f]{{2}}|[^{_UNRESERVED}{_SUB_DELIMITERS}:@/]")
_QUERY = re.compile(rf"%[0-9A-Fa-f]{{2}}|[^{_UNRESERVED}{_SUB_DELIMITERS}:@/?]")
_USER = re.compile(rf"%[0-9A-Fa-f]{{2}}|[^{_UNRESERVED}{_SUB_DELIMITERS}:]")
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_EDGES = "".join(map(chr, range(0x21)))
_UNSEEN = re.compile("[\t\n\r]")


class AddressError(ValueError):
    """What was given is no http, https or mailto address. The message is one line for people."""


@dataclass(slots=True)
class Address:
    """The parts of an http or https address, each already in its normal spelling.

    `pieces` are the parts of the query between the ampersands, in order; `port` is "" for the
    default one. Rules of known sites change the parts in place before `str()` joins them.
    """

    scheme: str
    user: str
    host: str
    port: str
    path: str
    pieces: list[str] = field(default_factory=list)
    fragment: str = ""

    def __str__(self) -> str:
        user = f"{self.user}@" if self.user else ""
        port = f":{self.port}" if self.port else ""
        query = "?" + "&".join(self.pieces) if self.pieces else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{user}{self.host}{port}{self.path}{query}{fragment}"

    def value(self, name: str) -> str | None:
        """The value of the first query parameter of that name, still percent-encoded."""
        start = f"{name}="
        return next((p[len(start) :] for p in self.pieces if p.startswith(start)), None)

    def drop(self, names: Iterable[str]) -> None:
        """Take every query parameter with one of these names away."""
        self.pieces = [p for p in self.pieces if p.partition("=")[0] not in names]


def trim(text: str) -> str:
    """`text` as a browser reads it from an `href`: no space around it, no line ends or tabs in it.

    Raises AddressError if nothing is left or if it is absurdly long.
    """
    text = text.strip(_EDGES).strip()
    if not text:
        raise AddressError("The address is empty.")
    if len(text) > MAX_LENGTH:
        raise AddressError(f"The address is longer than {MAX_LENGTH:,} characters.")
    return _UNSEEN.sub("", text)


def parse_address(text: str) -> Address:
    """Take an http or https address apart; raises AddressError with a clear message."""
    match = _HTTP.fullmatch(text)
    if match is None:
        raise AddressError(f"Not an http, https or mailto address: {_quoted(text)}")
    scheme, authority, path, query, fragment = match.groups()
    scheme = scheme.lower()
    user, _, place = authority.rpartition("@")
    try:
        host, port = _split_port(place, scheme)
        return Address(
            scheme=scheme,
            user=_escape(user, _USER).rstrip(":"),
            host=identify_host(host),
            port=port,
            path=_clean_path(path),
            pieces=[p for p in escape_query(query or "").split("&") if p],
            fragment=escape_query(fragment or ""),
        )
    except HostError as error:
        raise AddressError(f"{error}: {_quoted(text)}") from error
    except UnicodeEncodeError as error:
        raise AddressError(f"The address holds characters that are no text: {_quoted(text)}") from (
            error
        )


def escape_query(text: str) -> str:
    """The one spelling of a query or a fragment (RFC 3986, 6.2.2)."""
    return _escape(text, _QUERY)


def escape_path(text: str) -> str:
    """The one spelling of a path: needless escapes undone, missing ones added (RFC 3986, 6.2.2).

    An encoded delimiter stays encoded: `%2F` is not a slash. A percent sign that begins no escape
    can only mean itself, so it becomes `%25`.
    """
    return _escape(text, _PATH)


def _escape(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(_respell, text)


def _respell(match: re.Match[str]) -> str:
    found = match.group()
    if len(found) == 3:
        char = chr(int(found[1:], 16))
        return char if char in _PLAIN else found.upper()
    return "".join(f"%{byte:02X}" for byte in found.encode())


def _clean_path(path: str) -> str:
    path = escape_path(path.replace("\\", "/"))
    if "/." in path:
        path = _without_dot_segments(path)
    return path or "/"


def _without_dot_segments(path: str) -> str:
    """RFC 3986, 5.2.4, for a path that begins with a slash."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            if kept:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)


def _split_port(place: str, scheme: str) -> tuple[str, str]:
    host, colon, port = place.rpartition(":")
    if not colon or place.endswith("]"):
        return place, ""
    if not port:
        return host, ""
    if not (port.isascii() and port.isdigit() and len(port) <= 8) or int(port) > 65_535:
        raise HostError("The port is not a number from 0 to 65535")
    number = int(port)
    return host, "" if number == DEFAULT_PORTS[scheme] else str(number)


def _quoted(text: str) -> str:
    short = text if len(text) <= 80 else f"{text[:79]}…"
    return "“" + "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in short) + "”"
