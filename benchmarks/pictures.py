"""What hostile and odd pictures cost, and what is stored of them: `python -m benchmarks.pictures`.

Each of the 104 (`tests/posts/odd_pictures.py`) is read by a process of its own, which reports the
seconds it computed and the most memory it had, Python and all libraries included.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS, MEGABYTES = 5.0, 300
ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    from tests.posts.odd_pictures import ODD, PIXELS, SECRET, chunks_in  # noqa: PLC0415

    chosen = [
        name for name in ODD if not sys.argv[1:] or any(word in name for word in sys.argv[1:])
    ]
    worst = {"seconds": 0.0, "megabytes": 0.0}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in", Path(folder) / "out"
        for name in chosen:
            make, becomes = ODD[name]
            source.write_bytes(make())
            target.unlink(missing_ok=True)
            cost = measured(source, target)
            worst = {key: max(worst[key], cost[key]) for key in worst}
            stored = target.read_bytes() if target.exists() else b""
            said = cost["said"]
            is_right = said == "taken" if becomes == "taken" else said.startswith("refused")
            is_right = (is_right and becomes in said) if becomes else not said.startswith("failed")
            tells = SECRET in stored or (stored and not chunks_in(stored) <= PIXELS)
            is_dear = cost["seconds"] > SECONDS or cost["megabytes"] > MEGABYTES
            wrong += [name] * bool(not is_right or tells or is_dear)
            mark = "!" if name in wrong else " "
            print(f"{mark} {cost['seconds']:5.2f} s {cost['megabytes']:5.0f} MB  {name}: {said}")
    print(
        f"{len(chosen)} pictures; the dearest took {worst['seconds']:.2f} s of {SECONDS} and"
        f" {worst['megabytes']:.0f} MB of {MEGABYTES}; {len(wrong)} not as they should be: {wrong}"
    )
    return bool(wrong)


def measured(source: Path, target: Path) -> dict[str, Any]:
    """Read one picture in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.pictures", "--one", str(source), str(target)]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False, text=True)
    if done.returncode:
        said = f"failed: {done.returncode} {done.stderr.strip()[-300:]}"
        return {"seconds": 99.0, "megabytes": 9_999.0, "said": said}
    return dict(json.loads(done.stdout))


def read(source: Path, target: Path) -> dict[str, Any]:
    """Read one picture, and say what it cost."""
    from posts.images import ImageError, reencode  # noqa: PLC0415

    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    try:
        target.write_bytes(reencode(source.read_bytes(), "picture"))
        said = "taken"
    except ImageError as error:
        said = f"refused: {error}"
    used = resource.getrusage(resource.RUSAGE_SELF)
    status = Path("/proc/self/status").read_text()
    peak = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    seconds = used.ru_utime + used.ru_stime
    return {"seconds": seconds, "megabytes": int(peak) / 1024, "said": said}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(read(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        sys.exit(main())
