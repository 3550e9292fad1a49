"""The SQLite driver: a read-only connection in a thread of its own; the bell comes by the local socket.

A database file that was replaced (a restored backup) is noticed by its inode, because an open connection would go on
reading the old one.

Whoever opens a database in WAL mode first makes its -wal and -shm files, with the database file's mode. For a hub with
a user id of its own the file is therefore group-writable in a setgid directory: with mode 0640 files that the hub made
would shut out the server, and without write access the hub could begin only while the server has the database open.
"""

import asyncio
import concurrent.futures
import contextlib
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from hanare_hub import rows
from hanare_hub.rows import Change, DatabaseUnavailableError, Known, Reading

BUSY_TIMEOUT_S: Final = 2.0
"""In WAL mode a reader waits for nobody but a recovery; the next poll comes after the same time."""


class Sqlite:
    """The Database protocol over one file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")
        self._connection: sqlite3.Connection | None = None
        self._inode = (0, 0)

    async def read(self, known: Mapping[str, Known], *, full: bool, now_ms: int) -> Reading:
        """Return what changed since known."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._read, dict(known), full, now_ms)

    async def listen(self, ring: Callable[[], None]) -> None:
        """Return at once: SQLite has no bell."""

    async def close(self) -> None:
        """Close the connection and the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown(wait=False)

    def _read(self, known: Mapping[str, Known], full: bool, now_ms: int) -> Reading:  # noqa: FBT001 -- by executor
        started_s = time.monotonic()
        try:
            replaced = self._open()
            with contextlib.closing(self._begin()) as cursor:
                return Reading(started_s, _changes(cursor, known, full=full or replaced, now_ms=now_ms))
        except (OSError, sqlite3.Error, msgspec.ValidationError) as error:
            self._close()
            raise DatabaseUnavailableError(type(error).__name__) from error
        finally:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.rollback()

    def _open(self) -> bool:
        """Open the file if it is not open; say whether it is another one than before."""
        status = self._path.stat()
        inode = (status.st_dev, status.st_ino)
        replaced = inode != self._inode
        if replaced or self._connection is None:
            self._close()
            address = f"file:{quote(str(self._path))}?mode=ro"
            self._connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
            self._connection.execute("PRAGMA query_only = ON")
            self._inode = inode
        return replaced

    def _begin(self) -> sqlite3.Cursor:
        if self._connection is None:
            raise sqlite3.OperationalError
        return self._connection.execute("BEGIN")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _changes(cursor: sqlite3.Cursor, known: Mapping[str, Known], *, full: bool, now_ms: int) -> tuple[Change, ...]:
    organisations = [rows.party(values) for values in cursor.execute(rows.ORGANISATIONS)]
    return tuple(_change(cursor, organisation, known, full=full, now_ms=now_ms) for organisation in organisations)


def _change(
    cursor: sqlite3.Cursor, organisation: rows.PartyRow, known: Mapping[str, Known], *, full: bool, now_ms: int
) -> Change:
    everything = rows.wants_all(organisation, known, full=full)
    if not everything and not rows.wants_changes(organisation, known):
        return Change(organisation, full=False)
    values = rows.parameters(organisation, known, now_ms)
    parties = cursor.execute(rows.ALL_PARTIES if everything else rows.PARTIES, values).fetchall()
    leases = cursor.execute(rows.ALL_LEASES if everything else rows.LEASES, values).fetchall()
    return Change(
        organisation, full=everything, parties=tuple(map(rows.party, parties)), leases=tuple(map(rows.lease, leases))
    )
