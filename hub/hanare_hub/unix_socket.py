"""Listening unix sockets of ours: made with their final mode, and removed at the end."""

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

UMASK: Final = 0o117
"""Leaves mode 0660: who may connect is the owner and the group, which a setgid directory hands down."""

BACKLOG: Final = 1024
"""Connections that wait for acceptance when every stick comes back at once."""


@contextlib.contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    """Give a listening stream socket at the path; one that an earlier process left is replaced."""
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(UMASK)
    try:
        server.bind(str(path))
    finally:
        os.umask(mask)
    server.listen(BACKLOG)
    server.setblocking(False)
    try:
        yield server
    finally:
        server.close()
        path.unlink(missing_ok=True)
