"""A hostile server, and a look at every connection that is opened."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.links.hostile import Hostile, hostile_server


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where this process opened connections to, as the operating system was told."""
    opened: list[tuple[str, int]] = []
    connect = socket.socket.connect

    def noted(self: socket.socket, address: Any) -> None:
        opened.append(address[:2])
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    return opened
