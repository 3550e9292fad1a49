"""A test's end of the agent's control socket: sends requests, waits for events."""

import json
import socket
import time
from pathlib import Path
from typing import Any, Final

WAIT_S: Final = 60.0
"""Wide: a step takes a second, on a busy machine ten times that."""

Event = dict[str, Any]


class ControlClient:
    """One connection; `events` keeps all that was heard."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._buffer = b""
        self.events: list[Event] = []

    def send(self, **request: object) -> None:
        """Send one request; `type` is written `kind`."""
        message = {"type": request.pop("kind"), **request}
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def wait(self, *, step: str = "", code: str = "", kind: str = "", seconds: float = WAIT_S) -> Event:
        """Return the next event with this step, code or type; AssertionError after the bound with all that came."""
        deadline = time.monotonic() + seconds
        while True:
            event = self._next(deadline)
            if event is None:
                raise AssertionError(f"no {step or code or kind} in {seconds} s; heard {self.events}")
            wanted = {"step": step, "code": code, "type": kind}
            if any(value and event.get(name) == value for name, value in wanted.items()):
                return event

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _next(self, deadline: float) -> Event | None:
        while b"\n" not in self._buffer:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                return None
            if not data:
                return None
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        event: Event = json.loads(line)
        self.events.append(event)
        return event
