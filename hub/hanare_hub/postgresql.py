"""The PostgreSQL driver: one connection that reads, one that listens to NOTIFY hanare_bell.

Reads are REPEATABLE READ, READ ONLY: all rows of a reading are of one instant. A server that does not answer in time is
given up and connected to anew.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any, Final

import msgspec
import psycopg

from hanare_hub import rows
from hanare_hub.rows import Change, DatabaseUnavailableError, Known, Reading

BELL_CHANNEL: Final = "hanare_bell"

ANSWER_TIMEOUT_S: Final = 5.0
"""A reading takes milliseconds, a full one of 10,000 leases under a second."""

CONNECT_TIMEOUT_S: Final = 5
"""libpq's whole seconds."""

_OPTIONS: Final = "-c statement_timeout=5000 -c default_transaction_read_only=on"


class Postgresql:
    """The Database protocol over psycopg."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def read(self, known: Mapping[str, Known], *, full: bool, now_ms: int) -> Reading:
        """Return what changed since known."""
        started_s = time.monotonic()
        try:
            connection = self._connection = self._connection or await self._connect()
            async with _deadline(connection), connection.transaction(), connection.cursor() as cursor:
                return Reading(started_s, await _changes(cursor, known, full=full, now_ms=now_ms))
        except (OSError, psycopg.Error, msgspec.ValidationError) as error:
            await self.close()
            raise DatabaseUnavailableError(type(error).__name__) from error

    async def listen(self, ring: Callable[[], None]) -> None:
        """Ring at each notification; raises DatabaseUnavailableError when the connection ends."""
        try:
            async with await self._connect() as connection:
                await connection.set_autocommit(True)
                await connection.execute(f"LISTEN {BELL_CHANNEL}")
                ring()
                async for _ in connection.notifies():
                    ring()
        except (OSError, psycopg.Error) as error:
            raise DatabaseUnavailableError(type(error).__name__) from error

    async def close(self) -> None:
        """Close the reading connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError, psycopg.Error):
                await connection.close()

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(
            self._url, connect_timeout=CONNECT_TIMEOUT_S, options=_OPTIONS, application_name="hanare-hub"
        )
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        await connection.set_read_only(True)
        return connection


@contextlib.asynccontextmanager
async def _deadline(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[None]:
    """Cut the connection if the block takes too long.

    A mere cancellation would not do: psycopg then waits for the server to say that the query was cancelled.
    """
    timer = asyncio.get_running_loop().call_later(ANSWER_TIMEOUT_S, _cut, connection)
    try:
        yield
    finally:
        timer.cancel()


def _cut(connection: psycopg.AsyncConnection[Any]) -> None:
    with socket.socket(fileno=os.dup(connection.fileno())) as peer, contextlib.suppress(OSError):
        peer.shutdown(socket.SHUT_RDWR)


async def _changes(
    cursor: psycopg.AsyncCursor[Any], known: Mapping[str, Known], *, full: bool, now_ms: int
) -> tuple[Change, ...]:
    await cursor.execute(_query(rows.ORGANISATIONS))
    organisations = [rows.party(values) for values in await cursor.fetchall()]
    return tuple(
        [await _change(cursor, organisation, known, full=full, now_ms=now_ms) for organisation in organisations]
    )


async def _change(
    cursor: psycopg.AsyncCursor[Any],
    organisation: rows.PartyRow,
    known: Mapping[str, Known],
    *,
    full: bool,
    now_ms: int,
) -> Change:
    everything = rows.wants_all(organisation, known, full=full)
    if not everything and not rows.wants_changes(organisation, known):
        return Change(organisation, full=False)
    values = rows.parameters(organisation, known, now_ms)
    await cursor.execute(_query(rows.ALL_PARTIES if everything else rows.PARTIES), values)
    parties = tuple(map(rows.party, await cursor.fetchall()))
    await cursor.execute(_query(rows.ALL_LEASES if everything else rows.LEASES), values)
    return Change(
        organisation, full=everything, parties=parties, leases=tuple(map(rows.lease, await cursor.fetchall()))
    )


def _query(text: str) -> bytes:
    """Return the query in psycopg's style of parameters; the texts are constants of `rows`."""
    for name in ("organisation", "known", "now_ms"):
        text = text.replace(f":{name}", f"%({name})s")
    return text.encode("ascii")
