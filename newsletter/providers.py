"""Servers that send mail, and providers that do by interfaces of their own, as django-anymail
speaks to them.

One address names a server or provider, and holds its password or key: `postmark://TOKEN`.
"""

import re
from collections.abc import Callable, Set
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from newsletter.hosts import is_here, split_address

# What does not depend on the provider. A feature that one lacks, such as an envelope of ours, is
# no reason to send nothing.
COMMON: Final = {"IGNORE_UNSUPPORTED_FEATURES": True, "REQUESTS_TIMEOUT": 20}


def smtp_settings(value: str) -> dict[str, Any]:
    """Return Django's `EMAIL_…` settings for an `smtp://user:password@host:port` server.

    `smtp://` turns to TLS with STARTTLS (port 587), but not on port 25 nor on this machine, for a
    relay nearby, nor with `?tls=none`; `smtps://` speaks TLS from the start (465). Raises
    ValueError, whose message is what the address has to be: it may hold a password, which is never
    repeated.
    """
    parts = split_address(value, {"smtp", "smtps"}) or urlsplit("")
    is_whole = bool(parts.username) == bool(parts.password)
    is_bare = parts.query == "tls=none" and parts.scheme == "smtp"
    rest = f"{parts.path}{'' if is_bare else parts.query}{parts.fragment}"
    if not (parts.hostname and is_whole and rest in {"", "/"}):
        raise ValueError(
            "smtp://user:password@host:port (smtps:// with TLS from the start, smtp://…?tls=none"
            " without), with special characters %-encoded, console://, or the address of a"
            f" provider: {', '.join(form for form, *_rest in PROVIDERS.values())}"
        )
    port = parts.port or {"smtp": 587, "smtps": 465}[parts.scheme]
    is_near = is_bare or port == 25 or is_here(parts.hostname)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp" and not is_near,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


def provider_settings(value: str) -> dict[str, Any]:
    """Return the settings of Django and django-anymail for the address of a provider.

    Raises ValueError, whose message is what the address has to be: it holds a key, which is never
    repeated.
    """
    form, backend, read = PROVIDERS[value.partition("://")[0]]
    try:
        found = read(urlsplit(value))
    except (KeyError, ValueError):
        raise ValueError(form) from None
    return {
        "EMAIL_BACKEND": f"anymail.backends.{backend}.EmailBackend",
        "ANYMAIL": {**COMMON, **found},
    }


def _secrets(parts: SplitResult, query: Set[str] = frozenset()) -> tuple[str, str, dict[str, str]]:
    """Return what stands before the @ (or alone) and after it, and the query, of known names."""
    before, at, after = parts.netloc.rpartition("@")
    told = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    if parts.path not in {"", "/"} or parts.fragment or told.keys() - query:
        raise ValueError
    key, place = (unquote(before), after) if at else (unquote(after), "")
    if not key or re.search(r"\s", key + place):
        raise ValueError
    return key, place, told


def _amazon(parts: SplitResult) -> dict[str, Any]:
    """Return the settings of SES, with the key of the address or that of the machine's role."""
    pair, place, told = _secrets(parts, {"configuration_set"})
    region = place or pair
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-[0-9]", region):
        raise ValueError
    params = {"region_name": region}
    if place:
        user, colon, secret = parts.netloc.rpartition("@")[0].partition(":")
        if not (user and colon and secret):
            raise ValueError
        params |= {"aws_access_key_id": unquote(user), "aws_secret_access_key": unquote(secret)}
    name = told.get("configuration_set")
    return {
        "AMAZON_SES_SESSION_PARAMS": params,
        **({"AMAZON_SES_CONFIGURATION_SET_NAME": name} if name else {}),
    }


def _mailgun(parts: SplitResult) -> dict[str, Any]:
    key, domain, told = _secrets(parts, {"region"})
    if "." not in domain:
        raise ValueError
    host = {"us": "api.mailgun.net", "eu": "api.eu.mailgun.net"}[told.get("region", "us")]
    return {
        "MAILGUN_API_KEY": key,
        "MAILGUN_SENDER_DOMAIN": domain,
        "MAILGUN_API_URL": f"https://{host}/v3",
    }


def _postmark(parts: SplitResult) -> dict[str, Any]:
    key, place, told = _secrets(parts, {"stream"})
    if place:
        raise ValueError
    stream = {"POSTMARK_MESSAGE_STREAM": told["stream"]} if "stream" in told else {}
    return {"POSTMARK_SERVER_TOKEN": key, **stream}


def _keyed(setting: str) -> Callable[[SplitResult], dict[str, Any]]:
    """Return a reader of addresses that hold a key and nothing else."""

    def read(parts: SplitResult) -> dict[str, Any]:
        key, place, _told = _secrets(parts)
        if place:
            raise ValueError
        return {setting: key}

    return read


# By the scheme of EMAIL_URL: its form, django-anymail's name, and what reads it.
PROVIDERS: Final[dict[str, tuple[str, str, Callable[[SplitResult], dict[str, Any]]]]] = {
    "ses": ("ses://KEY:SECRET@region (or ses://region)", "amazon_ses", _amazon),
    "postmark": ("postmark://TOKEN (?stream=NAME)", "postmark", _postmark),
    "mailgun": ("mailgun://KEY@DOMAIN (?region=eu)", "mailgun", _mailgun),
    "resend": ("resend://KEY", "resend", _keyed("RESEND_API_KEY")),
    "brevo": ("brevo://KEY", "brevo", _keyed("BREVO_API_KEY")),
    "sendgrid": ("sendgrid://KEY", "sendgrid", _keyed("SENDGRID_API_KEY")),
}
