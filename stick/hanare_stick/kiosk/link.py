"""The kiosk's end of the agent's control socket: lines in, lines out, and coming back when the agent restarts."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_stick.control_messages import AnyEvent, Request, Status

READ_BYTES: Final = 65536


class Link:
    """One connection after another; never blocks longer than a local connect."""

    def __init__(self, path: Path, heard: Callable[[AnyEvent], None]) -> None:
        self._path = path
        self._heard = heard
        self._socket: socket.socket | None = None
        self._buffer = b""

    @property
    def connected(self) -> bool:
        """Whether the agent can be asked."""
        return self._socket is not None

    def connect(self) -> bool:
        """Try to reach the agent; ask where we are."""
        fresh = socket.socket(socket.AF_UNIX)
        try:
            fresh.connect(str(self._path))
        except OSError:
            fresh.close()
            return False
        self._socket, self._buffer = fresh, b""
        self.ask(Status())
        return True

    def fileno(self) -> int:
        """Return the descriptor to wait on; -1 when not connected."""
        return self._socket.fileno() if self._socket is not None else -1

    def ask(self, request: Request) -> None:
        """Send a request; nothing when the agent is gone: its loss is told by `receive`."""
        if self._socket is None:
            return
        try:
            self._socket.sendall(wire.encode(request) + b"\n")
        except OSError:
            self.close()

    def receive(self) -> bool:
        """Read what came and tell it; False when the agent hung up."""
        try:
            data = self._socket.recv(READ_BYTES) if self._socket is not None else b""
        except OSError:
            data = b""
        if not data:
            self.close()
            return False
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._tell(line)
        return True

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, line: bytes) -> None:
        try:
            event: AnyEvent = wire.decode(line, AnyEvent, limit=wire.BULK_BYTES)
        except Problem:  # an agent of another version says something new: what it also says, we understand
            return
        self._heard(event)
