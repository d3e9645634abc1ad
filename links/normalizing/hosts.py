"""The host of an address: the ASCII form that identifies it and the form that people read.

Identity is always ASCII (punycode for international names, UTS #46), because that is what is looked
up. What people read is Unicode only where it cannot pass for another name.
"""

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

import idna

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")
# Scripts without look-alikes of Latin letters; they may stand beside Latin letters in a name.
DISTINCT_SCRIPTS: Final = frozenset(
    {"CJK", "HANGUL", "HIRAGANA", "IDEOGRAPHIC", "KATAKANA", "KATAKANA-HIRAGANA", "THAI"}
)
_LATIN_ASCII = re.compile(r"[a-z0-9-]")


class HostError(ValueError):
    """No host that could be looked up; the message is a sentence without its full stop."""


@lru_cache(maxsize=2048)
def identify_host(host: str) -> str:
    """The ASCII form of `host` as browsers compute it (WHATWG URL, host parsing).

    Lower case, punycode, IPv4 in dotted decimal, IPv6 compressed in brackets, no final dot.
    Raises HostError for what is no host.
    """
    if host.startswith("["):
        return _identify_ipv6(host)
    if "%" in host:
        host = unquote(host, errors="surrogateescape")
    name = (host.lower() if host.isascii() else _to_ascii(host)).removesuffix(".")
    if not name:
        raise HostError("The address names no host")
    if not _NAME.fullmatch(name):
        raise HostError("The host name is not valid")
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        return _identify_ipv4(name)
    return name


@lru_cache(maxsize=2048)
def show_host(host: str) -> str:
    """The form of an ASCII host that people read: Unicode unless it could pass for another name.

    `xn--gckvb8fzb.com` is shown as `マリウス.com`; a name that mixes scripts, or a Cyrillic or
    Greek name under a Latin ending, stays punycode, as in browsers.
    """
    if "xn--" not in host:
        return host
    labels = host.split(".")
    foreign_ending = labels[-1].startswith("xn--")
    return ".".join(_show_label(label, foreign_ending) for label in labels)


def _to_ascii(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return _to_ascii_leniently(host)


def _to_ascii_leniently(host: str) -> str:
    """IDNA 2008 knows no emoji and no underscore; browsers do and only apply the mapping table."""
    try:
        mapped = idna.uts46_remap(host, std3_rules=False)
        labels = [
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
            for label in mapped.split(".")
        ]
    except (idna.IDNAError, UnicodeError, IndexError) as error:
        raise HostError("The host name is not valid") from error
    return ".".join(labels).lower()


def _identify_ipv6(host: str) -> str:
    number = host[1:-1] if host.endswith("]") else ""
    try:
        # A zone (`%eth0`) names a network card of one machine: no part of a public address.
        return f"[{ipaddress.IPv6Address(number.replace('%', '!')).compressed}]"
    except ValueError as error:
        raise HostError("The IPv6 address is not valid") from error


def _identify_ipv4(name: str) -> str:
    """WHATWG URL, IPv4 parser: one to four numbers, decimal, octal or hexadecimal."""
    parts = name.split(".")
    numbers = [_ipv4_number(part) for part in parts]
    *first, last = numbers
    if len(parts) > 4 or any(n > 255 for n in first) or last >= 256 ** (5 - len(parts)):
        raise HostError("The IPv4 address is not valid")
    value = last + sum(n * 256 ** (3 - i) for i, n in enumerate(first))
    return str(ipaddress.IPv4Address(value))


def _ipv4_number(part: str) -> int:
    base = 16 if part.startswith("0x") else 8 if part.startswith("0") and len(part) > 1 else 10
    digits = part[2:] if base == 16 else part
    try:
        return int(digits or "0", base)
    except ValueError as error:
        raise HostError("The IPv4 address is not valid") from error


def _show_label(label: str, foreign_ending: bool) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return label
    return shown if _is_unmistakable(shown, foreign_ending) else label


def _is_unmistakable(label: str, foreign_ending: bool) -> bool:
    scripts = {script_of(char) for char in label if not _LATIN_ASCII.fullmatch(char)}
    if scripts <= DISTINCT_SCRIPTS or scripts == {"LATIN"}:
        return True
    if len(scripts) > 1 or "UNKNOWN" in scripts:
        return False
    return foreign_ending and not re.search("[a-z]", label)


def script_of(char: str) -> str:
    """The script of a character, by its Unicode name; "UNKNOWN" for Latin letters like alpha."""
    script = unicodedata.name(char, "UNKNOWN").partition(" ")[0]
    # Beyond Latin Extended-A stand letters like alpha, easily mistaken.
    return "UNKNOWN" if script == "LATIN" and char >= "\u0180" else script
