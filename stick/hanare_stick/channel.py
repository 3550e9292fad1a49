"""The stick's channel to the hub, through the door: it brings stops. It comes back by itself, with jitter."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from hanare_core import signed, wire
from hanare_core.messages import gateway as gateway_messages
from hanare_core.messages import stick as messages
from hanare_core.pinning import pinned
from hanare_core.problems import Problem
from hanare_core.signed import Kind
from hanare_stick.device import Device
from hanare_stick.quality import quality_of

RETRY_S: Final = (0.5, 5.0)
"""Shortest and longest pause before the next try; drawn at random, so that a fleet does not return at once."""

PING_S: Final = 5.0
"""Between two questions to the hub: a door that hears nothing is noticed by their missing answers."""

ANSWER_S: Final = 20.0
"""An answer that does not come ends the channel; a line may be away that long without it."""

PROBE_IDLE_S: Final = 2
PROBE_AGAIN_S: Final = 1
"""The kernel asks the server's kernel (TCP keepalive, RFC 9293 §3.8.4) when nothing has come for so long: a door that
carries nothing is noticed within seconds, and no program works for it."""

PROBES: Final = 30
"""More than ANSWER_S: the channel's own answers decide when it is over."""

QUALITY_S: Final = 15.0
"""Between two reports: three questions and answers."""

CLOSE_S: Final = 1.0
"""A door that is gone lets no farewell pass; nobody waits longer for it."""

Heard = messages.Stop | messages.Standing | messages.Grace | messages.Settings | messages.Note | messages.Away


async def listen(
    device: Device, heard: Callable[[Heard], None], lost: Callable[[], None], said: asyncio.Queue[messages.Noted]
) -> None:
    """Keep the channel open for ever: hand on what the hub says and when it cannot be heard; say what is in `said`."""
    while True:
        # If the office is really gone the lease ends by itself; a stop is felt as a reset.
        with contextlib.suppress(OSError, TimeoutError, WebSocketException, Problem):
            await _connection(device, heard, said)
        lost()
        await asyncio.sleep(random.uniform(*RETRY_S))  # noqa: S311 - spreads load, protects nothing


async def _connection(device: Device, heard: Callable[[Heard], None], said: asyncio.Queue[messages.Noted]) -> None:
    hub = device.site.hub
    host = f"[{hub.address}]" if ":" in hub.address else hub.address
    async with connect(
        f"wss://{host}:{hub.port}{messages.PATH}",
        ssl=pinned(device.site.server_certificate),
        server_hostname=device.site.tls_name,
        compression=None,
        max_size=wire.MESSAGE_BYTES,
        proxy=None,
        close_timeout=CLOSE_S,
        ping_interval=PING_S,
        ping_timeout=ANSWER_S,
    ) as connection:
        _probe(connection.transport.get_extra_info("socket"))
        await _introduce(device, connection)
        heard(messages.Grace(until_ms=0))
        telling = [asyncio.create_task(_tell_quality(connection)), asyncio.create_task(_tell_noted(connection, said))]
        try:
            async for frame in connection:
                message: messages.FromHub = wire.decode(frame, messages.FromHub)
                if isinstance(message, Heard):
                    heard(message)
        finally:
            for task in telling:
                task.cancel()


def _probe(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_IDLE_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_AGAIN_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)


async def _tell_quality(connection: ClientConnection) -> None:
    """Tell the hub how good the line is, as long as it stands."""
    with contextlib.suppress(OSError, WebSocketException):
        while True:
            await asyncio.sleep(QUALITY_S)
            measured = quality_of(connection.transport.get_extra_info("socket"))
            await connection.send(wire.encode(measured).decode())


async def _tell_noted(connection: ClientConnection, said: asyncio.Queue[messages.Noted]) -> None:
    """Tell the hub how far its messages have come; what a broken channel loses is asked for again by the next."""
    with contextlib.suppress(OSError, WebSocketException):
        while True:
            await connection.send(wire.encode(await said.get()).decode())


async def _introduce(device: Device, connection: ClientConnection) -> None:
    challenge = wire.decode(await connection.recv(), gateway_messages.Challenge)
    body = messages.HelloBody(nonce=challenge.nonce, stick=device.certificate.stick)
    hello = messages.Hello(
        protocol=wire.PROTOCOL_VERSION, signed=signed.sign(Kind.CHANNEL_STICK, body, device.identity)
    )
    await connection.send(wire.encode(hello).decode())
