"""The domain somebody registered: `example.co.uk` of `www.example.co.uk`.

Told by the Public Suffix List (https://publicsuffix.org) as it comes with tldextract, its private
part included, so that `a.github.io` and `b.github.io` are two. Nothing is ever fetched or cached
on disk: a newer list comes with a newer release of the library.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract


@lru_cache(maxsize=8192)
def registered_domain(host: str) -> str:
    """The registered domain of an ASCII host.

    Below an ending that nobody lists it is the last two labels; an address in numbers and a public
    suffix are their own.
    """
    found = _list().extract_str(host)
    if found.suffix:
        return f"{found.domain}.{found.suffix}" if found.domain else host
    is_number = found.ipv4 or host.startswith("[")
    return host if is_number else ".".join(host.rsplit(".", 2)[-2:])


def is_name(host: str) -> bool:
    """Whether an ASCII host could be somebody's: something registrable below a public suffix."""
    found = _list().extract_str(host)
    return bool(found.domain and found.suffix) and "_" not in found.domain


@cache
def _list() -> TLDExtract:
    """Reading the list takes a twentieth of a second, so it is read when first needed."""
    from tldextract import TLDExtract  # noqa: PLC0415 (11 MB with its list, and for most work none)

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
