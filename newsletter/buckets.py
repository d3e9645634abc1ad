"""Buckets that keep pictures, as django-storages speaks to them.

One address names a bucket: `s3://key:secret@bucket/folder?region=…&endpoint=…&public=…`.
"""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, unquote

from newsletter.hosts import split_address

# Each is an error's end, after the name of the setting, which is never followed by its secret.
FORM: Final = (
    "must be s3://key:secret@bucket/folder?region=…, with endpoint=… for a server other than"
    " Amazon's and public=… for where browsers get the files from, special characters %-encoded"
)
BOTH: Final = "must have both key and secret, or neither"
NO_PLACE: Final = "must say the region of the bucket, or public=…"

# A region as Amazon names them; other servers have names of their own.
AMAZON: Final = r"[a-z]{2}(-[a-z]+)+-[0-9]"

_OPTIONS: Final = {
    # Addresses stand in stored pages, so they must not expire.
    "querystring_auth": False,
    "file_overwrite": False,
    # Names say what is in them.
    "object_parameters": {"CacheControl": "public, max-age=31536000, immutable"},
}


def bucket_settings(value: str) -> dict[str, Any]:
    """Return Django's description of the bucket at an address; raise ValueError, in words.

    Without key and secret, those are taken that the machine or its role has. `endpoint` is a server
    other than Amazon's; `public` is where browsers get the files from, such as a CDN.
    """
    parts, told = _parts(value)
    bucket, endpoint = parts.netloc.rpartition("@")[2], _service("endpoint", told)
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            **_OPTIONS,
            "bucket_name": bucket,
            "location": unquote(parts.path).strip("/"),
            "access_key": unquote(parts.username) if parts.username else None,
            "secret_key": unquote(parts.password) if parts.password else None,
            "region_name": told.get("region"),
            "endpoint_url": endpoint or None,
            **_seen_at(bucket, endpoint, told),
        },
    }


def origin(storage: dict[str, Any]) -> str:
    """Return the origin from which browsers get the files of a bucket; "" for files on the disk."""
    options = storage.get("OPTIONS", {})
    if "custom_domain" not in options:
        return ""
    return f"{options['url_protocol']}//{options['custom_domain'].partition('/')[0]}"


def _parts(value: str) -> tuple[SplitResult, dict[str, str]]:
    """Return the parts of an address, and what its query says."""
    parts = split_address(value, {"s3"})
    try:
        query = parts.query if parts else ""
        told = dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError:
        raise ValueError(FORM) from None
    if parts is None or told.keys() - {"region", "endpoint", "public"} or parts.fragment:
        raise ValueError(FORM)
    bucket, region = parts.netloc.rpartition("@")[2], told.get("region", "none")
    is_region = re.fullmatch(r"[\w-]+" if "endpoint" in told else rf"none|{AMAZON}", region)
    if not (re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket) and is_region):
        raise ValueError(FORM)
    if bool(parts.username) != bool(parts.password):
        raise ValueError(BOTH)
    return parts, told


def _seen_at(bucket: str, endpoint: str, told: dict[str, str]) -> dict[str, str]:
    """Return where browsers get the files from, as options."""
    public, region = _service("public", told), told.get("region")
    amazon = f"https://{bucket}.s3.{region}.amazonaws.com" if region else ""
    public = public or (f"{endpoint}/{bucket}" if endpoint else amazon)
    if not public:
        raise ValueError(NO_PLACE)
    scheme, _colon, place = public.partition("://")
    return {"url_protocol": f"{scheme}:", "custom_domain": place}


def _service(part: str, told: dict[str, str]) -> str:
    """Return an http(s) address in a part, without trailing slash; "" without one."""
    value = told.get(part, "")
    if not value:
        return ""
    parts = split_address(value, {"http", "https"})
    if parts is None or parts.username or parts.query or parts.fragment or re.search(r"\s", value):
        raise ValueError(f"must have an address such as https://s3.example.org as {part}")
    return value.rstrip("/")
