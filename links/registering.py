"""Find or create the Link of every address that somebody wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import transaction

from links.models import Link, Source
from links.normalizing import AddressError, canonicalize, source_key

# SQLite before 3.32 allows 999 parameters in a statement; PostgreSQL plans short lists better.
CHUNK = 500


def register(urls: Iterable[str]) -> dict[str, Link]:
    """Return the Link of each address, creating those not seen before.

    ``urls`` are addresses as written. What is no web or mail address (a relative path, an anchor
    in the page) has no Link and is missing from the answer.
    """
    canonical = {url: address for url in set(urls) if (address := canonical_or_none(url))}
    keys = {address: Link.key_for(address) for address in canonical.values()}
    with transaction.atomic():
        known = _links_by_key(keys.values())
        missing = {address: key for address, key in keys.items() if key not in known}
        if missing:
            _create(missing)
            known |= _links_by_key(missing.values())
    return {url: known[keys[address]] for url, address in canonical.items()}


def canonical_or_none(url: str) -> str | None:
    """Return the canonical URL of an address, or None when it is no web or mail address."""
    try:
        return canonicalize(url)
    except AddressError:
        return None


def _links_by_key(keys: Iterable[str]) -> dict[str, Link]:
    return {
        link.key: link
        for chunk in _chunks(keys)
        for link in Link.objects.filter(key__in=chunk).select_related("source")
    }


def _create(keys_by_address: dict[str, str]) -> None:
    hosts = {address: source_key(address) for address in keys_by_address}
    sources = _sources(host for host in hosts.values() if host)
    # Sorted, so that two savers of the same new links take their locks in the same order.
    Link.objects.bulk_create(
        (
            Link(key=key, url=address, source=sources.get(hosts[address]))
            for address, key in sorted(keys_by_address.items())
        ),
        ignore_conflicts=True,
        batch_size=CHUNK,
    )


def _sources(hosts: Iterable[str]) -> dict[str, Source]:
    wanted = sorted(set(hosts))
    known = _sources_by_host(wanted)
    missing = [host for host in wanted if host not in known]
    if missing:
        Source.objects.bulk_create((Source(host=host) for host in missing), ignore_conflicts=True)
        known |= _sources_by_host(missing)
    return known


def _sources_by_host(hosts: Sequence[str]) -> dict[str, Source]:
    return {
        source.host: source
        for chunk in _chunks(hosts)
        for source in Source.objects.filter(host__in=chunk)
    }


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk
