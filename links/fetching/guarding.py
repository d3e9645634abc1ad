"""Which places fetching may go to, and how much it may take from there. Pure: no network.

The tables are those of IANA's special-purpose registries (RFC 6890), kept here because the ones in
`ipaddress` differ from one patch release of Python to the next. IPv6 is the other way round: only
what is allocated to the public (2000::/3, RFC 4291) is allowed, less what is special in it. So
forms that carry an IPv4 address somewhere else are refused without being unpacked: mapped and
compatible (RFC 4291, 2.5.5), NAT64 (RFC 6052, RFC 8215) and translated (RFC 2765) addresses.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_FORBIDDEN_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network (RFC 791)
            "10.0.0.0/8",  # private (RFC 1918)
            "100.64.0.0/10",  # behind a carrier's NAT (RFC 6598); Alibaba's metadata
            "127.0.0.0/8",  # loopback (RFC 1122)
            "168.63.129.16/32",  # Azure's host, which gives credentials to its guests
            "169.254.0.0/16",  # link-local (RFC 3927); metadata of most clouds
            "172.16.0.0/12",  # private (RFC 1918)
            "192.0.0.0/24",  # protocol assignments (RFC 6890); Oracle's metadata
            "192.0.2.0/24",  # documentation (RFC 5737)
            "192.31.196.0/24",  # AS112 (RFC 7535)
            "192.52.193.0/24",  # multicast tunnels (RFC 7450)
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "192.168.0.0/16",  # private (RFC 1918)
            "192.175.48.0/24",  # AS112 (RFC 7534)
            "198.18.0.0/15",  # benchmarks (RFC 2544)
            "198.51.100.0/24",  # documentation (RFC 5737)
            "203.0.113.0/24",  # documentation (RFC 5737)
            "224.0.0.0/4",  # multicast (RFC 5771)
            "240.0.0.0/4",  # reserved (RFC 1112), broadcast (RFC 919)
        ),
    )
)
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_FORBIDDEN_V6: Final = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments (RFC 2928): Teredo (RFC 4380), ORCHID, benchmarks
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4 (RFC 3056)
            "2620:4f:8000::/48",  # AS112 (RFC 7534)
            "3ffe::/16",  # 6bone, given back (RFC 3701)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)
# The half of an interface identifier that says "an IPv4 address follows" (ISATAP, RFC 5214, 6.1).
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})


@lru_cache(maxsize=2048)
def is_public(address: str) -> bool:
    """Whether a numeric IPv4 or IPv6 address belongs to the public Internet, and to nothing else.

    Raises ValueError for what is no numeric address: names and short forms (`127.1`, `0x7f000001`)
    have to be resolved first.
    """
    number = ip_address(address)
    if isinstance(number, IPv6Address):
        return (
            number in _PUBLIC_V6
            and not any(number in network for network in _FORBIDDEN_V6)
            and int(number) >> 32 & 0xFFFF_FFFF not in _ISATAP
        )
    return not any(number in network for network in _FORBIDDEN_V4)


@dataclass(frozen=True, slots=True)
class Policy:
    """Where a fetch may go, how long it may take (seconds) and how much it may bring (bytes).

    `trusted` are single places (numeric address, port) that may be asked although they are not
    public or their port is not in `ports`. Nothing is trusted by default; tests and benchmarks name
    their own servers there.
    """

    user_agent: str = "Newsletter/1.0 (checks links)"
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    trusted: frozenset[tuple[str, int]] = frozenset()
    connect_seconds: float = 5
    read_seconds: float = 10
    total_seconds: float = 30
    max_bytes: int = 5_000_000
    max_header_bytes: int = 65_536
    max_headers: int = 200
    max_redirects: int = 5

    def may_use(self, port: int) -> bool:
        """Whether any server at all may be asked on that port."""
        return port in self.ports or any(port == known for _, known in self.trusted)

    def may_reach(self, address: str, port: int) -> bool:
        """Whether a connection to that numeric address and port may be opened."""
        return (address, port) in self.trusted or (port in self.ports and is_public(address))
