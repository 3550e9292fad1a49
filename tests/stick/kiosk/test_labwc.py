"""The compositor's start beside the kiosk's: what it tells, and with whom it ends. A script stands for labwc here."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hanare_lab.wait import until
from hanare_stick.kiosk import labwc
from hanare_stick.kiosk.labwc import Labwc

GONE_S = 10.0
LABWC = """\
#!/bin/sh
export LABWC_PID=$$ WAYLAND_DISPLAY=wayland-7 DISPLAY=:9
eval "$4" &
session=$!
echo $session >"$2/session.pid"
wait $session
"""
GUARDIAN = """\
import os, sys
from pathlib import Path
from hanare_stick.kiosk.labwc import Labwc
folder = Path(sys.argv[1])
started = Labwc(folder, folder, os.environ)
started.wait()
print(started.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Where the script is the one labwc, and no graphics card is asked for."""
    return with_labwc(tmp_path, LABWC)


def with_labwc(folder: Path, script: str) -> dict[str, str]:
    program = folder / "bin/labwc"
    program.parent.mkdir()
    program.write_text(script, "utf-8")
    program.chmod(0o755)
    return {"PATH": f"{program.parent}:{os.environ['PATH']}", "WLR_BACKENDS": "headless"}


def test_it_tells_where_programs_find_it(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """Process, Wayland socket and X display are labwc's own words."""
    started = Labwc(tmp_path, tmp_path, environment)
    assert started.wait() == {"LABWC_PID": str(started.pid), "WAYLAND_DISPLAY": "wayland-7", "DISPLAY": ":9"}
    os.kill(int((tmp_path / "session.pid").read_text()), signal.SIGTERM)
    os.waitpid(started.pid, 0)


def test_one_that_fails_is_not_waited_for(tmp_path: Path) -> None:
    """A labwc that ends before it has told anything is an error, not a wait without an end."""
    started = Labwc(tmp_path, tmp_path, with_labwc(tmp_path, "#!/bin/sh\nexit 1\n"))
    with pytest.raises(ChildProcessError):
        started.wait()
    os.waitpid(started.pid, 0)


def test_it_ends_with_the_guardian(tmp_path: Path, environment: Mapping[str, str]) -> None:
    """Killed with -9 the guardian says nothing to anybody; the session ends, and labwc with it."""
    command = [sys.executable, "-c", GUARDIAN, str(tmp_path)]
    told = {**os.environ, **environment}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=told) as guardian:
        assert guardian.stdout is not None
        compositor = int(guardian.stdout.readline())
        assert running(compositor)
        guardian.kill()
    until(lambda: not running(compositor), seconds=GONE_S, what="the compositor's end")


def test_one_that_waits_for_a_card_ends_with_the_guardian(
    tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PC without a graphics card keeps no process that waits for one after the kiosk is gone."""
    del environment["WLR_BACKENDS"]
    monkeypatch.setattr(labwc, "CARD", tmp_path / "card")
    pids, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(told, str(Labwc(tmp_path, tmp_path, environment).pid).encode())
        os._exit(0)
    os.waitpid(child, 0)
    waiting = int(os.read(pids, 100))
    until(lambda: not running(waiting), seconds=GONE_S, what="the end of the one that waits")
    (tmp_path / "card").touch()
    assert not (tmp_path / "session.pid").exists()


def running(pid: int) -> bool:
    """Whether this process runs; one that has ended and is not asked for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False
