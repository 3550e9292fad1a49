"""Between compositor and kiosk: a process that does nothing but outlive the kiosk, and then ends the compositor.

A kiosk that is killed closes its connection to the compositor before anybody hears of its death, and the compositor
draws the desktop without bar and watermark for a frame or more. So the connection is made here and shared: it is closed
only with its last holder, and the kiosk's layers stand until the compositor is gone. Limits: who kills both processes
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
from typing import Final

from hanare_stick.kiosk import wayland
from hanare_stick.kiosk.labwc import Labwc

CONNECTION: Final = "WAYLAND_SOCKET"
"""Where libwayland looks for an open connection (wl_display_connect(3))."""

ORDERLY_S: Final = 2.0
"""The compositor closes its windows within milliseconds; one that hangs shows a frozen watermark for so long."""

RECEIVED_BYTES: Final = 65536


def kiosk_or_end(labwc: Labwc) -> None:
    """Return in a child that is the kiosk, with the shared connection; the parent ends with it and the compositor."""
    os.environ.update(labwc.wait())
    held = socket.socket(socket.AF_UNIX)
    held.connect(str(wayland.default_path()))
    child = os.fork()
    if child == 0:
        labwc.leave()
        os.environ[CONNECTION] = str(held.detach())
        return
    _wait_for_end(child, labwc.pid)
    _end_compositor(labwc.pid, held)
    os.kill(child, signal.SIGKILL)  # the compositor ended first, and this one may hang
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status) and 1)


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
