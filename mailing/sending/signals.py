"""What the rooms above may do when a server refuses a mail."""

from __future__ import annotations

from django.dispatch import Signal

refused = Signal()
"""A server will not take a mail, or did not for days. Sent with ``delivery``, ``code``, ``reason``
and ``is_gone`` (nobody reads mail at this address), once it is believed."""
