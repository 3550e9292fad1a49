"""A stick as the writer sees it: bytes at places, and one moment at which they are really there.

`Medium` is the seam: a block device or a plain file is one, and so are the tests' bad sticks. Errors are OSError;
what they mean for the stick, `fault` says.
"""

import errno
import fcntl
import os
import stat
from pathlib import Path
from typing import Final, Protocol, Self

from hanare_image.errors import KittingError
from hanare_image.texts import refused, say

CHUNK: Final = 4 * 1024 * 1024
"""One read or write, bytes: a stick's own erase block or a multiple of it."""

_BLKFLSBUF: Final = 0x1261
"""linux/fs.h: forget what is cached of a block device."""

_FULL: Final = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}
_GONE: Final = {errno.EIO, errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM, errno.ESHUTDOWN}
_LOCKED: Final = {errno.EROFS, errno.EPERM, errno.EACCES}


class Medium(Protocol):
    """What a stick can do."""

    size: int
    """What it says of itself, bytes."""

    def write(self, at: int, data: bytes) -> None:
        """Write at a place; the bytes may wait in memory."""

    def read(self, at: int, size: int) -> bytes:
        """Return the bytes at a place, fewer at the end."""

    def settle(self) -> None:
        """Return when all is on the stick, and forget what memory remembers of it."""

    def close(self) -> None:
        """Let go of it."""


class FileMedium:
    """A block device, opened so that nobody else may use it, or a plain file that stands for a stick."""

    def __init__(self, path: Path, *, writing: bool = False) -> None:
        exclusive = os.O_EXCL if writing and path.is_block_device() else 0
        self._descriptor = os.open(path, (os.O_RDWR if writing else os.O_RDONLY) | os.O_CLOEXEC | exclusive)
        mode = os.fstat(self._descriptor).st_mode
        self._is_file = stat.S_ISREG(mode)
        self._is_block = stat.S_ISBLK(mode)
        self.size = os.lseek(self._descriptor, 0, os.SEEK_END)

    def write(self, at: int, data: bytes) -> None:
        """Write all of it; in a plain file, holes stay holes."""
        if self._is_file and not any(data) and self.read(at, len(data)) == data:
            return
        view = memoryview(data)
        while view:
            written = os.pwrite(self._descriptor, view, at)
            if not written:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            view, at = view[written:], at + written

    def read(self, at: int, size: int) -> bytes:
        """Read until the end or until there is enough."""
        parts = []
        while size > 0 and (part := os.pread(self._descriptor, size, at)):
            parts.append(part)
            size, at = size - len(part), at + len(part)
        return b"".join(parts)

    def settle(self) -> None:
        """Flush to the medium, then drop the caches of it."""
        os.fsync(self._descriptor)
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        if self._is_block:
            fcntl.ioctl(self._descriptor, _BLKFLSBUF)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def fault(error: OSError) -> KittingError:
    """Return what an error of the system means for the stick."""
    if error.errno in _FULL:
        return refused("full")
    if error.errno in _GONE:
        return refused("gone")
    if error.errno in _LOCKED:
        return refused("locked", reason=os.strerror(error.errno or 0))
    if error.errno == errno.EBUSY:
        return refused("busy")
    return KittingError(say("problem.system", reason=error.strerror or str(error)))
