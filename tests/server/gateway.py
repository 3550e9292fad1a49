"""A scripted gateway on the real hub: applies everything at once, acknowledges, and hands in receipts."""

import contextlib
import threading
import time
from typing import Final, cast

from nacl.signing import SigningKey
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from hanare_core import signed, wire
from hanare_core.messages import gateway
from hanare_core.signed import Kind

_FROM_HUB: Final = cast("type[gateway.FromHub]", gateway.FromHub)


class ScriptedGateway:
    """One gateway's channel in a thread. `silent`: it reads and says nothing; `receipts` off: it keeps them back."""

    def __init__(self, connection: ClientConnection, name: str, key: SigningKey) -> None:
        self.present: dict[str, gateway.Lease] = {}
        self.silent = False
        self.places: dict[str, str] = {}
        """From where each stick's door is heard."""
        self.receipts = True
        self.last_packet_ms: dict[str, int] = {}
        self._connection = connection
        self._name = name
        self._key = key
        self._kept: list[gateway.Receipt] = []
        self._at = (0, 0)
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def report(self, lease: str, last_packet_ms: int, *, tried: int = 0) -> None:
        """Send a beat with one fact."""
        fact = gateway.Fact(lease=lease, received=1_000, sent=2_000, last_packet_ms=last_packet_ms, tried=tried)
        self.last_packet_ms[lease] = last_packet_ms
        self._beat(fact)

    def hand_in(self) -> None:
        """Send the receipts that were kept back."""
        self.receipts = True
        self._acknowledge()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                try:
                    frame = self._connection.recv(timeout=gateway.BEAT_MS / 1000)
                except TimeoutError:
                    self._beat()
                else:
                    self._take(wire.decode(frame, _FROM_HUB, limit=wire.BULK_BYTES))

    def _beat(self, *facts: gateway.Fact) -> None:
        if not self.silent:
            self._send(gateway.Beat(stamp_ms=time.monotonic_ns() // 1_000_000, facts=facts))

    def _take(self, message: gateway.FromHub) -> None:
        if isinstance(message, gateway.Where):
            self._send(gateway.Place(ask=message.ask, address=self.places.get(message.stick, ""), handshake_ms=1))
        elif isinstance(message, gateway.Challenge):
            body = gateway.HelloBody(nonce=message.nonce, gateway=self._name)
            statement = signed.sign(Kind.CHANNEL_GATEWAY, body, self._key)
            self._send(gateway.Hello(protocol=wire.PROTOCOL_VERSION, signed=statement, revision=0, epoch=0))
        elif isinstance(message, gateway.Snapshot | gateway.Delta):
            for lease in message.leases:
                self._apply(lease)
            self._at = (message.revision, message.epoch)
            if not (isinstance(message, gateway.Snapshot) and message.more):
                self._acknowledge()

    def _apply(self, lease: gateway.Lease) -> None:
        if lease.state is gateway.State.PRESENT:
            self.present[lease.lease] = lease
        elif self.present.pop(lease.lease, None) is not None:
            now = time.time_ns() // 1_000_000
            last = self.last_packet_ms.get(lease.lease, 0)
            self._kept.append(
                gateway.Receipt(
                    lease=lease.lease,
                    removed_ms=now,
                    packets=3 if last else 0,
                    last_packet_ms=last,
                    clock_error_ms=1,
                    tick_ms=4,
                )
            )

    def _acknowledge(self) -> None:
        if self.silent:
            return
        sent, self._kept = (self._kept, []) if self.receipts else ([], self._kept)
        revision, epoch = self._at
        self._send(gateway.Ack(revision=revision, epoch=epoch, receipts=tuple(sent), rejected=()))

    def _send(self, message: wire.Message) -> None:
        with self._lock:
            self._connection.send(wire.encode(message).decode())
