"""A process that may outlive the agent: its id and start time, so that a reused id is never mistaken for it."""

import asyncio
import contextlib
import os
import select
import signal
import time
from pathlib import Path
from typing import Final

from hanare_core import wire

DYING_S: Final = 1.0
"""From SIGKILL until the kernel has taken a process apart: milliseconds, more when it must wait for a device."""


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


def kill_group(leader: Running) -> None:
    """End the process group at once; none of it runs any more when this returns, be it our child or not.

    The first process of a PID namespace ends after all others in it (pid_namespaces(7)), so those are waited for too.
    A leader that is dead already keeps its number from others as long as its group lives (credentials(7)).
    """
    if _reused(leader):
        return
    members = _group(leader.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    deadline = time.monotonic() + DYING_S
    for member in members:
        select.select([member], [], [], max(0.0, deadline - time.monotonic()))
        os.close(member)


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


def _group(leader: int) -> list[int]:
    """Return a pidfd for each process of the group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getpgid(int(entry.name)) == leader:
                found.append(os.pidfd_open(int(entry.name)))
    return found


def _reused(process: Running) -> bool:
    """Whether another process has its number now."""
    try:
        return _stat(process.pid)[1] != process.started
    except OSError:
        return False


def _stat(pid: int) -> tuple[str, int]:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return fields[0], int(fields[19])
