"""Process 1 of a lab: private /tmp and /run, one child, reaping, and a bounded end.

When it exits the kernel kills every process of the lab; so it needs no list of what was started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from hanare_lab import inside
from hanare_lab.tree import cache_folder

SHUTDOWN_SECONDS = 10  # from SIGINT or SIGTERM to the end of everything: a city takes 3 s, a test its clean-up
PRIVATE = {"/run": "mode=755", "/tmp": "mode=1777"}  # noqa: S108 - these are mount points
HOST_TMP = Path("/run/host-tmp")


def main() -> NoReturn:
    """Make the lab's surroundings, run ``sys.argv[1:]`` in them and exit as it did."""
    orders = int(os.environ.pop(inside.ORDERS_ENV))
    _private_folders(_wanted_below_tmp())
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    os.environ[inside.PID_NAMESPACE_ENV] = inside.pid_namespace()
    command = sys.argv[1:]
    try:
        # A shell starts background jobs with SIGINT ignored; the command must hear it all the same.
        heard = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        child = os.posix_spawnp(command[0], command, os.environ, setsid=True, setsigdef=heard)
    except OSError as error:
        sys.stderr.write(f"lab: cannot start {command[0]}: {error.strerror}\n")
        os._exit(127)
    threading.Thread(target=_obey, args=(orders, child), daemon=True).start()
    os._exit(_reap_until(child))


def _wanted_below_tmp() -> list[Path]:
    """Folders that must stay visible although they lie in the host's /tmp: a checkout may well."""
    wanted = {Path.cwd(), Path(os.environ.pop(inside.PACKAGE_ENV)).parent, Path(sys.prefix), cache_folder()}
    return sorted(path for path in wanted if path.is_relative_to("/tmp") and path.is_dir())  # noqa: S108


def _private_folders(kept: Iterable[Path]) -> None:
    here = Path.cwd()
    for target, options in PRIVATE.items():
        if target == "/tmp":  # noqa: S108
            HOST_TMP.mkdir()
            _mount("--rbind", target, str(HOST_TMP))
        _mount("-t", "tmpfs", "-o", f"nosuid,nodev,{options}", "hanare-lab", target)
    for path in kept:
        path.mkdir(parents=True, exist_ok=True)
        _mount("--rbind", str(HOST_TMP / path.relative_to("/tmp")), str(path))  # noqa: S108
    subprocess.run(["umount", "--lazy", str(HOST_TMP)], check=True)
    HOST_TMP.rmdir()
    os.chdir(here)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _obey(orders: int, child: int) -> None:
    while order := os.read(orders, 1):
        threading.Thread(target=_end_after_limit, daemon=True).start()
        os.kill(child, order[0])
    os._exit(128 + signal.SIGKILL)  # the outer process is gone


def _end_after_limit() -> None:
    time.sleep(SHUTDOWN_SECONDS)
    os._exit(128 + signal.SIGTERM)


def _reap_until(child: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
