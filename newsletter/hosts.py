"""Hosts and addresses as people write them into settings, and as requests name them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container
from urllib.parse import SplitResult, urlsplit

import idna


def split_address(value: str, schemes: Container[str]) -> SplitResult | None:
    """Return the parts of an address with one of these schemes; None if it is not valid."""
    try:
        parts = urlsplit(value)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if parts.scheme in schemes and parts.hostname and port_is_valid else None


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
    if host.startswith("["):
        try:
            return host.endswith("]") and bool(ipaddress.IPv6Address(host[1:-1]))
        except ValueError:
            return False
    return bool(re.fullmatch(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", host))


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
    host = str(parts.hostname)
    return not host.isascii() or is_host(bracketed(host))
