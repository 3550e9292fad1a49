"""The channel to the hub: a WebSocket that the gateway dials, over TLS 1.3 with the one pinned certificate.

The hub's first frame is a challenge; its answer proves the gateway's identity key. Limits: wire.BULK_BYTES a frame,
OPEN_S for the whole opening, SILENCE_S without a sign of life.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import SigningKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from hanare_core import signed, wire
from hanare_core.messages import gateway as hub
from hanare_core.pinning import pinned
from hanare_core.problems import Problem
from hanare_core.signed import Kind
from hanare_gateway.errors import ChannelError
from hanare_gateway.settings import HubSettings

OPEN_S: Final = 5.0
"""TCP, TLS, HTTP and challenge take milliseconds on an office LAN."""

SILENCE_S: Final = 5.0
"""Ping interval and longest wait for its answer: a dead hub is left after ten seconds, long before a TTL is over."""


class Channel:
    """One open connection; `receive` and `send` raise ChannelError when it is over."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def greet(self, key: SigningKey, gateway: str, *, revision: int, epoch: int) -> None:
        """Answer the hub's challenge."""
        challenge = await self.receive()
        if not isinstance(challenge, hub.Challenge):
            raise ChannelError("the first frame is no challenge")
        body = hub.HelloBody(nonce=challenge.nonce, gateway=gateway)
        proof = signed.sign(Kind.CHANNEL_GATEWAY, body, key)
        await self.send(hub.Hello(protocol=wire.PROTOCOL_VERSION, signed=proof, revision=revision, epoch=epoch))

    async def receive(self) -> hub.FromHub:
        """Return the next message."""
        try:
            frame = await self._socket.recv()
            message: hub.FromHub = wire.decode(frame, hub.FromHub, limit=wire.BULK_BYTES)
        except WebSocketException as error:
            raise ChannelError(str(error)) from error
        except Problem as problem:
            raise ChannelError(f"{problem.code} {problem.detail}") from problem
        return message

    async def send(self, message: msgspec.Struct) -> None:
        """Send one message."""
        try:
            await self._socket.send(wire.encode(message).decode())
        except WebSocketException as error:
            raise ChannelError(str(error)) from error


@asynccontextmanager
async def open_channel(settings: HubSettings) -> AsyncIterator[Channel]:
    """Open the channel and close it at the end; raise ChannelError when it cannot be opened."""
    try:
        socket = await connect(
            settings.url + hub.PATH,
            ssl=_pinned(settings.certificate),
            server_hostname=settings.server_name,
            proxy=None,
            compression=None,
            max_size=wire.BULK_BYTES,
            open_timeout=OPEN_S,
            close_timeout=1,
            ping_interval=SILENCE_S,
            ping_timeout=SILENCE_S,
        )
    except (OSError, WebSocketException, TimeoutError) as error:
        raise ChannelError(f"hub: {error or type(error).__name__}") from error
    try:
        yield Channel(socket)
    finally:
        await socket.close()


def _pinned(path: str) -> ssl.SSLContext:
    """Read the certificate at each attempt: after a re-key the new one is used without a restart."""
    return pinned(Path(path).read_text("ascii"))
