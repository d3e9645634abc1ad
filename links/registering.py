"""Find or create the Link of every address that somebody wrote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from links.models import Link, Source
from links.normalizing import AddressError, canonicalize, source_key, source_name
from links.queue import among_news, ask_about_new, hold_or_show, is_short, known_among
from links.rows import create

# Short addresses are asked before other new links: whoever decides wants to know where they lead.
AHEAD = timedelta(days=30)
NAME_LENGTH = 400
# What nobody asks of hundreds of links at once: without, to read them takes a sixth less.
_DATES = ("created_at", "decided_at", "checked_at", "archive_asked_at", "claimed_until")


def register(urls: Iterable[str], printed_at: datetime | None = None) -> dict[str, Link]:
    """Return the Link of each address, creating those not seen before.

    ``urls`` are addresses as written, in an issue of ``printed_at`` or, by default, just now. What
    is no web or mail address (a relative path, an anchor in the page) has no Link and is missing
    from the answer.
    """
    canonical = {url: address for url in set(urls) if (address := canonical_or_none(url))}
    keys = {address: Link.key_for(address) for address in canonical.values()}
    with transaction.atomic(savepoint=False):
        known = Link.objects.defer(*_DATES).in_bulk(keys.values(), field_name="key")
        _join_sources(known.values())
        missing = {address: key for address, key in keys.items() if key not in known}
        if missing:
            known |= _create(missing, printed_at)
    return {url: known[keys[address]] for url, address in canonical.items()}


def _join_sources(links: Iterable[Link]) -> None:
    """Give links their sources, each of which is read once, however many links it has."""
    rows = _sources().in_bulk({link.source_id for link in links if link.source_id})
    for link in links:
        link.source = rows.get(link.source_id) if link.source_id else None


def _sources() -> QuerySet[Source]:
    return Source.objects.only("name", "host", "parent")


def canonical_or_none(url: str) -> str | None:
    """Return the canonical URL of an address, or None when it is no web or mail address."""
    try:
        return canonicalize(url)
    except AddressError:
        return None


def _create(keys_by_address: dict[str, str], printed_at: datetime | None) -> dict[str, Link]:
    """Create links, and return them by key; where there is reason to, ask for a decision."""
    names = {address: source_name(address) for address in keys_by_address}
    sources, new_sources = sources_of(names)
    new = list(_new_links(keys_by_address, names, sources))
    hold_or_show(new, known_among(sources.values()))
    create(new, "key", ignore_conflicts=True)
    ask_about_new(new, among_news(new_sources, printed_at))
    return {link.key: link for link in new}


def _new_links(
    keys_by_address: Mapping[str, str], names: Mapping[str, str], sources: Mapping[str, Source]
) -> Iterator[Link]:
    now = timezone.now()
    # Sorted, so that two savers of the same new links take their locks in the same order.
    for address, key in sorted(keys_by_address.items()):
        # Web links are checked at once; nobody can ask a mailbox.
        due = now if address.startswith("http") else None
        if is_short(address):
            due = now - AHEAD
        yield Link(key=key, url=address, due_at=due, source=sources.get(names[address]))


def sources_of(names: Mapping[str, str]) -> tuple[dict[str, Source], list[int]]:
    """Return the sources of addresses by name, and the keys of those created for them.

    ``names`` are the names of sources by canonical address.
    """
    hosts = {name: source_key(address) for address, name in names.items() if name}
    known = _sources().in_bulk({*hosts, *hosts.values()}, field_name="name")
    missing = {name: host for name, host in hosts.items() if name not in known}
    if not missing:
        return known, []
    parents = _create_sources(dict.fromkeys(missing.values()), known)
    known |= parents
    owners = {name: known[host] for name, host in missing.items() if name != host}
    known |= _create_sources(owners, known)
    return known, [known[name].pk for name in missing]


def know_sources(names: Iterable[str]) -> None:
    """Store sources by name, in this order, that are known from elsewhere: they are no news.

    What is no name of a source is passed over.
    """
    hosts = {name: name.partition("/")[0] for name in names if _is_name(name)}
    wanted = dict.fromkeys(part for name, host in hosts.items() for part in (host, name))
    known = Source.objects.in_bulk(wanted, field_name="name")
    new = [Source(name=name, host=hosts.get(name, name)) for name in wanted if name not in known]
    Source.objects.bulk_create(new)
    parents = Source.objects.in_bulk(set(hosts.values()), field_name="name")
    owners = [source for source in new if source.name != source.host]
    for owner in owners:
        owner.parent = parents[owner.host]
    Source.objects.bulk_update(owners, ["parent"])


def _is_name(name: str) -> bool:
    host, _slash, owner = name.partition("/")
    address = canonical_or_none(f"https://{host}/")
    is_host = address is not None and source_key(address) == host
    return is_host and len(name) <= NAME_LENGTH and owner == "".join(owner.split())


def _create_sources(
    parents: Mapping[str, Source | None], known: Mapping[str, Source]
) -> dict[str, Source]:
    missing = {name: parent for name, parent in parents.items() if name not in known}
    if not missing:
        return {}
    rows = [
        Source(name=name, host=parent.host if parent else name, parent=parent)
        for name, parent in sorted(missing.items())
    ]
    create(rows, "name", ignore_conflicts=True)
    return {row.name: row for row in rows}
