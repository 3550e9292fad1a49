"""What the service manager is told (sd_notify(3)), where one listens."""

import contextlib
import os
import socket


def tell_ready() -> None:
    """Say that we have started: what was to come after us may begin."""
    place = os.environ.get("NOTIFY_SOCKET")
    if not place:
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as out:
        out.sendto(b"READY=1", address)
