"""The one address that identifies a page, and what an address tells about the page.

    >>> canonicalize("HTTP://Youtu.be/dQw4w9WgXcQ?si=abc")
    'https://www.youtube.com/watch?v=dQw4w9WgXcQ'

Two addresses that lead to one page become the same text; two pages never do. What cannot be known
from the address alone stays apart: `http` and `https`, `www.` and a slash at the end on hosts that
`sites` does not list. Nothing here asks the network, the database or the settings.

The rules, in this order:

1. Spelling (`addresses`, `hosts`): case of scheme and host, international names in
   punycode, default port, dot segments, percent-encoding. RFC 3986 and the WHATWG URL standard.
2. Wrappers: click counters and AMP caches give way to the address they lead to.
3. Tracking parameters in query and fragment go; so do text fragments (`#:~:text=`), which only
   highlight. Every other fragment is a place, and stays.
4. Query parameters are put in order by name; equal names keep their order. Queries of any other
   form (no `=`, square brackets) stay as they are.
5. Known sites (`sites`): one host, https, short forms, mobile pages.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from links.normalizing.addresses import Address, AddressError, escape_query, parse_address, trim
from links.normalizing.hosts import HostError, identify_host, show_host
from links.normalizing.kinds import Kind, kind_of_page
from links.normalizing.owners import owner_of
from links.normalizing.sites import apply_known_rules, target_of, without_tracking

# Goes up whenever a rule changes what any address becomes, or whom it is from: `rekey_links` then
# keys the stored links anew. 1: the first rules. 2: owners on shared hosts are
# sources; more trackers, more mobile hosts. 3: more sites, such as Amazon, Bilibili and Lobsters.
# 4: more of these, such as PyPI, the shops of apps, Telegram and TikTok.
RULES_VERSION: Final = 4

_MAILTO = re.compile(r"mailto:([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.I | re.S)
_PLACE = re.compile(r"[a-z]+://(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]*)(?::\d+)?([^?#]*)")


@lru_cache(maxsize=4096)
def canonicalize(url: str) -> str:
    """The canonical form of `url`: ASCII, the same for every address of the page.

    Applying it again changes nothing. Raises AddressError (a ValueError, one clear line) for what
    is no http, https or mailto address, and nothing else.
    """
    text = trim(url)
    if text[:7].lower() == "mailto:":
        return _canonical_mail(text)
    address = parse_address(text)
    for rule in RULES.values():
        address = rule(address)
    return str(address)


def trace(url: str) -> dict[str, str]:
    """What becomes of a web address rule by rule, the spelling first; raises AddressError.

    For people who ask why two addresses count as one: the first rule after which they are equal.
    """
    address = parse_address(trim(url))
    steps = {"spelling": str(address)}
    for name, rule in RULES.items():
        address = rule(address)
        steps[name] = str(address)
    return steps


def host_of(canonical: str) -> str:
    """The host of a canonical address as people read it: no `www.`, no port, Unicode if safe.

    International names are shown in their own script (`마리우스.kr`) unless they could pass for
    another name; those stay punycode. "" for mail addresses. For identity use `source_key`.
    """
    return show_host(source_key(canonical))


def source_key(canonical: str) -> str:
    """What identifies the source of a canonical address: its ASCII host without `www.`.

    "" for mail addresses. Who owns a part of a shared host is told by `source_name`.
    """
    match = _PLACE.match(canonical)
    return _bare_host(match.group(1)) if match else ""


def source_name(canonical: str) -> str:
    """The narrowest source of a canonical address: its host, or host and owner where many share it.

    `https://github.com/rust-lang/rust` is from `github.com/rust-lang`; `a.github.io` is a host of
    its own. "" for mail addresses.
    """
    match = _PLACE.match(canonical)
    if match is None:
        return ""
    host = _bare_host(match.group(1))
    owner = owner_of(host, match.group(2))
    return f"{host}/{owner}" if owner else host


def path_of(canonical: str) -> str:
    """The path of a canonical web address, as rules about sources compare it; "" for mail."""
    match = _PLACE.match(canonical)
    return match.group(2) if match else ""


def _bare_host(host: str) -> str:
    bare = host.removeprefix("www.")
    return bare if "." in bare else host


def kind_of(url: str) -> Kind:
    """What waits at `url`: "video", "paper", "code", "thread", "pdf", "podcast", or "" if unknown.

    Told from host and path alone, by the table in `kinds`; "" for what is no address.
    """
    try:
        canonical = canonicalize(url)
    except AddressError:
        return ""
    match = _PLACE.match(canonical)
    return kind_of_page(source_key(canonical), match.group(2)) if match else ""


def _unwrap(address: Address) -> Address:
    # Ends, because the target is a part of the path or the query that it is taken from.
    while (inner := _inside(address)) is not None:
        address = inner
    return address


def _inside(address: Address) -> Address | None:
    target = target_of(address)
    if target is None:
        return None
    try:
        return parse_address(trim(target))
    except AddressError:
        return None


def _drop_tracking(address: Address) -> Address:
    address.fragment = _place_in_page(address.fragment)
    address.pieces = without_tracking(address.pieces)
    return address


def _put_in_order(address: Address) -> Address:
    if len(address.pieces) > 1 and _is_form(address.pieces):
        address.pieces.sort(key=lambda piece: piece.partition("=")[0])
    return address


def _spell_as_known(address: Address) -> Address:
    apply_known_rules(address)
    return address


# The rules by name, in their order, for an address that is spelled right already.
RULES: Final[dict[str, Callable[[Address], Address]]] = {
    "wrapper": _unwrap,
    "tracking": _drop_tracking,
    "order": _put_in_order,
    "site": _spell_as_known,
}


def _place_in_page(fragment: str) -> str:
    fragment = fragment.partition(":~:")[0]
    if "=" in fragment:
        return "&".join(without_tracking(fragment.split("&")))
    return fragment


def _is_form(pieces: list[str]) -> bool:
    names = [piece.partition("=") for piece in pieces]
    return all(equals and "[" not in name and "%5B" not in name for name, equals, _ in names)


def _canonical_mail(text: str) -> str:
    """RFC 6068: the domain knows no case, the name before the @ may; the headers stay."""
    match = _MAILTO.fullmatch(text)
    people, headers = match.groups() if match else ("", None)
    try:
        to = ",".join(_mailbox(box) for box in people.split(","))
        query = "&".join(piece for piece in escape_query(headers or "").split("&") if piece)
    except (HostError, UnicodeEncodeError) as error:
        raise AddressError(f"Not a mail address: {text[:80]!r}") from error
    return f"mailto:{to}?{query}" if query else f"mailto:{to}"


def _mailbox(box: str) -> str:
    name, at, domain = box.strip().rpartition("@")
    if not (name and at):
        raise HostError("A mail address needs a name and a host")
    return f"{escape_query(name)}@{identify_host(domain)}"
