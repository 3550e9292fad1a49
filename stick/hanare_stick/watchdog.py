"""The service manager's watchdog (sd_notify(3)): a kiosk that hangs is ended, and the screen goes black."""

import contextlib
import os
import socket


def tell_alive() -> None:
    """Say that we are alive, where somebody listens."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
        out.sendto(b"WATCHDOG=1", address)
