"""Command lines, each a fork of one process that has imported what they need: alone, every one would take a second.

The process is told a module in its arguments, whose `__main__` it runs anew for each request; with Django's settings in
its environment it loads Django first. A request and its answer are one line of JSON each, over a socket pair, one at a
time.
"""

import contextlib
import importlib
import json
import os
import runpy
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from hanare_lab.errors import LabError
from hanare_lab.installation import checkout
from hanare_lab.process import Process

ANSWER_S: Final = 240.0
"""Longest a command may take."""

SETTINGS: Final = "DJANGO_SETTINGS_MODULE"


def command_line(descriptor: int, *modules: str) -> list[str]:
    """Return what starts this module on a descriptor, for command lines of these modules; it needs lab on its path."""
    return [checkout.PYTHON, "-m", "hanare_lab.installation.commands", str(descriptor), *modules]


class Commands:
    """Our end; `start` starts this module's `command_line` with a descriptor that it passes on."""

    def __init__(self, start: Callable[[int], Process]) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(ANSWER_S)
        self._answers = self._ours.makefile("r", encoding="utf-8")
        self._lock = threading.Lock()
        with theirs:
            self._process = start(theirs.fileno())

    def run(self, module: str, argv: Sequence[str], stdin: str = "") -> str:
        """Return what the module prints as a command. Raises LabError when it fails."""
        with self._lock:
            self._ours.sendall(json.dumps({"module": module, "argv": argv, "stdin": stdin}).encode() + b"\n")
            line = self._answers.readline()
        if not line:
            raise LabError(f"no more commands: {self._process.log_tail()}")
        answer = json.loads(line)
        if answer["status"] != 0:
            raise LabError(f"{' '.join(argv)} ended with {answer['status']}: {answer['errors'] or answer['printed']}")
        return str(answer["printed"])

    def close(self) -> None:
        """Let the process end."""
        self._answers.close()
        self._ours.close()


def serve(requests: socket.socket, modules: Sequence[str]) -> None:
    """Carry out one request after the other, until the other end closes."""
    if SETTINGS in os.environ:
        importlib.import_module("django").setup()
    for module in modules:
        importlib.import_module(module)
    for line in requests.makefile("r", encoding="utf-8"):
        child = os.fork()
        if child == 0:
            requests.sendall(json.dumps(_carry_out(**json.loads(line))).encode() + b"\n")
            os._exit(0)
        os.waitpid(child, 0)


def _carry_out(module: str, argv: Sequence[str], stdin: str) -> dict[str, Any]:
    typed, printed, errors = (os.memfd_create(name) for name in ("stdin", "stdout", "stderr"))
    os.pwrite(typed, stdin.encode(), 0)
    for target, source in enumerate((typed, printed, errors)):
        os.dup2(source, target)
    with _django_connected():
        status = _status_of(module, argv)
    return {"status": status, "printed": _written(printed), "errors": _written(errors)}


@contextlib.contextmanager
def _django_connected() -> Iterator[None]:
    """Give Django the secret, which `setup` may have made since its settings were read; close its connections."""
    if SETTINGS not in os.environ:
        yield
        return
    settings = importlib.import_module("django.conf").settings
    settings.SECRET_KEY = importlib.import_module("hanare_server.config").secret(settings.HANARE)
    yield
    importlib.import_module("django.db").connections.close_all()


def _status_of(module: str, argv: Sequence[str]) -> int | str:
    sys.argv = [module, *argv]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _written(descriptor: int) -> str:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
