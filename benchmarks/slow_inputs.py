"""What texts made to be slow cost in CPU time, rendered or refused.

python -m benchmarks.slow_inputs
"""

from __future__ import annotations

import sys
import time

from posts.rendering import MarkdownLimitError, render_markdown
from tests.posts.slow_inputs import SLOW_INPUTS


def main() -> int:
    """Print each text's CPU time, the slowest first; 0 if none takes two seconds."""
    found = sorted(((_cpu_time(text), name, len(text)) for name, text in SLOW_INPUTS.items()))
    for seconds, name, length in reversed(found):
        print(f"{name:<44}{length:>10,} characters{seconds:>8.2f} s")
    return 0 if found[-1][0] < 2 else 1


def _cpu_time(text: str) -> float:
    start = time.process_time()
    try:
        render_markdown(text)
    except MarkdownLimitError as error:
        print(f"refused: {error}")
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
