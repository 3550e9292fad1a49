"""Between compositor and kiosk: a process that does nothing but outlive the kiosk, and then ends the compositor.

A kiosk that is killed closes its connection to the compositor before anybody hears of its death, and the compositor
draws the desktop without bar and watermark for a frame or more. So the connection is made here and shared: it is closed
only with its last holder, and the kiosk's layers stand until the compositor is gone. Limits: who kills both processes
at once gets that frame; when this one is killed alone, the compositor ends as its session has.
"""

import os
import signal
import socket
import sys
from typing import Final

from hanare_stick.kiosk import wayland

CONNECTION: Final = "WAYLAND_SOCKET"
"""Where libwayland looks for an open connection (wl_display_connect(3))."""


def kiosk_or_end() -> None:
    """Return in a child that is the kiosk, with the shared connection; the parent ends with it and the compositor."""
    held = socket.socket(socket.AF_UNIX)
    held.connect(str(wayland.default_path()))
    child = os.fork()
    if child == 0:
        os.environ[CONNECTION] = str(held.detach())
        return
    _, status = os.waitpid(child, 0)
    os.kill(int(os.environ["LABWC_PID"]), signal.SIGKILL)
    sys.exit(os.waitstatus_to_exitcode(status) and 1)
