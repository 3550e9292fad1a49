"""A real PostgreSQL of a test's own: Debian's binaries, a temporary directory, a unix socket, no network, not root.

`with Postgres() as database:` gives an empty server; `database.url` is what our settings take. It commits with
`fsync` off unless told otherwise: the tests kill our processes, not the machine.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

BINARIES: Final = Path("/usr/lib/postgresql")
SYSTEM_USER: Final = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""

START_TIMEOUT_S: Final = 60
"""initdb and the first start take 2–5 s on two cores; the rest is margin for a busy machine."""


def newest_binaries() -> Path:
    """Return the folder of the newest PostgreSQL's programs."""
    versions = sorted((path for path in BINARIES.glob("*/bin") if (path / "initdb").exists()), key=_version)
    if not versions:
        raise RuntimeError("PostgreSQL is not installed: apt-get install postgresql")
    return versions[-1]


class Postgres:
    """One server with one superuser, `hanare`, and one empty database of that name."""

    def __init__(self, *, fsync: bool = False) -> None:
        self._fsync = "on" if fsync else "off"
        self._directory = Path(tempfile.mkdtemp(prefix="hanare-postgres-"))
        self._binaries = newest_binaries()
        self._prefix = _user_prefix()
        self._data = self._directory / "data"

    @property
    def url(self) -> str:
        """The database as a connection URL by its unix socket."""
        return f"postgresql://hanare@/hanare?host={self._directory}"

    @property
    def pid(self) -> int:
        """The main process, whose children serve the connections."""
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    def start(self) -> None:
        """Make the cluster at the first call, and start the server; returns when it takes connections."""
        if not self._data.exists():
            self._make_cluster()
        options = f"-c listen_addresses= -c unix_socket_directories={self._directory} -c fsync={self._fsync}"
        self._run(
            "pg_ctl", "start", "--wait", f"--pgdata={self._data}", f"--log={self._data}/log", f"--options={options}"
        )

    def stop(self) -> None:
        """Stop the server at once, closing every connection; it can be started again with its data."""
        self._run("pg_ctl", "stop", "--wait", "--mode=fast", f"--pgdata={self._data}")

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process of the server by SIGSTOP for the time of the block: connections stay, no answer comes."""
        processes = [self.pid, *_children(self.pid)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in reversed(processes):
                os.kill(process, signal.SIGCONT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._directory)

    def _make_cluster(self) -> None:
        if self._prefix:
            shutil.chown(self._directory, SYSTEM_USER, SYSTEM_USER)
        self._directory.chmod(0o755)
        self._run(
            "initdb",
            f"--pgdata={self._data}",
            "--username=hanare",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        )
        self._create_database()

    def _create_database(self) -> None:
        """Single-user mode: the database exists before anybody can connect."""
        command = [*self._prefix, str(self._binaries / "postgres"), "--single", "-D", str(self._data), "postgres"]
        subprocess.run(
            command,
            input=b"CREATE DATABASE hanare\n",
            check=True,
            capture_output=True,
            timeout=START_TIMEOUT_S,
            cwd="/",
        )

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self._binaries / program), *arguments]
        with (self._directory.parent / f"{self._directory.name}.out").open("w+b") as output:
            Path(output.name).unlink()
            done = subprocess.run(command, check=False, stdout=output, stderr=output, timeout=START_TIMEOUT_S, cwd="/")
            output.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} ended with {done.returncode}: {output.read().decode()[-500:]}")


def _version(binaries: Path) -> int:
    return int(binaries.parent.name)


def _user_prefix() -> list[str]:
    """Return what runs a program as the PostgreSQL user; nothing where the tests are not root."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(SYSTEM_USER)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]


def _children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
