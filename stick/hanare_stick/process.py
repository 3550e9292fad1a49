"""A process that may outlive the agent: its id and start time, so that a reused id is never mistaken for it."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from hanare_core import wire


class Running(wire.Message, frozen=True):
    """One process since boot; `started` is field 22 of /proc/PID/stat, in clock ticks (proc_pid_stat(5))."""

    pid: wire.Count
    started: wire.Count


def running(pid: int) -> Running:
    """Return the process that has this id now; raise OSError when there is none or it is dead."""
    state, started = _stat(pid)
    if state in "ZX":
        raise ProcessLookupError(f"process {pid} is dead")
    return Running(pid=pid, started=started)


def alive(process: Running) -> bool:
    """Whether that very process still runs."""
    try:
        return running(process.pid) == process
    except OSError:
        return False


def kill(process: Running) -> None:
    """End the process at once, and reap it if it is our child."""
    if alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process.pid, 0)


async def ended(process: Running) -> None:
    """Wait for the end of the process, our child or not."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    loop.add_reader(descriptor, done.set)
    try:
        if alive(process):
            await done.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


def _stat(pid: int) -> tuple[str, int]:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return fields[0], int(fields[19])
