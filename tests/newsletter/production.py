"""Start the project as a server would: another process, an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "SECRET_KEY": "not-the-key-of-any-site-but-long-enough-for-every-check-0123456789",
    "SITE_URL": "https://news.example.org",
}


def run_python(*arguments: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python under production settings; a variable that is None is left out."""
    chosen = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "newsletter.settings",
        **ENVIRONMENT,
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=CHECKOUT,
        env={name: value for name, value in chosen.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
