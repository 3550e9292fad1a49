"""`make soak` ends a part that takes too long, and says so."""

import os
import sys

from tools.soak import watch

HANGS = "import subprocess; print('begun', flush=True); subprocess.run(['sleep', '600'])"


def test_a_part_that_takes_too_long_is_killed_with_its_children() -> None:
    """Its children hold its output open, so it would be waited for as long as they live."""
    assert watch([sys.executable, "-c", HANGS], dict(os.environ), seconds=1.0) == ("begun", "longer than 1 s")


def test_a_part_tells_how_it_ended() -> None:
    """Its last line with more than decoration in it; a part that fails silently is told by its exit status."""
    assert watch([sys.executable, "-c", "print('== 3 passed =='); print('====')"], {}) == ("3 passed", "")
    assert watch([sys.executable, "-c", "print('1 failed'); raise SystemExit(1)"], {}) == ("1 failed", "1 failed")
    assert watch([sys.executable, "-c", "raise SystemExit(3)"], {}) == ("", "ended with 3")
