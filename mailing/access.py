"""Who may do what with mail; see ``links.access``."""

from __future__ import annotations

from typing import Final

from links.access import Actor, Right, check, may

__all__ = [
    "CHANGE_SETTINGS",
    "CHANGE_SUBSCRIBERS",
    "ERASE",
    "EXPORT",
    "IMPORT",
    "SEE_ADDRESSES",
    "SEE_MAILINGS",
    "SEE_SUBSCRIBERS",
    "SEND",
    "SUPPRESS",
    "UNSUPPRESS",
    "Actor",
    "Right",
    "check",
    "may",
]

CHANGE_SETTINGS: Final[Right] = ("mailing.change_mailsettings",)
# The list without addresses: states, choices, numbers.
SEE_SUBSCRIBERS: Final[Right] = ("mailing.view_subscriber",)
SEE_ADDRESSES: Final[Right] = ("mailing.view_subscriber", "mailing.see_addresses")
CHANGE_SUBSCRIBERS: Final[Right] = (*SEE_ADDRESSES, "mailing.change_subscriber")
# Lets an address get mail again that bounced, complained or was taken off for good.
UNSUPPRESS: Final[Right] = (*CHANGE_SUBSCRIBERS, "mailing.delete_suppression")
SUPPRESS: Final[Right] = (*CHANGE_SUBSCRIBERS, "mailing.add_suppression")
ERASE: Final[Right] = (*SEE_ADDRESSES, "mailing.delete_subscriber")
IMPORT: Final[Right] = (*SEE_ADDRESSES, "mailing.add_subscriber")
EXPORT: Final[Right] = (*SEE_ADDRESSES, "mailing.export_subscribers")
SEE_MAILINGS: Final[Right] = ("mailing.view_mailing",)
# Issues that readers get by mail: to plan, stop, go on with and cancel a mailing.
SEND: Final[Right] = ("mailing.view_mailing", "mailing.send_mailing")
