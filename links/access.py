"""Who may do what with links: verbs ask ``check``, pages ``may``; no permission is named elsewhere.

A right is the permissions it takes, all of them. Where nobody stands behind an act (``None``) the
site itself acts, and may.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied

Actor: TypeAlias = User | AnonymousUser | None
Right: TypeAlias = tuple[str, ...]

DECIDE: Final[Right] = ("links.change_link",)
WORK_OFF_QUEUE: Final[Right] = ("links.change_queueentry", *DECIDE)
MAKE_RULES: Final[Right] = ("links.add_sourcerule",)
END_RULES: Final[Right] = ("links.change_sourcerule",)
ANSWER_READERS: Final[Right] = ("links.change_suggestion",)
COLLECT: Final[Right] = ("links.add_inboxentry",)
SEE_INBOX: Final[Right] = ("links.view_inboxentry",)
KEEP_INBOX: Final[Right] = ("links.change_inboxentry",)
MAKE_TOKENS: Final[Right] = ("links.add_apitoken",)


def may(by: Actor, right: Right) -> bool:
    """Tell whether somebody has a right."""
    return by is None or by.has_perms(right)


def check(by: Actor, right: Right) -> None:
    """Raise PermissionDenied for somebody who has not the right."""
    if not may(by, right):
        raise PermissionDenied
