"""Passkeys as allauth knows them, loaded when one is asked for: it takes 10 MB with the libraries
below it, which a process that nobody signs in to never needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def engine() -> Any:
    """Return allauth's module."""
    return import_module("allauth.mfa.webauthn.internal.auth")
