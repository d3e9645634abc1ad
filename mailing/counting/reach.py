"""How many readers an issue reaches by mail, before it is sent."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone

from mailing import choosing, sending
from posts.models import Post


@dataclass(frozen=True, slots=True)
class Reached:
    """How many get an issue: whole or in parts as it appears, and in a roll-up; and how many of
    the former have it already or are on a mailing that brings it."""

    whole: int
    parts: int
    rolled: int
    had: int


def reached_by(post: Post) -> Reached:
    """Return how many readers a mailing of an issue would reach now, in a number of statements
    that does not grow with them."""
    reach = choosing.reach_of(post, timezone.now())
    had = sending.having(post)
    return Reached(
        len(reach.whole - had),
        len(reach.parts - had),
        len(reach.rolled),
        len(had),
    )
