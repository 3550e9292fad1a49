"""One request, one answer, a line of JSON each, over a unix socket that stays open per thread.

A request is sent once: after a connection that broke in the middle of an exchange nobody knows whether the
other side has acted, so the caller gets `Unreachable` and decides. A connection that died while idle is
noticed before sending.
"""

import contextlib
import socket
import threading
from pathlib import Path
from typing import Final

from hanare_core import wire

CONNECT_SECONDS: Final = 2.0
"""A unix socket connects at once or its owner is gone."""

_CHUNK_BYTES: Final = 64 * 1024


class Unreachable(Exception):
    """The process behind the socket did not answer in time, or not in lines of an allowed size."""


class _Connection(socket.socket):
    """Closes when the thread that owned it has ended."""

    def __del__(self) -> None:
        self.close()


class LineClient:
    """A client of one socket; each thread has its own connection."""

    def __init__(self, path: Path, *, limit: int = wire.BULK_BYTES) -> None:
        self._path = path
        self._limit = limit
        self._local = threading.local()

    def exchange(self, line: bytes, *, seconds: float) -> bytes:
        """Send a line and return the line that answers it; raises Unreachable."""
        connection = self._connection(seconds)
        try:
            connection.sendall(line + b"\n")
            return self._read_line(connection)
        except (OSError, Unreachable) as error:
            self.close()
            raise Unreachable(self._path.name) from error

    def send(self, line: bytes) -> None:
        """Send a line that nobody answers; raises Unreachable."""
        connection = self._connection(CONNECT_SECONDS)
        try:
            connection.sendall(line + b"\n")
        except OSError as error:
            self.close()
            raise Unreachable(self._path.name) from error

    def close(self) -> None:
        """Close this thread's connection."""
        connection: socket.socket | None = self._local.__dict__.pop("connection", None)
        if connection is not None:
            connection.close()

    def _connection(self, seconds: float) -> socket.socket:
        connection: socket.socket | None = getattr(self._local, "connection", None)
        if connection is not None and _is_dead(connection):
            self.close()
            connection = None
        if connection is None:
            connection = self._connect()
            self._local.connection = connection
        connection.settimeout(seconds)
        return connection

    def _connect(self) -> socket.socket:
        connection = _Connection(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(str(self._path))
        except OSError as error:
            connection.close()
            raise Unreachable(self._path.name) from error
        return connection

    def _read_line(self, connection: socket.socket) -> bytes:
        received = bytearray()
        while not received.endswith(b"\n"):
            chunk = connection.recv(_CHUNK_BYTES)
            received += chunk
            if not chunk or len(received) > self._limit:
                raise Unreachable(self._path.name)
        return bytes(received)


def _is_dead(connection: socket.socket) -> bool:
    """Return whether the peer has closed, or said something that nobody asked for."""
    connection.settimeout(0)
    with contextlib.suppress(BlockingIOError):
        connection.recv(1, socket.MSG_PEEK)
        return True
    return False
