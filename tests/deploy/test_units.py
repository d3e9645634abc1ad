"""What systemd and a shell make of the files in deploy/."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.programs import DEPLOY, find
from tests.newsletter.production import CHECKOUT, run_python
from tests.settings import setting_names

UNITS = sorted(DEPLOY.glob("*.service"))
INSTALLED = "/opt/newsletter"


@pytest.fixture
def units(tmp_path: Path) -> list[str]:
    """The units, with the commands of this checkout."""
    paths = [tmp_path / unit.name for unit in UNITS]
    for unit, path in zip(UNITS, paths, strict=True):
        path.write_text(unit.read_text().replace(INSTALLED, str(CHECKOUT)), encoding="utf-8")
    return [str(path) for path in paths]


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_systemd_finds_no_fault_in_the_units(units: list[str]) -> None:
    assert run(find("systemd-analyze"), "verify", *units) == ""


def test_units_may_do_little_more_than_they_need(units: list[str]) -> None:
    for unit in units:
        run(find("systemd-analyze"), "security", "--offline=yes", "--threshold=20", unit)


def test_the_sample_of_settings_is_one_that_a_site_starts_with(tmp_path: Path) -> None:
    shell = f"set -a; . {DEPLOY}/environment; env -0"
    told = run("env", "-i", f"PATH={os.environ['PATH']}", "sh", "-c", shell)
    settings = dict(line.split("=", 1) for line in told.split("\0") if line)
    known = {*setting_names()}
    assert {name.removesuffix("_FILE") for name in settings} - {"PATH", "PWD"} <= known
    key = tmp_path / "key"
    key.write_text("a key of fifty letters or more, as the README makes one for a site")

    # Folders that the units make.
    settings = {name: value.replace("/var/lib", str(tmp_path)) for name, value in settings.items()}
    (tmp_path / "newsletter").mkdir()
    settings |= {"SECRET_KEY_FILE": str(key), "SECRET_KEY": None}  # type: ignore[dict-item]
    done = run_python("-m", "django", "check", "--deploy", "--tag", "security", **settings)

    assert done.returncode == 0, done.stderr
