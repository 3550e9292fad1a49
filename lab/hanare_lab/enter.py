"""Run one command inside a fresh lab: ``python -m hanare_lab.enter [--listen ADDRESS:PORT] [--] COMMAND…``.

The command gets process, mount and network namespaces of its own, and private /tmp and /run, so that labs side by
side never meet. Everything hangs on this process by the kernel's parent-death signal: when it or the lab's process 1
ends, by kill -9 or otherwise, every process, mount and interface of the lab is gone with it. The command's exit code is
passed on. ``--listen`` opens a port on the host for hanare_lab.forward; its socket is made before the namespaces are.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from hanare_lab import inside
from hanare_lab.errors import LabError

BACKLOG = 64  # connections waiting for the relay: browsers open six at a time
UNSHARE = ("unshare", "--pid", "--fork", "--kill-child=SIGKILL", "--mount", "--net", "--mount-proc", "--")


def main(arguments: Sequence[str] | None = None) -> int:
    """Enter a lab, run the command in it, and return its exit code (128 + signal if a signal ended it)."""
    options = _parse(arguments)
    if os.geteuid() != 0:
        sys.stderr.write("the lab makes network namespaces and needs root: run it with sudo\n")
        return 2
    try:
        with _listening(options.listen) as listener:
            return _run(options.command, listener)
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 2


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hanare_lab.enter", description="run a command inside a fresh lab")
    parser.add_argument("--listen", metavar="ADDRESS:PORT", help="a port of the host to bring into the lab; 0 = any")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    options = parser.parse_args(arguments)
    if options.command[:1] == ["--"]:
        del options.command[0]
    if not options.command:
        parser.error("which command?")
    return options


def _listening(address: str | None) -> socket.socket:
    listener = socket.socket()
    if address is None:
        return listener
    host, _, port = address.rpartition(":")
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host or "127.0.0.1", int(port)))
        listener.listen(BACKLOG)
    except (OSError, ValueError, OverflowError) as error:
        listener.close()
        raise LabError(f"cannot listen on {address}: {error}; choose another with --listen") from error
    return listener


def _run(command: Sequence[str], listener: socket.socket) -> int:
    orders, orders_in = os.pipe()
    package = str(Path(__file__).resolve().parents[1])
    environment = {**os.environ, inside.ORDERS_ENV: str(orders), inside.PACKAGE_ENV: package}
    passed = [orders]
    if listener.getsockname()[1]:
        passed.append(listener.fileno())
        environment[inside.LISTEN_FD_ENV] = str(listener.fileno())
        environment[inside.LISTEN_PORT_ENV] = str(listener.getsockname()[1])
    start = f"import sys; sys.path.insert(0, {package!r}); from hanare_lab.init import main; main()"
    lifeline = ("setpriv", "--pdeathsig", "KILL", "--")
    process = subprocess.Popen(
        [*lifeline, *UNSHARE, sys.executable, "-c", start, *command],
        env=environment,
        pass_fds=passed,
        start_new_session=True,
    )
    os.close(orders)
    _forward_signals(orders_in)
    status = process.wait()
    return status if status >= 0 else 128 - status


def _forward_signals(orders_in: int) -> None:
    def forward(number: int, _frame: FrameType | None) -> None:
        os.write(orders_in, bytes([number]))

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)


if __name__ == "__main__":
    sys.exit(main())
