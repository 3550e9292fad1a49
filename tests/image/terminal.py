"""A person at a terminal: a program on a pseudo terminal, what its page says, and what is typed."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from hanare_lab.wait import until

SECONDS: Final = 90.0
"""Longest wait for a page: some hundred MiB are written and read back meanwhile."""

_ROWS_AND_COLUMNS: Final = (40, 110)
_CLEAR: Final = "\x1b[2J"
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")
_END: Final = 30


class Terminal:
    """One program at its terminal; ended with the block."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self._own, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("4H", *_ROWS_AND_COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            ["setsid", "--ctty", *command],
            stdin=other,
            stdout=other,
            stderr=other,
            env={**environment, "TERM": "xterm"},
        )
        os.close(other)
        self._said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def everything(self) -> str:
        """What was said since the start."""
        return _CONTROL.sub("", self._said)

    @property
    def pages(self) -> int:
        """How many were begun."""
        return self._said.count(_CLEAR)

    @property
    def page(self) -> str:
        """What was said since the page was begun; lines that were broken are whole."""
        return _CONTROL.sub("", self._said.rpartition(_CLEAR)[2])

    def see(self, *texts: str, asked: str = "") -> str:
        """Wait until the page says all of this, wherever its lines are broken, and return it; asked: its last words."""
        wanted = [_joined(text) for text in texts]
        last = _joined(f"{asked}:") if asked else ""

        def seen() -> bool:
            assert self._process.poll() is None, f"it ended with {self._process.returncode}: {self.page}"
            page = _joined(self.page)
            return page.endswith(last) and all(text in page for text in wanted)

        try:
            until(seen, seconds=SECONDS, what=f"a page that says {texts} and asks {asked}")
        except Exception as error:
            raise AssertionError(f"{error}; the page says:\n{self.page}") from error
        return self.page

    def type(self, line: str = "") -> None:
        """Type a line."""
        os.write(self._own, line.encode() + b"\n")

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.press("\x03")

    def press(self, keys: str) -> None:
        """Press keys, by the characters that they give."""
        os.write(self._own, keys.encode())

    def wait(self) -> int:
        """Wait for the program's end and return its status."""
        return self._process.wait(_END)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait(_END)
        self._reader.join(_END)
        os.close(self._own)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._own, 65536)
            except OSError:  # the other end is closed
                return
            self._said += data.decode("utf-8", "replace")


def _joined(text: str) -> str:
    return "".join(text.split())
