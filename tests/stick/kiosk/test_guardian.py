"""How the kiosk gets into the compositor, and with whom it ends. A script stands for labwc here."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hanare_lab.wait import until
from tests.stick.kiosk.test_labwc import LABWC, running, with_labwc

GONE_S = 10.0
SCREEN = """\
import os, socket, sys
from pathlib import Path
from hanare_stick.kiosk.guardian import kiosk_or_end
from hanare_stick.kiosk.labwc import Labwc

def seen():
    shared = socket.socket(fileno=os.dup(int(os.environ["WAYLAND_SOCKET"])))
    shared.sendall(b"kiosk")
    print(os.getppid(), os.getpid(), os.environ["DISPLAY"], flush=True)

folder = Path(sys.argv[1])
handover = kiosk_or_end(Labwc(folder, folder, os.environ))
{before}
try:
    handover.take(seen)
except OSError as error:
    sys.exit(print(error, flush=True))
print("WAYLAND_SOCKET" in os.environ, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def compositor(tmp_path: Path) -> Iterator[socket.socket]:
    """Listen where the script says that labwc is found."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "wayland-7"))
        listener.listen()
        listener.settimeout(GONE_S)
        yield listener


def screen(folder: Path, environment: Mapping[str, str], *, before: str = "") -> "subprocess.Popen[str]":
    told = {**os.environ, **environment, "XDG_RUNTIME_DIR": str(folder)}
    command = [sys.executable, "-c", SCREEN.format(before=before), str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=told)


def test_the_connection_is_shared_and_outlives_the_kiosk(tmp_path: Path, compositor: socket.socket) -> None:
    """What a killed kiosk has drawn stands until the guardian has ended the compositor."""
    with screen(tmp_path, with_labwc(tmp_path, LABWC)) as guardian:
        assert guardian.stdout is not None
        parent, kiosk, display = guardian.stdout.readline().split()
        assert (int(parent), display) == (guardian.pid, ":9")
        assert guardian.stdout.readline() == "False\n"
        connection, _ = compositor.accept()
        assert connection.recv(100) == b"kiosk"
        labwc = Path(f"/proc/{guardian.pid}/task/{guardian.pid}/children").read_text().split()[0]
        os.kill(int(kiosk), signal.SIGKILL)
        connection.settimeout(GONE_S)
        until(lambda: not running(int(labwc)), seconds=GONE_S, what="the compositor's end")
        connection.close()
        assert guardian.wait(GONE_S) != 0


def test_a_kiosk_without_a_compositor_ends(tmp_path: Path) -> None:
    """A labwc that cannot start leaves nobody waiting for it."""
    with screen(tmp_path, with_labwc(tmp_path, "#!/bin/sh\nexit 1\n")) as guardian:
        assert guardian.stdout is not None
        assert guardian.stdout.readline() == "no compositor to draw in\n"
        assert guardian.wait(GONE_S) != 0


def test_a_kiosk_that_dies_while_it_loads_is_not_waited_for(tmp_path: Path) -> None:
    """The guardian ends although no compositor has come yet: it is started again as a whole."""
    waits = "#!/bin/sh\nexec sleep 60\n"
    with screen(tmp_path, with_labwc(tmp_path, waits), before="os.abort()") as guardian:
        labwc = Path(f"/proc/{guardian.pid}/task/{guardian.pid}/children")
        first = until(lambda: labwc.read_text().split(), seconds=GONE_S, what="its children")[0]
        assert guardian.wait(GONE_S) != 0
        os.kill(int(first), signal.SIGKILL)  # a real one ends with the guardian, whose pipe its session reads
