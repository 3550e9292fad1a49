"""Scripted peers of the hub: gateway, stick, console page and server."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from nacl.signing import SigningKey
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from hanare_core import signed, wire
from hanare_core.messages import gateway, local, stick
from hanare_core.signed import Kind
from tests.hub.keys import ORGANISATION

LOCAL_SOCKET: Final = "local.sock"

WAIT_S: Final = 30.0
"""Wide bound of every wait of the tests; none of the waited-for things takes a second on a machine of its own."""

T = TypeVar("T")
S = TypeVar("S", bound=msgspec.Struct)


class Peer:
    """One scripted end of a WebSocket."""

    def __init__(self, socket_: ClientConnection) -> None:
        self.socket = socket_

    def send(self, message: msgspec.Struct) -> None:
        """Send a message as a text frame."""
        self.socket.send(wire.encode(message), text=True)

    def take(self, shape: type[S], wait_s: float = WAIT_S) -> S:
        """Return the next frame, which must be of the shape."""
        return wire.decode(self.socket.recv(timeout=wait_s), shape, limit=wire.BULK_BYTES)

    def nothing(self, wait_s: float) -> None:
        """Assert that no frame comes for a while."""
        with contextlib.suppress(TimeoutError):
            frame = self.socket.recv(timeout=wait_s)
            raise AssertionError(frame)

    def closed(self, wait_s: float = WAIT_S) -> tuple[int, str]:
        """Return the close code and reason; frames before it are passed over."""
        try:
            while True:
                self.socket.recv(timeout=wait_s)
        except ConnectionClosed as end:
            assert end.rcvd is not None
            return end.rcvd.code, end.rcvd.reason

    def close(self) -> None:
        """Close the channel."""
        self.socket.close()


class GatewayPeer(Peer):
    """A gateway that answers the challenge."""

    def __init__(self, socket_: ClientConnection, name: str, key: SigningKey) -> None:
        super().__init__(socket_)
        nonce = self.take(gateway.Challenge).nonce
        self.hello = gateway.Hello(
            wire.PROTOCOL_VERSION,
            signed.sign(Kind.CHANNEL_GATEWAY, gateway.HelloBody(nonce, name), key),
            revision=0,
            epoch=0,
        )
        self.send(self.hello)

    def snapshot(self) -> list[gateway.Snapshot]:
        """Take all parts of a snapshot."""
        parts = [self.take(gateway.Snapshot)]
        while parts[-1].more:
            parts.append(self.take(gateway.Snapshot))
        return parts

    def ack(
        self, revision: int, receipts: tuple[gateway.Receipt, ...] = (), rejected: tuple[gateway.Rejected, ...] = ()
    ) -> None:
        """Acknowledge a revision."""
        self.send(gateway.Ack(revision, 1, receipts, rejected))

    def beat(self, stamp_ms: int = 1, facts: tuple[gateway.Fact, ...] = ()) -> gateway.BeatAnswer:
        """Beat and take the answer."""
        self.send(gateway.Beat(stamp_ms, facts))
        return self.take(gateway.BeatAnswer)


class StickPeer(Peer):
    """A stick that answers the challenge."""

    def __init__(self, socket_: ClientConnection, name: str, key: SigningKey) -> None:
        super().__init__(socket_)
        nonce = self.take(gateway.Challenge).nonce
        self.hello = stick.Hello(
            wire.PROTOCOL_VERSION, signed.sign(Kind.CHANNEL_STICK, stick.HelloBody(nonce, name), key)
        )
        self.send(self.hello)


class LocalPeer:
    """The server's end of the local socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(WAIT_S)
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise
        self._file = self._socket.makefile("rb")

    def send(self, data: bytes) -> None:
        """Send one line."""
        self._socket.sendall(data + b"\n")

    def bell(self, revision: int) -> None:
        """Ring."""
        self.send(wire.encode(local.Bell(ORGANISATION, revision)))

    def ask(self, request: msgspec.Struct, shape: type[S]) -> S:
        """Send a request and return its answer."""
        self.send(wire.encode(request))
        return self.take(shape)

    def take(self, shape: type[S]) -> S:
        """Return the next answer."""
        return wire.decode(self._file.readline(), shape, limit=wire.BULK_BYTES)

    def ended(self) -> bool:
        """Say that the hub closed the connection."""
        with contextlib.suppress(ConnectionResetError):
            return self._file.readline() == b""
        return True

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()


def until(condition: Callable[[], T], wait_s: float = WAIT_S) -> T:
    """Wait for a condition to be true, and return it."""
    deadline = time.monotonic() + wait_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.005)
    return value


def in_thread(act: Callable[[], None]) -> threading.Thread:
    """Start an act that may block."""
    thread = threading.Thread(target=act)
    thread.start()
    return thread
