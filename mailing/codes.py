"""What enhanced status codes of mail (RFC 3463, and IANA's registry of them) say of an address."""

from __future__ import annotations

from typing import Final

# These say of the address itself that no mail will reach it.
GONE: Final = frozenset(
    {
        "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.9", "5.1.10", "5.2.1",
        # Microsoft says so of unknown recipients, Postfix of domains without a server.
        "5.4.1", "5.4.4",
    }
)  # fmt: skip
