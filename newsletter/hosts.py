"""Hosts and addresses as people write them into settings, and as requests name them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container
from urllib.parse import SplitResult, urlsplit

import idna

# Of a host's name (RFC 1123); networks of containers have `_` in theirs, too.
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def split_address(value: str, schemes: Container[str]) -> SplitResult | None:
    """Return the parts of an address with one of these schemes; None if it is not valid."""
    try:
        parts = urlsplit(value)
        is_one = parts.scheme in schemes and (parts.port is None or parts.port > 0)
        host = to_ascii(parts.hostname or "")
    except ValueError:
        return None
    return parts if is_one and is_host(bracketed(host).removesuffix(".")) else None


def to_ascii(host: str) -> str:
    """Return a host, with its port or a dot in front, as requests name it (RFC 5891).

    Browsers show `뉴스.example` and ask for `xn--vg1b002a.example`. Raises ValueError.
    """
    if host.isascii():
        return host
    dot, bare, port = re.fullmatch(r"(\.?)([^:]*)(.*)", host).groups()  # type: ignore[union-attr]
    try:
        return f"{dot}{idna.encode(bare, uts46=True).decode()}{port}"
    except idna.IDNAError:
        raise ValueError(host) from None


def bracketed(host: str) -> str:
    """Return a host as requests name it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def is_host(host: str) -> bool:
    """Tell whether an ASCII text is a host name or an IP address, IPv6 in brackets."""
    try:
        if host.startswith("["):
            return host.endswith("]") and bool(ipaddress.IPv6Address(host[1:-1]))
        if re.fullmatch(r"[0-9.]+", host):
            return bool(ipaddress.IPv4Address(host))
    except ValueError:
        return False
    return len(host) <= 253 and bool(_NAME.fullmatch(host))


def is_site_host(host: str) -> bool:
    """Tell whether a site can be asked for under a host: Django answers none with `_` in it."""
    return is_host(host) and "_" not in host


def is_here(host: str) -> bool:
    """Tell whether a host is this machine itself (RFC 1122, RFC 4291)."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_site_address(value: str) -> bool:
    """Tell whether a text is the http(s) address of a site, without path and query."""
    parts = split_address(value, {"http", "https"})
    if parts is None or parts.path not in {"", "/"} or re.search(r"[\s?#@\\]", value):
        return False
    return is_site_host(bracketed(to_ascii(str(parts.hostname))))
