"""A hub that says exactly what a test tells it to: real WebSocket, real TLS, real signatures."""

import ssl
import threading
import time
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from hanare_core import signed, wire
from hanare_core.messages import gateway as messages
from hanare_core.signed import Kind
from hanare_lab import addresses
from hanare_lab.installation import certificate
from hanare_lab.machine import Machine
from hanare_lab.wait import until
from tests.gateway import net
from tests.gateway.papers import GATEWAY, IDENTITY

PORT: Final = 8444
WAIT_S: Final = 30.0
"""A busy machine took seven seconds from the start of the agent to its hello."""
FRAME_BYTES: Final = 4 * 1024 * 1024
"""As much as the real hub takes of a gateway that it knows: the facts of 20,000 sessions."""
NONCE: Final = wire.key_text(b"n" * 32)

M = TypeVar("M", bound=msgspec.Struct)


def now_ms() -> int:
    """Return the server's time."""
    return time.time_ns() // 1_000_000


class ScriptedHub:
    """Answers beats by itself unless `answers` is off; everything else the test says."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        pem, key = certificate.make("hanare-server")
        self.certificate = pem
        (folder / "hub.pem").write_bytes(pem)
        (folder / "hub.key").write_bytes(key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "hub.pem", folder / "hub.key")
        listener = net.listen(machine, addresses.SERVER, PORT)
        listener.settimeout(None)
        self.answers = True
        self.age_ms = 0
        self.revision = 0
        self.epoch = 1
        self.received: list[messages.FromGateway] = []
        self.acked_ns: dict[int, int] = {}
        """When each revision was first acknowledged (monotonic): a test that waits for it looks less often."""
        self._connection: ServerConnection | None = None
        self._server: Server = serve(self._handle, sock=listener, ssl=context, max_size=FRAME_BYTES)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        """Close the connection and the port."""
        self.hang_up()
        self._server.shutdown()
        self._thread.join()

    def hang_up(self) -> None:
        """Close the agent's connection."""
        if self._connection is not None:
            self._connection.close()

    def introduce(
        self, *, leases: tuple[messages.Lease, ...] = (), doors: tuple[messages.Door, ...] = ()
    ) -> messages.Ack:
        """Wait for the agent's next Hello, say the snapshot, and return the acknowledgement."""
        until(lambda: self._find(messages.Hello), seconds=WAIT_S, what="hello")
        return self.snapshot(leases=leases, doors=doors)

    def snapshot(
        self, *, leases: tuple[messages.Lease, ...] = (), doors: tuple[messages.Door, ...] = ()
    ) -> messages.Ack:
        """Say a snapshot of one revision more, in parts, and return its acknowledgement."""
        self.revision += 1
        size = messages.PART_ENTRIES
        starts = range(0, max(len(leases), len(doors), 1), size)
        for start in starts:
            part = messages.Snapshot(
                revision=self.revision,
                epoch=self.epoch,
                age_ms=self.age_ms,
                time_ms=now_ms(),
                doors=doors[start : start + size],
                leases=leases[start : start + size],
                more=start != starts[-1],
            )
            self.say(part)
        return self.acknowledged()

    def delta(self, *leases: messages.Lease, doors: tuple[messages.Door, ...] = ()) -> messages.Ack:
        """Say a delta of one revision more and return its acknowledgement."""
        self.revision += 1
        self.say(
            messages.Delta(
                after=self.revision - 1, revision=self.revision, epoch=self.epoch, doors=doors, leases=leases
            )
        )
        return self.acknowledged()

    def say(self, message: msgspec.Struct) -> None:
        """Send one message."""
        self.say_raw(wire.encode(message).decode())

    def say_raw(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        assert self._connection is not None
        self._connection.send(frame)

    def acknowledged(self) -> messages.Ack:
        """Wait until the newest revision is acknowledged."""
        return _found(until(lambda: self._find(messages.Ack, self.revision), seconds=WAIT_S, what="ack"))

    def wait_for(self, shape: type[M]) -> M:
        """Return the first received message of this shape that was not taken yet."""
        return _found(until(lambda: self._find(shape), seconds=WAIT_S, what=shape.__name__))

    def forget(self) -> None:
        """Forget what was received so far."""
        self.received.clear()

    def _find(self, shape: type[M], revision: int | None = None) -> M | None:
        for message in list(self.received):
            if isinstance(message, shape) and revision in (None, getattr(message, "revision", None)):
                self.received.remove(message)
                return message
        return None

    def _handle(self, connection: ServerConnection) -> None:
        try:
            connection.send(wire.encode(messages.Challenge(nonce=NONCE)).decode())
            hello = wire.decode(connection.recv(), messages.Hello)
            body = signed.verify(Kind.CHANNEL_GATEWAY, hello.signed, signed.public_text(IDENTITY), messages.HelloBody)
            assert (body.nonce, body.gateway) == (NONCE, GATEWAY)
            self._connection = connection
            self.received.append(hello)
            for frame in connection:
                self._take(connection, wire.decode(frame, messages.FromGateway, limit=FRAME_BYTES))
        except ConnectionClosed:
            return

    def _take(self, connection: ServerConnection, message: messages.FromGateway) -> None:
        self.received.append(message)
        if isinstance(message, messages.Ack):
            self.acked_ns.setdefault(message.revision, time.monotonic_ns())
        if isinstance(message, messages.Beat) and self.answers:
            answer = messages.BeatAnswer(
                stamp_ms=message.stamp_ms, revision=self.revision, age_ms=self.age_ms, time_ms=now_ms()
            )
            connection.send(wire.encode(answer).decode())


def _found(message: M | None) -> M:
    assert message is not None  # until() has waited for it
    return message
