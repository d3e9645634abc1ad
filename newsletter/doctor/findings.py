"""Checks of the running site, and what they find, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from posts.slots import Slot


class Level(StrEnum):
    """How bad a finding is: pages or words are at stake now; will be; or worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def word(self) -> Any:
        """Return it as people read it."""
        return {"error": _("Problem"), "warning": _("Warning"), "note": _("Hint")}[self]


class Finding(NamedTuple):
    """What is wrong and what to do about it, as sentences in the active language. No secrets."""

    level: Level
    wrong: str
    remedy: str

    @property
    def kind(self) -> str:
        """Return the kind of state in the stylesheet that has its colour."""
        return {"error": "problem", "warning": "scheduled", "note": "draft"}[self.level]


def problem(wrong: str, remedy: str) -> Finding:
    """Return a finding because of which the site counts as not ready."""
    return Finding(Level.ERROR, wrong, remedy)


def warning(wrong: str, remedy: str) -> Finding:
    """Return a finding about which somebody has to do something soon."""
    return Finding(Level.WARNING, wrong, remedy)


def note(wrong: str, remedy: str) -> Finding:
    """Return a finding that may be as it should be."""
    return Finding(Level.NOTE, wrong, remedy)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at.

    ``find`` yields what is wrong. One that asks the database (``needs_database``) is left out while
    that does not answer, and one that asks another server (``is_slow``) unless somebody waits for
    it. Checks stand in the order of ``place``.
    """

    name: str
    title: Any
    find: Callable[[], Iterable[Finding]]
    place: int = 50
    needs_database: bool = False
    is_slow: bool = False


class Result(NamedTuple):
    """A check and what it found, the worst first; ``is_asked`` is False where it was left out."""

    check: Check
    findings: tuple[Finding, ...] = ()
    is_asked: bool = True

    @property
    def level(self) -> Level | None:
        """Return the level of its worst finding; None where all is well."""
        return self.findings[0].level if self.findings else None


CHECKS: Final[Slot[Check]] = Slot()
