"""One host of the lab: a network and a host name of its own and, when it has a root, a file system of its own.

The namespaces are kept by files below /run, so a machine exists without any process in it. A process is started by
nsenter(1), then setpriv(1), both of which end in exec: the process id is the program's own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from hanare_lab.errors import LabError
from hanare_lab.inside import require_inside
from hanare_lab.process import Privilege, Process
from hanare_lab.root import hold_namespace, mount_root, unmount_root
from hanare_lab.wall_clock import WallClock

STATE = Path("/run/hanare-lab")
NETNS = Path("/run/netns")
DEFAULT_LOGS = STATE / "log"
RUN_SECONDS = 120.0  # what a command may take unless its caller says otherwise; a busy machine starves it
BASE_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
}
# Answers come at once: no duplicate address detection, no routers but the lab's own.
_SYSCTLS = {"accept_dad": "0", "accept_ra": "0", "router_solicitations": "0"}


class Machine:
    """A host named ``name``; with ``root`` (a tree of hanare_lab.tree) its files are its own, else the machine's."""

    def __init__(self, name: str, root: Path | None = None, *, log_dir: Path = DEFAULT_LOGS) -> None:
        require_inside()
        self.name = name
        self.log_dir = log_dir
        self.netns = NETNS / name
        self.processes: list[Process] = []
        self.clock: WallClock | None = None  # what its processes see, where a test sets clocks
        self._folder = STATE / name
        self._uts = self._folder / "uts"
        self._holder: subprocess.Popen[str] | None = None
        log_dir.mkdir(parents=True, exist_ok=True)
        self._folder.mkdir(parents=True)
        _make_network(name)
        self._uts.touch()
        _command("unshare", f"--uts={self._uts}", "hostname", name)
        self.root = Path("/")
        if root is not None:
            self.root = mount_root(self._folder, root, name, self.netns)
            self._holder = hold_namespace(self.root)

    def run(  # noqa: PLR0913 - the parts of one command
        self,
        argv: Sequence[str],
        *,
        user: tuple[int, int] | None = None,
        caps: Sequence[str] = (),
        groups: Sequence[int] = (),
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        check: bool = True,
        timeout: float = RUN_SECONDS,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return its output as text; LabError if it fails (unless ``check`` is off).

        subprocess.TimeoutExpired after ``timeout`` seconds.
        """
        done = subprocess.run(
            [*self._enter("/"), *Privilege(user, caps, groups).prefix(), *argv],
            env=self._environment(env),
            input=stdin or "",
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(argv)} ended with {done.returncode}: {done.stderr or done.stdout}")
        return done

    def start(  # noqa: PLR0913 - the parts of one command
        self,
        name: str,
        argv: Sequence[str],
        *,
        user: tuple[int, int] | None = None,
        caps: Sequence[str] = (),
        groups: Sequence[int] = (),
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        pass_fds: Sequence[int] = (),
        cwd: str = "/",
    ) -> Process:
        """Start a process that runs on; its log is ``<log_dir>/<machine>-<name>.log``.

        With ``user`` or ``caps`` everything else is dropped; its environment is BASE_ENV and ``env``, nothing more.
        """
        command = [*self._enter(cwd), *Privilege(user, caps, groups).prefix(), *argv]
        log = self.log_dir / f"{self.name}-{name}.log"
        process = Process(
            f"{self.name}-{name}",
            command,
            log,
            env=self._environment(env),
            stdin=stdin,
            pass_fds=pass_fds,
        )
        self.processes.append(process)
        return process

    def write(self, path: str, content: bytes | str, *, mode: int = 0o644, owner: tuple[int, int] = (0, 0)) -> None:
        """Write a file of this machine, its folders included; it never is more open than ``mode``."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o700)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            os.fchown(descriptor, *owner)
            os.fchmod(descriptor, mode)

    def ip(self, *lines: str) -> None:
        """Apply a batch of commands of iproute2, such as ``addr add 10.0.0.1/24 dev eth0``."""
        batch = "\n".join(lines)
        done = subprocess.run(
            ["ip", "-n", self.name, "-batch", "-"], input=batch, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise LabError(f"{self.name}: ip: {done.stderr.strip()} in:\n{batch}")

    def sysctl(self, **values: str) -> None:
        """Set kernel settings of this network namespace; ``__`` stands for the dot, as in net__ipv4__ip_forward."""
        words = [f"{key.replace('__', '.')}={value}" for key, value in values.items()]
        _command("ip", "netns", "exec", self.name, "sysctl", "--quiet", "--write", *words)

    def close(self) -> None:
        """Kill every process of the machine, those it started itself included, and take it down."""
        for process in self.processes:
            if process.alive:
                process.kill()
        for pid in self._pids():
            _kill(pid)
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()
            unmount_root(self._folder)
        _command("umount", "--lazy", str(self._uts))
        _command("ip", "netns", "delete", self.name)
        shutil.rmtree(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _environment(self, env: Mapping[str, str] | None) -> Mapping[str, str]:
        told = {**BASE_ENV, **(env or {})}
        return told if self.clock is None else self.clock.environment(told)

    def _enter(self, cwd: str) -> list[str]:
        namespaces = [f"--net={self.netns}", f"--uts={self._uts}"]
        if self._holder is not None:
            namespaces.append(f"--mount=/proc/{self._holder.pid}/ns/mnt")
        return ["nsenter", *namespaces, f"--wdns={cwd}", "--"]

    def _pids(self) -> list[int]:
        own = self._uts.stat().st_ino
        running = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
        return [pid for pid in running if _uts_of(pid) == own]


def _make_network(name: str) -> None:
    _command("ip", "netns", "add", name)
    settings = " ".join(
        f"net.ipv6.conf.{scope}.{key}={value}" for scope in ("all", "default") for key, value in _SYSCTLS.items()
    )
    _command("ip", "netns", "exec", name, "sysctl", "--quiet", "--write", *settings.split())
    _command("ip", "-n", name, "link", "set", "lo", "up")


def _uts_of(pid: int) -> int:
    try:
        return Path(f"/proc/{pid}/ns/uts").stat().st_ino
    except OSError:  # it has ended meanwhile
        return 0


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _command(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(argv)} ended with {done.returncode}: {done.stderr.strip()}")
