"""Between compositor and kiosk: a process that does nothing but outlive the kiosk, and then ends the compositor.

A kiosk that is killed closes its connection to the compositor before anybody hears of its death, and the compositor
draws the desktop without bar and watermark for a frame or more. So the connection is made here and shared: it is closed
only with its last holder, and the kiosk's layers stand until the compositor is gone. The kiosk is forked before there
is a compositor, and loads meanwhile; the connection is handed to it then. Limits: who kills both processes
at once gets that frame; when this one is killed alone, the service manager kills all at once (KillMode=mixed), and
where there is none the compositor ends as its session has.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

from hanare_stick.kiosk import wayland
from hanare_stick.kiosk.labwc import Labwc

CONNECTION: Final = "WAYLAND_SOCKET"
"""Where libwayland looks for an open connection (wl_display_connect(3))."""

ORDERLY_S: Final = 2.0
"""The compositor closes its windows within milliseconds; one that hangs shows a frozen watermark for so long."""

RECEIVED_BYTES: Final = 65536


class Handover:
    """The kiosk's end: through it comes the way into the compositor."""

    def __init__(self, heard: socket.socket) -> None:
        self._heard = heard

    def take(self, open_display: Callable[[], None]) -> None:
        """Wait for the compositor, and open the display on the connection that is shared. Raises OSError."""
        with self._heard:
            told, descriptors, _, _ = socket.recv_fds(self._heard, RECEIVED_BYTES, 1)
        if not descriptors:
            raise ChildProcessError("no compositor to draw in")
        for line in told.decode().splitlines():
            name, _, value = line.partition("=")
            os.environ[name] = value
        os.environ[CONNECTION] = str(descriptors[0])
        try:
            open_display()
        finally:
            del os.environ[CONNECTION]


def kiosk_or_end(labwc: Labwc) -> Handover:
    """Return in a child that is the kiosk; the parent ends with it and the compositor. Raises OSError in either."""
    tells, hears = socket.socketpair()
    kiosk = os.fork()
    if kiosk == 0:
        tells.close()
        labwc.leave()
        return Handover(hears)
    hears.close()
    with tells:
        held = _let_in(labwc.wait(kiosk), tells)
    _wait_for_end(kiosk, labwc.pid)
    _end_compositor(labwc.pid, held)
    os.kill(kiosk, signal.SIGKILL)  # the compositor ended first, and this one may hang
    _, status = os.waitpid(kiosk, 0)
    sys.exit(os.waitstatus_to_exitcode(status) and 1)


def _let_in(told: dict[str, str], kiosk: socket.socket) -> socket.socket:
    """Connect, and give the kiosk the connection and what labwc told; return it, for us to hold as well."""
    os.environ.update(told)
    held = socket.socket(socket.AF_UNIX)
    held.connect(str(wayland.default_path()))
    lines = "".join(f"{name}={value}\n" for name, value in told.items())
    socket.send_fds(kiosk, [lines.encode()], [held.fileno()])
    return held


def _wait_for_end(*processes: int) -> None:
    """Return when the first of our children has ended."""
    descriptors = [os.pidfd_open(process) for process in processes]
    select.select(descriptors, [], [])


def _end_compositor(compositor: int, held: socket.socket) -> None:
    """Have it end in order, by force if it does not hang up; what it still tells the dead kiosk is let go."""
    os.kill(compositor, signal.SIGTERM)
    end = time.monotonic() + ORDERLY_S
    held.settimeout(ORDERLY_S)
    with contextlib.suppress(OSError):
        while time.monotonic() < end and held.recv(RECEIVED_BYTES):
            pass
    with contextlib.suppress(ProcessLookupError):
        os.kill(compositor, signal.SIGKILL)
