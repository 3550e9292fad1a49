"""keyd's socket: newline-delimited JSON for the server's user id alone, one answer per request, in order.

Requests of one connection are answered one after the other; many connections at a time share transactions (store.py).
"""

import asyncio
import logging
import os
import signal
import socket
import struct
from pathlib import Path
from typing import Final

from hanare_core import log_lines, wire
from hanare_core.messages import keyd
from hanare_core.problems import Code
from hanare_keyd import retention
from hanare_keyd.service import REQUEST_BYTES, Service
from hanare_keyd.settings import Settings
from hanare_keyd.store import Store

MAX_CONNECTIONS: Final = 512
"""Open connections: the server's threads, each with its own, several times over."""

BACKLOG: Final = 512
"""Connections that wait to be accepted: a storm of sign-ins after a restart."""

_log = logging.getLogger(__name__)
_PEER: Final = struct.Struct("3i")


class SocketServer:
    """Accepts, checks the peer, and passes lines to the service."""

    def __init__(self, settings: Settings, service: Service) -> None:
        self._settings = settings
        self._service = service
        self._open: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until stop is set, then close every connection."""
        path = self._settings.socket
        fresh = f"{path}.new"  # found under its name only when it is whole
        server = await asyncio.start_unix_server(self._accept, fresh, limit=REQUEST_BYTES, backlog=BACKLOG)
        _put(fresh, path, self._settings.socket_gid)
        log_lines.event(_log, logging.INFO, "ready")
        await stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        _remove(path)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or not self._admits(writer):
            writer.close()
            return
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the peer is gone, or keyd stops: whatever was asked is committed or was never counted
        finally:
            self._open.discard(task)
            writer.close()

    def _admits(self, writer: asyncio.StreamWriter) -> bool:
        uid = _peer_uid(writer)
        if uid not in self._settings.peer_uids:
            log_lines.event(_log, logging.INFO, "peer-refused", uid=uid)
            return False
        if len(self._open) >= MAX_CONNECTIONS:
            writer.write(wire.encode(keyd.RefusalAnswer(Code.THROTTLED)) + b"\n")
            return False
        return True

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                writer.write(wire.encode(keyd.RefusalAnswer(Code.TOO_LARGE)) + b"\n")
                await writer.drain()
                return
            writer.write(await self._service.answer(line))
            await writer.drain()


async def serve(settings: Settings, service: Service, store: Store) -> None:
    """Serve until SIGTERM or SIGINT; purge at the start and every hour."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    purging = asyncio.create_task(_purge_for_ever(store))
    try:
        await SocketServer(settings, service).run(stop)
    finally:
        purging.cancel()


def _put(fresh: str, path: str, gid: int | None) -> None:
    """Let the group connect, for the umask made the socket the owner's alone; then give it its name."""
    if gid is not None:
        os.chown(fresh, -1, gid)
        Path(fresh).chmod(0o660)
    Path(fresh).rename(path)


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


async def _purge_for_ever(store: Store) -> None:
    while True:
        try:
            while await store.write(retention.purge, destroys=True) >= retention.PURGE_ROWS:
                pass
        except Exception as error:  # noqa: BLE001 - sign-ins go on; the next hour tries again
            log_lines.failure(_log, "purge-failed", error)
        await asyncio.sleep(retention.PERIOD_SECONDS)


def _peer_uid(writer: asyncio.StreamWriter) -> int:
    """Return the user id of the process that connected (SO_PEERCRED, unix(7))."""
    peer: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)
