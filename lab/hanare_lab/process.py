"""One running process of a machine: signals, its end, its log."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 2.0  # from SIGTERM to SIGKILL; a well-behaved process of ours ends in milliseconds
LOG_TAIL_BYTES = 4096  # what an error message shows of a log
PIPE_BYTES = 65_536  # Linux pipe capacity, pipe(7): more on standard input would block the starter


@dataclass(frozen=True)
class Privilege:
    """What a process may do: its user and group, and the capabilities it keeps (names without ``cap_``)."""

    user: tuple[int, int] | None = None
    caps: Sequence[str] = ()
    groups: Sequence[int] = ()

    def prefix(self) -> list[str]:
        """Return the setpriv(1) command that drops everything else; empty for unrestricted root."""
        if self.user is None and not self.caps:
            return []
        kept = ",".join(["-all", *(f"+{cap}" for cap in self.caps)])
        options = [f"--inh-caps={kept}", f"--bounding-set={kept}", "--no-new-privs"]
        if self.user is not None:
            options += [f"--reuid={self.user[0]}", f"--regid={self.user[1]}", f"--ambient-caps={kept}"]
            options += [f"--groups={','.join(map(str, self.groups))}" if self.groups else "--clear-groups"]
        return ["setpriv", *options, "--"]


class Process:
    """A started process. ``name`` is for people; ``log`` holds its output and its errors."""

    def __init__(  # noqa: PLR0913 - what a process is made of
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        *,
        env: Mapping[str, str],
        stdin: bytes | None = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.log = log
        source = subprocess.DEVNULL if stdin is None else _filled_pipe(stdin)
        with log.open("ab") as output:
            self._log_start = output.tell()  # an earlier process of the same name wrote what is before
            self._popen = subprocess.Popen(
                argv,
                stdin=source,
                stdout=output,
                stderr=output,
                env=env,
                pass_fds=pass_fds,
                start_new_session=True,
            )
        if stdin is not None:
            os.close(source)

    @property
    def pid(self) -> int:
        """The process's id in the lab."""
        return self._popen.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs; a stopped one does."""
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal, None while it runs."""
        return self._popen.poll()

    def send(self, number: signal.Signals) -> None:
        """Send one signal to the process itself, not to its children."""
        self._popen.send_signal(number)

    def kill(self) -> None:
        """Kill -9 it, and only it, and reap it."""
        self._popen.kill()
        self._popen.wait()

    def kill_group(self) -> None:
        """Kill -9 it together with the children that stayed in its process group, and reap it."""
        os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def stop(self) -> None:
        """Freeze it (SIGSTOP): it answers nobody and does not know it."""
        self.send(signal.SIGSTOP)

    def cont(self) -> None:
        """Let it run on (SIGCONT)."""
        self.send(signal.SIGCONT)

    def wait(self, timeout: float) -> int:
        """Wait for its end and return the exit code; subprocess.TimeoutExpired after ``timeout`` seconds."""
        return self._popen.wait(timeout)

    def close(self) -> None:
        """End it politely, then by force together with its process group."""
        if self.alive:
            self.cont()
            self.send(signal.SIGTERM)
            self._wait_until(time.monotonic() + STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()

    def log_text(self) -> str:
        """Return all that this process has written so far."""
        return self._written().decode(errors="replace")

    def log_tail(self, limit: int = LOG_TAIL_BYTES) -> str:
        """Return the last bytes that this process has written, for an error message."""
        return self._written()[-limit:].decode(errors="replace")

    def _written(self) -> bytes:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    def _wait_until(self, deadline: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(deadline - time.monotonic())


def _filled_pipe(content: bytes) -> int:
    if len(content) > PIPE_BYTES:
        raise ValueError(f"standard input is limited to {PIPE_BYTES} bytes")
    source, target = os.pipe()
    os.write(target, content)
    os.close(target)
    return source
