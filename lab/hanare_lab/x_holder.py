"""Holds the X screen for itself: ``python -m hanare_lab.x_holder FILE``, which appears then, until it is killed.

As a broken X client does: no other one is answered meanwhile.
"""

import ctypes
import signal
import sys
from pathlib import Path


def main() -> None:
    """Hold it."""
    xlib = ctypes.CDLL("libX11.so.6")
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(xlib.XOpenDisplay(None))
    xlib.XGrabServer(display)
    xlib.XSync(display, 0)
    Path(sys.argv[1]).touch()
    signal.pause()


if __name__ == "__main__":
    main()
