"""Continuous integration takes no skipped test for a passed one."""

from pathlib import Path

import pytest

from tests.newsletter.production import CHECKOUT, run_python

SKIPPED = "import pytest\n\ndef test_it():\n    pytest.skip('no browser here')\n"
SKIPPED_WHOLE = "import pytest\n\npytest.importorskip('no_such_module')\n"
NO_CORPUS = "from tests.corpus import corpus\n\ndef test_it():\n    corpus('seed')\n"


@pytest.mark.parametrize(
    ("source", "ci", "passes"),
    [
        (SKIPPED, None, True),
        (SKIPPED, "true", False),
        (SKIPPED_WHOLE, "true", False),
        (NO_CORPUS, "true", True),
    ],
)
def test_a_skip_fails_in_continuous_integration_alone(
    tmp_path: Path, source: str, ci: str | None, passes: bool
) -> None:
    hooks = "from tests.skips import pytest_make_collect_report, pytest_runtest_makereport\n"
    (tmp_path / "conftest.py").write_text(hooks, encoding="utf-8")
    file = tmp_path / "test_it.py"
    file.write_text(source + "\n\ndef test_other():\n    pass\n", encoding="utf-8")

    done = run_python(
        *("-m", "pytest", "-c", "/dev/null", "-o", f"pythonpath={CHECKOUT}"),
        *("-p", "no:cacheprovider"),
        str(file),
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        CI=ci,
        NEWSLETTER_CORPUS=str(tmp_path / "nothing"),
    )

    assert (done.returncode == 0) is passes, done.stdout
    assert ("CI does not allow" in done.stdout) is not passes
