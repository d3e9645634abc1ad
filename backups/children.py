"""Programs started by a command, which end with it: also when it is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

# Whoever holds the other end of the pipe is gone once reading ends. Nothing of Python waits at the
# end for a thread that reads by the system's own call.
_WATCH = """\
import os, pathlib, runpy, sys, threading
def end():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=end, daemon=True).start()
sys.argv = sys.argv[1:]
sys.path[0] = str(pathlib.Path(sys.argv[0]).parent)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_script(
    command: Sequence[str], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a script of Python with its arguments to its end, or to ours if that comes first."""
    watched, held = os.pipe()
    try:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-c", _WATCH, *command],
            env=environment,
            stdin=watched,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.close(watched)
        os.close(held)
