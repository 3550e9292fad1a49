"""Sticks that misbehave as real ones do, at the seam where the writer touches them; the bytes lie in a real file."""

import errno
import os
import threading
from pathlib import Path

from hanare_image.media import FileMedium


class Honest(FileMedium):
    """A stick that works."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, writing=True)


class Wrapping(Honest):
    """Claims more than it has: what is written behind its real end comes round at its beginning."""

    def __init__(self, path: Path, real: int) -> None:
        super().__init__(path)
        self._real = real

    def write(self, at: int, data: bytes) -> None:
        """Write at the place modulo the real size."""
        super().write(at % self._real, data)

    def read(self, at: int, size: int) -> bytes:
        """Read in the same way."""
        return super().read(at % self._real, size)


class Forgetting(Honest):
    """Claims more than it has: what is written behind its real end is lost."""

    def __init__(self, path: Path, real: int) -> None:
        super().__init__(path)
        self._real = real

    def write(self, at: int, data: bytes) -> None:
        """Write only what is before the real end."""
        if at < self._real:
            super().write(at, data)


class Flipping(Honest):
    """Has one bad bit."""

    def __init__(self, path: Path, bad: int) -> None:
        super().__init__(path)
        self._bad = bad

    def read(self, at: int, size: int) -> bytes:
        """Read with the bad bit wrong."""
        data = bytearray(super().read(at, size))
        if at <= self._bad < at + len(data):
            data[self._bad - at] ^= 1
        return bytes(data)


class Failing(Honest):
    """Fails with an error of the system from one place on."""

    def __init__(self, path: Path, at: int, code: int) -> None:
        super().__init__(path)
        self._at = at
        self._code = code

    def write(self, at: int, data: bytes) -> None:
        """Fail once the place is reached."""
        if at <= self._at < at + len(data):
            raise OSError(self._code, os.strerror(self._code))
        super().write(at, data)


class Hanging(Honest):
    """Stops answering from one place on, until it is let go."""

    def __init__(self, path: Path, at: int, let_go: threading.Event) -> None:
        super().__init__(path)
        self._at = at
        self._let_go = let_go

    def write(self, at: int, data: bytes) -> None:
        """Wait for ever, as in the kernel."""
        if at <= self._at < at + len(data):
            self._let_go.wait(timeout=60)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().write(at, data)
