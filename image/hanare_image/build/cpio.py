"""A cpio archive in the "newc" format (the kernel's Documentation/driver-api/early-userspace/buffer-format.rst).

The same entries give the same bytes: no time, no owner and no inode number comes from the machine that builds.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import Final

_TRAILER: Final = "TRAILER!!!"
_ALIGNMENT: Final = 4


@dataclass(frozen=True)
class Entry:
    """One file, folder or symbolic link; `mode` as in stat(2), `data` is the content or the link's target."""

    name: str
    mode: int
    data: bytes = b""


def file(name: str, data: bytes, *, executable: bool = False) -> Entry:
    """Return a regular file."""
    return Entry(name, stat.S_IFREG | (0o755 if executable else 0o644), data)


def folder(name: str) -> Entry:
    """Return a folder."""
    return Entry(name, stat.S_IFDIR | 0o755)


def link(name: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def archive(entries: list[Entry]) -> bytes:
    """Return the whole archive, entries in the given order."""
    parts = [_entry(number, entry) for number, entry in enumerate(entries, start=1)]
    return b"".join([*parts, _entry(0, Entry(_TRAILER, 0))])


def _entry(number: int, entry: Entry) -> bytes:
    name = entry.name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, 0, 0, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return _padded(header + name) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGNMENT)
