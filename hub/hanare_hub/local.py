"""The server's socket: one JSON request a line, answered in order; only the server's user ids are let in.

A line that is no request ends the connection: the peer is our own program, and its next connection is as good.
"""

import asyncio
import logging
import os
import socket
import struct
from collections.abc import Callable
from typing import Final, cast

from hanare_core import log_lines, wire
from hanare_core.messages.local import (
    AwaitLease,
    AwaitReceipts,
    Bell,
    Facts,
    FactsAnswer,
    FromHub,
    InTouch,
    InTouchAnswer,
    LeaseAnswer,
    ReceiptsAnswer,
    Tell,
    TellAnswer,
    ToHub,
    WhereAnswer,
    WhereIs,
)
from hanare_core.messages.stick import Note
from hanare_core.problems import Code, Problem
from hanare_hub.hall import Hall
from hanare_hub.organisation import Organisation
from hanare_hub.whereabouts import whereabouts

LINE_BYTES: Final = 256 * 1024
"""Longest request: 2,000 lease ids of 64 characters with their quotes are 134 kB."""

CONNECTIONS: Final = 256
"""A server has a few dozen threads, each with one connection."""

_log = logging.getLogger(__name__)
_REQUEST: Final = cast("type[ToHub]", ToHub)
_UCRED: Final = struct.Struct("3i")
"""struct ucred of unix(7): process, user and group id."""


class LocalServer:
    """Answers the server's processes."""

    def __init__(self, hall: Hall, ring: Callable[[], None], uids: tuple[int, ...]) -> None:
        self._hall = hall
        self._ring = ring
        self._uids = frozenset(uids)
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, listening: socket.socket) -> asyncio.Server:
        """Answer on the listening unix socket."""
        return await asyncio.start_unix_server(self._serve, sock=listening, limit=LINE_BYTES)

    def stop(self) -> None:
        """End every connection."""
        for connection in self._connections:
            connection.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._connections.add(task)
        try:
            self._require_permitted(writer)
            while line := await reader.readline():
                answer = await self._answer(wire.decode(line, _REQUEST, limit=LINE_BYTES))
                if answer is not None:
                    writer.write(wire.encode(answer) + b"\n")
                    await writer.drain()
        except Problem as problem:
            log_lines.event(_log, logging.WARNING, "local request refused", code=problem.code.value)
        except (OSError, ValueError, asyncio.CancelledError):
            # ValueError is the reader's word for a line over its limit.
            log_lines.event(_log, logging.DEBUG, "local connection ended")
        finally:
            self._connections.discard(task)
            writer.close()

    def _require_permitted(self, writer: asyncio.StreamWriter) -> None:
        peer: socket.socket = writer.get_extra_info("socket")
        _, uid, _ = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        if uid not in self._uids or len(self._connections) > CONNECTIONS:
            log_lines.event(_log, logging.WARNING, "local peer refused", uid=uid, own=os.geteuid())
            raise Problem(Code.NOT_PERMITTED)

    async def _answer(self, request: ToHub) -> FromHub | None:
        if isinstance(request, Bell):
            self._ring()
            return None
        if isinstance(request, AwaitLease | AwaitReceipts | WhereIs):
            return await self._awaited(request)
        if isinstance(request, InTouch):
            return InTouchAnswer(self._in_touch(request.organisation))
        return self._tell(request) if isinstance(request, Tell) else self._facts(request)

    async def _awaited(self, request: AwaitLease | AwaitReceipts | WhereIs) -> FromHub:
        if isinstance(request, AwaitLease):
            return LeaseAnswer(request.lease, await self._await_lease(request))
        if isinstance(request, AwaitReceipts):
            return ReceiptsAnswer(await self._hall.presence.receipts(request.leases, request.wait_ms / 1000))
        channels = [each for _, each in self._hall.gateways.all() if each.organisation.id == request.organisation]
        return WhereAnswer(await whereabouts(channels, request.stick))

    def _facts(self, request: Facts) -> FactsAnswer:
        organisation = self._hall.world.organisations.get(request.organisation)
        return FactsAnswer(
            facts=tuple(self._hall.presence.facts(request.organisation).values()),
            gateways=self._in_touch(request.organisation),
            sticks=tuple(name for name, each in self._hall.sticks.all() if each.organisation is organisation),
            kept=dict(self._hall.presence.kept(request.organisation)),
        )

    def _tell(self, request: Tell) -> TellAnswer:
        """Hand the message to the channels that are open; those of another organisation do not hear it."""
        note = Note(request.note, request.ja, request.en, request.diagnostics)
        for stick in request.sticks:
            channel = self._hall.sticks.get(stick)
            if channel is not None and channel.organisation.id == request.organisation:
                channel.tell(note)
        return TellAnswer(self._hall.presence.readings(request.note, request.sticks))

    def _in_touch(self, organisation: str) -> tuple[str, ...]:
        here = self._hall.world.organisations.get(organisation)
        channels = self._hall.gateways.all()
        return tuple(name for name, each in channels if each.organisation is here and self._hall.touch.holds(name))

    async def _await_lease(self, request: AwaitLease) -> Code | None:
        """Return None when the lease's gateway holds it, or why it does not."""
        self._ring()
        try:
            async with asyncio.timeout(request.wait_ms / 1000):
                while (verdict := self._verdict(request)) is _UNDECIDED:
                    await self._hall.moved()
        except TimeoutError:
            return Code.GATEWAY_UNREACHABLE
        return cast("Code | None", verdict)

    def _verdict(self, request: AwaitLease) -> object:
        organisation = self._hall.world.organisations.get(request.organisation)
        if organisation is None or organisation.known.revision < request.revision:
            return _UNDECIDED
        return self._verdict_of(organisation, request)

    def _verdict_of(self, organisation: Organisation, request: AwaitLease) -> object:
        holding = organisation.leases.get(request.lease)
        if holding is None:
            return Code.LEASE_ENDED
        refusal = self._hall.presence.refusal(request.lease)
        if refusal is not None:
            return refusal
        channel = self._hall.gateways.get(holding.gateway)
        held = channel is not None and channel.organisation is organisation and channel.holds(request.revision)
        return None if held else _UNDECIDED


_UNDECIDED: Final = object()
