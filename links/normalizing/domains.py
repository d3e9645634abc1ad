"""The domain somebody registered: `example.co.uk` of `www.example.co.uk`.

Told by the Public Suffix List (https://publicsuffix.org) as it comes with publicsuffixlist, its
private part included, so that `a.github.io` and `b.github.io` are two. Nothing is ever fetched or
cached on disk: a newer list comes with a newer release of the library.
"""

from __future__ import annotations

import ipaddress
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=2048)
def registered_domain(host: str) -> str:
    """The registered domain of an ASCII host.

    Below an ending that nobody lists it is the last two labels; an address in numbers and a public
    suffix are their own.
    """
    if is_number(host):
        return host
    if _list().publicsuffix(host):
        return _list().privatesuffix(host) or host
    return ".".join(host.rsplit(".", 2)[-2:])


def is_name(host: str) -> bool:
    """Whether an ASCII host could be somebody's: something registrable below a public suffix."""
    domain = _list().privatesuffix(host) or ""
    return bool(domain) and "_" not in domain.partition(".")[0]


def is_number(host: str) -> bool:
    """Whether a host is an IP address, IPv6 in brackets."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def _list() -> PublicSuffixList:
    """Reading the list takes a tenth of a second, so it is read when first needed."""
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 (3 MB, for most work none)

    return PublicSuffixList(accept_unknown=False)
