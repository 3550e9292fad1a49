"""A program of a test's own: started until it takes connections, told to end, or killed as by a power cut."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

WAIT_SECONDS: Final = 120.0
"""Longest wait for a start, an end or a condition; a second's work has taken a minute on a busy machine."""

STEP_SECONDS: Final = 0.01

Address = Path | int
"""Where a program takes connections: a unix socket, or a TCP port of loopback."""


class Process:
    """One program with its log, which takes its start-up words and everything after."""

    def __init__(
        self,
        command: Sequence[str | Path],
        log: Path,
        *,
        listens: Sequence[Address] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._log = log
        self._listens = listens
        self.environment = environment or {}
        """What the next start adds to ours."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process has written."""
        return self._log.read_text()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    @property
    def started(self) -> bool:
        """Whether it was started, and not killed since."""
        return self._process is not None

    def start(self) -> None:
        """Start and wait until it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env={**os.environ, **self.environment}, stdout=log, stderr=log, start_new_session=True
            )
        self.wait(lambda: all(map(listens, self._listens)))

    def wait(self, condition: Callable[[], object]) -> None:
        """Wait, bounded, until something holds; an end of the process before that is a failure."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert self._process is None or self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(STEP_SECONDS)

    def stop(self) -> int:
        """End it by SIGTERM; return its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(WAIT_SECONDS)

    def kill(self) -> None:
        """End it with its children by SIGKILL; nothing, if it has ended."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(WAIT_SECONDS)
        # Children die a moment later, and until then their listening sockets take connections.
        self.wait(lambda: not any(map(listens, self._listens)))

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it for the block."""
        try:
            self.start()
            yield
        finally:
            self.kill()


def listens(address: Address) -> bool:
    """Connect, because a socket's file alone may be one that a killed process left."""
    if isinstance(address, Path):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(address)) == 0
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", address)) == 0


def free_port() -> int:
    """Return a TCP port of loopback at which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
