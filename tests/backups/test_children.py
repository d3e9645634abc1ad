"""What a command starts ends with it."""

import os
import subprocess
import sys
from pathlib import Path

from backups.children import run_script

STARTS = """\
import os, sys
from backups.children import run_script
run_script(sys.argv[1:], os.environ)
"""


def test_a_script_says_what_it_came_to(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    (tmp_path / "beside.py").write_text("import sys; print(sys.argv[1:])")
    script.write_text("import sys, beside; sys.exit('a reason')")

    done = run_script([str(script), "--a", "b"], os.environ)

    assert (done.returncode, done.stdout, done.stderr) == (1, "['--a', 'b']\n", "a reason\n")


def test_a_script_ends_when_who_started_it_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, sys, time\nend = os.open(sys.argv[1], os.O_WRONLY)\n"
        "os.write(end, b'1')\ntime.sleep(600)\n"
    )
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    starter = subprocess.Popen([sys.executable, "-c", STARTS, str(script), str(fifo)])

    with fifo.open("rb") as said:
        assert said.read(1) == b"1"
        starter.kill()
        starter.wait()
        assert said.read() == b""  # which ends when nobody holds it any more
