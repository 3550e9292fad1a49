"""Lets the wall clock of a Python process of the lab be set while it runs (`hanare_lab.wall_clock`)."""

import contextlib
import os
import time
from pathlib import Path

_FILE = Path(os.environ["HANARE_LAB_CLOCK"])
_real = time.time_ns
_ahead_ns = 0


def _time_ns() -> int:
    global _ahead_ns  # noqa: PLW0603 - the one state of a clock
    with contextlib.suppress(OSError, ValueError):
        _ahead_ns = int(float(_FILE.read_text("ascii")) * 1_000_000_000)
    return _real() + _ahead_ns


time.time_ns = _time_ns
time.time = lambda: _time_ns() / 1_000_000_000
