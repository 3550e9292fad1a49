"""The server's commands, each a fork of one process that has loaded Django: alone, every one would take 0.8 s to do so.

A request and its answer are one line of JSON each, over a socket pair, one at a time.
"""

import importlib
import json
import os
import runpy
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from hanare_lab.errors import LabError
from hanare_lab.process import Process

ANSWER_S: Final = 60.0
"""Longest a command may take."""


class Commands:
    """Our end; `start` starts this module as the server's user, with a descriptor as its argument."""

    def __init__(self, start: Callable[[int], Process]) -> None:
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(ANSWER_S)
        self._answers = self._ours.makefile("r", encoding="utf-8")
        self._lock = threading.Lock()
        with theirs:
            self._process = start(theirs.fileno())

    def run(self, argv: Sequence[str], stdin: str = "") -> str:
        """Return what the command prints. Raises LabError when it fails."""
        with self._lock:
            self._ours.sendall(json.dumps({"argv": argv, "stdin": stdin}).encode() + b"\n")
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


def serve(requests: socket.socket) -> None:
    """Carry out one request after the other, until the other end closes."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "hanare_server.settings"
    importlib.import_module("django").setup()
    for line in requests.makefile("r", encoding="utf-8"):
        child = os.fork()
        if child == 0:
            requests.sendall(json.dumps(_carry_out(**json.loads(line))).encode() + b"\n")
            os._exit(0)
        os.waitpid(child, 0)


def _carry_out(argv: Sequence[str], stdin: str) -> dict[str, Any]:
    typed, printed, errors = (os.memfd_create(name) for name in ("stdin", "stdout", "stderr"))
    os.pwrite(typed, stdin.encode(), 0)
    for target, source in enumerate((typed, printed, errors)):
        os.dup2(source, target)
    status = _status_of(argv)
    importlib.import_module("django.db").connections.close_all()
    return {"status": status, "printed": _written(printed), "errors": _written(errors)}


def _status_of(argv: Sequence[str]) -> int | str:
    sys.argv = ["hanare_server", *argv]
    try:
        runpy.run_module("hanare_server", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _written(descriptor: int) -> str:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode(errors="replace")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
