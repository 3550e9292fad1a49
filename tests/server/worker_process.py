"""The server's worker as a process, and being killed as by a power cut."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from hanare_server import config
from tests.server.front import write_settings

DONE_SECONDS: Final = 60.0
STEP_SECONDS: Final = 0.01


class Worker:
    """One worker on this run's database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {**os.environ, config.ENVIRONMENT: str(write_settings(folder))}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the process has written."""
        return (self._folder / "worker.log").read_text()

    def start(self) -> None:
        """Start it."""
        with (self._folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "hanare_server", "worker"]
            self._process = subprocess.Popen(command, env=self._environment, stderr=log)

    def kill(self) -> None:
        """End it without a word."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(DONE_SECONDS)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run it for the block."""
        self.start()
        try:
            yield
        finally:
            self.kill()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait, bounded, until something holds."""
        deadline = time.monotonic() + DONE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.log
            time.sleep(STEP_SECONDS)
