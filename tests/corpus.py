"""Where the archive of real issues lies, if this machine has one.

It is not part of the project: `NEWSLETTER_CORPUS` names the folder, else it is looked for beside
the checkout. Tests that need it ask `corpus(...)` for a path and are skipped without it.
"""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ROOT = Path(os.environ.get("NEWSLETTER_CORPUS") or CHECKOUT.parent / "shared" / "corpus")

NEEDS = "needs the corpus:"


def is_missing(reason: str) -> bool:
    """Whether a test was skipped because this machine has no corpus at all."""
    return NEEDS in reason and not ROOT.exists()


def corpus(*parts: str) -> Path:
    """Return a path inside the corpus; skip the test (or the module that asks) without it."""
    path = ROOT.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{NEEDS} {'/'.join(parts)} in {ROOT}", allow_module_level=True)
    return path


def issue_files(folder: str) -> list[Path]:
    """Return the Markdown files of a folder of the corpus, sorted; empty without the corpus."""
    return sorted((ROOT / folder).rglob("*.md"))
