"""What every WebSocket channel shares: an introduction by challenge, and frames that are drawn when there is room.

Nothing is queued for a peer. A wake-up only says that something may be due; the sender then asks the channel for frames
one at a time, computed from the state of that moment, and sends the next when the last has left. So a slow peer costs
no memory and never gets old news; one that takes nothing for SLOW_S is closed, comes back and starts from a snapshot.
An idle channel has no task but its receiver.
"""

import asyncio
import logging
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from hanare_core import log_lines, wire
from hanare_core.messages.gateway import Challenge
from hanare_core.problems import Code, Problem

HELLO_WAIT_S: Final = 5.0
"""Time for the hello; a stick answers in one round trip."""

SLOW_S: Final = 10.0
"""Longest time for one frame to leave: two of a gateway's beats, and below every lease's default TTL."""

CLOSE_S: Final = 2.0
"""Time for the closing handshake, and so for a stop of the process."""

BAD_FRAME: Final = 4400
"""Close code: the peer sent or is something that is refused; the reason is the problem code."""

TOO_SLOW: Final = 4408
"""Close code: the peer did not take its frames."""

REPLACED: Final = 4409
"""Close code: the same party opened a newer channel."""

DEFECT: Final = 1011
"""Close code (RFC 6455 §7.4.1): an error of ours."""

_log = logging.getLogger(__name__)


class Channel(ABC):
    """One peer's WebSocket after its introduction."""

    def __init__(self, socket: ServerConnection, party: str) -> None:
        self._socket = socket
        self._party = party
        self._due = False
        self._sender: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Say that a frame may be due; cheap, and safe to call at any time."""
        self._due = True
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_due())
            self._sender.add_done_callback(self._note_defect)

    def replace(self) -> None:
        """Close because the same party opened a newer channel."""
        self._close_soon(REPLACED, Code.CONFLICT)

    async def run(self) -> None:
        """Receive until the peer goes; raises Problem at a frame that is refused."""
        self.wake()
        try:
            async for data in self._socket:
                self.receive(text_of(data))
        finally:
            if self._sender is not None:
                self._sender.cancel()

    @abstractmethod
    def receive(self, data: str) -> None:
        """Take in one frame, or raise Problem."""

    @abstractmethod
    def frames(self) -> Iterator[bytes]:
        """Give the frames that are due now; drawn one by one. Raises Problem to end the channel."""

    async def _send_due(self) -> None:
        try:
            while self._due:
                self._due = False
                for frame in self.frames():
                    await self._send(frame)
        except ConnectionClosed:
            return
        except TimeoutError:
            self._close_soon(TOO_SLOW, Code.THROTTLED)
        except Problem as problem:
            self._close_soon(BAD_FRAME, problem.code)
        finally:
            self._sender = None

    def _note_defect(self, sender: asyncio.Task[None]) -> None:
        if not sender.cancelled() and (defect := sender.exception()) is not None:
            _log.error("defect in a channel", exc_info=defect)
            self._close_soon(DEFECT, Code.INTERNAL)

    async def _send(self, frame: bytes) -> None:
        async with asyncio.timeout(SLOW_S):
            await self._socket.send(frame, text=True)

    def _close_soon(self, status: int, code: Code) -> None:
        log_lines.event(_log, logging.INFO, "channel closed", party=self._party, status=status, code=code.value)
        _closing.add(task := asyncio.create_task(close(self._socket, status, code)))
        task.add_done_callback(_closing.discard)


_closing: Final[set[asyncio.Task[None]]] = set()
"""Keeps closing handshakes alive until they end; asyncio itself holds tasks weakly."""


async def close(socket: ServerConnection, status: int, code: Code) -> None:
    """Close with the code as reason; a peer that does not even take that is cut off."""
    try:
        async with asyncio.timeout(CLOSE_S):
            await socket.close(status, code.value)
    except TimeoutError:
        socket.transport.abort()


async def challenge(socket: ServerConnection) -> tuple[str, str]:
    """Send a fresh nonce; return it and the first frame. Raises Problem when none comes in time."""
    nonce = wire.key_text(secrets.token_bytes(wire.KEY_BYTES))
    await socket.send(wire.encode(Challenge(nonce)), text=True)
    return nonce, await first_frame(socket)


async def first_frame(socket: ServerConnection) -> str:
    """Return the peer's first frame, or raise Problem(OUT_OF_ORDER) when none comes in time."""
    try:
        async with asyncio.timeout(HELLO_WAIT_S):
            return text_of(await socket.recv())
    except TimeoutError as error:
        raise Problem(Code.OUT_OF_ORDER, detail={"frame": "hello"}) from error


def text_of(data: str | bytes) -> str:
    """Return a text frame's text; binary frames are none of ours."""
    if isinstance(data, bytes):
        raise Problem(Code.MALFORMED, detail={"frame": "binary"})
    return data
