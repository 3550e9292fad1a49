"""Works on several sticks at once, a thread each: one that fails or hangs is named and costs the others nothing.

A thread that waits for a dead stick in the kernel cannot be ended. So the threads are daemons, and one that has not
moved for `stall_s` is given up: its stick is reported, the rest goes on, and should it wake up it ends at its next
step.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from hanare_image import interrupts
from hanare_image.disks import Disk
from hanare_image.errors import KittingError
from hanare_image.media import fault
from hanare_image.texts import refused, say

STALL_S: Final = 180.0
"""Longest silence of a stick: 16 MiB at 0.1 MB/s. Who is slower is as good as dead."""

STOP_S: Final = 30.0
"""What is being done to a stick when all is stopped may take this long: a registration, or the flush of 16 MiB."""

_LOOK_S: Final = 0.5


class Outcome(NamedTuple):
    """How it went with one stick: `said` is what was done, or the reason why not."""

    disk: Disk
    done: bool
    said: str


Step = Callable[[], None]
"""To be called at each step of the work; raises when the stick was given up or all was stopped meanwhile."""


def run(disks: Sequence[Disk], work: Callable[[Disk, Step], str], *, stall_s: float = STALL_S) -> list[Outcome]:
    """Work on every disk and return the outcomes in the order of the disks.

    Ctrl-C stops each at its next step, and another one does nothing; what was finished by then stays finished.
    """
    jobs = [_Job(disk, work) for disk in disks]
    try:
        for job in jobs:
            job.start()
        _wait(jobs, stall_s)
    except KeyboardInterrupt:
        for job in jobs:
            job.stop()
        with interrupts.ignored():
            _wait(jobs, STOP_S)
    return [job.outcome() for job in jobs]


def _wait(jobs: "Sequence[_Job]", stall_s: float) -> None:
    while any(job.waits(stall_s) for job in jobs):
        time.sleep(_LOOK_S if len(jobs) > 1 else _LOOK_S / 10)


class _Job:
    def __init__(self, disk: Disk, work: Callable[[Disk, Step], str]) -> None:
        self._disk = disk
        self._work = work
        self._moved = time.monotonic()
        self._stopped = False
        self._lock = threading.Lock()
        self._outcome: Outcome | None = None
        self._thread = threading.Thread(target=self._run, name=f"stick {disk.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Have it end at its next step, or before its first one."""
        self._stopped = True
        self._moved = time.monotonic()
        if self._thread.ident is None:
            self._end(Outcome(self._disk, done=False, said=say("problem.stopped")))

    def waits(self, stall_s: float) -> bool:
        """Say whether the stick is still at work; give it up when it has not moved for too long."""
        if self._outcome is None and time.monotonic() - self._moved > stall_s:
            self._end(Outcome(self._disk, done=False, said=say("problem.stalled", seconds=int(stall_s))))
        return self._outcome is None

    def outcome(self) -> Outcome:
        assert self._outcome is not None  # noqa: S101 - asked after `waits` said so
        return self._outcome

    def _step(self) -> None:
        if self._outcome is not None:
            raise refused("stalled", seconds=0)
        if self._stopped:
            raise refused("stopped")
        self._moved = time.monotonic()

    def _run(self) -> None:
        try:
            said = self._work(self._disk, self._step)
        except KittingError as error:
            self._end(Outcome(self._disk, done=False, said=str(error)))
        except OSError as error:
            self._end(Outcome(self._disk, done=False, said=str(fault(error))))
        except BaseException:
            self._end(Outcome(self._disk, done=False, said=say("problem.defect")))
            raise
        else:
            self._end(Outcome(self._disk, done=True, said=said))

    def _end(self, outcome: Outcome) -> None:
        with self._lock:
            self._outcome = self._outcome or outcome
