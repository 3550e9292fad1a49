"""The agent's control socket: how a screen asks for a sign-in and hears what happens.

A unix stream socket in the agent's folder, one JSON object a line (`hanare_stick.control_messages`). Only root and the
kiosk's user get in (SO_PEERCRED, unix(7)). All clients hear the events.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from hanare_core import wire
from hanare_core.problems import Problem
from hanare_stick.control_messages import AnyEvent, AnyRequest, Area, Refused

SOCKET: Final = "control.sock"

UNREAD_BYTES: Final = 1024 * 1024
"""A client that reads nothing for a thousand events has hung; it is cut off."""

_CREDENTIALS: Final = struct.Struct("iII")

_log = logging.getLogger(__name__)


class Listener(NamedTuple):
    """What the socket calls: each request, what a new client hears first, and the screen's departure."""

    asked: Callable[[AnyRequest], Awaitable[None]]
    greeting: Callable[[], Iterable[AnyEvent]]
    screen_left: Callable[[], None]


class Control:
    """Serves the socket; `tell` reaches every client. `kiosk` (uid, gid) may connect beside root."""

    def __init__(self, folder: Path, kiosk: tuple[int, int], listener: Listener) -> None:
        self._path = folder / SOCKET
        self._kiosk = kiosk
        self._listener = listener
        self._clients: set[asyncio.StreamWriter] = set()
        self._screen: asyncio.StreamWriter | None = None

    @property
    def has_screen(self) -> bool:
        """Whether a client stands for the screen."""
        return self._screen is not None

    async def serve(self) -> None:
        """Serve until cancelled."""
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o117)
        try:
            server = await asyncio.start_unix_server(self._client, self._path, limit=wire.MESSAGE_BYTES)
        finally:
            os.umask(mask)
        os.chown(self._path, 0, self._kiosk[1])
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for writer in self._clients:
                writer.close()

    def tell(self, event: AnyEvent) -> None:
        """Send an event to every client."""
        for writer in self._clients:
            _write(writer, event)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._may_enter(writer):
            writer.close()
            return
        for event in self._listener.greeting():
            _write(writer, event)
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                await self._request(line, writer)
        except (OSError, ValueError) as error:  # gone, or a line beyond the limit
            _log.debug("control client left: %s", type(error).__name__)
        finally:
            self._leave(writer)
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _may_enter(self, writer: asyncio.StreamWriter) -> bool:
        peer: socket.socket = writer.get_extra_info("socket")
        credentials = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        return _CREDENTIALS.unpack(credentials)[1] in {0, self._kiosk[0]}

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        self._clients.discard(writer)
        writer.close()
        if writer is self._screen:
            self._screen = None
            self._listener.screen_left()

    async def _request(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        try:
            request: AnyRequest = wire.decode(line, AnyRequest)
        except Problem as problem:
            _write(writer, Refused(code=problem.code, at_ns=time.monotonic_ns()))
            return
        if isinstance(request, Area):
            self._screen = writer
        await self._listener.asked(request)


def _write(writer: asyncio.StreamWriter, event: AnyEvent) -> None:
    transport = writer.transport
    if transport.get_write_buffer_size() > UNREAD_BYTES:
        transport.abort()
        return
    writer.write(wire.encode(event) + b"\n")
