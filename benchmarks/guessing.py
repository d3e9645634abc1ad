"""Guess the password of one account from many networks, and let its owner sign in meanwhile.

    python -m benchmarks.guessing [TRIES] [NETWORKS] [postgres://…]      (1000 200, SQLite)

Each try comes from another /64 of IPv6, one after the other, all within a quarter of an hour that
lies across the border of two windows, which is when most get through. Prints how many passwords
were looked at (at most 20), and whether the owner got in, in a browser where they did before.
"""

from __future__ import annotations

import logging
import sys
from datetime import timedelta
from typing import Any

import time_machine
from django.test import Client
from django.utils import timezone

from benchmarks.project import fresh_project

MOST = 20
WINDOW = timedelta(minutes=15)


def main(tries: int, networks: int, database: str = "") -> int:
    """Print the figures; return 1 when a target is missed."""
    logging.disable(logging.WARNING)  # of each try
    given = {"DATABASE_URL": database} if database else {}
    with fresh_project(**given):
        from django.contrib.auth.models import User  # noqa: PLC0415 (only after django.setup)

        User.objects.create_superuser("chief", password="right")  # noqa: S106
        looked, at_home = _count_looks(), Client()
        noon = timezone.now().replace(hour=12, minute=0, second=0) + timedelta(days=1)
        with time_machine.travel(noon - WINDOW / 2, tick=False) as clock:
            is_known = _try(at_home, "right", 0)
            at_home.post("/admin/logout/", secure=True)
            looked.clear()
            for number in range(tries):
                clock.move_to(noon - WINDOW / 2 + number * WINDOW / tries)
                _try(Client(), f"guess {number}", 1 + number % networks)
            count, is_in = len(looked), _try(at_home, "right", networks + 1)
    print(f"{tries} tries from {networks} networks: {count} passwords looked at (at most {MOST})")
    print(f"the owner got in before: {is_known}; meanwhile: {is_in}")
    return int(count > MOST or not (is_known and is_in))


def _try(client: Client, password: str, network: int) -> bool:
    """Try a password; tell whether it lets in."""
    data = {"username": "chief", "password": password}
    answer = client.post(
        "/admin/login/?next=/admin/",
        data,
        secure=True,
        headers={"host": "127.0.0.1"},
        REMOTE_ADDR=f"2001:db8:{network:x}::1",
    )
    return answer.status_code == 302


def _count_looks() -> list[Any]:
    """Return a list to which each password is added that Django compares."""
    from django.contrib.auth.backends import ModelBackend  # noqa: PLC0415

    looked: list[Any] = []
    look = ModelBackend.authenticate

    def noted(backend: Any, request: Any, username: Any = None, **more: Any) -> Any:
        looked.append(more.get("password"))
        return look(backend, request, username=username, **more)

    ModelBackend.authenticate = noted  # type: ignore[method-assign,assignment]
    return looked


if __name__ == "__main__":
    numbers = [int(value) for value in sys.argv[1:] if value.isdigit()]
    numbers += (1000, 200)[len(numbers) :]
    sys.exit(main(numbers[0], numbers[1], *(url for url in sys.argv[1:] if "://" in url)))
