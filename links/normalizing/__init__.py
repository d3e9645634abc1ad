"""The one address that identifies a page, and what an address tells without asking the network."""

from links.normalizing.addresses import DEFAULT_PORTS, Address, AddressError, parse_address, trim
from links.normalizing.canonical import (
    RULES_VERSION,
    canonicalize,
    host_of,
    kind_of,
    path_of,
    source_key,
    source_name,
    trace,
)
from links.normalizing.domains import is_name, is_number, registered_domain
from links.normalizing.hosts import DISTINCT_SCRIPTS, script_of
from links.normalizing.owners import has_owners
