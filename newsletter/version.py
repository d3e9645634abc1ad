"""Which version of the code this is, for people."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from django.conf import settings


@cache
def version() -> str:
    """Return the version and, of a checkout, the first digits of its commit: `0.1.0 (1a2b3c4)`."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    number = str(project["project"]["version"])
    commit = _commit(settings.BASE_DIR / ".git")
    return f"{number} ({commit[:7]})" if commit else number


def _commit(repository: Path) -> str:
    """Return the commit that is checked out; "" where that cannot be told."""
    try:
        head = (repository / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (repository / name).is_file():
            return (repository / name).read_text(encoding="ascii").strip()
        packed = (repository / "packed-refs").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    found = re.search(rf"^([0-9a-f]{{40,}}) {re.escape(name)}$", packed, re.MULTILINE)
    return found[1] if found else ""
