"""E-mail addresses: their one spelling, their keyed digest, and the service that receives them."""

from __future__ import annotations

from typing import Final

import idna
from django.conf import settings
from django.utils.crypto import salted_hmac
from email_validator import EmailNotValidError, validate_email

# Hosts of the services that take mail for many domains, each with limits of its own.
GROUPS: Final[dict[str, frozenset[str]]] = {
    "google": frozenset({"gmail.com", "googlemail.com"}),
    "microsoft": frozenset({"outlook.com", "hotmail.com", "live.com", "msn.com", "outlook.kr"}),
    "yahoo": frozenset({"yahoo.com", "ymail.com", "aol.com", "yahoo.co.jp", "rocketmail.com"}),
    "naver": frozenset({"naver.com"}),
    "kakao": frozenset({"kakao.com", "daum.net", "hanmail.net"}),
    "apple": frozenset({"icloud.com", "me.com", "mac.com"}),
}
_GROUP_OF: Final = {domain: group for group, domains in GROUPS.items() for domain in domains}


class AddressError(ValueError):
    """What is no address to which mail can be sent."""


def checked(address: str) -> str:
    """Return an address as it is stored and sent to, its domain in ASCII; raise AddressError.

    Only its form is looked at (RFC 5321, RFC 5891): no server is asked. What stands before the @
    must be ASCII, since most servers do not take anything else (RFC 6531).
    """
    try:
        found = validate_email(address.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise AddressError(str(error)) from error
    return found.ascii_email or found.normalized


def normal(address: str) -> str:
    """Return the one spelling of an address: its domain in ASCII (RFC 5891), all in small letters.

    RFC 5321 lets the part before the @ differ by case; no service that readers use does.
    """
    local, _at, domain = address.strip().rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = domain.lower()
    return f"{local.lower()}@{domain}"


def masked(address: str) -> str:
    """Return what whoever may not see an address is shown of it: k…@n….com."""
    local, _at, domain = address.rpartition("@")
    name, _dot, top = domain.rpartition(".")
    return f"{local[:1]}…@{name[:1]}….{top}"


def digest_of(address: str) -> str:
    """Return the digest of an address, keyed by ADDRESS_KEY: 64 hexadecimal digits."""
    key = settings.ADDRESS_KEY
    return salted_hmac("mailing.addresses", normal(address), key, algorithm="sha256").hexdigest()


def mailbox_of(address: str) -> str:
    """Return what many spellings of an address share that most servers put into one mailbox: for
    counting only, since some servers tell them apart."""
    local, _at, domain = normal(address).rpartition("@")
    local = local.partition("+")[0] or local
    if _GROUP_OF.get(domain) == "google":
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def fingerprint() -> str:
    """Return what tells the ADDRESS_KEY of now from another, and says nothing of it (16 digits)."""
    return digest_of("fingerprint@mailing.invalid")[:16]


def group_of(address: str) -> str:
    """Return the name of the service that receives an address: one of GROUPS, or its domain."""
    domain = normal(address).rpartition("@")[2]
    return _GROUP_OF.get(domain, domain)[:100]
