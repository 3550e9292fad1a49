"""The serial port of an emulated PC that runs a test image: a root's shell commands in, their output out.

Only lab/overlay answers there; a release's image does not know the port. Another system may tell its boot there.
"""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Final, NamedTuple

from hanare_lab.errors import LabError

COMMAND_SECONDS: Final = 120.0


class Answer(NamedTuple):
    """How a command ended and what it said."""

    code: int
    output: str


class SerialPort:
    """One emulated PC's port; connect before the PC is up, so that its first word is not missed."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._buffer = b""
        self._ready = False

    def wait_ready(self, seconds: float) -> None:
        """Wait until the system answers at all: what is said before is lost."""
        if not self._ready:
            self.wait_line('"ready"', seconds)
            self._ready = True

    def wait_again(self, seconds: float) -> None:
        """Wait until the system answers anew, after a start that began while it did."""
        self._ready = False
        self.wait_ready(seconds)

    def wait_line(self, wanted: str, seconds: float) -> str:
        """Wait for a line with these words in it and return it."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            line = self._line(left)
            if wanted in line:
                return line
        raise LabError(f"the emulated PC did not say {wanted} on its serial port within {seconds} s")

    def run(self, command: str, *, seconds: float = COMMAND_SECONDS) -> Answer:
        """Run a shell command as root in the emulated PC, once it answers."""
        self.wait_ready(seconds)
        self._socket.sendall(json.dumps(command).encode() + b"\n")
        while not (line := self._line(seconds)).startswith('{"code"'):
            pass
        return Answer(**json.loads(line))

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()

    def _line(self, seconds: float) -> str:
        self._socket.settimeout(seconds)
        try:
            while b"\n" not in self._buffer:
                data = self._socket.recv(65536)
                if not data:
                    raise LabError("the emulated PC's serial port is gone")
                self._buffer += data
        except TimeoutError as error:
            raise LabError(f"the emulated PC said nothing on its serial port for {seconds} s") from error
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line.decode(errors="replace").strip()
