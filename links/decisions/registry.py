"""What apps make known to ``links`` when they are ready, so that ``links`` need not know them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from django.db import models

from links.access import Right
from links.models import Decision


class Undoing(NamedTuple):
    """How a decision is undone (``act`` takes it and the record of its undoing), and by whom."""

    act: Callable[[Decision, Decision], None]
    right: Right


@dataclass(frozen=True, slots=True)
class Registry:
    """How decisions that are not about links themselves are undone, by action; and the tables that
    hold addresses as somebody wrote them: ``url``, and in ``link`` whose it is."""

    undoing: dict[str, Undoing] = field(default_factory=dict)
    written: list[type[models.Model]] = field(default_factory=list)

    def add(self, *, undoing: Mapping[str, Undoing], written: Iterable[type[models.Model]]) -> None:
        """Make known what an app has of both; call it from ``AppConfig.ready``."""
        self.undoing.update(undoing)
        self.written.extend(written)


REGISTRY: Final = Registry()
