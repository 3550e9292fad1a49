"""Waiting for a condition, with a bound and an error that shows why it did not come."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from hanare_lab.errors import LabError
from hanare_lab.process import Process

POLL_SECONDS = 0.01  # fine enough for start-up times in the tens of milliseconds, cheap enough for two cores
T = TypeVar("T")


class WaitedTooLongError(LabError):
    """The condition did not come true within its bound."""


def until(
    condition: Callable[[], T | None],
    *,
    seconds: float,
    what: str,
    process: Process | None = None,
    every: float = POLL_SECONDS,
) -> T:
    """Poll until the condition is true and return its value; `every` so many seconds where a look is dear.

    Raises WaitedTooLongError after the bound, or at once when the given process ends before; both name what was
    awaited and show the end of the process's log.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if process is not None and not process.alive:
            raise WaitedTooLongError(f"{what}: {process.name} ended with {process.returncode}{_tail(process)}")
        if time.monotonic() > deadline:
            raise WaitedTooLongError(f"{what}: not within {seconds} s{_tail(process)}")
        time.sleep(every)


def listens(place: Path) -> Callable[[], bool]:
    """Return the condition that somebody listens at this unix socket: its file is there a moment before."""

    def reached() -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(place))
            return True
        return False

    return reached


def _tail(process: Process | None) -> str:
    return f"; the end of {process.log}:\n{process.log_tail()}" if process else ""
