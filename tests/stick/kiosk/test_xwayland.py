"""Xwayland's start once the agent is there. A script stands for Xwayland here; the lab's kiosks have the real one."""

import os
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from hanare_lab.wait import until
from hanare_stick.kiosk.xwayland import Xwayland

XWAYLAND = """\
#!/bin/sh
echo "$@" >>"$0.started"
"""
STARTED_S = 10.0


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """Where the script is the one Xwayland."""
    program = tmp_path / "bin/Xwayland"
    program.parent.mkdir()
    program.write_text(XWAYLAND, "utf-8")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def test_it_starts_when_it_is_begun_and_then_at_once(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """The compositor's first start waits; a later one, after a crash of X, waits for nothing."""
    started = tmp_path / "bin/Xwayland.started"
    x = Xwayland(tmp_path)
    first = subprocess.Popen([x.starter, ":0"], env=environment)
    read = Path(f"/proc/{first.pid}/fd/0")
    until(lambda: read.readlink() == tmp_path / "wanted", seconds=STARTED_S, what="its waiting")
    assert not started.exists()
    x.begin()
    assert first.wait(STARTED_S) == 0
    assert started.read_text() == f":0 -auth {x.authority}\n"
    assert subprocess.run([x.starter, ":1"], env=environment, timeout=STARTED_S, check=False).returncode == 0
    assert len(started.read_text().splitlines()) == 2


def test_what_was_begun_lets_a_late_start_through(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """The compositor has read the script that waits, and it gets to its waiting only after the begin."""
    x = Xwayland(tmp_path)
    waiting = x.starter.read_text()
    x.begin()
    x.begin()  # whoever hears the agent says so each time
    late = tmp_path / "late"
    late.write_text(waiting, "utf-8")
    late.chmod(0o700)
    assert subprocess.run([late], env=environment, timeout=STARTED_S, check=False).returncode == 0


def test_its_cookie_is_another_each_time_and_nobody_else_writes_the_script(tmp_path: Path) -> None:
    """Sixteen random bytes; who could change the script would run as the kiosk."""
    x = Xwayland(tmp_path)
    before = x.authority.read_bytes()
    assert stat.S_IMODE(x.starter.stat().st_mode) == 0o700
    assert Xwayland(tmp_path).authority.read_bytes()[-16:] != before[-16:]
