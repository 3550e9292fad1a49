"""The file between agent and helper: session address → the names that it may open. One JSON object.

Written by the agent's user, read by the proxy's group; without the file nothing is permitted.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

FILE_MODE: Final = 0o640
Table = dict[str, tuple[str, ...]]
_DECODER: Final = msgspec.json.Decoder(Table)


class Writer:
    """Keeps the file as the leases are."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._written: Mapping[str, tuple[str, ...]] | None = None

    def keep(self, table: Mapping[str, tuple[str, ...]]) -> None:
        """Write the table if it changed; raise OSError when that fails."""
        if table == self._written:
            return
        new = self._path.with_name(f".{self._path.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, FILE_MODE)
            file.write(msgspec.json.encode(table))
        new.rename(self._path)
        self._written = dict(table)


class Reader:
    """Reads the file again when it was replaced."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._seen: tuple[int, int] | None = None
        self._table: Table = {}

    def table(self) -> Table:
        """Return the newest table; empty when there is none or it is broken."""
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_ino)
            if seen != self._seen:
                self._table, self._seen = _DECODER.decode(self._path.read_bytes()), seen
        except (OSError, msgspec.DecodeError):
            self._table, self._seen = {}, None
        return self._table
