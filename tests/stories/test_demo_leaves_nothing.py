"""`make demo --once` ended by signals at several moments: whatever it had made is gone.

The demo runs in a lab of its own inside the test's, so that what it leaves behind would be seen here.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from hanare_lab import inside
from hanare_lab.wait import until

pytestmark = [pytest.mark.lab, pytest.mark.story]

ENDED_S: Final = 60.0
"""Wide: a lab ends within ten seconds of a polite signal."""

GONE_S: Final = 20.0


@pytest.mark.parametrize(
    ("step", "number"),
    [
        ("Hanare: one telework session", signal.SIGTERM),
        ("city: ", signal.SIGKILL),
        ("server, keyd, hub", signal.SIGINT),
        ("ticket signed", signal.SIGKILL),
        ("suspended by the console", signal.SIGTERM),
    ],
)
def test_a_demo_that_is_ended_leaves_nothing(tmp_path: Path, step: str, number: signal.Signals) -> None:
    """A demo ended by a signal after this step leaves no process, network namespace, mount or interface."""
    before = _state()
    with _demo(tmp_path) as demo:
        _read_until(demo, step)
        assert _new(before)
        demo.send_signal(number)
        demo.communicate(timeout=ENDED_S)  # to the end of its output: no process holds the pipe any more
    assert demo.returncode != 0
    until(lambda: not _new(before), seconds=GONE_S, what=f"nothing more than before: {_new(before)}")


@contextmanager
def _demo(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the demo as from a terminal outside any lab; nothing of it outlives the test."""
    environment = {key: value for key, value in os.environ.items() if key != inside.PID_NAMESPACE_ENV}
    command = [sys.executable, "-m", "hanare_lab.demo", "--once"]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as demo:
        try:
            yield demo
        finally:
            demo.kill()


def _read_until(demo: subprocess.Popen[str], step: str) -> None:
    assert demo.stdout is not None
    output = []
    for line in demo.stdout:
        output.append(line)
        if line.strip().startswith(step):
            return
    pytest.fail(f"the demo never came to {step!r}:\n{''.join(output)}")


def _new(before: tuple[frozenset[str], ...]) -> list[str]:
    """Return what there was not before; what an earlier story left behind may end meanwhile."""
    return sorted(found for now, then in zip(_state(), before, strict=True) for found in now - then)


def _state() -> tuple[frozenset[str], ...]:
    """Return what a demo could leave: processes, network namespaces in use or by name, mounts, interfaces."""
    named = Path("/run/netns")
    return (
        frozenset(entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()),
        frozenset(
            subprocess.run(  # its exit status tells of any process that ended while it looked
                ["lsns", "-t", "net", "-n", "-o", "NS"], capture_output=True, text=True, check=False
            ).stdout.split()
        ),
        frozenset(entry.name for entry in named.iterdir()) if named.exists() else frozenset(),
        frozenset(Path("/proc/self/mountinfo").read_text().splitlines()),
        frozenset(entry.name for entry in Path("/sys/class/net").iterdir()),
    )
